/* Making a checkpoint: disks, firmware variables, TPM, settings and, of one that is on, memory, all at one moment. */
#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/qmp-cmds.h"
#include "model/vm-checkpoint.h"

#define NEW_FOLDER ".new"

static char *new_file(const VmRun *run, const char *file)
{
	return checkpoint_path(run->vm->folder, NEW_FOLDER, file);
}

static void on_command(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	cmd_finish(result, &error);
	steps_done(data, error);
}

static void step_folder(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *folder = new_file(run, NULL);
	GError *error = NULL;

	/* What a daemon left that was killed. */
	if (file_remove_tree(folder, &error) && g_mkdir_with_parents(folder, 0700) < 0)
		file_error(&error, errno, "create folder", folder);
	steps_done(steps, error);
}

static void undo_folder(Steps *steps, gpointer context)
{
	g_autofree char *folder = new_file(context, NULL);
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(folder, &error))
		g_warning("%s", error->message);
	steps_undone(steps);
}

static void step_stop(Steps *steps, gpointer context)
{
	VmRun *run = context;

	run->checkpoint->note->memory = run->vm->machine != NULL;
	if (run->vm->machine)
		cmd_stop(run->vm->machine, on_command, steps);
	else
		steps_done(steps, NULL);
}

typedef struct {
	Steps *steps;
	VmRun *run;
} Both;

static Both *both(Steps *steps, VmRun *run)
{
	Both *pair = g_new0(Both, 1);

	*pair = (Both){ steps, run };
	return pair;
}

static void on_continued(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	Vm *vm = pair->run->vm;

	if (cmd_finish(result, NULL) && vm->machine)
		vm->machine_state = pair->run->was_running ? VM_RUNNING : VM_PAUSED;
	steps_undone(pair->steps);
}

/* Whatever failed: the guest goes on as if nothing had happened. */
static void undo_stop(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (!run->vm->machine)
		steps_undone(steps);
	else if (run->was_running)
		cmd_cont(run->vm->machine, on_continued, both(steps, run));
	else
		cmd_stop(run->vm->machine, on_continued, both(steps, run));
}

static void step_unplug(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine)
		cmd_unplug_clipboard(run->vm->machine, on_command, steps);
	else
		steps_done(steps, NULL);
}

static void on_plugged(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("VM `%s' has no shared clipboard until its next start: %s",
			  pair->run->vm->spec->name, error->message);
	steps_undone(pair->steps);
}

static void undo_unplug(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine && vm_has_clipboard(run->vm))
		cmd_plug_clipboard(run->vm->machine, on_plugged, both(steps, run));
	else
		steps_undone(steps);
}

static void on_made(Steps *steps, VmRun *run, GError *error)
{
	if (error)
		checkpoint_fail(steps, run, SNAPSHOT_DROP, run->checkpoint->tag, error);
	else
		steps_done(steps, NULL);
}

static void step_disks(Steps *steps, gpointer context)
{
	VmRun *run = context;
	const GPtrArray *disks = run->checkpoint->note->disks;
	g_autoptr(GPtrArray) nodes = g_ptr_array_new();

	if (run->checkpoint->note->memory && !run->vm->machine) {
		steps_done(steps, error_new(CARREL_ERROR_STATE, NULL, "VM `%s' has just ended",
					    run->vm->spec->name));
	} else if (!run->vm->machine) {
		checkpoint_disks(steps, run, SNAPSHOT_MAKE, run->checkpoint->tag, disks->len, on_made);
	} else {
		for (guint i = 0; i < disks->len; i++)
			g_ptr_array_add(nodes, ((CheckpointDisk *)disks->pdata[i])->node);
		g_ptr_array_add(nodes, NULL);
		cmd_snapshot_disks(run->vm->machine, (const char *const *)nodes->pdata, run->checkpoint->tag,
				   on_command, steps);
	}
}

static void on_active(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	VmRun *run = pair->run;

	cmd_finish(result, NULL);
	checkpoint_disks(pair->steps, run, SNAPSHOT_DROP, run->checkpoint->tag,
			 run->checkpoint->note->disks->len, checkpoint_step_undone);
}

/* A machine whose memory was written has its disks closed until it goes on, and must not be asked to change them before. */
static void undo_disks(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine)
		cmd_cont(run->vm->machine, on_active, both(steps, run));
	else
		checkpoint_disks(steps, run, SNAPSHOT_DROP, run->checkpoint->tag,
				 run->checkpoint->note->disks->len, checkpoint_step_undone);
}

