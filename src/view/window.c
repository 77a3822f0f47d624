/* The window: what its toolbar and keys do to the VM, and what it is told of it. */
#include <string.h>

#include "base/error.h"
#include "client/actions.h"
#include "console/keys.h"
#include "view/view.h"

static void on_window_closed(Sink *sink, gpointer data)
{
	view_quit(data, 0);
}

static Window *window_of(View *view)
{
	return sink_sdl_window(view->sink);
}

static void show_error(View *view, GError *error)
{
	g_autofree char *sentence = error_sentence(error);

	if (!view->quitting)
		window_set_message(window_of(view), TRUE, sentence);
}

/* --- commands ------------------------------------------------------------------------------------------------------ */

/* What becomes of it is told by the job; see view_window_job_changed(). */
static void on_action(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *job = action_run_finish(view->client, result, &error);

	if (!job)
		show_error(view, error);
}

static void on_media(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = client_call_finish(view->client, NULL, result, &error);

	if (!reply)
		show_error(view, error);
	else if (!view->quitting)
		window_set_message(window_of(view), FALSE, "The DVD drive has changed");
}

/* @path: "" takes out what is in the drive. */
static void set_media(View *view, const char *path)
{
	GVariantBuilder fields;

	g_variant_builder_init(&fields, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&fields, "{ss}", "iso", path);
	client_call(view->client, view->path, "Vm", "Set", g_variant_new("(a{ss})", &fields), view->calls,
		    on_media, view);
}

static void on_command(const char *command, const char *argument, gpointer data)
{
	View *view = data;
	const Action *action = action_find(command);

	if (action)
		action_run(view->client, action, view->path, NULL, on_action, view);
	else if (g_str_equal(command, "insert"))
		set_media(view, argument);
	else if (g_str_equal(command, "eject"))
		set_media(view, "");
}

/* --- what the VM does ---------------------------------------------------------------------------------------------- */

static void on_spec(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(object), result, NULL);
	g_autoptr(GVariant) boxed = NULL;
	const char *keymap;

	if (!reply || view->quitting)
		return;
	g_variant_get(reply, "(v)", &boxed);
	if (g_variant_is_of_type(boxed, G_VARIANT_TYPE_VARDICT) &&
	    g_variant_lookup(boxed, "keymap", "&s", &keymap))
		window_set_keymap(window_of(view), keymap);
}

/* The layout that the guest uses is needed when somebody types the clipboard; that must not wait then. */
static void ask_keymap(View *view)
{
	GDBusConnection *connection = client_connection(view->client);

	if (connection)
		g_dbus_connection_call(connection, NULL, view->path, "org.freedesktop.DBus.Properties", "Get",
				       g_variant_new("(ss)", "io.carrel.Vm", "Spec"), G_VARIANT_TYPE("(v)"),
				       G_DBUS_CALL_FLAGS_NONE, -1, view->calls, on_spec, view);
}

/* All of the action table but what takes the VM away. */
void view_window_vm_changed(View *view, const ClientVm *vm)
{
	WindowAction actions[ACTION_COUNT];
	gsize count = 0;

	for (int id = 0; id < ACTION_COUNT; id++) {
		const Action *action = action_get((ActionId)id);
		if (id == ACTION_DELETE)
			continue;
		actions[count++] = (WindowAction){ action->verb, action->label, action->help,
						   action_possible(action, vm->state), action->confirm };
	}
	window_set_name(window_of(view), vm->name);
	window_set_actions(window_of(view), vm->state, actions, count);
	ask_keymap(view);
}

static char *job_message(const ClientJob *job, const char *label, gboolean *bad)
{
	g_autoptr(GError) error = client_job_error(job);

	*bad = error != NULL;
	if (error)
		return error_sentence(error);
	if (!g_str_equal(job->state, "running"))
		return g_strdup("");
	if (job->total > 0)
		return g_strdup_printf("%s: %u %%", label,
				       (guint)((double)job->done * 100 / (double)job->total));
	return g_strdup_printf("%s: %s", label, *job->step ? job->step : "...");
}

void view_window_job_changed(View *view, const ClientJob *job)
{
	const ClientVm *vm = view_vm(view);
	const Action *action = action_find(job->verb);
	g_autofree char *message = NULL;
	gboolean bad;

	if (!vm || !action || !g_str_equal(job->subject, vm->name))
		return;
	message = job_message(job, action->label, &bad);
	window_set_message(window_of(view), bad, message);
}

/* --- making it ----------------------------------------------------------------------------------------------------- */

/* What was said on the command line goes before what was kept. */
static gboolean take_options(View *view, const ClientVm *vm, WindowOptions *window, GError **error)
{
	const ViewOptions *options = &view->options;

	*window = (WindowOptions){ .name = vm->name, .act = on_command, .data = view };
	view_load_settings(vm, window);
	window->full_screen = options->full_screen;
	window->no_clipboard |= options->no_clipboard;
	window->settings.nearest |= options->sharp;
	window->settings.fixed |= options->fixed_size;
	window->settings.mute |= options->mute;
	if (options->zoom && !zoom_parse(options->zoom, &window->settings.zoom))
		return error_set(error, CARREL_ERROR_USAGE,
				 "use fit, integer or a number of percent from 50 to 400",
				 "zoom `%s' is unknown", options->zoom);
	if (!options->host_key)
		return TRUE;
	window->host_key = key_by_name(options->host_key);
	if (!window->host_key)
		return error_set(error, CARREL_ERROR_USAGE, "`carrel key --help' shows the names of keys",
				 "host key `%s' is unknown", options->host_key);
	return TRUE;
}

void view_keep_window(View *view)
{
	const ClientVm *vm = view_vm(view);
	WindowSettings settings;

	if (!vm || !view->sink || !view->options.sdl)
		return;
	window_get_settings(window_of(view), &settings);
	view_save_settings(vm, &settings);
}

gboolean view_make_window(View *view, const ClientVm *vm, GError **error)
{
	WindowOptions window;
	SinkOptions options = { .title = vm->name, .view_only = view->options.view_only, .window = &window };

	if (!take_options(view, vm, &window, error))
		return FALSE;
	view->sink = sink_sdl_new(view->surface, &options, error);
	if (!view->sink)
		return FALSE;
	view->sink->on_close = on_window_closed;
	view->sink->close_data = view;
	return TRUE;
}
