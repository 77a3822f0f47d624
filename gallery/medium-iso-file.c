/* Finding a file in an ISO image: ECMA-119 9.1. Names are those of Rock Ridge (IEEE P1282 4.1.4), else ISO 9660's own without case and version. */
#include <string.h>

#include "gallery/medium.h"

#define SECTOR     2048
#define ROOT_AT    156 /* of the root's record in the first descriptor */
#define FOLDER_MAX (1024 * 1024)
#define DEPTH_MAX  8
#define IS_FOLDER  0x02
#define RECORD_MIN 34

typedef struct {
	guint64 offset, size;
	gboolean folder;
} Entry;

static guint32 le32(const guint8 *p)
{
	return p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

static Entry entry_from(const guint8 *record)
{
	return (Entry){ (guint64)le32(record + 2) * SECTOR, le32(record + 10),
			(record[25] & IS_FOLDER) != 0 };
}

/* The field NM among those behind the name; one that goes on elsewhere is left out. NULL: there is none. */
static const char *posix_name(const guint8 *record, gsize *length)
{
	guint at = 33 + record[32] + (record[32] % 2 == 0);

	for (; at + 5 <= record[0] && record[at + 2] >= 5 && at + record[at + 2] <= record[0];
	     at += record[at + 2])
		if (memcmp(record + at, "NM", 2) == 0 && record[at + 4] == 0) {
			*length = record[at + 2] - 5;
			return (const char *)record + at + 5;
		}
	return NULL;
}

/* "VMLINUZ.;1" is "vmlinuz". */
static gboolean is_named(const guint8 *record, const char *name)
{
	const char *own = (const char *)record + 33;
	gsize length = record[32];
	const char *version = memchr(own, ';', length);
	gsize posix_length = 0;
	const char *posix = posix_name(record, &posix_length);

	if (posix && posix_length == strlen(name) && memcmp(posix, name, posix_length) == 0)
		return TRUE;

	if (version)
		length = (gsize)(version - own);
	if (length > 0 && own[length - 1] == '.')
		length--;
	return length == strlen(name) && g_ascii_strncasecmp(own, name, length) == 0;
}

/* Records do not cross sectors; a length of 0 means that the rest of the sector is empty. */
static gboolean find_in_sector(const guint8 *sector, const char *name, Entry *entry)
{
	for (guint at = 0; at + RECORD_MIN <= SECTOR && sector[at] >= RECORD_MIN; at += sector[at]) {
		const guint8 *record = sector + at;
		if (at + record[0] > SECTOR || 33 + record[32] > record[0])
			return FALSE;
		if (is_named(record, name)) {
			*entry = entry_from(record);
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean find_in_folder(MediumRead read, gpointer data, const char *name, Entry *entry)
{
	guint8 sector[SECTOR];
	Entry folder = *entry;

	for (guint64 at = 0; at < MIN(folder.size, FOLDER_MAX); at += SECTOR) {
		if (!read(folder.offset + at, sector, SECTOR, data))
			return FALSE;
		if (find_in_sector(sector, name, entry))
			return TRUE;
	}
	return FALSE;
}

gboolean iso_find(MediumRead read, gpointer data, const char *path, guint64 *offset, guint64 *size)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", DEPTH_MAX);
	guint8 sector[SECTOR];

	if (!read(16 * SECTOR, sector, SECTOR, data) || memcmp(sector + 1, "CD001", 5) != 0)
		return FALSE;
	Entry entry = entry_from(sector + ROOT_AT);
	for (char **part = parts; *part; part++)
		if (**part && (!entry.folder || !find_in_folder(read, data, *part, &entry)))
			return FALSE;
	*offset = entry.offset;
	*size = entry.size;
	return !entry.folder;
}
