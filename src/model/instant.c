#include "model/instant.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/secret.h"
#include "hv/disk.h"
#include "hv/qga.h"
#include "hv/qmp-cmds.h"
#include "model/passphrase.h"
#include "model/ssh-key.h"
#include "model/vm-seed.h"
#include "spec/spec-file.h"

/* What a disk is called that was made for booting, while the VM tries to continue with another one. */
#define COLD_SUFFIX  ".cold"
#define CLONE_SUFFIX ".clone"

#define STATE_MAX      64    /* bytes of the file */
#define KEY_MAX        16384 /* bytes of carrel's public key */
#define ENTROPY_LENGTH 64    /* characters of 6 bits */
/* A host that is so slow would take much longer to boot it. */
#define IDENTITY_WAIT_MS 120000

/* --- how far it is --- */

static const char *const states[] = {
	[INSTANT_NO] = "",
	[INSTANT_WANTED] = "wanted\n",
	[INSTANT_CONTINUING] = "continuing\n",
	[INSTANT_DONE] = "done\n",
};

InstantState vm_instant_state(const Vm *vm)
{
	g_autofree char *path = vm_file(vm, VM_INSTANT);
	g_autofree char *text = file_read(path, STATE_MAX, NULL, NULL);

	for (gsize i = 1; text && i < G_N_ELEMENTS(states); i++)
		if (g_str_equal(text, states[i]))
			return (InstantState)i;
	return INSTANT_NO;
}

gboolean vm_instant_set(const char *folder, InstantState state, GError **error)
{
	g_autofree char *path = g_build_filename(folder, VM_INSTANT, NULL);

	if (state != INSTANT_NO)
		return file_replace(path, states[state], -1, 0600, error);
	return unlink(path) == 0 || errno == ENOENT || file_error(error, errno, "remove", path);
}

/* The disk of a VM that may continue; NULL when it has none. Caller frees. */
static char *disk_path(const Vm *vm, const char *suffix)
{
	const DiskSpec *disk = vm->spec->disks->len ? vm->spec->disks->pdata[0] : NULL;
	g_autofree char *path = disk ? vm_file(vm, disk->file) : NULL;

	return path ? g_strconcat(path, suffix, NULL) : NULL;
}

