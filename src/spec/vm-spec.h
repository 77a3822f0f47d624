/*
 * What a VM should be: plain data, no behaviour. The one description of its fields (keys, types, ranges, defaults, help,
 * when each may be changed) is the table in spec-fields.c; config file, CLI flags, TUI form, API and man page
 * are made from it. Strings are owned by the struct and never NULL ("" = not set) once vm_spec_new() made it.
 */
#pragma once

#include <glib.h>

/* A virtual disk. In vm.conf: disk NAME { ... }; as a field path: NAME.key, for example disk0.file. */
typedef struct {
	char *name;   /* section title, unique among disks and adapters of the VM: "disk0" */
	char *file;   /* relative to the VM's folder, or absolute */
	char *format; /* qcow2, raw, vhdx, vmdk, vdi */
	char *bus;    /* auto, virtio, scsi, sata, ide, nvme */
	char *cache;  /* writeback, none, writethrough, unsafe */
	gboolean readonly;
} DiskSpec;

/* A network adapter. In vm.conf: nic NAME { ... }. */
typedef struct {
	char *name;        /* section title: "nic0" */
	char *switch_name; /* virtual switch; "" = not connected to any */
	char *mac;
	char *model;        /* auto, virtio, e1000e, e1000, rtl8139 */
	gboolean connected; /* the cable: link up or down */
} NicSpec;

typedef struct {
	char *name;
	char *id; /* UUID, lower case */
	char *notes;
	char *os;          /* "", "linux", "windows", "other" or a libosinfo short id */
	char *image;       /* gallery item that it was made from, or "" */
	char *created;     /* RFC 3339 */
	gint64 generation; /* 1 = BIOS, 2 = UEFI */
	char *machine;     /* QEMU's versioned machine type, "" = newest at first start */
	char *accelerator; /* auto, kvm, tcg */
	gint64 cpus;
	char *cpu_model;      /* "auto" = host with KVM, max with TCG */
	guint64 memory;       /* bytes */
	gboolean secure_boot; /* generation 2 */
	gboolean tpm;         /* a TPM 2.0 by swtpm */
	char *boot;           /* order: words out of disk, cdrom, network, separated by commas */
	char *iso;            /* file in the DVD drive; "" = empty drive */
	char *seed; /* disc with the settings of the first start (cloud-init), in a drive of its own; "" = none */
	char *drivers;        /* disc with drivers, in a drive of its own; "" = none */
	char *user;           /* whom `carrel ssh' logs in as; "" = not known */
	char *video;          /* auto, std, virtio, none */
	char *clock;          /* auto, utc, localtime */
	char *keymap;         /* layout of the guest's keyboard, for `carrel type' */
	gboolean guest_agent; /* channel for the guest agent */
	gboolean clipboard;   /* shared with consoles in windows, by spice-vdagent in the guest */
	gboolean audio;       /* a sound card, played by consoles in windows */
	gboolean record;      /* what the screen says is written down */
	gboolean serial;      /* a serial port */
	char *qemu_args;      /* further arguments, split like a shell does; for experts */
	GPtrArray *disks;     /* of DiskSpec, owned */
	GPtrArray *nics;      /* of NicSpec, owned */
} VmSpec;

/* A spec with every default of the table and no disk or adapter. */
VmSpec *vm_spec_new(void);
VmSpec *vm_spec_copy(const VmSpec *spec);
void vm_spec_free(VmSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmSpec, vm_spec_free)

/* Adds a disk or adapter with the table's defaults and the next free name ("disk0", "nic1"), or @name. Borrowed. */
DiskSpec *vm_spec_add_disk(VmSpec *spec, const char *name);
NicSpec *vm_spec_add_nic(VmSpec *spec, const char *name);

/* NULL when there is none. Borrowed. */
DiskSpec *vm_spec_find_disk(const VmSpec *spec, const char *name);
NicSpec *vm_spec_find_nic(const VmSpec *spec, const char *name);

/* What single fields cannot know: the name is one, the id a UUID, the boot order made of known words, each disk has a file, names of
 * sections are unique and good as ids of QEMU's devices. Ranges of single fields are checked where they are set. Secure Boot and TPM of a
 * generation 1 VM are no error: they have no effect there. */
gboolean vm_spec_validate(const VmSpec *spec, GError **error);

/* "os" means a Windows guest: "windows" or libosinfo's "win10", "win2k22", ... */
gboolean vm_spec_is_windows(const VmSpec *spec);
