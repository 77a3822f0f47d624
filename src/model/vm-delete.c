/* Deleting: first out of sight in one rename, then the bytes. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/qmp-cmds.h"
#include "model/vm-private.h"

#define QUIT_TIMEOUT_S 10

static void on_off(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	vm_wait_gone_finish(result, &error);
	steps_done(data, error);
}

/* With force only; vm_operate() refused otherwise. What is deleted needs no orderly end. */
static void step_turn_off(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (vm->machine)
		machine_kill(vm->machine);
	vm_wait_gone(vm, QUIT_TIMEOUT_S, NULL, on_off, steps);
}

static void step_unregister(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	model_remove_vm(vm->model, vm, TRUE);
	steps_done(steps, NULL);
}

static void undo_unregister(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	model_add_vm(vm->model, vm);
	steps_undone(steps);
}

/* Keeping the disks means keeping the folder, without what makes it a VM. */
static GError *keep_disks_only(Vm *vm)
{
	GError *error = NULL;
	g_autoptr(GDir) dir = g_dir_open(vm->folder, 0, &error);
	const char *name;

	while (dir && !error && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(vm->folder, name, NULL);
		gboolean is_disk = FALSE;
		for (guint i = 0; i < vm->spec->disks->len; i++) {
			g_autofree char *disk = vm_file(vm, ((DiskSpec *)vm->spec->disks->pdata[i])->file);
			is_disk = is_disk || g_str_equal(disk, path);
		}
		if (!is_disk)
			file_remove_tree(path, &error);
	}
	if (!error && g_rmdir(vm->folder) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		g_debug("rmdir %s: %s", vm->folder, g_strerror(errno));
	return error;
}

static void step_trash(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Vm *vm = run->vm;
	g_autofree char *parent = g_path_get_dirname(vm->folder);
	GError *error = NULL;

	if (run->options.keep_disks && vm->spec->disks->len > 0) {
		steps_done(steps, keep_disks_only(vm));
		return;
	}
	run->trash = g_strdup_printf("%s/.deleted-%.8s-%u", parent, vm->spec->id, run->job->number);
	if (g_rename(vm->folder, run->trash) < 0) {
		g_clear_pointer(&run->trash, g_free);
		if (errno != ENOENT)
			file_error(&error, errno, "remove folder", vm->folder);
	}
	steps_done(steps, error);
}

static void undo_trash(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->trash && g_rename(run->trash, run->vm->folder) < 0)
		g_warning("cannot rename `%s' back: %s", run->trash, g_strerror(errno));
	steps_undone(steps);
}

static void remove_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;

	if (file_remove_tree(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* The VM is gone for everybody already; what cannot be removed now is removed when the daemon starts next. */
static void on_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (!g_task_propagate_boolean(G_TASK(result), &error))
		g_warning("%s", error->message);
	steps_done(data, NULL);
}

static void step_remove(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (!run->trash) {
		steps_done(steps, NULL);
		return;
	}
	g_autoptr(GTask) task = g_task_new(NULL, NULL, on_removed, steps);
	g_task_set_task_data(task, g_strdup(run->trash), g_free);
	g_task_run_in_thread(task, remove_thread);
}

const Step vm_delete_steps[] = {
	{"turn off",       step_turn_off,   NULL           },
	{ "unregister",    step_unregister, undo_unregister},
	{ "remove folder", step_trash,      undo_trash     },
	{ "free space",    step_remove,     NULL           },
	{ NULL,            NULL,            NULL           },
};