static void remove_file(const char *path)
{
	if (path && unlink(path) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", path, g_strerror(errno));
}

/* Nothing of the guest that tried is kept: it was nobody's yet. */
void vm_instant_recover(Vm *vm)
{
	g_autofree char *disk = disk_path(vm, ""), *cold = disk_path(vm, COLD_SUFFIX);
	g_autofree char *clone = disk_path(vm, CLONE_SUFFIX), *nvram = vm_file(vm, VM_NVRAM);
	g_autoptr(GError) error = NULL;

	if (vm_instant_state(vm) != INSTANT_CONTINUING)
		return;
	remove_file(clone);
	if (cold && g_rename(cold, disk) < 0 && errno != ENOENT) {
		g_warning("cannot rename `%s' back: %s", cold, g_strerror(errno));
		return;
	}
	/* The firmware's variables are the template's by now. */
	remove_file(nvram);
	if (!vm_instant_set(vm->folder, INSTANT_WANTED, &error))
		g_warning("%s", error->message);
}

static gboolean was_cancelled(const GError *error)
{
	return g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

gboolean vm_instant_falls_back(VmRun *run, const GError *error)
{
	Vm *vm = run->vm;

	if (run->fell_back && !error)
		template_make_later(vm);
	if (!run->instant || !error || was_cancelled(error))
		return FALSE;
	if (!g_error_matches(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND)) {
		g_autofree char *words = error_message(error);
		g_message("VM `%s' is booted instead of continuing from a template: %s", vm->spec->name,
			  words);
	}
	run->instant = FALSE;
	run->fell_back = TRUE;
	g_clear_pointer(&vm->last_words, g_free);
	vm_run_clear(run);
	return TRUE;
}

/* --- steps --- */

typedef struct {
	Steps *steps;
	VmRun *run;
} InstantStep;

static InstantStep *instant_step(Steps *steps, VmRun *run)
{
	InstantStep *step = g_new0(InstantStep, 1);

	*step = (InstantStep){ steps, run };
	return step;
}

static gboolean still_there(Steps *steps, Vm *vm)
{
	if (!vm->machine)
		steps_done(steps,
			   error_new(CARREL_ERROR_FAILED, NULL, "QEMU for VM `%s' ended", vm->spec->name));
	return vm->machine != NULL;
}

static char *template_file(const VmRun *run, const char *name)
{
	return g_build_filename(templates_dir(run->vm->model->templates), run->template_id, name, NULL);
}

/* The overlay is complete: it takes the disk's place. */
static void on_overlay(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree InstantStep *step = data;
	const Vm *vm = step->run->vm;
	g_autofree char *disk = disk_path(vm, ""), *cold = disk_path(vm, COLD_SUFFIX);
	g_autofree char *clone = disk_path(vm, CLONE_SUFFIX);
	GError *error = NULL;

	if (disk_finish(result, &error) && (g_rename(disk, cold) < 0 || g_rename(clone, disk) < 0))
		file_error(&error, errno, "rename", disk);
	if (error)
		vm_instant_recover(step->run->vm);
	steps_done(step->steps, error);
}

/* A disk that was changed since it was made (grown, replaced) is what the user wants to boot. */
static gboolean disk_is_new(const Vm *vm)
{
	g_autofree char *disk = disk_path(vm, ""), *mark = vm_file(vm, VM_INSTANT);
	struct stat made, marked;

	if (!disk)
		return TRUE;
	return stat(disk, &made) == 0 && stat(mark, &marked) == 0 &&
	       (made.st_mtim.tv_sec < marked.st_mtim.tv_sec ||
		(made.st_mtim.tv_sec == marked.st_mtim.tv_sec &&
		 made.st_mtim.tv_nsec <= marked.st_mtim.tv_nsec));
}

static gboolean choose(VmRun *run, GError **error)
{
	Vm *vm = run->vm;
	const Template *template = disk_is_new(vm) ? template_for(vm->model, vm->spec, error) : NULL;

	if (!template)
		return (error && *error) || error_set(error, CARREL_ERROR_NOT_FOUND, NULL,
						      "there is no template for VM `%s'", vm->spec->name);
	run->template_id = g_strdup(template->id);
	run->memory = MEMORY_CLONE;
	run->memory_file = template_file(run, TEMPLATE_MEMORY);
	run->adapters = vm_build_adapters(run, error);
	return run->adapters && vm_instant_set(vm->folder, INSTANT_CONTINUING, error);
}

void instant_step_template(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *clone = disk_path(run->vm, CLONE_SUFFIX);
	GError *error = NULL;

	choose(run, &error);
	if (error || !clone) {
		steps_done(steps, error);
		return;
	}
	g_autofree char *backing = template_file(run, TEMPLATE_DISK);
	disk_create(clone, 0, backing, "qcow2", steps_cancellable(steps), on_overlay,
		    instant_step(steps, run));
}

void instant_undo_template(Steps *steps, gpointer context)
{
	vm_instant_recover(((VmRun *)context)->vm);
	steps_undone(steps);
}

static Template *find_template(Model *model, const char *id)
{
	GPtrArray *all = templates_list(model->templates);

	for (guint i = 0; i < all->len; i++)
		if (g_str_equal(((Template *)all->pdata[i])->id, id))
			return all->pdata[i];
	return NULL;
}

/* What QEMU could not take it will not take the next time. */
static void on_continued(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree InstantStep *step = data;
	Model *model = step->run->vm->model;
	Template *template = find_template(model, step->run->template_id);
	GError *error = NULL;

	if (!cmd_finish(result, &error) && template && !was_cancelled(error))
		templates_drop(model->templates, template, "QEMU cannot continue from it");
	steps_done(step->steps, error);
}

void instant_step_continue(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *state = template_file(run, TEMPLATE_STATE);

	if (still_there(steps, run->vm))
		cmd_load_template(run->vm->machine, state, steps_cancellable(steps), on_continued,
				  instant_step(steps, run));
}

static void on_identity(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree InstantStep *step = data;
	GError *error = NULL;
	g_autofree char *output = qga_script_finish(result, &error);

	if (output)
		identity_check(step->run->vm->spec, output, &error);
	steps_done(step->steps, error);
}

/* The user's keys, and carrel's own, as the seed has them. Caller frees. */
static char *authorized_keys(void)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *own = paths_ssh_key();
	g_autofree char *path = g_strconcat(own, ".pub", NULL);
	g_autofree char *text = file_read(path, KEY_MAX, NULL, NULL);

	ssh_key_add_users(g_get_home_dir(), keys);
	if (text)
		ssh_key_add_text(text, keys, NULL);
	g_ptr_array_add(keys, g_strdup(""));
	g_ptr_array_add(keys, NULL);
	return g_strjoinv("\n", (char **)keys->pdata);
}

static char *script_for(const VmRun *run, GError **error)
{
	const Vm *vm = run->vm;
	g_autofree char *conf = template_file(run, VM_CONF);
	g_autoptr(VmSpec) was = spec_file_load(conf, error);
	g_autofree char *entropy = was ? secret_new(ENTROPY_LENGTH, error) : NULL;
	g_autofree char *password = NULL, *hash = NULL, *keys = NULL;
	Identity identity = { vm->spec, was, entropy, g_get_real_time() / G_USEC_PER_SEC, NULL, NULL };
	gboolean carrel_key;

	if (!entropy)
		return NULL;
	seed_read_login(vm->folder, &password, &carrel_key);
	if (*vm->spec->seed && password) {
		identity.password = hash = passphrase_hash(password, error);
		identity.keys = keys = authorized_keys();
		if (!hash)
			return NULL;
	}
	return identity_script(&identity);
}

void instant_step_identity(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *socket = paths_vm_run_file(run->vm->spec->id, "qga");
	GError *error = NULL;
	g_autofree char *script = script_for(run, &error);

	if (!script) {
		steps_done(steps, error);
	} else if (still_there(steps, run->vm)) {
		qga_script(socket, script, IDENTITY_WAIT_MS, steps_cancellable(steps), on_identity,
			   instant_step(steps, run));
	}
}

static void plug_next(InstantStep *step);

static void on_plugged(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree InstantStep *step = data;
	GError *error = NULL;

	if (cmd_finish(result, &error))
		plug_next(g_steal_pointer(&step));
	else
		steps_done(step->steps, error);
}

static void plug_next(InstantStep *step)
{
	VmRun *run = step->run;

	if (run->adapter_index == run->adapters->len) {
		steps_done(step->steps, NULL);
		g_free(step);
	} else if (still_there(step->steps, run->vm)) {
		cmd_plug_adapter(run->vm->machine, run->adapters->pdata[run->adapter_index++], on_plugged,
				 step);
	} else {
		g_free(step);
	}
}

void instant_step_adapters(Steps *steps, gpointer context)
{
	plug_next(instant_step(steps, context));
}

/* From here on it is a VM that runs; what it was to be booted from is of no use any more. */
void instant_step_yours(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Vm *vm = run->vm;
	g_autofree char *cold = disk_path(vm, COLD_SUFFIX);
	Template *template = find_template(vm->model, run->template_id);
	GError *error = NULL;

	if (vm_instant_set(vm->folder, INSTANT_DONE, &error)) {
		remove_file(cold);
		vm->instant = TRUE;
		vm_mark(vm, VM_CHANGED_STATE);
		if (template)
			templates_touch(vm->model->templates, template);
	}
	steps_done(steps, error);
}
