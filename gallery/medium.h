/*
 * What the first bytes of installation media and disks say without mounting them. Bytes of others, read through a function, so that the tests and the fuzzer
 * bring their own; every loop has a bound.
 *
 * Sources: ECMA-119 (ISO 9660) 8.4; El Torito 1.0 section 2; UEFI 2.10 sections 5.3 and 13.3; the kernel's documentation of ext4.
 */
#pragma once

#include <glib.h>

/* Reads exactly @length (at most MEDIUM_READ_MAX) bytes at @offset; FALSE when they are not there. */
#define MEDIUM_READ_MAX 65536
typedef gboolean (*MediumRead)(guint64 offset, void *buffer, gsize length, gpointer data);

#define MEDIUM_LABEL_MAX 64

typedef struct {
	char label[MEDIUM_LABEL_MAX + 1]; /* of the volume, as valid UTF-8 without blanks at its end */
	gboolean bios, efi;               /* what it starts on, as far as it says */
} IsoLook;

/* FALSE: no ISO 9660 image. */
gboolean iso_look(MediumRead read, gpointer data, IsoLook *look);

/* Where the file @path ("install.amd/vmlinuz") lies. FALSE: it is not there. */
gboolean iso_find(MediumRead read, gpointer data, const char *path, guint64 *offset, guint64 *size);

typedef struct {
	const char *table; /* static: "gpt", "mbr", or "" for none */
	gboolean bios, efi;
	char label[MEDIUM_LABEL_MAX + 1]; /* of the file system that looks like the root, or "" */
	const char *vendor; /* static: whose boot loader lies in the EFI partition, "debian", "win", or "" */
	const char *family; /* static: "linux", "windows", "other", or "" when nothing tells */
} DiskLook;

/* Always says something; a disk that is empty or unknown has no table and no family. */
void disk_look(MediumRead read, gpointer data, DiskLook *look);

/* Copies at most MEDIUM_LABEL_MAX bytes of text up to a NUL; what is no UTF-8 or no letter becomes "?". */
void medium_label(char *label, const guint8 *bytes, gsize length);
