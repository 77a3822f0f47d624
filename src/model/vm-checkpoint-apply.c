/* Going back to a checkpoint, deleting and renaming one. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/qmp-cmds.h"
#include "model/vm-checkpoint.h"
#include "spec/spec-file.h"

#define QUIT_TIMEOUT_S 10
#define CONF_MAX       (1024 * 1024)
#define ASIDE          ".aside-"

/* What is replaced besides vm.conf. */
static const struct {
	const char *name, *from; /* in the VM's folder, and in the checkpoint's */
	gboolean link;           /* never written to, so that both can have it */
} replaced[] = {
	{VM_SAVED_STATE, CHECKPOINT_STATE, TRUE },
	{ VM_INSTANT,    VM_INSTANT,       FALSE},
	{ VM_TPM,        VM_TPM,           FALSE},
};

static char *kept_file(const VmRun *run, const char *file)
{
	return checkpoint_path(run->vm->folder, run->checkpoint->note->id, file);
}

/* --- apply: is all there? ---------------------------------------------------------------------------------------------- */

static gboolean check_disks(const VmRun *run, GError **error)
{
	const GPtrArray *disks = run->checkpoint->note->disks;

	for (guint i = 0; i < disks->len; i++) {
		const CheckpointDisk *disk = disks->pdata[i];
		g_autofree char *path = vm_file(run->vm, disk->path);
		Vm *user = model_disk_user(run->vm->model, path, run->vm);
		if (access(path, R_OK | W_OK) < 0)
			return error_set(error, CARREL_ERROR_FAILED,
					 "put the file back, or delete the checkpoint",
					 "disk `%s' of checkpoint `%s' cannot be opened: %s", path,
					 run->checkpoint->note->name, g_strerror(errno));
		if (user)
			return error_set(error, CARREL_ERROR_STATE, "turn that VM off first",
					 "disk `%s' is in use by VM `%s'", path, user->spec->name);
	}
	return TRUE;
}

static void step_check(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *conf = kept_file(run, VM_CONF);
	g_autofree char *state = kept_file(run, CHECKPOINT_STATE);
	GError *error = NULL;
	g_autoptr(VmSpec) spec = spec_file_load(conf, &error);

	if (spec && check_disks(run, &error) && run->checkpoint->note->memory &&
	    !g_file_test(state, G_FILE_TEST_EXISTS))
		error_set(&error, CARREL_ERROR_FAILED, "put it back, or delete the checkpoint",
			  "the memory of checkpoint `%s' is gone: there is no `%s'",
			  run->checkpoint->note->name, state);
	steps_done(steps, error);
}

/* --- apply: off --------------------------------------------------------------------------------------------------------- */

typedef struct {
	Steps *steps;
	Vm *vm;
} Quitting;

static void on_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Quitting *quitting = data;
	Vm *vm = quitting->vm;
	GError *error = NULL;

	if (!vm_wait_gone_finish(result, &error) && vm->machine) {
		g_clear_error(&error);
		machine_kill(vm->machine);
		vm_wait_gone(vm, QUIT_TIMEOUT_S, NULL, on_gone, g_steal_pointer(&quitting));
		return;
	}
	steps_done(quitting->steps, error);
}

static void on_quit_sent(GObject *source, GAsyncResult *result, gpointer data)
{
	cmd_finish(result, NULL);
}

static void step_quit(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Quitting *quitting = g_new0(Quitting, 1);

	*quitting = (Quitting){ steps, run->vm };
	if (run->vm->machine)
		cmd_quit(run->vm->machine, on_quit_sent, NULL);
	vm_wait_gone(run->vm, QUIT_TIMEOUT_S, NULL, on_gone, quitting);
}

/* --- apply: disks -------------------------------------------------------------------------------------------------------- */

static guint count_disks(const VmRun *run)
{
	return run->checkpoint->note->disks->len;
}

static void on_kept(Steps *steps, VmRun *run, GError *error)
{
	if (error)
		checkpoint_fail(steps, run, SNAPSHOT_DROP, run->checkpoint->undo_tag, error);
	else
		steps_done(steps, NULL);
}

/* So that a failure at the last disk loses nothing of the first. */
static void step_keep(Steps *steps, gpointer context)
{
	VmRun *run = context;

	checkpoint_disks(steps, run, SNAPSHOT_MAKE, run->checkpoint->undo_tag, count_disks(run), on_kept);
}

