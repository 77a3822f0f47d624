/*
 * Connections to a VM's screen and serial port. Whoever opens one while the VM is off waits, gets it before the guest's first instruction, and
 * holds that instruction back until it is ready: the firmware's first frame is never missed.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/paths.h"
#include "model/vm-private.h"

/* A console that does not report must not keep the VM from starting. */
#define READY_TIMEOUT_MS 2000

typedef struct {
	Vm *vm;
	VmConsoleKind kind;
	gboolean patient; /* waits for the next start too */
	int fd;
	guint token;
} ConsoleWait;

static void console_wait_free(gpointer data)
{
	ConsoleWait *wait = data;

	fd_clear(&wait->fd);
	g_free(wait);
}

static gboolean console_exists(Vm *vm, VmConsoleKind kind, GError **error)
{
	if (kind == VM_SCREEN && g_str_equal(vm->spec->video, "none"))
		return error_set(error, CARREL_ERROR_STATE, "set video=auto, or connect --via serial",
				 "VM `%s' has no screen", vm->spec->name);
	if (kind == VM_SERIAL && !vm->spec->serial)
		return error_set(error, CARREL_ERROR_STATE, "set serial=on", "VM `%s' has no serial port",
				 vm->spec->name);
	return TRUE;
}

/* Connects and completes the task, which is consumed. */
static void console_connect(GTask *task, gboolean want_token)
{
	ConsoleWait *wait = g_task_get_task_data(task);
	Vm *vm = wait->vm;
	g_autofree char *path = paths_vm_run_file(vm->spec->id, wait->kind == VM_SCREEN ? "vnc" : "serial");
	GError *error = NULL;

	wait->fd = fd_connect_unix(path, &error);
	if (wait->fd >= 0) {
		wait->token = ++vm->next_token;
		if (want_token && wait->kind == VM_SCREEN)
			g_array_append_val(vm->console_tokens, wait->token);
		g_task_return_boolean(task, TRUE);
	} else {
		g_task_return_error(task, error);
	}
	g_object_unref(task);
}

static void on_wait_cancelled(GCancellable *cancellable, gpointer data)
{
	ConsoleWait *wait = g_task_get_task_data(data);

	if (!g_ptr_array_remove(wait->vm->console_waits, data))
		return;
	g_task_return_new_error(data, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the client left");
	g_object_unref(data);
}

/* A process whose sockets may not be there yet: start runs its steps up to "consoles". */
static gboolean is_connectable(const Vm *vm)
{
	return vm->machine && vm->state != VM_STARTING;
}

void vm_open_console(Vm *vm, VmConsoleKind kind, gboolean wait, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	ConsoleWait *state = g_new0(ConsoleWait, 1);
	GError *error = NULL;

	g_task_set_check_cancellable(task, FALSE);
	*state = (ConsoleWait){ vm, kind, wait, -1, 0 };
	g_task_set_task_data(task, state, console_wait_free);
	if (!console_exists(vm, kind, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
	} else if (is_connectable(vm)) {
		console_connect(task, FALSE);
	} else if (wait || vm->state == VM_STARTING) {
		g_ptr_array_add(vm->console_waits, task);
		if (cancellable)
			g_signal_connect_object(cancellable, "cancelled", G_CALLBACK(on_wait_cancelled), task,
						0);
	} else {
		g_task_return_error(task, error_new(CARREL_ERROR_STATE, "start it first",
						    "VM `%s' is %s and has no %s to show", vm->spec->name,
						    vm_state_name(vm->state),
						    kind == VM_SCREEN ? "screen" : "serial port"));
		g_object_unref(task);
	}
}

int vm_open_console_finish(Vm *vm, GAsyncResult *result, guint *token, GError **error)
{
	ConsoleWait *wait = g_task_get_task_data(G_TASK(result));

	if (!g_task_propagate_boolean(G_TASK(result), error))
		return -1;
	*token = wait->token;
	return fd_steal(&wait->fd);
}

static void consoles_finish(Vm *vm)
{
	void (*done)(gpointer data) = g_steal_pointer(&vm->consoles_done);

	g_clear_handle_id(&vm->console_timeout, g_source_remove);
	g_array_set_size(vm->console_tokens, 0);
	if (done)
		done(vm->consoles_data);
}

static gboolean on_ready_timeout(gpointer data)
{
	Vm *vm = data;

	vm->console_timeout = 0;
	g_debug("VM `%s': a console did not report, starting without it", vm->spec->name);
	consoles_finish(vm);
	return G_SOURCE_REMOVE;
}

void vm_consoles_attach(Vm *vm, void (*done)(gpointer data), gpointer data)
{
	g_autoptr(GPtrArray) waits = g_steal_pointer(&vm->console_waits);

	vm->console_waits = g_ptr_array_new();
	for (guint i = 0; i < waits->len; i++)
		console_connect(waits->pdata[i], TRUE);
	vm->consoles_done = done;
	vm->consoles_data = data;
	if (vm->console_tokens->len == 0)
		consoles_finish(vm);
	else
		vm->console_timeout = g_timeout_add(READY_TIMEOUT_MS, on_ready_timeout, vm);
}

void vm_console_ready(Vm *vm, guint token)
{
	for (guint i = 0; i < vm->console_tokens->len; i++)
		if (g_array_index(vm->console_tokens, guint, i) == token) {
			g_array_remove_index_fast(vm->console_tokens, i);
			if (vm->console_tokens->len == 0)
				consoles_finish(vm);
			return;
		}
}

void vm_consoles_refuse(Vm *vm)
{
	for (guint i = vm->console_waits->len; i-- > 0;) {
		GTask *task = vm->console_waits->pdata[i];
		if (((ConsoleWait *)g_task_get_task_data(task))->patient)
			continue;
		g_ptr_array_remove_index(vm->console_waits, i);
		g_task_return_error(
			task, error_new(CARREL_ERROR_STATE, NULL, "VM `%s' did not start", vm->spec->name));
		g_object_unref(task);
	}
}

void vm_consoles_free(Vm *vm)
{
	g_clear_handle_id(&vm->console_timeout, g_source_remove);
	for (guint i = 0; i < vm->console_waits->len; i++) {
		g_task_return_error(
			vm->console_waits->pdata[i],
			error_new(CARREL_ERROR_NOT_FOUND, NULL, "VM `%s' was deleted", vm->spec->name));
		g_object_unref(vm->console_waits->pdata[i]);
	}
	g_ptr_array_unref(vm->console_waits);
	g_array_unref(vm->console_tokens);
}
