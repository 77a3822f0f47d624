/*
 * Creating a VM: everything is made in a hidden folder beside the others and appears with one rename, so that a VM exists whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/units.h"
#include "gallery/osinfo.h"
#include "hv/disk.h"
#include "model/image.h"
#include "model/images-private.h"
#include "model/ssh-key.h"
#include "model/guest-identity.h"
#include "model/switch.h"
#include "model/vm-advice.h"
#include "model/vm-install.h"
#include "model/vm-private.h"
#include "model/vm-seed.h"
#include "spec/spec-fields.h"
#include "spec/spec-file.h"

#define DEFAULT_DISK_SIZE (G_GUINT64_CONSTANT(20) << 30)

typedef struct {
	Model *model;
	Job *job;
	VmSpec *spec;
	GHashTable *fields; /* as the user gave them */
	char *image, *disk;
	gboolean instant;
	const HiddenPlace *hidden;            /* a copy; NULL: a VM as any other */
	gboolean start, unverified, reserved; /* reserved: our name is in model->creating */
	guint64 disk_size;                    /* of the new disk, 0 = none */
	gboolean has_disk_size;               /* the user said so */
	gboolean unattended;
	char *product_key;
	char *disk_file; /* its file in the folder, or NULL */
	char *image_path;
	GalleryItem *item; /* referenced */
	GuestSetup *setup; /* for the seed, or NULL */
	char *folder, *final;
	Vm *vm;
} CreateRun;

static void create_run_free(CreateRun *run)
{
	if (run->reserved)
		g_hash_table_remove(run->model->creating, run->spec->name);
	job_unref(run->job);
	gallery_item_free(run->item);
	vm_spec_free(run->spec);
	g_hash_table_unref(run->fields);
	g_free(run->image);
	g_free(run->disk);
	guest_setup_free(run->setup);
	g_free(run->product_key);
	g_free(run->image_path);
	g_free(run->disk_file);
	g_free(run->folder);
	g_free(run->final);
	g_free((gpointer)run->hidden);
	g_free(run);
}

/* --- steps --- */

static void on_host_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	steps_done(data, NULL);
}

/* The machine type is fixed now, if there is a QEMU to ask; otherwise at the first start. */
static void step_host(Steps *steps, gpointer context)
{
	model_check_host(((CreateRun *)context)->model, on_host_checked, steps);
}

typedef struct {
	Steps *steps;
	CreateRun *run;
} CreateStep;

static void apply_consequences(CreateRun *run);

/* Nobody knowing is no reason not to make the VM. */
static void on_recognised(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CreateStep *step = data;
	CreateRun *run = step->run;
	g_autoptr(GError) error = NULL;
	g_autoptr(OsInfo) info = osinfo_finish(result, &error);
	g_autofree char *swtpm = g_find_program_in_path("swtpm");
	HostInfo host;

	if (!info && (run->unattended || g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED))) {
		steps_done(step->steps, g_steal_pointer(&error));
		return;
	}
	if (!info) {
		g_warning("VM `%s': %s", run->spec->name, error->message);
		steps_done(step->steps, NULL);
		return;
	}
	if (run->unattended && !install_fit(info, run->spec, run->fields, &error)) {
		steps_done(step->steps, g_steal_pointer(&error));
		return;
	}
	host_info(run->model, &host);
	Advice advice = { info, &host, run->fields, run->has_disk_size ? NULL : &run->disk_size,
			  swtpm != NULL };
	g_autofree char *note = advice_apply(&advice, run->spec);
	apply_consequences(run);
	job_note(run->job, note);
	steps_done(step->steps, NULL);
}

/* What the user brings: a DVD is what will be installed, so it goes first. An image tells its needs itself. */
static void step_recognise(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	const char *path = *run->spec->iso ? run->spec->iso : run->disk;

	if (run->image || !path) {
		steps_done(steps, NULL);
		return;
	}
	CreateStep *step = g_new0(CreateStep, 1);
	*step = (CreateStep){ steps, run };
	osinfo_recognise(path, steps_cancellable(steps), on_recognised, step);
}

static void on_delivered(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CreateStep *step = data;
	CreateRun *run = step->run;
	GError *error = NULL;

	run->image_path = gallery_deliver_finish(run->model->gallery, result, &error);
	model_notify(run->model, MODEL_IMAGES_CHANGED, run->image, 0);
	steps_done(step->steps, error);
}

static void step_image(Steps *steps, gpointer context)
{
	CreateRun *run = context;

	if (!run->image) {
		steps_done(steps, NULL);
		return;
	}
	CreateStep *step = g_new0(CreateStep, 1);
	*step = (CreateStep){ steps, run };
	gallery_deliver(run->model->gallery, run->image, run->unverified ? GALLERY_UNVERIFIED : 0,
			images_on_progress, run->job, steps_cancellable(steps), on_delivered, step);
}