/* What the machine does not write itself. The state of a saved VM never changes, so that both can have it. */
static void step_files(Steps *steps, gpointer context)
{
	static const char *const names[] = { VM_CONF, VM_INSTANT, VM_TPM };
	VmRun *run = context;
	Checkpoint *note = run->checkpoint->note;
	g_autofree char *saved = vm_file(run->vm, VM_SAVED_STATE);
	g_autofree char *state = new_file(run, CHECKPOINT_STATE);
	GError *error = NULL;

	for (gsize i = 0; !error && i < G_N_ELEMENTS(names); i++) {
		g_autofree char *from = vm_file(run->vm, names[i]);
		g_autofree char *to = new_file(run, names[i]);
		checkpoint_copy(from, to, &error);
	}
	if (!error && !run->vm->machine && g_file_test(saved, G_FILE_TEST_EXISTS)) {
		note->memory = TRUE;
		if (link(saved, state) < 0)
			file_error(&error, errno, "link", state);
	}
	steps_done(steps, error);
}

static void on_bytes(guint64 done, guint64 total, gpointer data)
{
	job_bytes(((VmRun *)data)->job, "write memory", done, total);
}

static void step_memory(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *state = new_file(run, CHECKPOINT_STATE);

	if (run->vm->machine)
		cmd_save_state(run->vm->machine, state, on_bytes, run, steps_cancellable(steps), on_command,
			       steps);
	else if (run->checkpoint->note->memory && !g_file_test(state, G_FILE_TEST_EXISTS))
		steps_done(steps, error_new(CARREL_ERROR_STATE, NULL, "VM `%s' has just ended",
					    run->vm->spec->name));
	else
		steps_done(steps, NULL);
}

/* From here on it is a checkpoint. */
static void step_keep(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Checkpoint *note = run->checkpoint->note;
	g_autofree char *new_note = new_file(run, "note.json");
	g_autofree char *new = new_file(run, NULL);
	g_autofree char *folder = checkpoint_path(run->vm->folder, note->id, NULL);
	GError *error = NULL;

	if (checkpoint_save_note(note, new_note, &error) && g_rename(new, folder) < 0)
		file_error(&error, errno, "create folder", folder);
	if (!error && !checkpoints_set_now(run->vm->folder, note->id, &error)) {
		if (g_rename(folder, new) < 0)
			g_warning("cannot rename `%s': %s", folder, g_strerror(errno));
	}
	steps_done(steps, error);
}

static void undo_keep(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Checkpoint *note = run->checkpoint->note;
	g_autofree char *new = new_file(run, NULL);
	g_autofree char *folder = checkpoint_path(run->vm->folder, note->id, NULL);
	g_autoptr(GError) error = NULL;

	if (g_rename(folder, new) < 0)
		g_warning("cannot rename `%s': %s", folder, g_strerror(errno));
	if (!checkpoints_set_now(run->vm->folder, note->parent, &error))
		g_warning("%s", error->message);
	steps_undone(steps);
}

static void on_paused_again(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("VM `%s': %s", pair->run->vm->spec->name, error->message);
	else if (pair->run->vm->machine)
		pair->run->vm->machine_state = VM_PAUSED;
	steps_done(pair->steps, NULL);
}

static void on_goes_on(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	Vm *vm = pair->run->vm;
	GError *error = NULL;

	if (!cmd_finish(result, &error) || !vm->machine) {
		steps_done(pair->steps, error);
		return;
	}
	vm->machine_state = VM_RUNNING;
	if (pair->run->was_running)
		steps_done(pair->steps, NULL);
	else
		cmd_stop(vm->machine, on_paused_again, g_steal_pointer(&pair));
}

/* Only going on opens the disks again, so that a paused machine runs for a moment, after what the checkpoint has of it. */
static void step_continue(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine)
		cmd_cont(run->vm->machine, on_goes_on, both(steps, run));
	else
		steps_done(steps, NULL);
}

static void on_plugged_again(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Both *pair = data;
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("VM `%s' has no shared clipboard until its next start: %s",
			  pair->run->vm->spec->name, error->message);
	vm_mark(pair->run->vm, VM_CHANGED_CHECKPOINT);
	steps_done(pair->steps, NULL);
}

static void step_plug(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine && vm_has_clipboard(run->vm)) {
		cmd_plug_clipboard(run->vm->machine, on_plugged_again, both(steps, run));
		return;
	}
	vm_mark(run->vm, VM_CHANGED_CHECKPOINT);
	steps_done(steps, NULL);
}

const Step vm_checkpoint_steps[] = {
	{"folder",        step_folder,   undo_folder},
	{ "stop",         step_stop,     undo_stop  },
	{ "clipboard",    step_unplug,   undo_unplug},
	{ "disks",        step_disks,    undo_disks },
	{ "settings",     step_files,    NULL       },
	{ "write memory", step_memory,   NULL       },
	{ "keep",         step_keep,     undo_keep  },
	{ "go on",        step_continue, NULL       },
	{ "plug in",      step_plug,     NULL       },
	{ NULL,           NULL,          NULL       },
};
