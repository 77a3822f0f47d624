/* What making, applying and deleting checkpoints have in common: the choice of one, and walks over its disks. */
#include "model/vm-checkpoint.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/qmp-cmds.h"
#include "model/vm-install.h"

#define COPY_MAX   (64 * 1024 * 1024)
#define TAG_PREFIX "carrel-"

/* --- the run ---------------------------------------------------------------------------------------------------------- */

void checkpoint_run_free(CheckpointRun *run)
{
	if (!run)
		return;
	checkpoint_free(run->note);
	g_clear_error(&run->error);
	g_free(run->tag);
	g_free(run->undo_tag);
	g_free(run->old_conf);
	g_free(run);
}

static gboolean is_shared(const char *path, const Vm *vm)
{
	g_autofree char *prefix = g_strconcat(vm->folder, "/", NULL);

	return !g_str_has_prefix(path, prefix) && model_disk_user(vm->model, path, vm) != NULL;
}

static gboolean take_disk(Checkpoint *checkpoint, Vm *vm, const DiskSpec *disk, GError **error)
{
	g_autofree char *path = vm_file(vm, disk->file);

	if (disk->readonly)
		return TRUE;
	if (!g_str_equal(disk->format, "qcow2"))
		return error_set(error, CARREL_ERROR_USAGE,
				 "convert it with `qemu-img convert -O qcow2', or make it read-only",
				 "disk `%s' of VM `%s' has the format %s, which cannot hold checkpoints",
				 disk->name, vm->spec->name, disk->format);
	if (is_shared(path, vm))
		return error_set(error, CARREL_ERROR_STATE, "turn that one off first",
				 "disk `%s' of VM `%s' is in use by another VM", path, vm->spec->name);
	checkpoint_add_disk(checkpoint, disk->name, disk->file);
	return TRUE;
}

static gboolean take_disks(Checkpoint *checkpoint, Vm *vm, GError **error)
{
	g_autofree char *nvram = vm_file(vm, VM_NVRAM);

	for (guint i = 0; i < vm->spec->disks->len; i++)
		if (!take_disk(checkpoint, vm, vm->spec->disks->pdata[i], error))
			return FALSE;
	if (vm->spec->generation == 2 && g_file_test(nvram, G_FILE_TEST_EXISTS))
		checkpoint_add_disk(checkpoint, QEMU_NODE_VARS, VM_NVRAM);
	return TRUE;
}

static char *default_name(const Vm *vm)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
	g_autofree char *head = g_strndup(vm->spec->name, 64);
	g_autofree char *valid = g_utf8_make_valid(head, -1);

	return g_strdup_printf("%s - (%s)", valid, time);
}

static gboolean may_make(Vm *vm, guint count, GError **error)
{
	g_autofree char *installing = vm_file(vm, VM_INSTALLING);
	g_autofree char *install = vm_file(vm, VM_INSTALL);

	if (count >= CHECKPOINT_MAX)
		return error_set(error, CARREL_ERROR_STATE, "delete one that is not needed any more",
				 "VM `%s' has %u checkpoints, which is the limit", vm->spec->name, count);
	if (g_file_test(installing, G_FILE_TEST_EXISTS) || g_file_test(install, G_FILE_TEST_EXISTS))
		return error_set(error, CARREL_ERROR_STATE, "wait until that has ended",
				 "the system of VM `%s' is being installed", vm->spec->name);
	return TRUE;
}

static Checkpoint *make_note(Vm *vm, const char *name, GError **error)
{
	g_autoptr(GPtrArray) all = checkpoints_load(vm->folder);
	g_autoptr(Checkpoint) checkpoint = checkpoint_new();
	g_autofree char *path = NULL;

	if (!may_make(vm, all->len, error) || (name && *name && !checkpoint_check_name(name, error)) ||
	    !take_disks(checkpoint, vm, error))
		return NULL;
	do {
		g_free(checkpoint->id);
		g_free(path);
		checkpoint->id = g_strdup_printf("%08x", g_random_int());
		path = checkpoint_path(vm->folder, checkpoint->id, NULL);
	} while (g_file_test(path, G_FILE_TEST_EXISTS));
	checkpoint->name = name && *name ? g_strdup(name) : default_name(vm);
	checkpoint->parent = checkpoints_now(vm->folder);
	checkpoint->created_us = g_get_real_time();
	return g_steal_pointer(&checkpoint);
}

/* Owned by the caller, as if alone. */
static Checkpoint *find_note(Vm *vm, const char *word, GError **error)
{
	g_autoptr(GPtrArray) all = checkpoints_load(vm->folder);
	g_autofree char *now = word ? NULL : checkpoints_now(vm->folder);
	Checkpoint *found = NULL;

	if (now && !*now)
		error_set(error, CARREL_ERROR_NOT_FOUND, "make one with `carrel checkpoint create'",
			  "VM `%s' has no checkpoint to go back to", vm->spec->name);
	else
		found = checkpoints_find(all, word ? word : now, error);
	return found ? checkpoint_take(all, found) : NULL;
}

