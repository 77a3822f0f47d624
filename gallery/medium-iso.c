#include <string.h>

#include "gallery/medium.h"

#define SECTOR           2048
#define FIRST_DESCRIPTOR 16
#define DESCRIPTORS_MAX  16
#define CATALOG_ENTRY    32
#define PLATFORM_EFI     0xef

/* The first byte of an entry in the boot catalog. */
enum { ENTRY_VALIDATION = 0x01, ENTRY_BOOTABLE = 0x88, ENTRY_HEADER = 0x90, ENTRY_LAST_HEADER = 0x91 };

static guint32 le32(const guint8 *p)
{
	return p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

void medium_label(char *label, const guint8 *bytes, gsize length)
{
	gsize end = strnlen((const char *)bytes, MIN(length, MEDIUM_LABEL_MAX));

	memcpy(label, bytes, end);
	label[end] = '\0';
	if (!g_utf8_validate(label, -1, NULL))
		for (char *p = label; *p; p++)
			if (*p & 0x80)
				*p = '?';
	for (char *p = label; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = '?';
	g_strchomp(label);
}

static void note_platform(IsoLook *look, guint8 platform)
{
	if (platform == PLATFORM_EFI)
		look->efi = TRUE;
	else if (platform == 0)
		look->bios = TRUE;
}

/* The first entry is of the platform in the validation entry; the sections that follow have one each. */
static void read_catalog(const guint8 *catalog, IsoLook *look)
{
	guint8 platform = catalog[1];

	if (catalog[0] != ENTRY_VALIDATION || catalog[30] != 0x55 || catalog[31] != 0xaa)
		return;
	for (guint at = CATALOG_ENTRY; at < SECTOR; at += CATALOG_ENTRY) {
		const guint8 *entry = catalog + at;
		if (entry[0] == ENTRY_HEADER || entry[0] == ENTRY_LAST_HEADER)
			platform = entry[1];
		else if (entry[0] == ENTRY_BOOTABLE)
			note_platform(look, platform);
	}
}

gboolean iso_look(MediumRead read, gpointer data, IsoLook *look)
{
	static const char boot_system[] = "EL TORITO SPECIFICATION";
	guint8 sector[SECTOR], catalog[SECTOR];
	gboolean found = FALSE;

	memset(look, 0, sizeof *look);
	for (guint i = 0; i < DESCRIPTORS_MAX; i++) {
		if (!read((guint64)(FIRST_DESCRIPTOR + i) * SECTOR, sector, SECTOR, data) ||
		    memcmp(sector + 1, "CD001", 5) != 0 || sector[0] == 0xff)
			break;
		if (sector[0] == 1 && !found) {
			medium_label(look->label, sector + 40, 32);
			found = TRUE;
		} else if (sector[0] == 0 && memcmp(sector + 7, boot_system, sizeof boot_system - 1) == 0 &&
			   read((guint64)le32(sector + 0x47) * SECTOR, catalog, SECTOR, data)) {
			read_catalog(catalog, look);
		}
	}
	return found;
}
