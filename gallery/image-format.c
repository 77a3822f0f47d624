#include "gallery/image-format.h"

#include <string.h>

#define SECTOR      512
#define CD_SECTOR   2048
#define CD_FIRST    16
#define CD_LAST     20
#define TEXT_LENGTH 512
#define VHD_FIXED   2
#define VHD_DIFF    4
#define VDI_DIFF    4

typedef struct {
	const guint8 *bytes;
	gsize length;
} Head;

static gboolean has(const Head *head, gsize offset, const char *magic, gsize length)
{
	return head->length >= offset + length && memcmp(head->bytes + offset, magic, length) == 0;
}

static guint64 get_be(const Head *head, gsize offset, guint size)
{
	guint64 value = 0;

	for (guint i = 0; i < size && offset + i < head->length; i++)
		value = value << 8 | head->bytes[offset + i];
	return value;
}

static guint64 get_le(const Head *head, gsize offset, guint size)
{
	guint64 value = 0;

	for (guint i = 0; i < size && offset + i < head->length; i++)
		value |= (guint64)head->bytes[offset + i] << (8 * i);
	return value;
}

const char *image_format_name(ImageFormat format)
{
	static const char *const names[IMAGE_LAST] = { "unknown", "iso",  "qcow2", "vhdx",
						       "vpc",     "vmdk", "vdi",   "raw" };

	return names[format];
}

/* --- images --------------------------------------------------------------------------------------------------------------- */

/* ECMA-119 section 8 and ECMA-167 part 2 section 9: sectors from 16 on, each with its name behind one byte. */
static gboolean is_iso(const Head *head)
{
	for (guint i = CD_FIRST; i <= CD_LAST; i++) {
		gsize at = i * CD_SECTOR + 1;
		if (has(head, at, "CD001", 5) || has(head, at, "BEA01", 5) || has(head, at, "NSR0", 4))
			return TRUE;
	}
	return FALSE;
}

/* A table of four partitions, each of which is or is not the active one, and the mark behind it. */
static gboolean is_mbr(const Head *head)
{
	if (!has(head, 510, "\x55\xaa", 2))
		return FALSE;
	for (guint i = 0; i < 4; i++)
		if (head->bytes[446 + 16 * i] & 0x7f)
			return FALSE;
	return TRUE;
}

/* A boot sector of FAT or NTFS has code where the table would be. */
static gboolean is_boot_sector(const Head *head)
{
	return has(head, 510, "\x55\xaa", 2) && (has(head, 0, "\xeb", 1) || has(head, 0, "\xe9", 1));
}

typedef struct {
	ImageFormat format;
	gsize offset;
	const char *magic;
	gsize length;
} Magic;

#define MAGIC(format, offset, text)                                                                          \
	{                                                                                                    \
		format, offset, text, sizeof(text) - 1                                                       \
	}

/* Sources: QEMU's block/, util-linux's libblkid. */
/* clang-format off */
static const Magic magics[] = {
	MAGIC(IMAGE_QCOW2, 0, "QFI\xfb"),
	MAGIC(IMAGE_VHDX, 0, "vhdxfile"),
	MAGIC(IMAGE_VHD, 0, "conectix"),
	MAGIC(IMAGE_VMDK, 0, "KDMV"),
	MAGIC(IMAGE_VDI, 64, "\x7f\x10\xda\xbe"),
	MAGIC(IMAGE_RAW, 512, "EFI PART"),
	MAGIC(IMAGE_RAW, 4096, "EFI PART"),
	MAGIC(IMAGE_RAW, 1080, "\x53\xef"), /* ext2, 3, 4 */
	MAGIC(IMAGE_RAW, 0, "XFSB"),
	MAGIC(IMAGE_RAW, 65600, "_BHRfS_M"),
	MAGIC(IMAGE_RAW, 1024, "\x10\x20\xf5\xf2"), /* F2FS */
	MAGIC(IMAGE_RAW, 0, "hsqs"), /* squashfs */
	MAGIC(IMAGE_RAW, 512, "LABELONE"), /* LVM */
	MAGIC(IMAGE_RAW, 0, "LUKS\xba\xbe"),
};
/* clang-format on */

static ImageFormat find_magic(const Head *head)
{
	for (gsize i = 0; i < G_N_ELEMENTS(magics); i++)
		if (has(head, magics[i].offset, magics[i].magic, magics[i].length))
			return magics[i].format;
	return IMAGE_UNKNOWN;
}

/* --- what is none --------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *begins, *what; /* lower case */
} texts[] = {
	{"<!doctype html",         "a web page"					      },
	{ "<html",                 "a web page"					      },
	{ "<head",                 "a web page"					      },
	{ "<?xml",                 "an XML document"					 },
	{ "<",		     "a web page"					      },
	{ "{",		     "a JSON document"					 },
	{ "[",		     "a JSON document"					 },
	{ "-----begin pgp",        "a signature"					     },
	{ "# disk descriptorfile", "the description of a VMDK whose data lies in other files"},
	{ "#!",		    "a script"						},
};

