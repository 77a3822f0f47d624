#include <string.h>

#include "gallery/medium.h"

#define SECTOR         512
#define PARTITIONS_MAX 128
#define GPT_ENTRY      128
#define MBR_EFI_GUARD  0xee
#define DIR_MAX        16384 /* of a directory in the EFI partition */
#define DIR_ENTRY      32

typedef struct {
	MediumRead read;
	gpointer data;
	DiskLook *look;
	gboolean linux_type, windows_type, bsd_type;
} Walk;

static guint16 le16(const guint8 *p)
{
	return (guint16)(p[0] | p[1] << 8);
}

static guint32 le32(const guint8 *p)
{
	return le16(p) | (guint32)le16(p + 2) << 16;
}

static guint64 le64(const guint8 *p)
{
	return le32(p) | (guint64)le32(p + 4) << 32;
}

static gboolean read_at(const Walk *walk, guint64 offset, void *buffer, gsize length)
{
	return offset <= G_MAXINT64 - MEDIUM_READ_MAX && walk->read(offset, buffer, length, walk->data);
}

/* --- the EFI partition ------------------------------------------------------------------------------------------------ */

/* Folders below \EFI, as FAT's short names have them. */
static const struct {
	const char *folder, *vendor, *family;
} vendors[] = {
	{"MICROS~1",  "win",       "windows"},
        { "DEBIAN",   "debian",    "linux"  },
	{ "UBUNTU",   "ubuntu",    "linux"  },
        { "FEDORA",   "fedora",    "linux"  },
	{ "CENTOS",   "centos",    "linux"  },
        { "ROCKY",    "rocky",     "linux"  },
	{ "ALMALI~1", "almalinux", "linux"  },
        { "REDHAT",   "rhel",      "linux"  },
	{ "OPENSUSE", "opensuse",  "linux"  },
        { "SLES",     "sles",      "linux"  },
	{ "ARCH",     "archlinux", "linux"  },
        { "NIXOS",    "nixos",     "linux"  },
	{ "SYSTEMD",  "",          "linux"  },
        { "FREEBSD",  "freebsd",   "other"  },
};

typedef struct {
	guint64 start, root, data; /* bytes; @root of FAT12 and FAT16 */
	guint32 cluster, root_size, root_cluster;
} Fat;

static gboolean read_fat(const Walk *walk, guint64 start, Fat *fat)
{
	guint8 boot[SECTOR];

	if (!read_at(walk, start, boot, sizeof boot) || boot[510] != 0x55 || boot[511] != 0xaa ||
	    (memcmp(boot + 54, "FAT", 3) != 0 && memcmp(boot + 82, "FAT32", 5) != 0))
		return FALSE;
	guint32 sector = le16(boot + 11), per_fat = le16(boot + 22) ? le16(boot + 22) : le32(boot + 36);
	guint32 reserved = le16(boot + 14), fats = boot[16], entries = le16(boot + 17);
	if (sector < SECTOR || sector > 4096 || boot[13] == 0)
		return FALSE;
	fat->start = start;
	fat->cluster = sector * boot[13];
	fat->root = start + (reserved + (guint64)fats * per_fat) * sector;
	fat->root_size = MIN(entries * DIR_ENTRY, DIR_MAX);
	fat->root_cluster = entries ? 0 : le32(boot + 44);
	fat->data = fat->root + (guint64)entries * DIR_ENTRY;
	return TRUE;
}

/* Reads the first cluster of a directory, which holds all that interests us. Its number of bytes, 0 when it is not there. */
static gsize read_dir(const Walk *walk, const Fat *fat, guint32 cluster, guint8 *dir)
{
	gsize size = cluster ? MIN(fat->cluster, DIR_MAX) : fat->root_size;
	guint64 at = cluster ? fat->data + (guint64)(cluster - 2) * fat->cluster : fat->root;

	if (cluster == 1 || size < DIR_ENTRY || !read_at(walk, at, dir, size))
		return 0;
	return size;
}

