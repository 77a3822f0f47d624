/*
 * Adapters that come and go while the guest runs. A template is saved without any, and each clone gets its own: the address of the template's would be
 * part of what is loaded.
 *
 * Sources: QEMU qapi/net.json (netdev_add), qapi/qdev.json (device_add, device_del).
 */
#include "base/error.h"
#include "hv/machine-private.h"
#include "hv/qmp-cmds-private.h"

#define TIMEOUT_MS 10000
/* The guest's driver lets go first; under emulation that takes a second. */
#define TRY_MS    50
#define TRIES_MAX 400

typedef struct {
	Machine *machine;
	JsonNode *device; /* plug: still to be sent */
	char *nic;        /* unplug */
	guint tries, try_source;
} Adapter;

static void adapter_free(gpointer data)
{
	Adapter *adapter = data;

	g_clear_handle_id(&adapter->try_source, g_source_remove);
	g_clear_pointer(&adapter->device, json_node_unref);
	machine_release(adapter->machine);
	g_free(adapter->nic);
	g_free(adapter);
}

static GTask *adapter_new(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Adapter *adapter = g_new0(Adapter, 1);

	adapter->machine = machine_hold(machine);
	g_task_set_task_data(task, adapter, adapter_free);
	return task;
}

/* Takes over @task and @error. */
static void fail(GTask *task, GError *error)
{
	g_task_return_error(task, error);
	g_object_unref(task);
}

/* Sends @command; both it and @arguments are consumed, and so is @task when the monitor is lost. */
static void send(GTask *task, const char *command, JsonNode *arguments, GAsyncReadyCallback callback)
{
	Adapter *adapter = g_task_get_task_data(task);
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(adapter->machine, &error);

	if (qmp) {
		qmp_execute(qmp, command, arguments, TIMEOUT_MS, callback, task);
		return;
	}
	g_clear_pointer(&arguments, json_node_unref);
	fail(task, error);
}

/* --- plug --- */

static void on_netdev(GObject *source, GAsyncResult *result, gpointer data)
{
	Adapter *adapter = g_task_get_task_data(data);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (node)
		send(data, "device_add", g_steal_pointer(&adapter->device), cmd_done);
	else
		fail(data, error);
}

static JsonNode *node_of(JsonObject *object)
{
	return json_node_init_object(json_node_alloc(), object);
}

void cmd_plug_adapter(Machine *machine, const ArgvAdapter *plan, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = adapter_new(machine, callback, data);
	Adapter *adapter = g_task_get_task_data(task);

	if (!plan->netdev) {
		send(task, "device_add", node_of(plan->device), cmd_done);
		return;
	}
	adapter->device = node_of(plan->device);
	send(task, "netdev_add", node_of(plan->netdev), on_netdev);
}

/* --- unplug --- */

static void look(GTask *task);

static gboolean on_try(gpointer data)
{
	((Adapter *)g_task_get_task_data(data))->try_source = 0;
	look(data);
	return G_SOURCE_REMOVE;
}

/* There was no netdev when the adapter was plugged in nowhere. */
static void on_netdev_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, NULL);

	g_task_return_boolean(task, TRUE);
}

static void on_look(GObject *source, GAsyncResult *result, gpointer data)
{
	Adapter *adapter = g_task_get_task_data(data);
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);
	g_autofree char *netdev = g_strconcat("net-", adapter->nic, NULL);

	if (!node && g_error_matches(error, CARREL_ERROR, CARREL_ERROR_FAILED) &&
	    machine_qmp(adapter->machine))
		send(data, "netdev_del", cmd_arguments("id", netdev, NULL), on_netdev_gone);
	else if (!node)
		fail(data, g_steal_pointer(&error));
	else if (++adapter->tries < TRIES_MAX)
		adapter->try_source = g_timeout_add(TRY_MS, on_try, data);
	else
		fail(data, error_new(CARREL_ERROR_TIMEOUT, NULL,
				     "the guest of VM `%s' does not let go of adapter `%s'",
				     machine_name(adapter->machine), adapter->nic));
}

/* A device that is gone has no properties. */
static void look(GTask *task)
{
	Adapter *adapter = g_task_get_task_data(task);
	g_autofree char *path = g_strconcat("/machine/peripheral/", adapter->nic, NULL);

	send(task, "qom-get", cmd_arguments("path", path, "property", "type", NULL), on_look);
}

static void on_asked(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (node)
		look(data);
	else
		fail(data, error);
}

void cmd_unplug_adapter(Machine *machine, const char *nic, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = adapter_new(machine, callback, data);

	((Adapter *)g_task_get_task_data(task))->nic = g_strdup(nic);
	send(task, "device_del", cmd_arguments("id", nic, NULL), on_asked);
}
