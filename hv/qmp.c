#include "hv/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/lines.h"

#define LINE_MAX_BYTES (64 * 1024 * 1024)

typedef enum { QMP_GREETING, QMP_NEGOTIATING, QMP_READY, QMP_CLOSED } QmpState;

/* One command on its way out. */
typedef struct {
	char *text;
	gsize length, sent;
	int fd; /* goes with the first byte; -1 = none */
} Outgoing;

/* One command whose reply is awaited. */
typedef struct {
	Qmp *qmp;
	gint64 id;
	char *command;
	GTask *task;
	guint timeout_ms, timeout_source;
} Pending;

struct Qmp {
	guint refs; /* one of the owner, one per running callback */
	int fd;
	QmpState state;
	LineReader *lines;
	guint in_source, out_source, closed_source;
	GQueue outgoing;     /* of Outgoing */
	GHashTable *pending; /* id -> Pending */
	gint64 next_id;
	QmpEvent on_event;
	QmpClosed on_closed; /* NULL once called or freed */
	gpointer user;
	GError *close_reason;
};

static void outgoing_free(gpointer data)
{
	Outgoing *out = data;

	fd_clear(&out->fd);
	g_free(out->text);
	g_free(out);
}

static void pending_free(gpointer data)
{
	Pending *pending = data;

	g_clear_handle_id(&pending->timeout_source, g_source_remove);
	g_clear_object(&pending->task);
	g_free(pending->command);
	g_free(pending);
}

static void qmp_unref(Qmp *qmp)
{
	if (--qmp->refs > 0)
		return;
	lines_free(qmp->lines);
	g_hash_table_unref(qmp->pending);
	g_clear_error(&qmp->close_reason);
	g_free(qmp);
}

/* Cuts the connection; whatever is pending fails with a copy of @why. Their callbacks may free the Qmp. */
static void shut(Qmp *qmp, const GError *why)
{
	g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_object_unref);
	GHashTableIter iter;
	Pending *pending;

	if (qmp->state == QMP_CLOSED)
		return;
	qmp->state = QMP_CLOSED;
	g_clear_handle_id(&qmp->in_source, g_source_remove);
	g_clear_handle_id(&qmp->out_source, g_source_remove);
	fd_clear(&qmp->fd);
	g_queue_clear_full(&qmp->outgoing, outgoing_free);
	g_hash_table_iter_init(&iter, qmp->pending);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&pending))
		g_ptr_array_add(tasks, g_object_ref(pending->task));
	g_hash_table_remove_all(qmp->pending);
	for (guint i = 0; i < tasks->len; i++)
		g_task_return_error(tasks->pdata[i], g_error_copy(why));
}

static gboolean tell_closed(gpointer data)
{
	Qmp *qmp = data;
	QmpClosed on_closed = g_steal_pointer(&qmp->on_closed);

	qmp->closed_source = 0;
	qmp->refs++;
	if (on_closed)
		on_closed(qmp, qmp->close_reason, qmp->user);
	qmp_unref(qmp);
	return G_SOURCE_REMOVE;
}

/* The connection ended by itself; takes @reason (NULL: EOF). The owner hears of it from the loop, after all pending commands did. */
static void lost(Qmp *qmp, GError *reason)
{
	g_autoptr(GError) why = error_new(CARREL_ERROR_FAILED, NULL, "QEMU closed its monitor");

	qmp->close_reason = reason;
	qmp->closed_source = g_idle_add_full(G_PRIORITY_DEFAULT, tell_closed, qmp, NULL);
	shut(qmp, why);
}

/* --- sending --- */