/* "DEBIAN", for a directory; FALSE for what is none. */
static gboolean entry_name(const guint8 *entry, char name[9])
{
	if (entry[0] == 0xe5 || !(entry[11] & 0x10) || (entry[11] & 0x08))
		return FALSE;
	memcpy(name, entry, 8);
	name[8] = '\0';
	g_strchomp(name);
	return TRUE;
}

static guint32 entry_cluster(const guint8 *entry)
{
	return le16(entry + 26) | (guint32)le16(entry + 20) << 16;
}

static guint32 find_efi(const guint8 *dir, gsize size)
{
	char name[9];

	for (gsize at = 0; at < size && dir[at]; at += DIR_ENTRY)
		if (entry_name(dir + at, name) && g_str_equal(name, "EFI"))
			return entry_cluster(dir + at);
	return 0;
}

static void note_vendor(DiskLook *look, const char *folder)
{
	for (gsize i = 0; i < G_N_ELEMENTS(vendors); i++) {
		if (!g_str_equal(folder, vendors[i].folder))
			continue;
		if (!*look->vendor)
			look->vendor = vendors[i].vendor;
		look->family = vendors[i].family;
	}
}

static void look_at_efi(const Walk *walk, guint64 start)
{
	guint8 dir[DIR_MAX];
	Fat fat;
	char name[9];

	if (!read_fat(walk, start, &fat))
		return;
	guint32 efi = find_efi(dir, read_dir(walk, &fat, fat.root_cluster, dir));
	gsize size = efi ? read_dir(walk, &fat, efi, dir) : 0;
	for (gsize at = 0; at < size && dir[at]; at += DIR_ENTRY)
		if (entry_name(dir + at, name))
			note_vendor(walk->look, name);
}

/* --- file systems ----------------------------------------------------------------------------------------------------- */

/* Where a file system says what it is, and how it is called. */
static const struct {
	guint64 at;
	const char *magic;
	gsize length;
	guint64 label;
	gsize label_length;
	const char *family;
} systems[] = {
	{1080,     "\x53\xef", 2, 1144,    16,               "linux"  }, /* ext2, ext3, ext4 */
	{ 0,       "XFSB",     4, 108,     12,               "linux"  },
	{ 0x10040, "_BHRfS_M", 8, 0x1012b, MEDIUM_LABEL_MAX, "linux"  }, /* btrfs */
	{ 3,       "NTFS    ", 8, 0,       0,                "windows"},
};

static void look_at_system(Walk *walk, guint64 start)
{
	guint8 magic[8], label[MEDIUM_LABEL_MAX];
	DiskLook *look = walk->look;

	for (gsize i = 0; i < G_N_ELEMENTS(systems); i++) {
		if (!read_at(walk, start + systems[i].at, magic, systems[i].length) ||
		    memcmp(magic, systems[i].magic, systems[i].length) != 0)
			continue;
		walk->linux_type |= g_str_equal(systems[i].family, "linux");
		walk->windows_type |= g_str_equal(systems[i].family, "windows");
		if (!*look->label && systems[i].label_length &&
		    read_at(walk, start + systems[i].label, label, systems[i].label_length))
			medium_label(look->label, label, systems[i].label_length);
	}
}

/* --- partitions ------------------------------------------------------------------------------------------------------- */

typedef enum { KIND_DATA, KIND_ESP, KIND_BIOS_BOOT, KIND_BSD } Kind;

