#include "hv/qmp-cmds.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "hv/machine-private.h"
#include "hv/qmp-cmds-private.h"

/* Stopping and quitting flush the guest's disks, which takes as long as the host's disk does. */
#define TIMEOUT_MS 60000

/* --- plain commands: one question, no answer but "done" --- */

JsonNode *cmd_arguments(const char *key, ...)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();
	va_list args;

	va_start(args, key);
	for (; key; key = va_arg(args, const char *))
		json_object_set_string_member(object, key, va_arg(args, const char *));
	va_end(args);
	json_node_take_object(node, object);
	return node;
}

Qmp *cmd_monitor(Machine *machine, GError **error)
{
	Qmp *qmp = machine_qmp(machine);

	if (!qmp)
		error_set(error, CARREL_ERROR_FAILED, "wait a moment, or turn the VM off",
			  "QEMU's monitor for VM `%s' is lost", machine_name(machine));
	return qmp;
}

void cmd_done(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (node)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void run(Machine *machine, const char *command, JsonNode *arguments, GAsyncReadyCallback on_reply,
		GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(machine, &error);

	if (qmp) {
		qmp_execute(qmp, command, arguments, TIMEOUT_MS, on_reply, task);
		return;
	}
	g_clear_pointer(&arguments, json_node_unref);
	g_task_return_error(task, error);
	g_object_unref(task);
}

void cmd_cont(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "cont", NULL, cmd_done, callback, data);
}

void cmd_stop(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "stop", NULL, cmd_done, callback, data);
}

void cmd_system_reset(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "system_reset", NULL, cmd_done, callback, data);
}

void cmd_system_powerdown(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "system_powerdown", NULL, cmd_done, callback, data);
}

/* The reply races with the end of the process, so a closed monitor is as good. */
static void on_quit(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (node || !g_error_matches(error, CARREL_ERROR, CARREL_ERROR_TIMEOUT))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

void cmd_quit(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "quit", NULL, on_quit, callback, data);
}

void cmd_set_link(Machine *machine, const char *nic, gboolean up, GAsyncReadyCallback callback, gpointer data)
{
	JsonNode *arguments = cmd_arguments("name", nic, NULL);

	json_object_set_boolean_member(json_node_get_object(arguments), "up", up);
	run(machine, "set_link", arguments, cmd_done, callback, data);
}

void cmd_send_key(Machine *machine, const char *key, GAsyncReadyCallback callback, gpointer data)
{
	JsonNode *arguments = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new(), *value = json_object_new();
	JsonArray *keys = json_array_new();

	json_object_set_string_member(value, "type", "qcode");
	json_object_set_string_member(value, "data", key);
	json_array_add_object_element(keys, value);
	json_object_set_array_member(object, "keys", keys);
	json_node_take_object(arguments, object);
	run(machine, "send-key", arguments, cmd_done, callback, data);
}

gboolean cmd_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void on_status(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);
	JsonObject *object = node ? json_as_object(node, "the answer to query-status", &error) : NULL;
	const char *status = object ? json_get_string(object, "status", &error) : NULL;

	if (status)
		g_task_return_pointer(task, g_strdup(status), g_free);
	else
		g_task_return_error(task, error);
}

void cmd_query_status(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "query-status", NULL, on_status, callback, data);
}

char *cmd_query_status_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- how much the disks were used --- */

static void on_blockstats(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);
	guint64 bytes = 0;

	if (!node) {
		g_task_return_error(task, error);
		return;
	}
	JsonArray *devices = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	for (guint i = 0; devices && i < json_array_get_length(devices); i++) {
		JsonObject *device = json_as_object(json_array_get_element(devices, i), "device", NULL);
		JsonObject *stats = device ? json_get_object(device, "stats", NULL) : NULL;
		if (stats)
			bytes += (guint64)json_int_or(stats, "rd_bytes", 0) +
				 (guint64)json_int_or(stats, "wr_bytes", 0);
	}
	g_task_return_pointer(task, g_memdup2(&bytes, sizeof bytes), g_free);
}

void cmd_query_disk_bytes(Machine *machine, GAsyncReadyCallback callback, gpointer data)
{
	run(machine, "query-blockstats", NULL, on_blockstats, callback, data);
}

