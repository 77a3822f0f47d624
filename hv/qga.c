/* QEMU docs/interop/qemu-ga-ref: one JSON object a line; guest-sync-delimited answers with a 0xFF byte in front. */
#include "hv/qga.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/lines.h"
#include "hv/qga-private.h"

#define LINE_MAX_BYTES     (1024 * 1024)
#define SHUTDOWN_ANSWER_MS 1500
#define SHUTDOWN_SYNC_MS   5000

typedef enum { CALL_SYNCING, CALL_ASKED } CallState;

typedef struct {
	char *socket, *command;
	JsonNode *arguments;
	guint timeout_ms;
	gboolean silent; /* no answer is the good answer, once it was asked */
	CallState state;
	gint64 sync_id;
	int fd;
	LineReader *lines;
	guint in_source, timeout_source;
	gulong cancel_handler;
	gboolean done;
} Call;

/* Socket path -> GQueue of GTask; the first one is running. An agent serves one connection at a time. */
static GHashTable *queues;

static void call_free(gpointer data)
{
	Call *call = data;

	fd_clear(&call->fd);
	lines_free(call->lines);
	g_clear_pointer(&call->arguments, json_node_unref);
	g_free(call->socket);
	g_free(call->command);
	g_free(call);
}

static void call_begin(GTask *task);

static void run_next(const char *socket)
{
	GQueue *queue = g_hash_table_lookup(queues, socket);

	if (g_queue_is_empty(queue))
		g_hash_table_remove(queues, socket);
	else
		call_begin(g_queue_peek_head(queue));
}

/* The outcome; takes over @answer or @error, and the queue's reference to the task. */
static void call_end(GTask *task, JsonNode *answer, GError *error)
{
	Call *call = g_task_get_task_data(task);
	g_autofree char *socket = g_strdup(call->socket);
	GQueue *queue = g_hash_table_lookup(queues, socket);
	gboolean first = g_queue_peek_head(queue) == task;

	call->done = TRUE;
	g_queue_remove(queue, task);
	g_clear_handle_id(&call->in_source, g_source_remove);
	g_clear_handle_id(&call->timeout_source, g_source_remove);
	if (call->cancel_handler)
		g_signal_handler_disconnect(g_task_get_cancellable(task), call->cancel_handler);
	fd_clear(&call->fd);
	if (first)
		run_next(socket);
	if (answer)
		g_task_return_pointer(task, answer, (GDestroyNotify)json_node_unref);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

static JsonNode *empty_answer(void)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(node, json_object_new());
	return node;
}

JsonNode *qga_parse_answer(const char *line, gssize length, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(line, length, error);
	JsonObject *object = node ? json_as_object(node, "the guest agent's answer", error) : NULL;

	if (!object)
		return NULL;
	JsonNode *value = json_object_get_member(object, "return");
	if (value)
		return json_node_copy(value);
	JsonObject *failed = json_get_object(object, "error", NULL);
	error_set(error, CARREL_ERROR_FAILED, NULL, "the guest agent says: %.200s",
		  failed ? json_string_or(failed, "desc", "no reason") : "nothing that makes sense");
	return NULL;
}

/* Small messages on an empty socket: they fit, or the agent is not worth waiting for. */
static gboolean send_text(Call *call, const char *text, GError **error)
{
	gsize length = strlen(text);

	if (send(call->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (gssize)length)
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot write to the guest agent's channel: %s",
			 g_strerror(errno));
}

static gboolean ask(Call *call, GError **error)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();

	json_node_take_object(node, object);
	json_object_set_string_member(object, "execute", call->command);
	if (call->arguments)
		json_object_set_member(object, "arguments", g_steal_pointer(&call->arguments));
	g_autofree char *json = json_text(node, FALSE);
	g_autofree char *text = g_strconcat(json, "\n", NULL);
	call->state = CALL_ASKED;
	return send_text(call, text, error);
}

static gboolean on_timeout(gpointer data)
{
	Call *call = g_task_get_task_data(data);

	call->timeout_source = 0;
	if (call->silent && call->state == CALL_ASKED)
		call_end(data, empty_answer(), NULL);
	else
		call_end(data, NULL,
			 error_new(CARREL_ERROR_TIMEOUT, "install qemu-guest-agent in the guest",
				   "no guest agent answered `%s'", call->command));
	return G_SOURCE_REMOVE;
}

/* Answers of earlier, given up conversations may still come; only the echo of our id counts. */
static void take_echo(GTask *task, const char *line, gsize length)
{
	Call *call = g_task_get_task_data(task);
	g_autoptr(JsonNode) echo = qga_parse_answer(line, (gssize)length, NULL);
	GError *error = NULL;

	if (!echo || !JSON_NODE_HOLDS_VALUE(echo) || json_node_get_int(echo) != call->sync_id)
		return;
	if (!ask(call, &error)) {
		call_end(task, NULL, error);
	} else if (call->silent) {
		g_clear_handle_id(&call->timeout_source, g_source_remove);
		call->timeout_source = g_timeout_add(SHUTDOWN_ANSWER_MS, on_timeout, task);
	}
}

static void take_line(GTask *task, const char *line, gsize length)
{
	Call *call = g_task_get_task_data(task);
	GError *error = NULL;

	if (call->state == CALL_SYNCING) {
		take_echo(task, line, length);
		return;
	}
	JsonNode *answer = qga_parse_answer(line, (gssize)length, &error);
	call_end(task, answer, error);
}