static void step_folder(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	GError *error = NULL;

	run->folder = run->hidden ? g_strdup_printf("%s/.new-%s", run->hidden->folder, run->spec->id)
				  : g_strdup_printf("%s/.new-%.8s", run->model->store, run->spec->id);
	if (g_mkdir(run->folder, 0700) < 0)
		file_error(&error, errno, "create folder", run->folder);
	steps_done(steps, error);
}

static void undo_folder(Steps *steps, gpointer context)
{
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(((CreateRun *)context)->folder, &error))
		g_warning("%s", error->message);
	steps_undone(steps);
}

static void on_prepared(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	install_prepare_finish(result, &error);
	steps_done(data, error);
}

static void step_install(Steps *steps, gpointer context)
{
	CreateRun *run = context;

	if (run->unattended)
		install_prepare(run->folder, run->spec, run->setup, run->product_key,
				steps_cancellable(steps), on_prepared, steps);
	else
		steps_done(steps, NULL);
}

static void on_disk(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	disk_finish(result, &error);
	steps_done(data, error);
}

static void step_disk(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	gboolean overlay = run->item && run->item->kind == GALLERY_DISK;

	if (run->image_path && !overlay)
		vm_spec_set(run->spec, "iso", run->image_path, NULL);
	if (!run->disk_file) {
		steps_done(steps, NULL);
		return;
	}
	g_autofree char *path = g_build_filename(run->folder, run->disk_file, NULL);
	disk_create(path, run->disk_size, overlay ? run->image_path : NULL, overlay ? "qcow2" : NULL,
		    steps_cancellable(steps), on_disk, steps);
}

/* Without carrel's own key the others and the password still let in. */
static void on_key(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CreateStep *step = data;
	CreateRun *run = step->run;
	g_autoptr(GError) no_key = NULL;
	g_autofree char *key = ssh_key_ensure_finish(result, &no_key);
	GError *error = NULL;

	if (no_key)
		g_warning("VM `%s': %s", run->spec->name, no_key->message);
	seed_write(run->folder, run->spec, run->setup, key, &error);
	steps_done(step->steps, error);
}

static void step_seed(Steps *steps, gpointer context)
{
	CreateRun *run = context;

	if (!run->setup || run->unattended) {
		steps_done(steps, NULL);
		return;
	}
	CreateStep *step = g_new0(CreateStep, 1);
	*step = (CreateStep){ steps, run };
	ssh_key_ensure(steps_cancellable(steps), on_key, step);
}

static void step_write(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	g_autofree char *conf = g_build_filename(run->folder, VM_CONF, NULL);
	GError *error = NULL;

	if (vm_spec_validate(run->spec, &error) && spec_file_save(run->spec, conf, &error) && run->instant &&
	    identity_possible(run->spec, NULL))
		vm_instant_set(run->folder, INSTANT_WANTED, &error);
	steps_done(steps, error);
}

static void step_register(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	GError *error = NULL;

	if (run->hidden) {
		run->vm = vm_new(run->model, run->folder);
		steps_done(steps, NULL);
		return;
	}
	/* rename(2) replaces an empty directory only; anything else that appeared meanwhile is an error. */
	if (g_rename(run->folder, run->final) < 0) {
		file_error(&error, errno, "create folder", run->final);
	} else {
		run->vm = vm_new(run->model, run->final);
		model_add_vm(run->model, run->vm);
		g_free(run->job->result_id);
		run->job->result_id = g_strdup(run->vm->spec->id);
	}
	steps_done(steps, error);
}

static void undo_register(Steps *steps, gpointer context)
{
	CreateRun *run = context;

	if (run->hidden) {
		g_clear_pointer(&run->vm, vm_free);
		steps_undone(steps);
		return;
	}
	model_remove_vm(run->model, run->vm, FALSE);
	if (g_rename(run->final, run->folder) < 0)
		g_warning("cannot rename `%s': %s", run->final, g_strerror(errno));
	steps_undone(steps);
}

const Step vm_create_steps[] = {
	{"host",           step_host,      NULL         },
	{ "recognise",     step_recognise, NULL         },
	{ "image",         step_image,     NULL         },
	{ "folder",        step_folder,    undo_folder  },
	{ "installer",     step_install,   NULL         },
	{ "disk",          step_disk,      NULL         },
	{ "seed",          step_seed,      NULL         },
	{ "write vm.conf", step_write,     NULL         },
	{ "register",      step_register,  undo_register},
	{ NULL,            NULL,           NULL         },
};

/* --- what the spec is made of --- */

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
static void apply_consequences(CreateRun *run)
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

