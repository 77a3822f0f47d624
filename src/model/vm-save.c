/* Saving: memory and devices into a file, then the process ends. */
#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "hv/qmp-cmds.h"
#include "model/vm-private.h"

#define QUIT_TIMEOUT_S 10

static void on_bytes(guint64 done, guint64 total, gpointer data)
{
	job_bytes(((VmRun *)data)->job, "write memory", done, total);
}

typedef struct {
	Steps *steps;
	Vm *vm;
} SaveStep;

static SaveStep *save_step(Steps *steps, Vm *vm)
{
	SaveStep *step = g_new0(SaveStep, 1);

	*step = (SaveStep){ steps, vm };
	return step;
}

static void on_continued(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree SaveStep *step = data;

	if (cmd_finish(result, NULL) && step->vm->machine)
		step->vm->machine_state = VM_RUNNING;
	steps_undone(step->steps);
}

/* Whatever failed: the guest goes on as if nothing had happened. */
static void undo_stop(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine && run->was_running)
		cmd_cont(run->vm->machine, on_continued, save_step(steps, run->vm));
	else
		steps_undone(steps);
}

static void on_stopped(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	cmd_finish(result, &error);
	steps_done(data, error);
}

static void on_plugged(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("the shared clipboard is lost until the next start: %s", error->message);
	steps_undone(data);
}

static void undo_unplug(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (vm->machine && vm_has_clipboard(vm))
		cmd_plug_clipboard(vm->machine, on_plugged, steps);
	else
		steps_undone(steps);
}

static gboolean still_there(Steps *steps, Vm *vm)
{
	if (!vm->machine)
		steps_done(steps,
			   error_new(CARREL_ERROR_STATE, NULL, "VM `%s' has just ended", vm->spec->name));
	return vm->machine != NULL;
}

static void step_stop(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (still_there(steps, vm))
		cmd_stop(vm->machine, on_stopped, steps);
}

static void step_unplug(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (still_there(steps, vm))
		cmd_unplug_clipboard(vm->machine, on_stopped, steps);
}

static void step_write(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *file = vm_file(run->vm, VM_SAVED_STATE);

	if (still_there(steps, run->vm))
		cmd_save_state(run->vm->machine, file, on_bytes, run, steps_cancellable(steps), on_stopped,
			       steps);
}

static void undo_write(Steps *steps, gpointer context)
{
	g_autofree char *file = vm_file(((VmRun *)context)->vm, VM_SAVED_STATE);

	if (unlink(file) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", file, g_strerror(errno));
	steps_undone(steps);
}

static void on_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree SaveStep *step = data;

	/* The state is on disk; a process that hangs has no more use. */
	if (!vm_wait_gone_finish(result, NULL) && step->vm->machine) {
		machine_kill(step->vm->machine);
		vm_wait_gone(step->vm, QUIT_TIMEOUT_S, NULL, on_gone, g_steal_pointer(&step));
		return;
	}
	steps_done(step->steps, NULL);
}

static void on_quit_sent(GObject *source, GAsyncResult *result, gpointer data)
{
	cmd_finish(result, NULL);
}

static void step_quit(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (vm->machine)
		cmd_quit(vm->machine, on_quit_sent, NULL);
	vm_wait_gone(vm, QUIT_TIMEOUT_S, NULL, on_gone, save_step(steps, vm));
}

const Step vm_save_steps[] = {
	{"stop",          step_stop,   undo_stop  },
	{ "clipboard",    step_unplug, undo_unplug},
	{ "write memory", step_write,  undo_write },
	{ "quit",         step_quit,   NULL       },
	{ NULL,           NULL,        NULL       },
};
