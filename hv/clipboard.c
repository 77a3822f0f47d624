/*
 * The channel of the guest's clipboard: QEMU plays the part of a SPICE server's agent channel, spice-vdagent in the guest the other.
 *
 * It is plugged into the running machine instead of standing on the command line, because QEMU before 10.1 refuses to save a machine that has
 * it ("The vdagent chardev doesn't yet support migration"): before a save it is unplugged. The guest's agent comes and goes with the port.
 *
 * Sources: QEMU docs/interop, qapi/char.json (ChardevQemuVDAgent); ui/vdagent.c.
 */
#include "base/error.h"
#include "base/json.h"
#include "hv/machine-private.h"
#include "hv/qemu-argv.h"
#include "hv/qmp-cmds-private.h"

#define TIMEOUT_MS 10000
#define CHARDEV_ID "clipboard"
#define DEVICE_ID  "clipboard.port"
/* QEMU lets go of the channel some time after the port is gone. */
#define TRY_MS    10
#define TRIES_MAX 500

typedef struct {
	Machine *machine;
	guint tries, try_source;
} Unplug;

/* NULL and the task ended when the monitor is lost. */
static Qmp *monitor_of(GTask *task, Machine *machine)
{
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(machine, &error);

	if (!qmp) {
		g_task_return_error(task, error);
		g_object_unref(task);
	}
	return qmp;
}

/* --- plug --- */

static void on_chardev(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (!node) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	Qmp *qmp = monitor_of(task, g_task_get_task_data(task));
	if (qmp)
		qmp_execute(qmp, "device_add",
			    cmd_arguments("driver", "virtserialport", "id", DEVICE_ID, "bus",
					  QEMU_ID_SERIAL_CTL ".0", "chardev", CHARDEV_ID, "name",
					  "com.redhat.spice.0", NULL),
			    TIMEOUT_MS, cmd_done, task);
}

static JsonNode *chardev_arguments(void)
{
	return json_parse("{\"id\":\"" CHARDEV_ID "\",\"backend\":{\"type\":\"qemu-vdagent\","
			  "\"data\":{\"clipboard\":true,\"mouse\":false}}}",
			  -1, NULL);
}

void cmd_plug_clipboard(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Qmp *qmp = monitor_of(task, machine);

	if (!qmp)
		return;
	g_task_set_task_data(task, machine_hold(machine), (GDestroyNotify)machine_release);
	qmp_execute(qmp, "chardev-add", chardev_arguments(), TIMEOUT_MS, on_chardev, task);
}

/* --- unplug --- */

static void unplug_free(gpointer data)
{
	Unplug *unplug = data;

	g_clear_handle_id(&unplug->try_source, g_source_remove);
	machine_release(unplug->machine);
	g_free(unplug);
}

static void remove_chardev(GTask *task);

static gboolean on_try(gpointer data)
{
	((Unplug *)g_task_get_task_data(data))->try_source = 0;
	remove_chardev(data);
	return G_SOURCE_REMOVE;
}

static void on_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Unplug *unplug = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (!node && ++unplug->tries < TRIES_MAX && machine_qmp(unplug->machine)) {
		g_error_free(error);
		unplug->try_source = g_timeout_add(TRY_MS, on_try, task);
		return;
	}
	if (node)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

static void remove_chardev(GTask *task)
{
	Unplug *unplug = g_task_get_task_data(task);
	Qmp *qmp = monitor_of(task, unplug->machine);

	if (qmp)
		qmp_execute(qmp, "chardev-remove", cmd_arguments("id", CHARDEV_ID, NULL), TIMEOUT_MS,
			    on_removed, task);
}

/* No such port: the machine never got one, which is as well. */
static void on_port_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, NULL);

	if (node) {
		remove_chardev(task);
		return;
	}
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

void cmd_unplug_clipboard(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Unplug *unplug = g_new0(Unplug, 1);
	Qmp *qmp = monitor_of(task, machine);

	if (!qmp) {
		g_free(unplug);
		return;
	}
	unplug->machine = machine_hold(machine);
	g_task_set_task_data(task, unplug, unplug_free);
	qmp_execute(qmp, "device_del", cmd_arguments("id", DEVICE_ID, NULL), TIMEOUT_MS, on_port_gone, task);
}