/* The versioned machine type of today, so that a newer QEMU shows the guest the same hardware. */
static void fix_machine(CreateRun *run)
{
	const Host *host = run->model->host;

	if (host->caps && !*run->spec->machine)
		vm_spec_set(run->spec, "machine",
			    run->spec->generation == 2 ? host->caps->machine_q35 : host->caps->machine_pc,
			    NULL);
}

static gboolean check_inputs(CreateRun *run, GError **error)
{
	if (run->unattended && (run->image || !*run->spec->iso))
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

/* The user's disk, then the new one. An image that boots by itself needs no disk unless one is asked for. */
static void add_disks(CreateRun *run, const CreateOptions *options)
{
	gboolean overlay = run->item && run->item->kind == GALLERY_DISK;

	run->has_disk_size = options->has_disk_size;
	if (options->has_disk_size)
		run->disk_size = options->disk_size;
	else if (!run->image && !run->disk)
		run->disk_size = DEFAULT_DISK_SIZE;
	if (run->disk)
		add_disk(run, run->disk, format_of(run->disk));
	if (!overlay && run->disk_size == 0)
		return;
	run->disk_file = g_strdup_printf("disk%u.qcow2", run->spec->disks->len);
	add_disk(run, run->disk_file, "qcow2");
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

static gboolean build_spec(CreateRun *run, const CreateOptions *options, GError **error)
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
	apply_consequences(run);
	return units_check_name("VM", spec->name, error) && check_inputs(run, error) &&
	       vm_spec_validate(spec, error) && model_name_free(run->model, spec->name, error);
}

static void on_progress(const char *name, guint index, guint count, gpointer context)
{
	CreateRun *run = context;

	job_step(run->job, name, index, count);
	/* The host was probed, and the generation is known. */
	if (index == 2)
		fix_machine(run);
}

static void on_created(GObject *source, GAsyncResult *result, gpointer data)
{
	CreateRun *run = data;
	GError *error = NULL;
	g_autoptr(Job) job = job_ref(run->job);
	Vm *vm = run->vm;
	gboolean start = run->start;

	steps_run_finish(result, &error);
	create_run_free(run);
	if (!error && start)
		vm_operate(vm, VM_OP_START, NULL, &error);
	job_end(job, error);
}

static CreateRun *create_run_new(Model *model, GHashTable *fields, const CreateOptions *options)
{
	CreateRun *run = g_new0(CreateRun, 1);

	run->model = model;
	run->spec = vm_spec_new();
	run->fields = g_hash_table_ref(fields);
	run->image = g_strdup(options->image);
	run->disk = g_strdup(options->disk);
	run->start = options->start;
	run->unverified = options->unverified;
	/* A clone is not told more than its name and how one gets in. */
	run->instant = options->instant && options->image && !options->has_disk_size &&
		       !options->guest.user_data && !options->guest.hostname && !options->guest.locale &&
		       !options->guest.timezone && !options->guest.ssh_keys;
	run->unattended = options->unattended;
	run->product_key = g_strdup(options->product_key);
	return run;
}

Job *model_create_vm(Model *model, GHashTable *fields, const CreateOptions *options, GError **error)
{
	CreateRun *run = create_run_new(model, fields, options);

	if (!build_spec(run, options, error)) {
		create_run_free(run);
		return NULL;
	}
	run->final = g_build_filename(model->store, run->spec->name, NULL);
	run->reserved = g_hash_table_add(model->creating, g_strdup(run->spec->name));
	run->job = job_ref(model_add_job(model, "create", run->spec->name));
	steps_run(vm_create_steps, run, on_progress, run->job->cancellable, on_created, run);
	return run->job;
}

/* --- hidden ones --- */

static void on_hidden(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	CreateRun *run = g_task_get_task_data(task);
	GError *error = NULL;

	if (steps_run_finish(result, &error))
		g_task_return_pointer(task, run->vm, (GDestroyNotify)vm_free);
	else
		g_task_return_error(task, error);
}

void vm_create_hidden(Model *model, GHashTable *fields, const CreateOptions *options,
		      const HiddenPlace *place, GAsyncReadyCallback callback, gpointer data)
{
	CreateRun *run = create_run_new(model, fields, options);
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;

	run->hidden = g_memdup2(place, sizeof *place);
	run->job = job_ref(place->job);
	/* The folder's name will be its name; until then one that nobody has. */
	g_free(run->spec->name);
	run->spec->name = g_strdup_printf("template-%08x", g_random_int());
	g_task_set_task_data(task, run, (GDestroyNotify)create_run_free);
	if (build_spec(run, options, &error))
		steps_run(vm_create_steps, run, on_progress, run->job->cancellable, on_hidden,
			  g_steal_pointer(&task));
	else
		g_task_return_error(task, error);
}

Vm *vm_create_hidden_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