/* Types of GPT as they lie on the disk: the first three groups of the GUID are little-endian. */
static const struct {
	guint8 type[16];
	Kind kind;
} gpt_types[] = {
	{{ 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b },
         KIND_ESP      },
	{ { 0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49 },
         KIND_BIOS_BOOT},
	{ { 0xb6, 0x7c, 0x6e, 0x51, 0xcf, 0x6e, 0xd6, 0x11, 0x8f, 0xf8, 0x00, 0x02, 0x2d, 0x09, 0x71, 0x2b },
         KIND_BSD      }, /* UFS */
	{ { 0xba, 0x7c, 0x6e, 0x51, 0xcf, 0x6e, 0xd6, 0x11, 0x8f, 0xf8, 0x00, 0x02, 0x2d, 0x09, 0x71, 0x2b },
         KIND_BSD      }, /* ZFS */
};

static void look_at_partition(Walk *walk, Kind kind, guint64 start)
{
	switch (kind) {
	case KIND_ESP:
		walk->look->efi = TRUE;
		look_at_efi(walk, start);
		break;
	case KIND_BIOS_BOOT:
		walk->look->bios = TRUE;
		break;
	case KIND_BSD:
		walk->bsd_type = TRUE;
		break;
	case KIND_DATA:
		look_at_system(walk, start);
		break;
	}
}

static void look_at_gpt(Walk *walk, const guint8 *header)
{
	static const guint8 unused[16] = { 0 };
	guint8 entry[GPT_ENTRY];
	guint64 table = le64(header + 72);
	guint32 count = MIN(le32(header + 80), PARTITIONS_MAX), size = le32(header + 84);

	walk->look->table = "gpt";
	if (size < GPT_ENTRY || size > 4096 || table > G_MAXUINT32)
		return;
	for (guint32 i = 0; i < count; i++) {
		if (!read_at(walk, table * SECTOR + (guint64)i * size, entry, sizeof entry))
			return;
		guint64 start = le64(entry + 32);
		Kind kind = KIND_DATA;
		if (memcmp(entry, unused, sizeof unused) == 0 || start > G_MAXINT64 / SECTOR / 2)
			continue;
		for (gsize k = 0; k < G_N_ELEMENTS(gpt_types); k++)
			if (memcmp(entry, gpt_types[k].type, sizeof gpt_types[k].type) == 0)
				kind = gpt_types[k].kind;
		look_at_partition(walk, kind, start * SECTOR);
	}
}

static Kind mbr_kind(guint8 type)
{
	return type == 0xef ? KIND_ESP : type == 0xa5 || type == 0xa6 || type == 0xa9 ? KIND_BSD : KIND_DATA;
}

static void look_at_mbr(Walk *walk, const guint8 *mbr)
{
	for (guint i = 0; i < 4; i++) {
		const guint8 *entry = mbr + 446 + i * 16;
		if (entry[4] == 0 || le32(entry + 8) == 0 || (entry[0] & 0x7f))
			continue;
		walk->look->table = "mbr";
		walk->look->bios |= entry[0] == 0x80;
		look_at_partition(walk, mbr_kind(entry[4]), (guint64)le32(entry + 8) * SECTOR);
	}
}

static void conclude(Walk *walk)
{
	DiskLook *look = walk->look;

	if (*look->family)
		return;
	if (walk->linux_type)
		look->family = "linux";
	else if (walk->windows_type)
		look->family = "windows";
	else if (walk->bsd_type)
		look->family = "other";
}

void disk_look(MediumRead read, gpointer data, DiskLook *look)
{
	guint8 mbr[SECTOR], header[SECTOR];
	Walk walk = { .read = read, .data = data, .look = look };

	*look = (DiskLook){ .table = "", .vendor = "", .family = "" };
	if (!read_at(&walk, 0, mbr, sizeof mbr))
		return;
	gboolean marked = mbr[510] == 0x55 && mbr[511] == 0xaa;
	if (marked && mbr[450] == MBR_EFI_GUARD && read_at(&walk, SECTOR, header, sizeof header) &&
	    memcmp(header, "EFI PART", 8) == 0)
		look_at_gpt(&walk, header);
	else if (marked)
		look_at_mbr(&walk, mbr);
	if (!*look->table)
		look_at_system(&walk, 0);
	conclude(&walk);
}