static gssize send_some(Qmp *qmp, Outgoing *out)
{
	struct iovec part = { out->text + out->sent, out->length - out->sent };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (out->fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &out->fd, sizeof(int));
	}
	return sendmsg(qmp->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* FALSE when the socket is full and the rest must wait. A broken socket shows on the reading side. */
static gboolean flush_out(Qmp *qmp)
{
	Outgoing *out;

	while ((out = g_queue_peek_head(&qmp->outgoing))) {
		gssize sent = send_some(qmp, out);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno != EAGAIN && errno != EWOULDBLOCK;
		fd_clear(&out->fd);
		out->sent += (gsize)sent;
		if (out->sent == out->length)
			outgoing_free(g_queue_pop_head(&qmp->outgoing));
	}
	return TRUE;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
	Qmp *qmp = data;

	if (!flush_out(qmp))
		return G_SOURCE_CONTINUE;
	qmp->out_source = 0;
	return G_SOURCE_REMOVE;
}

static void start_writing(Qmp *qmp)
{
	if (!qmp->out_source && !flush_out(qmp))
		qmp->out_source = g_unix_fd_add(qmp->fd, G_IO_OUT, on_writable, qmp);
}

static Outgoing *command_text(const char *command, JsonNode *arguments, gint64 id)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();
	Outgoing *out = g_new0(Outgoing, 1);

	json_node_take_object(node, object);
	json_object_set_string_member(object, "execute", command);
	if (arguments)
		json_object_set_member(object, "arguments", arguments);
	json_object_set_int_member(object, "id", id);
	g_autofree char *text = json_text(node, FALSE);
	out->text = g_strconcat(text, "\n", NULL);
	out->length = strlen(out->text);
	out->fd = -1;
	return out;
}

/* --- receiving --- */

static char *error_words(JsonObject *message)
{
	JsonObject *error = json_get_object(message, "error", NULL);

	return g_strdup(error ? json_string_or(error, "desc", "no description") : "no description");
}

static void take_reply(Qmp *qmp, JsonObject *message)
{
	gint64 id = json_int_or(message, "id", -1);
	Pending *pending = g_hash_table_lookup(qmp->pending, &id);

	if (!pending)
		return; /* too late: timed out */
	g_autoptr(GTask) task = g_steal_pointer(&pending->task);
	g_autofree char *command = g_steal_pointer(&pending->command);
	g_hash_table_remove(qmp->pending, &id);
	JsonNode *value = json_object_get_member(message, "return");
	if (value) {
		g_task_return_pointer(task, json_node_copy(value), (GDestroyNotify)json_node_unref);
		return;
	}
	g_autofree char *words = error_words(message);
	g_task_return_error(task,
			    error_new(CARREL_ERROR_FAILED, NULL, "QEMU refused `%s': %s", command, words));
}

static void take_event(Qmp *qmp, JsonObject *message)
{
	const char *name = json_string_or(message, "event", "");

	if (qmp->on_event)
		qmp->on_event(qmp, name, json_get_object(message, "data", NULL), qmp->user);
}

/* The first line must be the greeting, and the first reply is that to our qmp_capabilities (id 0). */
static gboolean take_handshake(Qmp *qmp, JsonObject *message)
{
	if (qmp->state == QMP_GREETING) {
		if (!json_object_has_member(message, "QMP"))
			return FALSE;
		Outgoing *out = command_text("qmp_capabilities", NULL, 0);
		qmp->state = QMP_NEGOTIATING;
		g_queue_push_head(&qmp->outgoing, out);
		start_writing(qmp);
		return TRUE;
	}
	if (!json_object_has_member(message, "return"))
		return FALSE;
	qmp->state = QMP_READY;
	return TRUE;
}

static gboolean take_message(Qmp *qmp, JsonObject *message)
{
	if (json_object_has_member(message, "event"))
		take_event(qmp, message);
	else if (qmp->state != QMP_READY)
		return take_handshake(qmp, message);
	else if (json_object_has_member(message, "return") || json_object_has_member(message, "error"))
		take_reply(qmp, message);
	else
		return FALSE;
	return TRUE;
}

