/*
 * A shell script run in the guest by its agent: handed over as standard input, so that no quoting is needed. What comes back is the guest's word: bounded.
 * QEMU docs/interop/qemu-ga-ref: guest-exec, guest-exec-status.
 */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "hv/qga.h"

#define LEAST_TIME_MS   1000 /* for an answer */
#define FIRST_WAIT_MS   10
#define LONGEST_WAIT_MS 200
#define OUTPUT_MAX      4096

typedef struct {
	char *socket;
	gint64 pid;
	gint64 deadline; /* monotonic, microseconds */
	guint wait_ms, source;
} Exec;

static void exec_free(gpointer data)
{
	Exec *exec = data;

	g_clear_handle_id(&exec->source, g_source_remove);
	g_free(exec->socket);
	g_free(exec);
}

/* Takes over @task and @error. */
static void fail(GTask *task, GError *error)
{
	g_task_return_error(task, error);
	g_object_unref(task);
}

static JsonNode *object_node(JsonObject *object)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(node, object);
	return node;
}

/* What the script wrote, as text. Caller frees. */
static char *decode(JsonObject *object, const char *key)
{
	const char *base64 = json_string_or(object, key, "");
	gsize length = 0;

	if (strlen(base64) > 2 * OUTPUT_MAX)
		return g_strdup("");
	g_autofree guchar *bytes = g_base64_decode(base64, &length);
	return g_utf8_make_valid((const char *)bytes, (gssize)length);
}

static void finish(GTask *task, JsonObject *object)
{
	gint64 status = json_int_or(object, "exitcode", -1);
	g_autofree char *words = g_strstrip(decode(object, "err-data"));

	if (status == 0)
		g_task_return_pointer(task, decode(object, "out-data"), g_free);
	else
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, NULL,
						    "a script in the guest failed: %.400s",
						    *words ? words : "it does not say why"));
	g_object_unref(task);
}

static void ask_status(GTask *task);

static gboolean on_time(gpointer data)
{
	((Exec *)g_task_get_task_data(data))->source = 0;
	ask_status(data);
	return G_SOURCE_REMOVE;
}

static void on_status(GObject *source, GAsyncResult *result, gpointer data)
{
	Exec *exec = g_task_get_task_data(data);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qga_call_finish(result, &error);
	JsonObject *object = node ? json_as_object(node, "the guest agent's answer", &error) : NULL;

	if (!object) {
		fail(data, error);
	} else if (json_bool_or(object, "exited", FALSE)) {
		finish(data, object);
	} else if (g_get_monotonic_time() > exec->deadline) {
		fail(data, error_new(CARREL_ERROR_TIMEOUT, NULL, "a script in the guest does not end"));
	} else {
		exec->source = g_timeout_add(exec->wait_ms, on_time, data);
		exec->wait_ms = MIN(exec->wait_ms * 2, LONGEST_WAIT_MS);
	}
}

/* A machine that has just been continued may be slow. */
static guint time_left(const Exec *exec)
{
	gint64 left = (exec->deadline - g_get_monotonic_time()) / 1000;

	return (guint)CLAMP(left, LEAST_TIME_MS, G_MAXINT);
}

static void ask_status(GTask *task)
{
	Exec *exec = g_task_get_task_data(task);
	JsonObject *arguments = json_object_new();

	json_object_set_int_member(arguments, "pid", exec->pid);
	qga_call(exec->socket, "guest-exec-status", object_node(arguments), time_left(exec),
		 g_task_get_cancellable(task), on_status, task);
}

static void on_begun(GObject *source, GAsyncResult *result, gpointer data)
{
	Exec *exec = g_task_get_task_data(data);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qga_call_finish(result, &error);
	JsonObject *object = node ? json_as_object(node, "the guest agent's answer", &error) : NULL;

	if (object && json_get_int(object, "pid", &exec->pid, &error))
		ask_status(data);
	else
		fail(data, error);
}

void qga_script(const char *socket, const char *script, guint timeout_ms, GCancellable *cancellable,
		GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Exec *exec = g_new0(Exec, 1);
	JsonObject *arguments = json_object_new();
	g_autofree char *input = g_base64_encode((const guchar *)script, strlen(script));

	exec->socket = g_strdup(socket);
	exec->deadline = g_get_monotonic_time() + timeout_ms * G_GINT64_CONSTANT(1000);
	exec->wait_ms = FIRST_WAIT_MS;
	g_task_set_task_data(task, exec, exec_free);
	g_task_set_check_cancellable(task, FALSE);
	json_object_set_string_member(arguments, "path", "sh");
	json_object_set_string_member(arguments, "input-data", input);
	json_object_set_boolean_member(arguments, "capture-output", TRUE);
	qga_call(socket, "guest-exec", object_node(arguments), timeout_ms, cancellable, on_begun, task);
}

char *qga_script_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