/* What magic of other files says. */
/* clang-format off */
static const struct {
	const char *magic;
	gsize length;
	const char *what;
} others[] = {
	{ "7z\xbc\xaf\x27\x1c", 6, "a 7-Zip archive" },
	{ "Rar!\x1a\x07", 6, "a RAR archive" },
	{ "PK\x03\x04", 4, "a zip archive inside of another" },
	{ "\x1f\x8b", 2, "a gzip file inside of an archive" },
	{ "\xfd" "7zXZ", 5, "an xz file inside of an archive" },
	{ "\x28\xb5\x2f\xfd", 4, "a zstd file inside of an archive" },
	{ "\x7f" "ELF", 4, "a program" },
	{ "MZ", 2, "a program for Windows" },
	{ "\xed\xab\xee\xdb", 4, "an RPM package" },
	{ "!<arch>\n", 8, "a Debian package or a library" },
	{ "MSWIM\0\0\0", 8, "a WIM file" },
	{ "%PDF-", 5, "a PDF document" },
	{ "\x89PNG", 4, "a picture" },
	{ "\xff\xd8\xff", 3, "a picture" },
};
/* clang-format on */

static gboolean is_text(const Head *head)
{
	for (gsize i = 0; i < MIN(head->length, TEXT_LENGTH); i++)
		if (head->bytes[i] < ' ' && !strchr("\t\n\f\r", head->bytes[i]))
			return FALSE;
	/* strchr() finds the end of its text too. */
	return !memchr(head->bytes, 0, MIN(head->length, TEXT_LENGTH));
}

static const char *what_text(const Head *head)
{
	gsize skip = has(head, 0, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (skip < head->length && g_ascii_isspace(head->bytes[skip]))
		skip++;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		gsize length = strlen(texts[i].begins);
		if (head->length - skip >= length &&
		    g_ascii_strncasecmp((const char *)head->bytes + skip, texts[i].begins, length) == 0)
			return texts[i].what;
	}
	return "a text";
}

static const char *what_else(const Head *head)
{
	if (head->length == 0)
		return "empty";
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		if (has(head, 0, others[i].magic, others[i].length))
			return others[i].what;
	return is_text(head) ? what_text(head) : NULL;
}

ImageFormat image_format_find(const guint8 *bytes, gsize length, const char **what)
{
	const Head head = { bytes, length };
	ImageFormat format = find_magic(&head);

	/* A hybrid of ISO and disk is an ISO that boots from a stick as well. */
	if ((format == IMAGE_RAW || format == IMAGE_UNKNOWN) && is_iso(&head))
		format = IMAGE_ISO;
	if (format == IMAGE_UNKNOWN && (is_mbr(&head) || is_boot_sector(&head)))
		format = IMAGE_RAW;
	if (what)
		*what = format == IMAGE_UNKNOWN ? what_else(&head) : NULL;
	return format;
}

/* --- what they say of themselves ------------------------------------------------------------------------------------------ */

/* QEMU's docs/interop/qcow2.txt, "Header". */
static const char *refuse_qcow2(const Head *head)
{
	guint64 version = get_be(head, 4, 4);

	if (head->length < 72 || version < 2 || version > 3)
		return "is damaged or of a version that nobody knows";
	if (get_be(head, 8, 8) != 0)
		return "needs a backing file";
	if (get_be(head, 32, 4) != 0)
		return "is encrypted";
	if (version >= 3 && get_be(head, 72, 8) & 4)
		return "has its data in another file";
	return NULL;
}

/* VMware's "Virtual Disk Format 5.0": one without a capacity of its own is but a description of other files. */
static const char *refuse_vmdk(const Head *head)
{
	return get_le(head, 12, 8) == 0 ? "has its data in other files" : NULL;
}

static const char *refuse_vhd(const Head *head)
{
	return get_be(head, 60, 4) == VHD_DIFF ? "needs a parent disk" : NULL;
}

static const char *refuse_vdi(const Head *head)
{
	return get_le(head, 76, 4) == VDI_DIFF ? "needs a parent disk" : NULL;
}

static const struct {
	const char *(*refuse)(const Head *head);
	gsize size_at; /* of the virtual size, 0 = not in the beginning */
	gboolean big_endian;
	guint unit;
} details[IMAGE_LAST] = {
	[IMAGE_QCOW2] = {refuse_qcow2, 24,  TRUE,  1     },
	[IMAGE_VHD] = { refuse_vhd,  48,  TRUE,  1     },
	[IMAGE_VMDK] = { refuse_vmdk, 12,  FALSE, SECTOR},
	[IMAGE_VDI] = { refuse_vdi,  368, FALSE, 1     },
};

const char *image_format_refuse(ImageFormat format, const guint8 *bytes, gsize length)
{
	const Head head = { bytes, length };

	return details[format].refuse ? details[format].refuse(&head) : NULL;
}

guint64 image_format_virtual_size(ImageFormat format, const guint8 *bytes, gsize length)
{
	const Head head = { bytes, length };
	gsize at = details[format].size_at;

	if (at == 0 || length < at + 8)
		return 0;
	return (details[format].big_endian ? get_be(&head, at, 8) : get_le(&head, at, 8)) *
	       details[format].unit;
}

/* Microsoft's "Virtual Hard Disk Image Format Specification", "Hard Disk Footer Format": the checksum is the complement of the sum of
 * all bytes but its own. */
guint64 image_format_vhd_data(const guint8 *footer, guint64 size)
{
	const Head head = { footer, IMAGE_VHD_FOOTER };
	guint32 sum = 0;

	for (guint i = 0; i < IMAGE_VHD_FOOTER; i++)
		sum += i >= 64 && i < 68 ? 0 : footer[i];
	if (!has(&head, 0, "conectix", 8) || get_be(&head, 60, 4) != VHD_FIXED || size <= IMAGE_VHD_FOOTER ||
	    (guint32)get_be(&head, 64, 4) != (guint32)~sum)
		return 0;
	/* The size that it gives is sometimes rounded to a geometry; what is there is the disk. */
	return size - IMAGE_VHD_FOOTER;
}
