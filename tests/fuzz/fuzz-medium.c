/* The first bytes of media and disks, labels of volumes, and the answers of carrel-osinfo. */
#include <stdint.h>
#include <string.h>

#include "gallery/medium.h"
#include "gallery/os-words.h"
#include "gallery/osinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	const uint8_t *data;
	size_t size;
	guint reads;
} Input;

/* ISO images have nothing in the first 32 KiB: leaving it out keeps the corpus small. */
#define ISO_START 32768

static gboolean read_disk(guint64 offset, void *buffer, gsize length, gpointer user)
{
	Input *input = user;

	g_assert(length <= MEDIUM_READ_MAX && ++input->reads < 4000);
	if (offset > input->size || length > input->size - offset)
		return FALSE;
	memcpy(buffer, input->data + offset, length);
	return TRUE;
}

static gboolean read_iso(guint64 offset, void *buffer, gsize length, gpointer user)
{
	return offset >= ISO_START && read_disk(offset - ISO_START, buffer, length, user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input input = { data, size, 0 };
	char label[MEDIUM_LABEL_MAX + 1];
	IsoLook iso;
	DiskLook disk;
	guint64 offset, length;

	iso_look(read_iso, &input, &iso);
	g_assert(g_utf8_validate(iso.label, -1, NULL));
	iso_find(read_iso, &input, "install.amd/vmlinuz", &offset, &length);
	input.reads = 0;
	disk_look(read_disk, &input, &disk);
	g_assert(disk.table && disk.vendor && disk.family && g_utf8_validate(disk.label, -1, NULL));
	medium_label(label, data, size);
	g_autoptr(OsWords) words = os_words_from_volume(label);
	g_autoptr(OsWords) feed = os_words_from_feed(label, NULL);
	g_assert(!words || *words->id);
	g_assert(!feed || *feed->distro);
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(OsInfo) info = os_info_parse(text, NULL);
	g_autofree char *says = info ? os_info_describe(info) : NULL;
	g_assert(!info == !says);
	return 0;
}
