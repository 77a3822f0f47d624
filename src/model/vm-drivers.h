/* The disc with drivers for Windows, virtio-win.iso: without it Windows has none for virtio's disks and adapters. */
#pragma once

#include "gallery/gallery.h"
#include "spec/vm-spec.h"

/* The gallery's item, and the file's name where packages put it. */
#define DRIVERS_ITEM "virtio-win"
#define DRIVERS_FILE "virtio-win.iso"

/* The disc of this machine: the gallery's where it is in the store, else that of a package or of the user's data folder. NULL: there is none. Caller frees. */
char *drivers_find(Gallery *gallery);

/* Whether the ISO image at @path has virtio's drivers, as its label says. */
gboolean drivers_are_virtio(const char *path);

/* Disks and adapters become virtio's, except where @said (a set of field paths) names their bus or model. */
void drivers_use_virtio(VmSpec *spec, GHashTable *said);