static void undo_keep(Steps *steps, gpointer context)
{
	VmRun *run = context;

	checkpoint_disks(steps, run, SNAPSHOT_DROP, run->checkpoint->undo_tag, count_disks(run),
			 checkpoint_step_undone);
}

static void on_applied(Steps *steps, VmRun *run, GError *error)
{
	if (error)
		checkpoint_fail(steps, run, SNAPSHOT_APPLY, run->checkpoint->undo_tag, error);
	else
		steps_done(steps, NULL);
}

static void step_disks(Steps *steps, gpointer context)
{
	VmRun *run = context;

	checkpoint_disks(steps, run, SNAPSHOT_APPLY, run->checkpoint->tag, count_disks(run), on_applied);
}

static void undo_disks(Steps *steps, gpointer context)
{
	VmRun *run = context;

	checkpoint_disks(steps, run, SNAPSHOT_APPLY, run->checkpoint->undo_tag, count_disks(run),
			 checkpoint_step_undone);
}

static void on_dropped(Steps *steps, VmRun *run, GError *error)
{
	vm_mark(run->vm, VM_CHANGED_CHECKPOINT);
	checkpoint_step_done(steps, run, error);
}

/* --- apply: files -------------------------------------------------------------------------------------------------------- */

static char *aside_file(const VmRun *run, const char *name)
{
	g_autofree char *aside = g_strconcat(ASIDE, name, NULL);

	return vm_file(run->vm, aside);
}

/* A file or a folder; it need not be there. */
static gboolean remove_path(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
		return file_remove_tree(path, error);
	return unlink(path) == 0 || errno == ENOENT || file_error(error, errno, "remove", path);
}

static gboolean set_aside(const VmRun *run, const char *name, GError **error)
{
	g_autofree char *path = vm_file(run->vm, name);
	g_autofree char *aside = aside_file(run, name);

	return remove_path(aside, error) &&
	       (g_rename(path, aside) == 0 || errno == ENOENT || file_error(error, errno, "rename", path));
}

static gboolean bring(const VmRun *run, guint index, GError **error)
{
	g_autofree char *from = kept_file(run, replaced[index].from);
	g_autofree char *to = vm_file(run->vm, replaced[index].name);

	if (!replaced[index].link)
		return checkpoint_copy(from, to, error);
	return link(from, to) == 0 || errno == ENOENT || file_error(error, errno, "link", to);
}

static gboolean bring_conf(VmRun *run, GError **error)
{
	g_autofree char *from = kept_file(run, VM_CONF);
	g_autofree char *to = vm_file(run->vm, VM_CONF);
	g_autofree char *text = file_read(from, CONF_MAX, NULL, error);

	run->checkpoint->old_conf = text ? file_read(to, CONF_MAX, NULL, error) : NULL;
	return run->checkpoint->old_conf && file_replace(to, text, -1, 0600, error);
}

/* Back to what was there; logs what cannot be. */
static void put_back(VmRun *run)
{
	g_autofree char *conf = vm_file(run->vm, VM_CONF);
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(replaced); i++) {
		g_autofree char *path = vm_file(run->vm, replaced[i].name);
		g_autofree char *aside = aside_file(run, replaced[i].name);
		if (!remove_path(path, &error))
			g_warning("%s", error->message);
		g_clear_error(&error);
		if (g_rename(aside, path) < 0 && errno != ENOENT)
			g_warning("cannot rename `%s': %s", aside, g_strerror(errno));
	}
	if (run->checkpoint->old_conf && !file_replace(conf, run->checkpoint->old_conf, -1, 0600, &error))
		g_warning("%s", error->message);
}

static void step_files(Steps *steps, gpointer context)
{
	VmRun *run = context;
	GError *error = NULL;

	for (gsize i = 0; !error && i < G_N_ELEMENTS(replaced); i++)
		set_aside(run, replaced[i].name, &error);
	for (guint i = 0; !error && i < G_N_ELEMENTS(replaced); i++)
		bring(run, i, &error);
	if (!error)
		bring_conf(run, &error);
	if (!error)
		checkpoints_set_now(run->vm->folder, run->checkpoint->note->id, &error);
	if (error)
		put_back(run);
	steps_done(steps, error);
}

