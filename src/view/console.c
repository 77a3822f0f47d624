#include <gio/gunixfdlist.h>

#include "base/error.h"
#include "client/client-console.h"
#include "view/view.h"

#define RETRY_MS 500

static void drop_source(View *view)
{
	sink_set_source(view->sink, NULL);
	g_clear_pointer(&view->source, source_free);
}

static gboolean on_retry(gpointer data)
{
	View *view = data;

	view->retry = 0;
	view_open_console(view);
	return G_SOURCE_REMOVE;
}

static void open_later(View *view)
{
	if (!view->retry)
		view->retry = g_timeout_add(RETRY_MS, on_retry, view);
}

/* At once, so that the next start waits for us; not when the last one brought nothing. */
static void open_again(View *view)
{
	if (view->framed)
		view_open_console(view);
	else
		open_later(view);
}

/* The first frame is shown: the VM may run. The answer does not matter. */
static void say_ready(View *view)
{
	client_call(view->client, view->path, "Vm", "ConsoleReady", g_variant_new("(u)", view->token), NULL,
		    NULL, NULL);
}

static void on_source(Source *source, SourceEvent event, gpointer data)
{
	View *view = data;

	sink_source_event(view->sink, event);
	switch (event) {
	case SOURCE_CONNECTED:
	case SOURCE_POINTER:
	case SOURCE_LEDS:
	case SOURCE_BELL:
	case SOURCE_CLIPBOARD:
		break;
	case SOURCE_FRAME:
		view->framed = TRUE;
		say_ready(view);
		break;
	case SOURCE_CLOSED:
		g_debug("console: %s", source_error(source)->message);
		drop_source(view);
		open_again(view);
		break;
	}
	view_show_status(view);
}

/* Takes @error. A VM that just ended is not off yet for a moment; one that has no screen stays so until it is changed. */
static void on_refused(View *view, GError *error)
{
	g_clear_error(&view->refused);
	view->refused = error;
	view->refusals++;
	open_later(view);
	view_show_status(view);
}

/* NULL and @error when there is none. */
static Source *take_console(View *view, GVariant *reply, GUnixFDList *fds, GError **error)
{
	ClientConsole console;

	if (!client_take_console(reply, fds, &console, error))
		return NULL;
	view->token = console.token;
	view->framed = FALSE;
	Source *source = source_new(console.fd, view->surface, on_source, view);
	source_set_nudge(source, console.nudge);
	source_allow_audio(source, console.audio);
	return source;
}

static void on_opened(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GUnixFDList) fds = NULL;
	GError *error = NULL;
	g_autoptr(GVariant) reply = client_call_finish(view->client, &fds, result, &error);

	g_clear_object(&view->opening);
	if (view->quitting) {
		g_clear_error(&error);
		return;
	}
	view->source = reply ? take_console(view, reply, fds, &error) : NULL;
	if (!view->source) {
		on_refused(view, error);
		return;
	}
	g_clear_error(&view->refused);
	view->refusals = 0;
	sink_set_source(view->sink, view->source);
	view_show_status(view);
}

/* Whoever started us may start the VM now: we wait for its first frame. */
static void on_waiting(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GVariant) reply = client_call_finish(view->client, NULL, result, NULL);

	if (reply)
		view_tell_starter(view, "ok");
}

void view_open_console(View *view)
{
	GVariantBuilder options;

	if (view->source || view->opening || !client_is_connected(view->client))
		return;
	g_clear_handle_id(&view->retry, g_source_remove);
	view->opening = g_cancellable_new();
	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&options, "{sv}", "wait", g_variant_new_boolean(TRUE));
	client_call(view->client, view->path, "Vm", "OpenConsole", g_variant_new("(a{sv})", &options),
		    view->opening, on_opened, view);
	/* The daemon takes messages in their order: its answer to this one, which does nothing, says that it has the one above. */
	if (view->options.sdl)
		client_call(view->client, view->path, "Vm", "ConsoleReady", g_variant_new("(u)", 0), NULL,
			    on_waiting, view);
}

void view_close_console(View *view)
{
	g_cancellable_cancel(view->opening);
	while (view->opening)
		g_main_context_iteration(NULL, TRUE);
	g_clear_handle_id(&view->retry, g_source_remove);
	if (view->sink)
		sink_set_source(view->sink, NULL);
	g_clear_pointer(&view->source, source_free);
}
