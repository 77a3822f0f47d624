/*
 * Which stored images do VMs stand on? Rather too many than one too few: every file of every folder below VMS is looked at for the name of an image,
 * sha256-HEX, in the configuration's text and in the header of each qcow2 file, whatever a VM's state and even when its vm.conf is broken.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "model/images-private.h"
#include "model/model-private.h"
#include "model/vm-private.h"

#define PREFIX "sha256-"
#define HEX    64
#define LOOK_MAX                                                                                             \
	(128 * 1024) /* a qcow2 header with its backing file's name has less, a vm.conf hardly more */
#define DEPTH 3

static void find_names(const char *text, gsize length, GHashTable *in_use)
{
	const char *end = text + length;
	const char *p = text;

	while ((p = memmem(p, (gsize)(end - p), PREFIX, strlen(PREFIX)))) {
		p += strlen(PREFIX);
		if (end - p >= HEX && strspn(p, "0123456789abcdef") >= HEX)
			g_hash_table_add(in_use, g_strndup(p, HEX));
	}
}

static void look_at(const char *path, GHashTable *in_use)
{
	g_autofree char *text = g_malloc(LOOK_MAX + 1);
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd >= 0 ? pread(fd, text, LOOK_MAX, 0) : -1;

	if (got <= 0)
		return;
	text[got] = '\0';
	find_names(text, (gsize)got, in_use);
}

static void look_below(const char *folder, guint depth, GHashTable *in_use)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (g_file_test(path, G_FILE_TEST_IS_SYMLINK | G_FILE_TEST_IS_REGULAR))
			look_at(path, in_use);
		else if (depth > 0 && g_file_test(path, G_FILE_TEST_IS_DIR))
			look_below(path, depth - 1, in_use);
	}
}

/* Disks that lie elsewhere. */
static void look_at_disks(Vm *vm, GHashTable *in_use)
{
	for (guint i = 0; vm->spec && i < vm->spec->disks->len; i++) {
		const DiskSpec *disk = vm->spec->disks->pdata[i];
		if (g_path_is_absolute(disk->file))
			look_at(disk->file, in_use);
	}
}

GHashTable *images_in_use(Model *model)
{
	GHashTable *in_use = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_autofree char *templates = paths_templates_dir();

	look_below(model->store, DEPTH, in_use);
	look_below(templates, DEPTH, in_use);
	for (guint i = 0; i < model->vms->len; i++)
		look_at_disks(model->vms->pdata[i], in_use);
	return in_use;
}
