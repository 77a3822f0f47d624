/*
 * Finding a machine that runs already, after the daemon died or was upgraded, whatever it was doing then. QEMU's own status says what was interrupted:
 * a start is brought to its end, a save is called off, and everything else is simply shown as it is.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/paths.h"
#include "hv/qmp-cmds.h"
#include "model/vm-press.h"
#include "model/vm-private.h"

typedef enum { ADOPT_SHOW, ADOPT_CONTINUE, ADOPT_KILL } AdoptAction;

typedef struct {
	const char *status; /* of query-status; QEMU's RunState */
	VmState state;
	AdoptAction action;
} AdoptRow;

static const AdoptRow adopt_rows[] = {
	{"running",         VM_RUNNING,  ADOPT_SHOW    },
	{ "paused",         VM_PAUSED,   ADOPT_SHOW    },
	{ "suspended",      VM_RUNNING,  ADOPT_SHOW    },
	{ "debug",          VM_PAUSED,   ADOPT_SHOW    },
 /* A start got as far as the process: the first instruction is still to come. */
	{ "prelaunch",      VM_PAUSED,   ADOPT_CONTINUE},
 /* A save was under way or just done, and the process was about to quit: its memory is the newest truth. */
	{ "finish-migrate", VM_PAUSED,   ADOPT_CONTINUE},
	{ "postmigrate",    VM_PAUSED,   ADOPT_CONTINUE},
	{ "save-vm",        VM_PAUSED,   ADOPT_CONTINUE},
 /* A half-read saved state is nothing; the file is still there. */
	{ "inmigrate",      VM_PAUSED,   ADOPT_KILL    },
	{ "restore-vm",     VM_PAUSED,   ADOPT_KILL    },
	{ "io-error",       VM_CRITICAL, ADOPT_SHOW    },
	{ "guest-panicked", VM_CRITICAL, ADOPT_SHOW    },
	{ "internal-error", VM_CRITICAL, ADOPT_SHOW    },
	{ "watchdog",       VM_CRITICAL, ADOPT_SHOW    },
	{ "shutdown",       VM_PAUSED,   ADOPT_KILL    },
	{ NULL,             VM_PAUSED,   ADOPT_SHOW    },
};

static void adopt_end(GTask *task)
{
	Vm *vm = g_task_get_task_data(task);

	if (vm->machine)
		vm->instant = vm_instant_state(vm) == INSTANT_DONE;
	else
		vm_instant_recover(vm);
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

static void on_continued(GObject *source, GAsyncResult *result, gpointer data)
{
	Vm *vm = g_task_get_task_data(data);
	g_autoptr(GError) error = NULL;

	if (cmd_finish(result, &error)) {
		g_autofree char *saved = vm_file(vm, VM_SAVED_STATE);
		g_autofree char *used = vm_file(vm, VM_USED_STATE);
		if (unlink(saved) < 0 && errno != ENOENT)
			g_warning("cannot remove `%s': %s", saved, g_strerror(errno));
		unlink(used);
		if (vm->machine)
			vm->machine_state = VM_RUNNING;
		vm_settle(vm);
	} else {
		g_warning("VM `%s': %s", vm->spec->name, error->message);
	}
	adopt_end(data);
}

static const char *critical_alert(const char *status)
{
	if (g_str_equal(status, "io-error"))
		return "stopped by a disk error; remove the cause, then resume";
	if (g_str_equal(status, "guest-panicked"))
		return "the guest's kernel panicked; look at its screen, then reset it or turn it off";
	return "stopped by an error of the virtual machine; reset it or turn it off";
}

static void on_status(GObject *source, GAsyncResult *result, gpointer data)
{
	Vm *vm = g_task_get_task_data(data);
	g_autoptr(GError) error = NULL;
	g_autofree char *status = cmd_query_status_finish(result, &error);
	const AdoptRow *row = adopt_rows;

	if (!status || !vm->machine) {
		if (vm->machine)
			vm_set_alert(vm, "QEMU does not answer on its monitor");
		adopt_end(data);
		return;
	}
	while (row->status && !g_str_equal(row->status, status))
		row++;
	g_message("VM `%s': found running (pid %d, %s)", vm->spec->name, vm_pid(vm), status);
	vm->machine_state = row->state;
	if (row->state == VM_CRITICAL)
		vm_set_alert(vm, critical_alert(status));
	vm_settle(vm);
	vm_press_begin(vm);
	/* Who has not got a name of its own yet is not handed out. */
	if (vm_instant_state(vm) == INSTANT_CONTINUING) {
		machine_kill(vm->machine);
		adopt_end(data);
		return;
	}
	if (row->action == ADOPT_CONTINUE) {
		cmd_cont(vm->machine, on_continued, data);
		return;
	}
	if (row->action == ADOPT_KILL)
		machine_kill(vm->machine);
	adopt_end(data);
}

/* The process's age says when the VM was started; its command line says how it runs. */
static void read_process(Vm *vm)
{
	g_autofree char *proc = g_strdup_printf("/proc/%d", vm_pid(vm));
	g_autofree char *cmdline = g_build_filename(proc, "cmdline", NULL);
	g_autofree char *text = NULL;
	gsize length = 0;
	struct stat st;

	if (stat(proc, &st) == 0)
		vm->started = st.st_ctim.tv_sec;
	vm->accel = ACCEL_TCG;
	if (!g_file_get_contents(cmdline, &text, &length, NULL))
		return;
	for (const char *arg = text; arg < text + length; arg += strlen(arg) + 1)
		if (g_str_equal(arg, "-accel") && g_str_has_prefix(arg + strlen(arg) + 1, "kvm"))
			vm->accel = ACCEL_KVM;
}

static void on_adopted(GObject *source, GAsyncResult *result, gpointer data)
{
	Vm *vm = g_task_get_task_data(data);
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_finish(result, &error);

	if (!machine) {
		if (!g_error_matches(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND))
			g_warning("VM `%s': %s", vm->spec->name, error->message);
		adopt_end(data);
		return;
	}
	vm_take_machine(vm, machine);
	read_process(vm);
	vm_record_adopt(vm);
	cmd_query_status(vm->machine, on_status, data);
}

void vm_adopt(Vm *vm, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *run_dir = paths_vm_run_dir(vm->spec->id);
	g_autofree char *log_file = NULL;

	g_task_set_task_data(task, vm, NULL);
	/* Without a run directory nothing runs; saves a look at /proc for each of a thousand VMs. */
	if (!g_file_test(run_dir, G_FILE_TEST_IS_DIR)) {
		adopt_end(task);
		return;
	}
	MachineOptions options = vm_machine_options(vm, &log_file);
	machine_adopt(&options, NULL, on_adopted, task);
}
