/*
 * Creating a VM: everything is made in a hidden folder beside the others and appears with one rename, so that a VM exists whole or not at all.
 */
#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/disk.h"
#include "model/images-private.h"
#include "model/ssh-key.h"
#include "model/guest-identity.h"
#include "model/vm-create-private.h"
#include "model/vm-install.h"
#include "model/vm-press.h"
#include "model/vm-seed.h"
#include "spec/spec-fields.h"
#include "spec/spec-file.h"

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
	os_info_free(run->info);
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

/* If there is a QEMU to ask, the machine type is fixed now; otherwise at the first start. */
static void step_host(Steps *steps, gpointer context)
{
	model_check_host(((CreateRun *)context)->model, on_host_checked, steps);
}

typedef struct {
	Steps *steps;
	CreateRun *run;
} CreateStep;

static void on_delivered(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CreateStep *step = data;
	CreateRun *run = step->run;
	GError *error = NULL;

	run->image_path = gallery_deliver_finish(run->model->gallery, result, &error);
	model_notify(run->model, MODEL_IMAGES_CHANGED, run->image, 0);
	if (run->image_path)
		create_fit_image(run, &error);
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

/* Nobody knowing is no reason not to make the VM. */
static void on_recognised(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CreateStep *step = data;
	CreateRun *run = step->run;
	GError *error = NULL;
	run->info = osinfo_finish(result, &error);
	if (run->info) {
		create_fit_system(run, run->info, &error);
	} else if (!run->unattended && !g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED)) {
		if (!g_error_matches(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND))
			g_warning("VM `%s': %s", run->spec->name, error->message);
		g_clear_error(&error);
	}
	steps_done(step->steps, error);
}

/* What is built here tells its needs itself. Of others a disc says best what it is, since it is what will be installed, and an image's item may name its system. */
static void step_recognise(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	gboolean own = run->item && *run->item->builder;
	const char *path = *run->spec->iso ? run->spec->iso : run->disk;
	const char *os = run->item ? run->item->os : "";

	if (own || (!path && !*os)) {
		steps_done(steps, NULL);
		return;
	}
	CreateStep *step = g_new0(CreateStep, 1);
	*step = (CreateStep){ steps, run };
	if (path)
		osinfo_recognise(path, steps_cancellable(steps), on_recognised, step);
	else
		osinfo_find(os, NULL, steps_cancellable(steps), on_recognised, step);
}

/* The versioned machine type of today, so that a newer QEMU shows the guest the same hardware. By now its generation is known. */
static void step_machine(Steps *steps, gpointer context)
{
	CreateRun *run = context;
	const Host *host = run->model->host;

	if (host->caps && !*run->spec->machine)
		vm_spec_set(run->spec, "machine",
			    run->spec->generation == 2 ? host->caps->machine_q35 : host->caps->machine_pc,
			    NULL);
	steps_done(steps, NULL);
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
	g_autofree char *press = g_build_filename(run->folder, VM_PRESS, NULL);
	GError *error = NULL;

	if (run->press_key && !file_replace(press, "", 0, 0600, &error))
		steps_done(steps, error);
	else if (run->unattended)
		install_prepare(run->folder, run->spec, run->setup, run->info, run->product_key,
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

	if (!run->disk_file) {
		steps_done(steps, NULL);
		return;
	}
	g_autofree char *path = g_build_filename(run->folder, run->disk_file, NULL);
	disk_create(path, run->disk_size, run->backing, run->backing ? "qcow2" : NULL,
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
	{ "image",         step_image,     NULL         },
	{ "recognise",     step_recognise, NULL         },
	{ "machine",       step_machine,   NULL         },
	{ "folder",        step_folder,    undo_folder  },
	{ "installer",     step_install,   NULL         },
	{ "disk",          step_disk,      NULL         },
	{ "seed",          step_seed,      NULL         },
	{ "write vm.conf", step_write,     NULL         },
	{ "register",      step_register,  undo_register},
	{ NULL,            NULL,           NULL         },
};

static void on_progress(const char *name, guint index, guint count, gpointer context)
{
	CreateRun *run = context;

	job_step(run->job, name, index, count);
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

	if (!create_build_spec(run, options, error)) {
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
	if (create_build_spec(run, options, &error))
		steps_run(vm_create_steps, run, on_progress, run->job->cancellable, on_hidden,
			  g_steal_pointer(&task));
	else
		g_task_return_error(task, error);
}

Vm *vm_create_hidden_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
