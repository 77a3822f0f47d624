/* What an image is, by its own bytes and never by its name. Not trusted. */
#pragma once

#include <glib.h>

typedef enum {
	IMAGE_UNKNOWN,
	IMAGE_ISO,   /* ISO 9660 or UDF: "CD001", "BEA01" or "NSR0x" at 32769; or a hybrid of it */
	IMAGE_QCOW2, /* "QFI\xfb" */
	IMAGE_VHDX,  /* "vhdxfile" */
	IMAGE_VHD, /* "conectix" at the beginning; one of fixed size has it at the end only, see image_format_vhd_data() */
	IMAGE_VMDK, /* "KDMV"; a descriptor alone ("# Disk DescriptorFile") is unknown: its data lies elsewhere */
	IMAGE_VDI, /* 0xbeda107f at 64 */
	IMAGE_RAW, /* MBR or GPT, or a file system that we know; else unknown */
	IMAGE_LAST
} ImageFormat;

/* So many bytes of the beginning are enough for all functions here; the last that is looked at is the mark of Btrfs. */
#define IMAGE_FORMAT_HEAD (68 * 1024)

/* The last bytes of a VHD. */
#define IMAGE_VHD_FOOTER 512

const char *image_format_name(ImageFormat format); /* QEMU's word: "qcow2", "vpc" for VHD; "iso" */

/* By the first @length bytes of a file. Of IMAGE_UNKNOWN *@what (may be NULL) says what it is instead ("a web page", "a text", "an RPM package"), or NULL when
 * nobody knows. Static. */
ImageFormat image_format_find(const guint8 *bytes, gsize length, const char **what);

/* Why an image with this beginning cannot stand alone, or cannot be read ("needs a backing file", "is encrypted"), or NULL. QEMU must not
 * even look at such: it would open what they name. Static. */
const char *image_format_refuse(ImageFormat format, const guint8 *bytes, gsize length);

/* Size of the disk as the guest sees it, where the beginning says so; else 0. */
guint64 image_format_virtual_size(ImageFormat format, const guint8 *bytes, gsize length);

/* When the last IMAGE_VHD_FOOTER bytes of a file of @size bytes are the footer of a VHD of fixed size: the bytes of data before it. Else 0. */
guint64 image_format_vhd_data(const guint8 *footer, guint64 size);