static gboolean take_line(Qmp *qmp, const char *line, gsize length, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(line, (gssize)length, error);
	JsonObject *message = node ? json_as_object(node, "a message of QEMU's monitor", error) : NULL;

	if (!message)
		return FALSE;
	if (!take_message(qmp, message))
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "QEMU's monitor does not follow the protocol");
	return TRUE;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	Qmp *qmp = data;
	GError *error = NULL;
	LinesResult result = LINES_LINE;
	char *line;
	gsize length;

	qmp->refs++;
	while (result == LINES_LINE && qmp->state != QMP_CLOSED) {
		result = lines_next(qmp->lines, qmp->fd, &line, &length, &error);
		if (result == LINES_LINE && length > 0 && !take_line(qmp, line, length, &error))
			result = LINES_ERROR;
	}
	if (qmp->state != QMP_CLOSED && (result == LINES_EOF || result == LINES_ERROR))
		lost(qmp, g_steal_pointer(&error));
	g_clear_error(&error);
	gboolean open = qmp->state != QMP_CLOSED;
	qmp_unref(qmp);
	return open ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* --- public --- */

Qmp *qmp_new(int fd, QmpEvent on_event, QmpClosed on_closed, gpointer user)
{
	Qmp *qmp = g_new0(Qmp, 1);

	qmp->refs = 1;
	qmp->fd = fd;
	qmp->lines = lines_new(LINE_MAX_BYTES);
	qmp->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, pending_free);
	qmp->next_id = 1;
	qmp->on_event = on_event;
	qmp->on_closed = on_closed;
	qmp->user = user;
	g_queue_init(&qmp->outgoing);
	fd_set_nonblocking(fd, TRUE);
	qmp->in_source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, qmp);
	return qmp;
}

void qmp_free(Qmp *qmp)
{
	g_autoptr(GError) why = NULL;

	if (!qmp)
		return;
	why = error_new(CARREL_ERROR_CANCELLED, NULL, "the connection to QEMU's monitor was given up");
	qmp->on_event = NULL;
	qmp->on_closed = NULL;
	g_clear_handle_id(&qmp->closed_source, g_source_remove);
	shut(qmp, why);
	qmp_unref(qmp);
}

gboolean qmp_is_open(const Qmp *qmp)
{
	return qmp->state != QMP_CLOSED;
}

static gboolean on_timeout(gpointer data)
{
	Pending *pending = data;
	g_autoptr(GTask) task = g_steal_pointer(&pending->task);

	pending->timeout_source = 0;
	GError *error = error_new(CARREL_ERROR_TIMEOUT, NULL, "QEMU did not answer `%s' within %u ms",
				  pending->command, pending->timeout_ms);
	g_hash_table_remove(pending->qmp->pending, &pending->id);
	g_task_return_error(task, error);
	return G_SOURCE_REMOVE;
}

void qmp_execute_fd(Qmp *qmp, const char *command, JsonNode *arguments, int fd, guint timeout_ms,
		    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	if (qmp->state == QMP_CLOSED) {
		g_clear_pointer(&arguments, json_node_unref);
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, NULL, "QEMU closed its monitor"));
		return;
	}
	Pending *pending = g_new0(Pending, 1);
	pending->qmp = qmp;
	pending->id = qmp->next_id++;
	pending->command = g_strdup(command);
	pending->task = g_steal_pointer(&task);
	pending->timeout_ms = timeout_ms;
	if (timeout_ms)
		pending->timeout_source = g_timeout_add(timeout_ms, on_timeout, pending);
	g_hash_table_insert(qmp->pending, &pending->id, pending);

	Outgoing *out = command_text(command, arguments, pending->id);
	if (fd >= 0)
		out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	g_queue_push_tail(&qmp->outgoing, out);
	if (qmp->state != QMP_GREETING)
		start_writing(qmp);
}

void qmp_execute(Qmp *qmp, const char *command, JsonNode *arguments, guint timeout_ms,
		 GAsyncReadyCallback callback, gpointer data)
{
	qmp_execute_fd(qmp, command, arguments, -1, timeout_ms, callback, data);
}

JsonNode *qmp_execute_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
