/* Opening the connection, and starting the daemon where none answers: blocking for the command line, without for the TUI. */
#include <glib-unix.h>
#include <poll.h>

#include "base/error.h"
#include "base/paths.h"
#include "client/client-private.h"
#include "client/daemon.h"

#define BUSY_RETRY_MS 50
/* A daemon that was just leaving because it was idle may take our first connection with it. */
#define STARTS_MAX 3

/* --- what both ways of opening share: which step comes next --- */

typedef enum { STEP_START, STEP_CONNECT_LATER, STEP_GIVE_UP } OpenStep;

typedef struct {
	guint starts;
	gint64 busy_until; /* monotonic microseconds; 0 = nobody is busy */
	GError *why;       /* what a busy daemon was said to do */
	DaemonStart *start;
	guint start_source, start_timer;
} Opening;

static void opening_unwatch(Opening *opening)
{
	g_clear_handle_id(&opening->start_source, g_source_remove);
	g_clear_handle_id(&opening->start_timer, g_source_remove);
}

static void opening_clear(Opening *opening)
{
	opening_unwatch(opening);
	g_clear_pointer(&opening->start, daemon_start_free);
	g_clear_error(&opening->why);
}

static void opening_free(gpointer data)
{
	opening_clear(data);
	g_free(data);
}

/* After a connection was refused with @refused; for STEP_GIVE_UP *@error is set. */
static OpenStep next_step(Opening *opening, const GError *refused, GError **error)
{
	if (opening->busy_until && g_get_monotonic_time() < opening->busy_until)
		return STEP_CONNECT_LATER;
	if (!opening->busy_until && opening->starts < STARTS_MAX) {
		opening->starts++;
		return STEP_START;
	}
	if (opening->why)
		g_propagate_error(error, g_error_copy(opening->why));
	else
		error_set(error, CARREL_ERROR_FAILED, "see its log with `carrel -v'",
			  "cannot talk to carreld: %s", refused->message);
	return STEP_GIVE_UP;
}

/* After carreld said @outcome; takes @said. TRUE: connect again, at once or later. */
static gboolean judge_start(Opening *opening, DaemonOutcome outcome, GError *said, GError **error)
{
	g_clear_pointer(&opening->start, daemon_start_free);
	if (outcome == DAEMON_READY)
		return TRUE;
	if (outcome == DAEMON_FAILED) {
		g_propagate_error(error, said);
		return FALSE;
	}
	opening->busy_until = g_get_monotonic_time() + DAEMON_BUSY_MS * (gint64)1000;
	g_clear_error(&opening->why);
	opening->why = said;
	return TRUE;
}

static char *api_address(void)
{
	g_autofree char *socket = paths_api_socket();
	g_autofree char *escaped = g_dbus_address_escape_value(socket);

	return g_strconcat("unix:path=", escaped, NULL);
}

/* --- opening, blocking --- */

static gboolean start_sync(Opening *opening, GError **error)
{
	g_autoptr(GError) said = NULL;
	DaemonOutcome outcome;

	opening->start = daemon_start(error);
	if (!opening->start)
		return FALSE;
	while ((outcome = daemon_start_check(opening->start, &said)) == DAEMON_WAITING) {
		struct pollfd fd = { .fd = daemon_start_fd(opening->start), .events = POLLIN };
		poll(&fd, 1, daemon_start_left_ms(opening->start));
	}
	return judge_start(opening, outcome, g_steal_pointer(&said), error);
}

GDBusConnection *open_connection_sync(GError **error)
{
	g_autofree char *address = api_address();
	g_autofree Opening *opening = g_new0(Opening, 1);
	GDBusConnection *connection = NULL;

	for (gboolean go = TRUE; go;) {
		g_autoptr(GError) refused = NULL;
		connection = g_dbus_connection_new_for_address_sync(
			address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, &refused);
		if (connection)
			break;
		OpenStep step = next_step(opening, refused, error);
		if (step == STEP_CONNECT_LATER)
			poll(NULL, 0, BUSY_RETRY_MS);
		go = step == STEP_CONNECT_LATER || (step == STEP_START && start_sync(opening, error));
	}
	opening_clear(opening);
	return connection;
}

/* --- opening, without blocking --- */

static void open_connect(GTask *task);

static void open_fail(GTask *task, GError *error)
{
	opening_unwatch(g_task_get_task_data(task));
	g_task_return_error(task, error);
	g_object_unref(task);
}

static gboolean on_later(gpointer data)
{
	Opening *opening = g_task_get_task_data(data);

	opening->start_timer = 0;
	open_connect(data);
	return G_SOURCE_REMOVE;
}

static void check_start(GTask *task)
{
	Opening *opening = g_task_get_task_data(task);
	g_autoptr(GError) said = NULL, error = NULL;
	DaemonOutcome outcome = daemon_start_check(opening->start, &said);

	if (outcome == DAEMON_WAITING)
		return;
	opening_unwatch(opening);
	if (judge_start(opening, outcome, g_steal_pointer(&said), &error))
		open_connect(task);
	else
		open_fail(task, g_steal_pointer(&error));
}

static gboolean on_start_readable(gint fd, GIOCondition condition, gpointer data)
{
	check_start(data);
	return G_SOURCE_CONTINUE;
}

static gboolean on_start_timeout(gpointer data)
{
	check_start(data);
	return G_SOURCE_CONTINUE;
}

static void open_start(GTask *task)
{
	Opening *opening = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;

	opening->start = daemon_start(&error);
	if (!opening->start) {
		open_fail(task, g_steal_pointer(&error));
		return;
	}
	opening->start_source = g_unix_fd_add(daemon_start_fd(opening->start), G_IO_IN | G_IO_HUP | G_IO_ERR,
					      on_start_readable, task);
	opening->start_timer =
		g_timeout_add((guint)daemon_start_left_ms(opening->start) + 1, on_start_timeout, task);
}

static void on_open_tried(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Opening *opening = g_task_get_task_data(task);
	g_autoptr(GError) refused = NULL, error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &refused);

	if (connection) {
		g_task_return_pointer(task, connection, g_object_unref);
		g_object_unref(task);
		return;
	}
	if (g_cancellable_is_cancelled(g_task_get_cancellable(task))) {
		open_fail(task, g_steal_pointer(&refused));
		return;
	}
	switch (next_step(opening, refused, &error)) {
	case STEP_START:
		open_start(task);
		return;
	case STEP_CONNECT_LATER:
		opening->start_timer = g_timeout_add(BUSY_RETRY_MS, on_later, task);
		return;
	case STEP_GIVE_UP:
		open_fail(task, g_steal_pointer(&error));
		return;
	}
}

static void open_connect(GTask *task)
{
	g_autofree char *address = api_address();

	g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
					  g_task_get_cancellable(task), on_open_tried, task);
}

void open_connection(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_task_data(task, g_new0(Opening, 1), opening_free);
	open_connect(task);
}

GDBusConnection *open_connection_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