static void take_end(GTask *task, GError *error)
{
	Call *call = g_task_get_task_data(task);

	if (call->silent && call->state == CALL_ASKED && !error)
		call_end(task, empty_answer(), NULL);
	else
		call_end(
			task, NULL,
			error ? error
			      : error_new(CARREL_ERROR_FAILED, NULL, "the guest agent's channel was closed"));
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	g_autoptr(GTask) task = g_object_ref(data);
	Call *call = g_task_get_task_data(task);
	LinesResult result = LINES_LINE;
	GError *error = NULL;
	char *line;
	gsize length;

	while (!call->done && result == LINES_LINE) {
		result = lines_next(call->lines, call->fd, &line, &length, &error);
		if (result == LINES_LINE && length > 0)
			take_line(task, line, length);
	}
	if (!call->done && result != LINES_AGAIN)
		take_end(task, g_steal_pointer(&error));
	g_clear_error(&error);
	/* The source is gone already when the call ended. */
	return G_SOURCE_CONTINUE;
}

static void call_begin(GTask *task)
{
	static gint64 last_id;
	Call *call = g_task_get_task_data(task);
	GError *error = NULL;

	call->fd = fd_connect_unix(call->socket, &error);
	call->sync_id = (g_get_real_time() & 0xffffff) << 16 | (++last_id & 0xffff);
	g_autofree char *sync = g_strdup_printf(
		"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" G_GINT64_FORMAT "}}\n",
		call->sync_id);
	if (call->fd < 0 || !send_text(call, sync, &error)) {
		call_end(task, NULL, error);
		return;
	}
	call->in_source = g_unix_fd_add(call->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, task);
	/* From here, not from the queue: the others' slowness is not ours. */
	call->timeout_source = g_timeout_add(call->timeout_ms, on_timeout, task);
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	Call *call = g_task_get_task_data(data);

	call_end(data, NULL,
		 error_new(CARREL_ERROR_CANCELLED, NULL, "the question `%s' was cancelled", call->command));
}

static gboolean begin_idle(gpointer data)
{
	GQueue *queue = g_hash_table_lookup(queues, data);

	if (queue && !g_queue_is_empty(queue)) {
		Call *call = g_task_get_task_data(g_queue_peek_head(queue));
		if (call->fd < 0)
			call_begin(g_queue_peek_head(queue));
	}
	return G_SOURCE_REMOVE;
}

static void start(const char *socket, const char *command, JsonNode *arguments, guint timeout_ms,
		  gboolean silent, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Call *call = g_new0(Call, 1);

	call->socket = g_strdup(socket);
	call->command = g_strdup(command);
	call->arguments = arguments;
	call->timeout_ms = timeout_ms;
	call->silent = silent;
	call->fd = -1;
	call->lines = lines_new(LINE_MAX_BYTES);
	g_task_set_task_data(task, call, call_free);
	g_task_set_check_cancellable(task, FALSE);
	if (!queues)
		queues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_queue_free);
	GQueue *queue = g_hash_table_lookup(queues, socket);
	if (!queue) {
		queue = g_queue_new();
		g_hash_table_insert(queues, g_strdup(socket), queue);
	}
	g_queue_push_tail(queue, task);
	if (cancellable && g_cancellable_is_cancelled(cancellable)) {
		on_cancelled(cancellable, task);
		return;
	}
	if (cancellable)
		call->cancel_handler =
			g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), task);
	if (queue->length == 1)
		g_idle_add_full(G_PRIORITY_DEFAULT, begin_idle, g_strdup(socket), g_free);
}

void qga_call(const char *socket, const char *command, JsonNode *arguments, guint timeout_ms,
	      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	start(socket, command, arguments, timeout_ms, FALSE, cancellable, callback, data);
}

JsonNode *qga_call_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

void qga_shutdown(const char *socket, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	start(socket, "guest-shutdown", NULL, SHUTDOWN_SYNC_MS, TRUE, cancellable, callback, data);
}

gboolean qga_shutdown_finish(GAsyncResult *result, GError **error)
{
	g_autoptr(JsonNode) node = g_task_propagate_pointer(G_TASK(result), error);

	return node != NULL;
}

/* --- addresses --- */

static gboolean usable(GInetAddress *address)
{
	return !g_inet_address_get_is_loopback(address) && !g_inet_address_get_is_link_local(address) &&
	       !g_inet_address_get_is_multicast(address) && !g_inet_address_get_is_any(address);
}

/* The first usable address of @family in one interface's list. */
static char *address_of(JsonObject *interface, GSocketFamily family)
{
	JsonArray *addresses = json_get_array(interface, "ip-addresses", NULL);

	for (guint i = 0; addresses && i < json_array_get_length(addresses); i++) {
		JsonObject *object = json_as_object(json_array_get_element(addresses, i), "address", NULL);
		const char *text = object ? json_string_or(object, "ip-address", NULL) : NULL;
		g_autoptr(GInetAddress) address = text ? g_inet_address_new_from_string(text) : NULL;
		if (address && g_inet_address_get_family(address) == family && usable(address))
			return g_inet_address_to_string(address);
	}
	return NULL;
}

char *qga_first_address(JsonNode *reply)
{
	static const GSocketFamily families[] = { G_SOCKET_FAMILY_IPV4, G_SOCKET_FAMILY_IPV6 };
	JsonArray *interfaces = reply && JSON_NODE_HOLDS_ARRAY(reply) ? json_node_get_array(reply) : NULL;
	char *found = NULL;

	for (gsize f = 0; interfaces && f < G_N_ELEMENTS(families); f++)
		for (guint i = 0; !found && i < json_array_get_length(interfaces); i++) {
			JsonObject *interface =
				json_as_object(json_array_get_element(interfaces, i), "interface", NULL);
			if (interface)
				found = address_of(interface, families[f]);
		}
	return found;
}