gboolean cmd_query_disk_bytes_finish(GAsyncResult *result, guint64 *bytes, GError **error)
{
	g_autofree guint64 *value = g_task_propagate_pointer(G_TASK(result), error);

	if (value)
		*bytes = *value;
	return value != NULL;
}

/* --- the DVD drive: a row of commands --- */

typedef struct {
	Machine *machine;
	char *path;
	guint step;
	GError *error; /* the first; the tray is closed all the same */
} Change;

static void change_free(gpointer data)
{
	Change *change = data;

	machine_release(change->machine);
	g_free(change->path);
	g_clear_error(&change->error);
	g_free(change);
}

static JsonNode *drive(const Change *change)
{
	return cmd_arguments("id", QEMU_ID_CDROM, NULL);
}

static JsonNode *drive_open(const Change *change)
{
	JsonNode *arguments = drive(change);

	/* The guest may have locked the tray; a person has the last word. */
	json_object_set_boolean_member(json_node_get_object(arguments), "force", TRUE);
	return arguments;
}

static JsonNode *medium(const Change *change)
{
	return cmd_arguments("node-name", QEMU_NODE_CDROM, NULL);
}

static JsonNode *medium_file(const Change *change)
{
	JsonNode *file =
		cmd_arguments("driver", g_str_has_prefix(change->path, "/dev/") ? "host_device" : "file",
			      "filename", change->path, NULL);
	JsonNode *arguments = cmd_arguments("driver", "raw", "node-name", QEMU_NODE_CDROM, NULL);

	json_object_set_boolean_member(json_node_get_object(file), "read-only", TRUE);
	json_object_set_boolean_member(json_node_get_object(arguments), "read-only", TRUE);
	json_object_set_member(json_node_get_object(arguments), "file", file);
	return arguments;
}

static JsonNode *drive_medium(const Change *change)
{
	return cmd_arguments("id", QEMU_ID_CDROM, "node-name", QEMU_NODE_CDROM, NULL);
}

static const struct {
	const char *command;
	JsonNode *(*arguments)(const Change *change);
	gboolean may_fail; /* there may be nothing to remove */
	gboolean insert;   /* only with a new medium, and only when all went well */
} change_steps[] = {
	{"blockdev-open-tray",      drive_open,   FALSE, FALSE},
	{ "blockdev-remove-medium", drive,        TRUE,  FALSE},
	{ "blockdev-del",           medium,       TRUE,  FALSE},
	{ "blockdev-add",           medium_file,  FALSE, TRUE },
	{ "blockdev-insert-medium", drive_medium, FALSE, TRUE },
	{ "blockdev-close-tray",    drive,        FALSE, FALSE},
};

static void change_next(GTask *task);

static void on_changed(GObject *source, GAsyncResult *result, gpointer data)
{
	Change *change = g_task_get_task_data(data);
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	if (!node && !change_steps[change->step].may_fail && !change->error)
		change->error = g_steal_pointer(&error);
	change->step++;
	change_next(data);
}

/* Takes over the reference. */
static void change_next(GTask *task)
{
	Change *change = g_task_get_task_data(task);
	Qmp *qmp = cmd_monitor(change->machine, change->error ? NULL : &change->error);

	while (change->step < G_N_ELEMENTS(change_steps) && change_steps[change->step].insert &&
	       (!*change->path || change->error))
		change->step++;
	if (qmp && change->step < G_N_ELEMENTS(change_steps)) {
		qmp_execute(qmp, change_steps[change->step].command,
			    change_steps[change->step].arguments(change), TIMEOUT_MS, on_changed, task);
		return;
	}
	if (change->error)
		g_task_return_error(task, g_steal_pointer(&change->error));
	else
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

void cmd_change_iso(Machine *machine, const char *path, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Change *change = g_new0(Change, 1);

	change->machine = machine_hold(machine);
	change->path = g_strdup(path);
	g_task_set_task_data(task, change, change_free);
	/* Looked at before the old medium is out. */
	if (*path && access(path, R_OK) < 0) {
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, "check its path and permissions",
						    "DVD image `%s' cannot be opened: %s", path,
						    g_strerror(errno)));
		g_object_unref(task);
		return;
	}
	change_next(task);
}
