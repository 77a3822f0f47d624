/* From this host to a port of the guest. */
#include "base/error.h"
#include "model/switch.h"
#include "model/vm-private.h"

/* The first adapter that is plugged in; NULL when none is. */
static const NicSpec *first_nic(const Vm *vm)
{
	for (guint i = 0; i < vm->spec->nics->len; i++) {
		const NicSpec *nic = vm->spec->nics->pdata[i];
		if (*nic->switch_name && nic->connected)
			return nic;
	}
	return NULL;
}

static void on_open(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	GInetSocketAddress *address = switch_open_port_finish(result, &error);

	if (address)
		g_task_return_pointer(task, address, g_object_unref);
	else
		g_task_return_error(task, error);
}

void vm_open_port(Vm *vm, guint port, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	const NicSpec *nic = first_nic(vm);

	if (!vm->machine)
		g_task_return_new_error(task, CARREL_ERROR, CARREL_ERROR_STATE,
					"VM `%s' is %s\nstart it with `carrel start'", vm->spec->name,
					vm_state_name(vm->state));
	else if (!nic)
		g_task_return_new_error(
			task, CARREL_ERROR, CARREL_ERROR_STATE,
			"VM `%s' has no adapter that is plugged in\nset nic0.switch and nic0.connected",
			vm->spec->name);
	else {
		switch_open_port(vm->machine, nic, port, on_open, task);
		return;
	}
	g_object_unref(task);
}

GInetSocketAddress *vm_open_port_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
