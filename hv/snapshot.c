#include "hv/snapshot.h"

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"
#include "hv/qmp-cmds-private.h"

/* A snapshot copies tables of the image, no data. */
#define TIMEOUT_MS 60000

/* --- by the monitor -------------------------------------------------------------------------------------------------- */

static void run(Machine *machine, const char *command, JsonNode *arguments, GAsyncReadyCallback callback,
		gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(machine, &error);

	if (qmp) {
		qmp_execute(qmp, command, arguments, TIMEOUT_MS, cmd_done, task);
		return;
	}
	json_node_unref(arguments);
	g_task_return_error(task, error);
	g_object_unref(task);
}

static JsonNode *snapshot_action(const char *node, const char *tag)
{
	JsonNode *action = cmd_arguments("type", "blockdev-snapshot-internal-sync", NULL);

	json_object_set_member(json_node_get_object(action), "data",
			       cmd_arguments("device", node, "name", tag, NULL));
	return action;
}

void cmd_snapshot_disks(Machine *machine, const char *const *nodes, const char *tag,
			GAsyncReadyCallback callback, gpointer data)
{
	JsonNode *arguments = cmd_arguments(NULL, NULL);
	JsonArray *actions = json_array_new();

	for (; *nodes; nodes++)
		json_array_add_element(actions, snapshot_action(*nodes, tag));
	json_object_set_array_member(json_node_get_object(arguments), "actions", actions);
	run(machine, "transaction", arguments, callback, data);
}

void cmd_drop_snapshot(Machine *machine, const char *node, const char *tag, GAsyncReadyCallback callback,
		       gpointer data)
{
	run(machine, "blockdev-snapshot-delete-internal-sync",
	    cmd_arguments("device", node, "name", tag, NULL), callback, data);
}

/* --- by qemu-img ----------------------------------------------------------------------------------------------------- */

/* Commas are doubled in QEMU's options. The format is said, never guessed from bytes that a guest has written. */
static char *image_options(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);

	return g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s", escaped);
}

static void on_child(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (child) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	g_autofree char *message = error_message(error);
	g_task_return_error(task, error_new((CarrelError)error->code, error_hint(error), "disk `%s': %s",
					    (const char *)g_task_get_task_data(task), message));
}

void disk_snapshot(const char *path, SnapshotOp op, const char *tag, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data)
{
	static const char *const flags[] = {
		[SNAPSHOT_MAKE] = "-c",
		[SNAPSHOT_APPLY] = "-a",
		[SNAPSHOT_DROP] = "-d",
	};
	g_autofree char *image = image_options(path);
	const char *const argv[] = {
		"qemu-img", "snapshot", "-q", flags[op], tag, "--image-opts", image, NULL
	};
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, g_strdup(path), g_free);
	child_run(argv, 0, NULL, NULL, cancellable, on_child, task);
}
