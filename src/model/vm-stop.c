/* Shut down, turn off, reset, pause, resume. */
#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv/qga.h"
#include "hv/qmp-cmds.h"
#include "model/vm-private.h"

#define SHUTDOWN_TIMEOUT_S 120
/* A QEMU that was told to quit flushes its disks first. */
#define QUIT_TIMEOUT_S 10

static GError *no_machine(Vm *vm)
{
	return error_new(CARREL_ERROR_STATE, NULL, "VM `%s' has just ended", vm->spec->name);
}

/* --- shut down: agent first, since ACPI's button asks the person at some guests' desktops --- */

typedef struct {
	Steps *steps;
	VmRun *run;
} Asking;

static void on_powerdown(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	cmd_finish(result, &error);
	steps_done(data, error);
}

static void on_agent_shutdown(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	Vm *vm = asking->run->vm;
	g_autoptr(GError) error = NULL;

	if (qga_shutdown_finish(result, &error)) {
		steps_done(asking->steps, NULL);
		return;
	}
	g_debug("VM `%s': no agent (%s), pressing the power button", vm->spec->name, error->message);
	if (vm->machine)
		cmd_system_powerdown(vm->machine, on_powerdown, asking->steps);
	else
		steps_done(asking->steps, NULL); /* it ended by itself meanwhile */
}

static void step_ask(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Vm *vm = run->vm;

	if (!vm->machine) {
		steps_done(steps, no_machine(vm));
	} else if (!vm->spec->guest_agent) {
		cmd_system_powerdown(vm->machine, on_powerdown, steps);
	} else {
		g_autofree char *socket = paths_vm_run_file(vm->spec->id, "qga");
		Asking *asking = g_new0(Asking, 1);
		*asking = (Asking){ steps, run };
		qga_shutdown(socket, steps_cancellable(steps), on_agent_shutdown, asking);
	}
}

static void on_shut_down(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	g_autoptr(GError) error = NULL;

	if (vm_wait_gone_finish(result, &error))
		steps_done(asking->steps, NULL);
	else if (g_error_matches(error, CARREL_ERROR, CARREL_ERROR_TIMEOUT))
		steps_done(asking->steps,
			   error_new(CARREL_ERROR_TIMEOUT, "look at its screen, or turn it off",
				     "the guest of VM `%s' did not shut down in time",
				     asking->run->vm->spec->name));
	else
		steps_done(asking->steps, g_steal_pointer(&error));
}

static void step_wait_off(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Asking *asking = g_new0(Asking, 1);
	guint timeout = run->options.timeout_s ? run->options.timeout_s : SHUTDOWN_TIMEOUT_S;

	*asking = (Asking){ steps, run };
	vm_wait_gone(run->vm, timeout, steps_cancellable(steps), on_shut_down, asking);
}

const Step vm_shutdown_steps[] = {
	{"ask the guest",   step_ask,      NULL},
	{ "wait until off", step_wait_off, NULL},
	{ NULL,             NULL,          NULL},
};

/* --- turn off --- */

static void on_killed(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	vm_wait_gone_finish(result, &error);
	steps_done(data, error);
}

static void on_quit_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	Vm *vm = asking->run->vm;

	if (vm_wait_gone_finish(result, NULL)) {
		steps_done(asking->steps, NULL);
		return;
	}
	g_warning("VM `%s': QEMU did not quit, killing it", vm->spec->name);
	if (vm->machine)
		machine_kill(vm->machine);
	vm_wait_gone(vm, QUIT_TIMEOUT_S, NULL, on_killed, asking->steps);
}

static void on_quit_sent(GObject *source, GAsyncResult *result, gpointer data)
{
	cmd_finish(result, NULL); /* the process's end is the answer */
}

/* Both waits begin at once: a monitor that does not answer must not delay the kill. */
static void step_quit(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Asking *asking = g_new0(Asking, 1);

	*asking = (Asking){ steps, run };
	if (run->vm->machine)
		cmd_quit(run->vm->machine, on_quit_sent, NULL);
	vm_wait_gone(run->vm, QUIT_TIMEOUT_S, NULL, on_quit_gone, asking);
}

/* Turning off a saved VM is losing its memory, as with a running one. */
static void step_discard(Steps *steps, gpointer context)
{
	g_autofree char *saved = vm_file(((VmRun *)context)->vm, VM_SAVED_STATE);
	GError *error = NULL;

	if (unlink(saved) < 0 && errno != ENOENT)
		file_error(&error, errno, "remove", saved);
	steps_done(steps, error);
}

const Step vm_turn_off_steps[] = {
	{"quit",                 step_quit,    NULL},
	{ "discard saved state", step_discard, NULL},
	{ NULL,		  NULL,         NULL},
};

/* --- reset, pause, resume: one command each --- */

typedef void (*MachineCommand)(Machine *machine, GAsyncReadyCallback callback, gpointer data);

static void on_reset(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	Vm *vm = asking->run->vm;
	GError *error = NULL;

	/* What stopped it is gone with the reset; a paused VM stays paused. */
	if (cmd_finish(result, &error) && vm->machine && vm->machine_state == VM_CRITICAL) {
		vm->machine_state = VM_PAUSED;
		vm_set_alert(vm, NULL);
	}
	steps_done(asking->steps, error);
}

static void on_paused(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	GError *error = NULL;

	if (cmd_finish(result, &error) && asking->run->vm->machine)
		asking->run->vm->machine_state = VM_PAUSED;
	steps_done(asking->steps, error);
}

static void on_resumed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Asking *asking = data;
	Vm *vm = asking->run->vm;
	GError *error = NULL;

	if (cmd_finish(result, &error) && vm->machine) {
		vm->machine_state = VM_RUNNING;
		vm_set_alert(vm, NULL);
	}
	steps_done(asking->steps, error);
}

static void run_command(Steps *steps, VmRun *run, MachineCommand command, GAsyncReadyCallback callback)
{
	if (!run->vm->machine) {
		steps_done(steps, no_machine(run->vm));
		return;
	}
	Asking *asking = g_new0(Asking, 1);
	*asking = (Asking){ steps, run };
	command(run->vm->machine, callback, asking);
}

static void step_reset(Steps *steps, gpointer context)
{
	run_command(steps, context, cmd_system_reset, on_reset);
}

static void step_pause(Steps *steps, gpointer context)
{
	run_command(steps, context, cmd_stop, on_paused);
}

static void step_resume(Steps *steps, gpointer context)
{
	run_command(steps, context, cmd_cont, on_resumed);
}

const Step vm_reset_steps[] = {
	{"reset", step_reset, NULL},
        { NULL,   NULL,       NULL}
};
const Step vm_pause_steps[] = {
	{"pause", step_pause, NULL},
        { NULL,   NULL,       NULL}
};
const Step vm_resume_steps[] = {
	{"resume", step_resume, NULL},
        { NULL,    NULL,        NULL}
};
