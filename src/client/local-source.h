/* The local installation source of Quick Create: an ISO or disk image that the user has, in place of a gallery image's id. */
#pragma once

#include <gio/gio.h>

/* @word leads to a file rather than naming an image: it has a `/', or such a file is here and its name ends as those of ISOs and disks do. */
gboolean local_source_is(const char *word);

/* A name for the VM: the file's, without what is behind its last dot. Caller frees. */
char *local_source_name(const char *path);

/* Adds the file to the arguments of CreateVm: an ISO image into the DVD drive, anything else as the disk. */
gboolean local_source_add(GVariantBuilder *fields, GVariantDict *options, const char *path, GError **error);
