/* What the spec of a new VM is made of, before its image is there. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/units.h"
#include "model/image.h"
#include "model/images-private.h"
#include "model/switch.h"
#include "model/vm-create-private.h"
#include "model/vm-seed.h"
#include "spec/spec-fields.h"

/* What people expect of a new VM of this kind, before their own fields. */
static void apply_image(CreateRun *run)
{
	const GalleryItem *item = run->item;

	if (!item)
		return;
	vm_spec_set(run->spec, "image", item->id, NULL);
	vm_spec_set(run->spec, "os", item->os, NULL);
	run->spec->secure_boot = item->secure_boot;
	if (item->memory)
		run->spec->memory = item->memory;
	if (item->cpus)
		run->spec->cpus = item->cpus;
}

static gboolean apply_fields(CreateRun *run, GError **error)
{
	GHashTableIter iter;
	gpointer path, text;

	g_hash_table_iter_init(&iter, run->fields);
	while (g_hash_table_iter_next(&iter, &path, &text)) {
		if (g_str_equal(path, "id") || g_str_equal(path, "created"))
			return error_set(error, CARREL_ERROR_USAGE, "leave it out",
					 "field `%s' is chosen by carrel", (char *)path);
		if (!vm_spec_set(run->spec, path, text, error))
			return FALSE;
	}
	return TRUE;
}

/* A seed is made for images that take one, for disks when somebody asks for something that it does, and for the user's own user-data always:
 * installers read such discs, too. */
static gboolean add_seed(CreateRun *run, const GuestOptions *options, GError **error)
{
	gboolean given = guest_options_given(options);
	if (run->unattended) {
		run->setup = guest_setup_new(options, run->spec, g_hash_table_contains(run->fields, "keymap"),
					     error);
		return run->setup != NULL;
	}
	gboolean takes = run->item ? run->item->cloud_init : run->disk != NULL && given;

	if (options->no_seed || *run->spec->seed)
		return !given ||
		       error_set(error, CARREL_ERROR_USAGE, "leave one of them out",
				 "settings for the guest's first start need the seed that carrel makes");
	if (!takes && !options->user_data)
		return !given || error_set(error, CARREL_ERROR_USAGE, "leave them out",
					   "`%s' takes no settings for its first start",
					   run->image ? run->image : run->spec->name);
	run->setup = guest_setup_new(options, run->spec, g_hash_table_contains(run->fields, "keymap"), error);
	return run->setup && vm_spec_set(run->spec, "seed", VM_SEED, error);
}

/* After the user's fields, since they decide on the generation. */
void create_apply_consequences(CreateRun *run)
{
	VmSpec *spec = run->spec;

	if (spec->generation == 1)
		spec->secure_boot = FALSE;
	for (guint i = 0; i < spec->nics->len; i++) {
		NicSpec *nic = spec->nics->pdata[i];
		if (!*nic->mac) {
			g_free(nic->mac);
			nic->mac = units_random_mac();
		}
	}
}

static gboolean check_inputs(CreateRun *run, GError **error)
{
	if (run->unattended && !run->image && !*run->spec->iso)
		return error_set(error, CARREL_ERROR_USAGE, "give its ISO image",
				 "an unattended installation needs an installer");
	for (guint i = 0; i < run->spec->nics->len; i++) {
		NetPort port;
		if (!switch_plug(run->spec->nics->pdata[i], &port, error))
			return FALSE;
	}
	if (*run->spec->iso && !g_file_test(run->spec->iso, G_FILE_TEST_IS_REGULAR))
		return error_set(error, CARREL_ERROR_FAILED, "check the path",
				 "there is no file `%s' for the DVD drive", run->spec->iso);
	if (*run->spec->drivers && !g_file_test(run->spec->drivers, G_FILE_TEST_IS_REGULAR))
		return error_set(error, CARREL_ERROR_FAILED, "check the path",
				 "there is no file `%s' with drivers", run->spec->drivers);
	if (run->disk && !g_file_test(run->disk, G_FILE_TEST_EXISTS))
		return error_set(error, CARREL_ERROR_FAILED, "check the path",
				 "disk image `%s' does not exist", run->disk);
	return TRUE;
}

/* The format of a disk that the user brings: its name says it, or a qcow2 header that stands there now. It is written into vm.conf, so that a guest
 * that later writes such a header onto its raw disk gains nothing. */
static const char *format_of(const char *path)
{
	static const char *const formats[][2] = {
		{".qcow2", "qcow2"},
                { ".qcow", "qcow2"},
                { ".vhdx", "vhdx" },
                { ".vhd",  "vpc"  },
		{ ".vmdk", "vmdk" },
                { ".vdi",  "vdi"  },
                { ".raw",  "raw"  },
	};
	g_autofree char *lower = g_ascii_strdown(path, -1);
	char magic[4] = "";

	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
		if (g_str_has_suffix(lower, formats[i][0]))
			return formats[i][1];
	autofd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
	    memcmp(magic, "QFI\xfb", sizeof magic) == 0)
		return "qcow2";
	return "raw";
}

static void add_disk(CreateRun *run, const char *file, const char *format)
{
	DiskSpec *disk = vm_spec_add_disk(run->spec, NULL);

	g_free(disk->file);
	g_free(disk->format);
	disk->file = g_strdup(file);
	disk->format = g_strdup(format);
}

void create_add_new_disk(CreateRun *run)
{
	if (run->disk_file)
		return;
	run->disk_file = g_strdup_printf("disk%u.qcow2", run->spec->disks->len);
	add_disk(run, run->disk_file, "qcow2");
}

/* The user's disk, then the new one, which the user's fields may speak of. What an image needs is known when it is there; its item's kind is a
 * good guess. */
static void add_disks(CreateRun *run, const CreateOptions *options)
{
	run->has_disk_size = options->has_disk_size;
	if (options->has_disk_size)
		run->disk_size = options->disk_size;
	else if (!run->image && !run->disk)
		run->disk_size = CREATE_DISK_SIZE;
	if (run->disk)
		add_disk(run, run->disk, format_of(run->disk));
	if (run->disk_size || (run->item && run->item->kind == GALLERY_DISK))
		create_add_new_disk(run);
}

static gboolean find_image(CreateRun *run, GError **error)
{
	GalleryItem *item = run->image ? gallery_find(run->model->gallery, run->image) : NULL;

	if (run->image && !item)
		return error_set(error, CARREL_ERROR_NOT_FOUND, image_hint(run->model),
				 "there is no image `%s'", run->image);
	run->item = item ? gallery_item_ref(item) : NULL;
	return TRUE;
}

gboolean create_build_spec(CreateRun *run, const CreateOptions *options, GError **error)
{
	VmSpec *spec = run->spec;

	if (!find_image(run, error))
		return FALSE;
	g_free(spec->id);
	spec->id = g_uuid_string_random();
	g_free(spec->created);
	spec->created = units_format_time(g_get_real_time() / G_USEC_PER_SEC);
	vm_spec_add_nic(spec, NULL);
	apply_image(run);
	add_disks(run, options);
	if (!apply_fields(run, error) || !add_seed(run, &options->guest, error))
		return FALSE;
	create_apply_consequences(run);
	return units_check_name("VM", spec->name, error) && check_inputs(run, error) &&
	       vm_spec_validate(spec, error) && model_name_free(run->model, spec->name, error);
}
