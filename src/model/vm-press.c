#include "model/vm-press.h"

#include <errno.h>
#include <unistd.h>

#include "hv/qmp-cmds.h"

#define TICK_MS 1000
/* Emulated machines need half a minute to come so far. */
#define PRESSES_MAX 300
/* Firmware and boot loaders read some megabytes, the installer's first file has hundreds. */
#define BEGUN_BYTES (32 * 1024 * 1024)

/* The VM may be gone when an answer comes. */
typedef struct {
	Model *model;
	char *id;
} Press;

static Press *press_new(Vm *vm)
{
	Press *press = g_new0(Press, 1);

	*press = (Press){ vm->model, g_strdup(vm->spec->id) };
	return press;
}

/* The VM that is still at it, or NULL. Frees @press. */
static Vm *press_take(Press *press)
{
	Vm *vm = model_vm_by_id(press->model, press->id);

	g_free(press->id);
	g_free(press);
	return vm && vm->machine && vm->press_tick ? vm : NULL;
}

static void on_pressed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_info("no key was pressed: %s", error->message);
}

static void forget(Vm *vm)
{
	g_autofree char *path = vm_file(vm, VM_PRESS);

	vm_press_end(vm);
	if (unlink(path) < 0)
		g_warning("cannot remove `%s': %s", path, g_strerror(errno));
}

static void on_bytes(GObject *source, GAsyncResult *result, gpointer data)
{
	Vm *vm = press_take(data);
	guint64 bytes = 0;

	if (!cmd_query_disk_bytes_finish(result, &bytes, NULL) || !vm)
		return;
	if (bytes >= BEGUN_BYTES)
		forget(vm);
	else
		cmd_send_key(vm->machine, "ret", on_pressed, NULL);
}

static gboolean on_tick(gpointer data)
{
	Vm *vm = data;

	if (vm->machine_state != VM_RUNNING)
		return G_SOURCE_CONTINUE;
	if (vm->presses++ >= PRESSES_MAX) {
		vm->press_tick = 0;
		return G_SOURCE_REMOVE;
	}
	cmd_query_disk_bytes(vm->machine, on_bytes, press_new(vm));
	return G_SOURCE_CONTINUE;
}

void vm_press_begin(Vm *vm)
{
	g_autofree char *path = vm_file(vm, VM_PRESS);

	if (!vm->machine || vm->press_tick || !g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	vm->presses = 0;
	vm->press_tick = g_timeout_add(TICK_MS, on_tick, vm);
}

void vm_press_end(Vm *vm)
{
	g_clear_handle_id(&vm->press_tick, g_source_remove);
}