/* Nothing fails behind this but what is told to fail. */
static void undo_files(Steps *steps, gpointer context)
{
	put_back(context);
	steps_undone(steps);
}

/* It is done; what is left over costs room only. */
static void step_tidy(Steps *steps, gpointer context)
{
	VmRun *run = context;

	for (gsize i = 0; i < G_N_ELEMENTS(replaced); i++) {
		g_autofree char *aside = aside_file(run, replaced[i].name);
		g_autoptr(GError) error = NULL;
		if (!remove_path(aside, &error))
			g_warning("%s", error->message);
	}
	vm_load(run->vm);
	run->start_again = run->was_running;
	checkpoint_disks(steps, run, SNAPSHOT_DROP, run->checkpoint->undo_tag, count_disks(run), on_dropped);
}

const Step vm_apply_steps[] = {
	{"check",       step_check, NULL      },
	{ "quit",       step_quit,  NULL      },
	{ "keep disks", step_keep,  undo_keep },
	{ "disks",      step_disks, undo_disks},
	{ "settings",   step_files, undo_files},
	{ "tidy",       step_tidy,  NULL      },
	{ NULL,         NULL,       NULL      },
};

/* --- deleting ------------------------------------------------------------------------------------------------------------ */

/* Those that came from it now come from what it came from. */
static gboolean adopt_children(Vm *vm, const Checkpoint *gone, GError **error)
{
	g_autoptr(GPtrArray) all = checkpoints_load(vm->folder);
	g_autofree char *now = checkpoints_now(vm->folder);

	for (guint i = 0; i < all->len; i++) {
		Checkpoint *child = all->pdata[i];
		if (!g_str_equal(child->parent, gone->id))
			continue;
		g_free(child->parent);
		child->parent = g_strdup(gone->parent);
		if (!checkpoint_save(child, vm->folder, error))
			return FALSE;
	}
	return !g_str_equal(now, gone->id) || checkpoints_set_now(vm->folder, gone->parent, error);
}

/* Out of sight with one rename, then the bytes. */
static void step_forget(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *folder = kept_file(run, NULL);
	g_autofree char *trash = checkpoint_path(run->vm->folder, ".deleted", NULL);
	GError *error = NULL;

	if (file_remove_tree(trash, &error) && adopt_children(run->vm, run->checkpoint->note, &error) &&
	    g_rename(folder, trash) < 0)
		file_error(&error, errno, "remove folder", folder);
	if (!error && !file_remove_tree(trash, &error)) {
		g_warning("%s", error->message);
		g_clear_error(&error);
	}
	steps_done(steps, error);
}

static void step_drop(Steps *steps, gpointer context)
{
	VmRun *run = context;

	checkpoint_disks(steps, run, SNAPSHOT_DROP, run->checkpoint->tag, count_disks(run), on_dropped);
}

const Step vm_drop_steps[] = {
	{"forget",      step_forget, NULL},
	{ "free space", step_drop,   NULL},
	{ NULL,         NULL,        NULL},
};

/* --- names, and what there is --------------------------------------------------------------------------------------------- */

gboolean vm_rename_checkpoint(Vm *vm, const char *word, const char *name, GError **error)
{
	g_autoptr(GPtrArray) all = checkpoints_load(vm->folder);
	Checkpoint *checkpoint = checkpoints_find(all, word, error);

	if (!checkpoint || !checkpoint_check_name(name, error))
		return FALSE;
	g_free(checkpoint->name);
	checkpoint->name = g_strdup(name);
	if (!checkpoint_save(checkpoint, vm->folder, error))
		return FALSE;
	vm_mark(vm, VM_CHANGED_CHECKPOINT);
	return TRUE;
}

GPtrArray *vm_checkpoints(const Vm *vm)
{
	return checkpoints_load(vm->folder);
}

char *vm_checkpoint_now(const Vm *vm)
{
	return checkpoints_now(vm->folder);
}

char *vm_checkpoint_name(const Vm *vm)
{
	g_autofree char *now = checkpoints_now(vm->folder);
	g_autoptr(GPtrArray) all = *now ? checkpoints_load(vm->folder) : NULL;

	for (guint i = 0; all && i < all->len; i++)
		if (g_str_equal(((Checkpoint *)all->pdata[i])->id, now))
			return g_strdup(((Checkpoint *)all->pdata[i])->name);
	return g_strdup("");
}
