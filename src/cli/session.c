#include "cli/session.h"

#include "base/error.h"
#include "client/client-console.h"
#include "base/units.h"

/* For QEMU to read what is left. */
#define HANG_UP_MS 10000

static gboolean on_limit(gpointer data)
{
	Session *session = data;

	session->timed_out = TRUE;
	session->timer = 0;
	return G_SOURCE_REMOVE;
}

Session *session_new(Cli *cli, const char *name, guint64 limit_ms, GError **error)
{
	g_autofree char *path = cli_find_vm(cli, name, error);

	if (!path)
		return NULL;
	Session *session = g_new0(Session, 1);
	session->client = cli->client;
	session->path = g_steal_pointer(&path);
	session->name = g_strdup(name);
	session->surface = surface_new();
	session->cancellable = g_cancellable_new();
	if (limit_ms)
		session->timer = g_timeout_add((guint)MIN(limit_ms, G_MAXUINT), on_limit, session);
	return session;
}

void session_free(Session *session)
{
	if (!session)
		return;
	g_cancellable_cancel(session->cancellable);
	while (session->opening)
		g_main_context_iteration(NULL, TRUE);
	g_clear_handle_id(&session->timer, g_source_remove);
	g_clear_pointer(&session->source, source_free);
	surface_unref(session->surface);
	g_object_unref(session->cancellable);
	g_clear_error(&session->error);
	g_free(session->path);
	g_free(session->name);
	g_free(session);
}

static void send_ready(Session *session)
{
	if (session->token)
		client_call(session->client, session->path, "Vm", "ConsoleReady",
			    g_variant_new("(u)", session->token), NULL, NULL, NULL);
	session->token = 0;
}

static void on_source(Source *source, SourceEvent event, gpointer data)
{
	Session *session = data;

	if (event == SOURCE_FRAME) {
		session->framed = TRUE;
		send_ready(session);
	} else if (event == SOURCE_CLOSED) {
		session->closed = TRUE;
	}
}

static void on_opened(GObject *object, GAsyncResult *result, gpointer data)
{
	Session *session = data;
	g_autoptr(GUnixFDList) fds = NULL;
	g_autoptr(GVariant) reply = client_call_finish(session->client, &fds, result, &session->error);

	session->opening = FALSE;
	ClientConsole console;
	if (!reply || !client_take_console(reply, fds, &console, &session->error))
		return;
	session->token = console.token;
	session->source = source_new(console.fd, session->surface, on_source, session);
	source_set_nudge(session->source, console.nudge);
}

static gboolean set_timeout(const Session *session, GError **error)
{
	return error_set(error, CARREL_ERROR_TIMEOUT, "give a longer --timeout",
			 "VM `%s' showed nothing in time", session->name);
}

gboolean session_open(Session *session, gboolean wait, GError **error)
{
	GVariantDict options;

	g_clear_pointer(&session->source, source_free);
	session->framed = session->closed = FALSE;
	session->opening = TRUE;
	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "wait", "b", wait);
	client_call(session->client, session->path, "Vm", "OpenConsole",
		    g_variant_new("(@a{sv})", g_variant_dict_end(&options)), session->cancellable, on_opened,
		    session);
	while (!session->timed_out &&
	       (session->opening || (session->source && !session->framed && !session->closed)))
		session_turn(session);
	if (session->framed)
		return TRUE;
	if (session->timed_out)
		return set_timeout(session, error);
	if (session->error)
		g_propagate_error(error, g_steal_pointer(&session->error));
	else
		error_set(error, CARREL_ERROR_STATE, "start it first", "VM `%s' closed its screen",
			  session->name);
	return FALSE;
}

void session_turn(Session *session)
{
	g_main_context_iteration(NULL, TRUE);
}

static gboolean on_pause(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

void session_pause(Session *session, guint ms)
{
	gboolean over = FALSE;

	g_timeout_add(ms, on_pause, &over);
	while (!over)
		session_turn(session);
}

gboolean session_flush(Session *session, GError **error)
{
	while (!session->closed && source_pending(session->source))
		session_pause(session, 5);
	if (session->closed)
		return error_set(error, CARREL_ERROR_STATE, "look at it with `carrel list'",
				 "VM `%s' closed its screen before everything was sent", session->name);
	gint64 late = g_get_monotonic_time() + HANG_UP_MS * 1000;
	source_hang_up(session->source);
	while (!session->closed && g_get_monotonic_time() < late)
		session_pause(session, 5);
	if (session->closed)
		return TRUE;
	return error_set(error, CARREL_ERROR_TIMEOUT, "its QEMU may be stopped or very busy",
			 "VM `%s' did not take what was sent", session->name);
}