CheckpointRun *checkpoint_run_new(Vm *vm, VmOp op, const VmOpOptions *options, GError **error)
{
	Checkpoint *checkpoint = op == VM_OP_CHECKPOINT ? make_note(vm, options->checkpoint, error)
							: find_note(vm, options->checkpoint, error);

	if (!checkpoint)
		return NULL;
	CheckpointRun *run = g_new0(CheckpointRun, 1);
	run->note = checkpoint;
	run->tag = g_strconcat(TAG_PREFIX, checkpoint->id, NULL);
	run->undo_tag = g_strconcat(TAG_PREFIX "undo-", checkpoint->id, NULL);
	return run;
}

/* --- disks, one after another ----------------------------------------------------------------------------------------- */

typedef struct {
	Steps *steps;
	VmRun *run;
	SnapshotOp op;
	char *tag;
	guint next, count;
	DisksDone done;
} Walk;

static void walk_next(Walk *walk);

static void walk_end(Walk *walk, GError *error)
{
	Steps *steps = walk->steps;
	VmRun *run = walk->run;
	DisksDone done = walk->done;

	run->checkpoint->done = walk->next;
	g_free(walk->tag);
	g_free(walk);
	done(steps, run, error);
}

static void on_image(GObject *source, GAsyncResult *result, gpointer data)
{
	Walk *walk = data;
	GError *error = NULL;

	if (!disk_finish(result, &error) && walk->op != SNAPSHOT_DROP) {
		walk_end(walk, error);
		return;
	}
	if (error)
		g_warning("VM `%s': %s", walk->run->vm->spec->name, error->message);
	g_clear_error(&error);
	walk->next++;
	walk_next(walk);
}

static void on_monitor(GObject *source, GAsyncResult *result, gpointer data)
{
	Walk *walk = data;
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("VM `%s': %s", walk->run->vm->spec->name, error->message);
	walk->next++;
	walk_next(walk);
}

/* The machine that runs may have other disks than it had then. */
static gboolean is_open(const Vm *vm, const CheckpointDisk *disk)
{
	if (!vm->machine)
		return FALSE;
	for (guint i = 0; i < vm->spec->disks->len; i++) {
		const DiskSpec *one = vm->spec->disks->pdata[i];
		if (g_str_equal(one->name, disk->node) && g_str_equal(one->file, disk->path))
			return TRUE;
	}
	return g_str_equal(disk->node, QEMU_NODE_VARS);
}

static void walk_next(Walk *walk)
{
	Vm *vm = walk->run->vm;

	if (walk->next >= walk->count) {
		walk_end(walk, NULL);
		return;
	}
	const CheckpointDisk *disk = walk->run->checkpoint->note->disks->pdata[walk->next];
	g_autofree char *path = vm_file(vm, disk->path);
	if (walk->op == SNAPSHOT_DROP && is_open(vm, disk))
		cmd_drop_snapshot(vm->machine, disk->node, walk->tag, on_monitor, walk);
	else
		disk_snapshot(path, walk->op, walk->tag, NULL, on_image, walk);
}

void checkpoint_disks(Steps *steps, VmRun *run, SnapshotOp op, const char *tag, guint count, DisksDone done)
{
	Walk *walk = g_new0(Walk, 1);

	*walk = (Walk){ steps, run, op, g_strdup(tag), 0, count, done };
	walk_next(walk);
}

void checkpoint_step_done(Steps *steps, VmRun *run, GError *error)
{
	steps_done(steps, error);
}

void checkpoint_step_undone(Steps *steps, VmRun *run, GError *error)
{
	if (error)
		g_warning("VM `%s': %s", run->vm->spec->name, error->message);
	g_clear_error(&error);
	steps_undone(steps);
}

static void on_tidy(Steps *steps, VmRun *run, GError *error)
{
	if (error)
		g_warning("VM `%s': %s", run->vm->spec->name, error->message);
	g_clear_error(&error);
	steps_done(steps, g_steal_pointer(&run->checkpoint->error));
}

void checkpoint_fail(Steps *steps, VmRun *run, SnapshotOp op, const char *tag, GError *error)
{
	run->checkpoint->error = error;
	checkpoint_disks(steps, run, op, tag, run->checkpoint->done, on_tidy);
}

/* --- files ------------------------------------------------------------------------------------------------------------ */

static gboolean copy_file(const char *from, const char *to, GError **error)
{
	gsize length = 0;
	g_autofree char *text = file_read(from, COPY_MAX, &length, error);

	return text && file_replace(to, text, (gssize)length, 0600, error);
}

gboolean checkpoint_copy(const char *from, const char *to, GError **error)
{
	if (!g_file_test(from, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!g_file_test(from, G_FILE_TEST_IS_DIR))
		return copy_file(from, to, error);
	if (g_mkdir(to, 0700) < 0)
		return file_error(error, errno, "create folder", to);
	g_autoptr(GDir) dir = g_dir_open(from, 0, error);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *one = g_build_filename(from, name, NULL);
		g_autofree char *copy = g_build_filename(to, name, NULL);
		if (g_file_test(one, G_FILE_TEST_IS_REGULAR) && !copy_file(one, copy, error))
			return FALSE;
	}
	return dir != NULL;
}
