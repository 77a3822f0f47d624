#include "model/vm-drivers.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "spec/spec-fields.h"

/* The volume's name in the primary descriptor, ECMA-119 8.4.7. */
#define LABEL_AT     (16 * 2048 + 40)
#define LABEL_PREFIX "virtio-win"

gboolean drivers_are_virtio(const char *path)
{
	char label[sizeof LABEL_PREFIX - 1];
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && pread(fd, label, sizeof label, LABEL_AT) == (ssize_t)sizeof label &&
	       g_ascii_strncasecmp(label, LABEL_PREFIX, sizeof label) == 0;
}

/* Takes @path over. */
static char *if_there(char *path)
{
	g_autofree char *owned = path;

	return drivers_are_virtio(path) ? g_steal_pointer(&owned) : NULL;
}

char *drivers_find(Gallery *gallery)
{
	const GalleryItem *item = gallery_find(gallery, DRIVERS_ITEM);
	const char *const *folders = g_get_system_data_dirs();
	char *found = item && *item->path ? if_there(g_strdup(item->path)) : NULL;

	if (!found)
		found = if_there(g_build_filename(g_get_user_data_dir(), DRIVERS_ITEM, DRIVERS_FILE, NULL));
	for (; !found && *folders; folders++)
		found = if_there(g_build_filename(*folders, DRIVERS_ITEM, DRIVERS_FILE, NULL));
	return found;
}

static void decide(VmSpec *spec, GHashTable *said, const char *section, const char *key)
{
	g_autofree char *path = g_strdup_printf("%s.%s", section, key);

	if (!g_hash_table_contains(said, path))
		vm_spec_set(spec, path, "virtio", NULL);
}

void drivers_use_virtio(VmSpec *spec, GHashTable *said)
{
	for (guint i = 0; i < spec->disks->len; i++)
		decide(spec, said, ((DiskSpec *)spec->disks->pdata[i])->name, "bus");
	for (guint i = 0; i < spec->nics->len; i++)
		decide(spec, said, ((NicSpec *)spec->nics->pdata[i])->name, "model");
}
