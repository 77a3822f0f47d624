/* Shared by the files qemu-argv*.c only: the builder that the groups of options append to. */
#pragma once

#include <json-glib/json-glib.h>

#include "base/error.h"

#include "hv/qemu-argv.h"

typedef struct {
	const VmSpec *spec;
	const ArgvContext *context;
	const char *machine; /* versioned type */
	gboolean q35;        /* PCI Express and AHCI; else i440fx with PCI and IDE */
	GPtrArray *argv;     /* of char * */
	guint root_ports;    /* made so far */
	guint plain_cards;   /* PCI cards on the PCI Express root */
	guint pci_cards;     /* on i440fx's only bus, the video card aside */
	guint sata_slots;    /* taken so far */
	guint ide_slots;
	guint scsi_slots;
	GPtrArray *adapters; /* of ArgvAdapter, filled instead of the command line; NULL = not wanted */
	gboolean ahci;       /* the extra controller of i440fx is there */
	GError *error;       /* the first thing that was wrong; appending goes on harmlessly after it */
} Builder;

/* Names of devices that are ours alone hold a dot, which names of disks and adapters cannot. */
#define ID_XHCI   "usb.ctl"
#define ID_SCSI   "scsi.ctl"
#define ID_SOUND  "sound.ctl"
#define ID_AHCI   "ahci.ctl"
#define NODE_CODE "pflash.code"
#define NODE_VARS QEMU_NODE_VARS

void argv_fail(Builder *builder, CarrelError code, const char *hint, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* "-option" and its value; the second form takes ownership of @value. */
void argv_add(Builder *builder, const char *option, const char *value);
void argv_take(Builder *builder, const char *option, char *value);
/* "-option" with @object as JSON; takes ownership. */
void argv_json(Builder *builder, const char *option, JsonObject *object);

/* A new object from pairs of key and string, ended by NULL. */
JsonObject *argv_object(const char *key, ...) G_GNUC_NULL_TERMINATED;

/* A device's object; a model that this QEMU lacks is an error. @id may be NULL. */
JsonObject *argv_device(Builder *builder, const char *model, const char *id);
/* The same with a place on the PCI bus: on q35 a root port of its own (so that it can be unplugged), else any slot. */
JsonObject *argv_pci_device(Builder *builder, const char *model, const char *id);
/* Leaves the place of a device empty, so that those behind it keep theirs. */
void argv_pci_gap(Builder *builder);
/* A card of plain PCI on q35, which does not belong into a PCI Express port. */
JsonObject *argv_plain_pci_device(Builder *builder, const char *model, const char *id);
/* One more root port on q35; its id, which is also its bus. Caller frees. */
char *argv_root_port(Builder *builder);

/* @text for a "key=value,..." option: a comma is written twice. Caller frees. */
char *argv_escape(const char *text);

/* @file of the VM: relative ones lie in its folder. Caller frees. */
char *argv_vm_path(const Builder *builder, const char *file);

/* Sets "bootindex" when @kind ("disk", "cdrom", "network") is in the boot order; @nth is its number among those of its kind. */
void argv_boot_index(const Builder *builder, JsonObject *device, const char *kind, guint nth);
gboolean argv_boots_from(const Builder *builder, const char *kind);

/* qemu-argv-disks.c */
void argv_firmware(Builder *builder);
void argv_disks(Builder *builder);
void argv_cdrom(Builder *builder);
void argv_seed(Builder *builder);
void argv_drivers(Builder *builder);
