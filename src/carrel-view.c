/*
 * Virtual Machine Connection: one VM's screen in a window or for VNC viewers, over power cycles.
 *
 *	carrel-view --sdl|--vnc [OPTION...] VM
 *
 * Glue only: the client says what the VM does and opens its console, a source draws on the surface, a sink shows it.
 */
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/paths.h"
#include "client/client.h"
#include "console/sink.h"

#define PASSWORD_LENGTH 8 /* VNC authentication knows no more */
#define RETRY_MS        500
/* A VM that just ended refuses once or twice before it is off; only what lasts is worth words. */
#define REFUSALS_SHOWN 3

typedef struct {
	char *vm, *address, *title;
	gint port, info_fd;
	gboolean sdl, vnc, view_only;
} Options;

typedef struct {
	Options options;
	GMainLoop *loop;
	int status; /* of the process */
	gboolean quitting;
	Client *client;
	char *path, *id; /* of the VM, once found */
	Surface *surface;
	Source *source;
	Sink *sink;
	GCancellable *opening; /* NULL: not waiting for a console */
	guint retry;           /* timer */
	guint32 token;         /* of the console, for ConsoleReady */
	gboolean framed;       /* a picture came by this console */
	GError *refused;       /* why there is no console; NULL = it is on its way */
	guint refusals;
	char *info; /* what was written to vncd.json */
} View;

static void open_console(View *view);

/* --- what the person reads ----------------------------------------------------------------------------------------- */

/* What the card says of the VM, by its state; in the others a picture comes soon. */
static const struct {
	const char *state, *says;
} cards[] = {
	{"off",       "is off. Its screen appears here when it starts."   },
	{ "saved",    "is saved. Its screen appears here when it resumes."},
	{ "saving",   "is being saved."                                   },
	{ "stopping", "is stopping."				      },
	{ "starting", "is starting."				      },
};

/* NULL: there is a picture. */
static char *make_card(View *view, const ClientVm *vm)
{
	if (view->source)
		return NULL;
	if (view->refused && view->refusals >= REFUSALS_SHOWN)
		return error_sentence(view->refused);
	for (gsize i = 0; i < G_N_ELEMENTS(cards); i++)
		if (g_str_equal(cards[i].state, vm->state))
			return g_strdup_printf("VM `%s' %s", vm->name, cards[i].says);
	return g_strdup_printf("Connecting to VM `%s'.", vm->name);
}

static void show_status(View *view)
{
	const ClientVm *vm = client_find_vm(view->client, view->path);
	g_autofree char *title = NULL, *card = NULL;

	if (!vm)
		return; /* the daemon is away: what is shown stays true enough */
	title = view->options.title ? g_strdup(view->options.title)
				    : g_strdup_printf("%s - %s - carrel", vm->name, vm->state);
	card = make_card(view, vm);
	sink_set_status(view->sink, title, card);
}

/* One line for whoever started us, and no more. */
static void tell_starter(View *view, const char *line)
{
	autofd fd = view->options.info_fd;

	view->options.info_fd = -1;
	if (fd >= 0 && dprintf(fd, "%s\n", line) < 0)
		g_debug("nobody reads fd %d", fd);
}

/* --- the console --------------------------------------------------------------------------------------------------- */

static void drop_source(View *view)
{
	sink_set_source(view->sink, NULL);
	g_clear_pointer(&view->source, source_free);
}

static gboolean on_retry(gpointer data)
{
	View *view = data;

	view->retry = 0;
	open_console(view);
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
		open_console(view);
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
	show_status(view);
}

/* Takes @error. A VM that just ended is not off yet for a moment; one that has no screen stays so until it is changed. */
static void on_refused(View *view, GError *error)
{
	g_clear_error(&view->refused);
	view->refused = error;
	view->refusals++;
	open_later(view);
	show_status(view);
}

/* NULL and @error when there is none. */
static Source *take_console(View *view, GVariant *reply, GUnixFDList *fds, GError **error)
{
	g_autoptr(GVariant) info = NULL;
	gint32 index;
	int fd;

	g_variant_get(reply, "(h@a{sv})", &index, &info);
	fd = fds ? g_unix_fd_list_get(fds, index, error) : -1;
	if (fd < 0) {
		if (!fds)
			error_set(error, CARREL_ERROR_FAILED, NULL, "the daemon sent no console");
		return NULL;
	}
	view->token = 0;
	g_variant_lookup(info, "token", "u", &view->token);
	view->framed = FALSE;
	return source_new(fd, view->surface, on_source, view);
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
	show_status(view);
}

/* Whoever started us may start the VM now: we wait for its first frame. */
static void on_waiting(GObject *object, GAsyncResult *result, gpointer data)
{
	View *view = data;
	g_autoptr(GVariant) reply = client_call_finish(view->client, NULL, result, NULL);

	if (reply)
		tell_starter(view, "ok");
}

static void open_console(View *view)
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

/* --- the VNC server's note ----------------------------------------------------------------------------------------- */

/* 64 characters, so that six bits of a random byte choose one without preference. */
static gboolean make_password(char *password, GError **error)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	guint8 random[PASSWORD_LENGTH];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_set(error, CARREL_ERROR_HOST, NULL, "cannot get random bytes for a password");
	for (gsize i = 0; i < PASSWORD_LENGTH; i++)
		password[i] = alphabet[random[i] & 63];
	password[PASSWORD_LENGTH] = '\0';
	return TRUE;
}

static char *make_info(const char *address, guint port, const char *password)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonObject) object = json_object_new();
	g_autofree char *url = g_strdup_printf("vnc://%s:%u", address, port);

	json_object_set_string_member(object, "address", address);
	json_object_set_int_member(object, "port", port);
	json_object_set_string_member(object, "password", password);
	json_object_set_string_member(object, "url", url);
	json_object_set_int_member(object, "pid", getpid());
	json_node_set_object(node, object);
	return json_text(node, FALSE);
}

static char *info_path(View *view)
{
	return paths_vm_run_file(view->id, "vncd.json");
}

static gboolean write_info(View *view, const char *password, GError **error)
{
	g_autofree char *dir = paths_vm_run_dir(view->id);
	g_autofree char *path = info_path(view);

	view->info = make_info(view->options.address, sink_vncd_port(view->sink), password);
	if (!paths_ensure_private(dir, error) || !file_replace(path, view->info, -1, 0600, error))
		return FALSE;
	tell_starter(view, view->info);
	return TRUE;
}

/* Only our own: another server may have been started since. */
static void remove_info(View *view)
{
	g_autofree char *path = view->info ? info_path(view) : NULL;
	g_autofree char *text = NULL;

	if (path && g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, view->info))
		g_unlink(path);
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

static void quit(View *view, int status)
{
	view->status = status;
	g_main_loop_quit(view->loop);
}

/* Takes @error. */
static void die(View *view, GError *error)
{
	g_autofree char *message = error_message(error);
	g_autofree char *line =
		g_strdup_printf("%s\t%s", message, error_hint(error) ? error_hint(error) : "");
	g_autofree char *sentence = error_sentence(error);
	int status = error_exit_status(error);

	tell_starter(view, line);
	g_printerr("carrel-view: %s\n", sentence);
	g_error_free(error);
	quit(view, status);
}

static void on_window_closed(Sink *sink, gpointer data)
{
	quit(data, 0);
}

static gboolean on_signal(gpointer data)
{
	quit(data, 0);
	return G_SOURCE_CONTINUE;
}

static gboolean make_sink(View *view, const ClientVm *vm, GError **error)
{
	char password[PASSWORD_LENGTH + 1];
	SinkOptions options = {
		.title = vm->name,
		.view_only = view->options.view_only,
		.address = view->options.address,
		.port = (guint)view->options.port,
		.password = password,
	};

	if (view->options.sdl)
		view->sink = sink_sdl_new(view->surface, &options, error);
	else if (make_password(password, error))
		view->sink = sink_vncd_new(view->surface, &options, error);
	if (!view->sink)
		return FALSE;
	view->sink->on_close = on_window_closed;
	view->sink->close_data = view;
	return view->options.sdl || write_info(view, password, error);
}

static const ClientVm *find_vm(View *view)
{
	GPtrArray *vms = client_vms(view->client);

	for (guint i = 0; i < vms->len; i++) {
		const ClientVm *vm = g_ptr_array_index(vms, i);
		if (g_str_equal(vm->name, view->options.vm) || g_str_equal(vm->id, view->options.vm) ||
		    g_str_equal(vm->path, view->options.vm))
			return vm;
	}
	return NULL;
}

static void on_connected(View *view)
{
	const ClientVm *vm = view->path ? client_find_vm(view->client, view->path) : find_vm(view);
	GError *error = NULL;

	if (!vm && view->path) {
		quit(view, 0); /* deleted while the daemon was away */
		return;
	}
	if (!vm) {
		die(view, error_new(CARREL_ERROR_NOT_FOUND, "`carrel list' shows the VMs there are",
				    "VM `%s' does not exist", view->options.vm));
		return;
	}
	if (!view->path) {
		view->path = g_strdup(vm->path);
		view->id = g_strdup(vm->id);
		if (!make_sink(view, vm, &error)) {
			die(view, error);
			return;
		}
	}
	open_console(view);
	show_status(view);
}

static gboolean is_ours(View *view, const ClientVm *vm)
{
	return view->path && g_str_equal(vm->path, view->path);
}

static void on_client(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	View *view = data;

	if (event == CLIENT_CONNECTED)
		on_connected(view);
	else if (event == CLIENT_DISCONNECTED && !view->path && client_last_error(client))
		die(view, g_error_copy(client_last_error(client)));
	else if (event == CLIENT_VM_CHANGED && is_ours(view, object) && view->sink)
		show_status(view);
	else if (event == CLIENT_VM_REMOVED && is_ours(view, object))
		quit(view, 0);
}

static gboolean parse_options(Options *options, int *argc, char ***argv, GError **error)
{
	g_auto(GStrv) rest = NULL;
	GOptionEntry entries[] = {
		{"sdl",          0, 0, G_OPTION_ARG_NONE, &options->sdl, "Show it in a window", NULL },
		{ "vnc",             0, 0, G_OPTION_ARG_NONE, &options->vnc, "Serve it to VNC viewers", NULL },
		{ "vm", 0, 0, G_OPTION_ARG_STRING, &options->vm, "The VM by name, id or object path", "VM" },
		{ "address",          0, 0, G_OPTION_ARG_STRING, &options->address,
                 "IPv4 address to listen on (127.0.0.1)", "ADDRESS" },
		{ "port",         0, 0, G_OPTION_ARG_INT, &options->port, "Port; else the first free one from 5900",
                 "N" },
		{ "view-only",             0, 0, G_OPTION_ARG_NONE, &options->view_only, "Take no input", NULL },
		{ "info-fd", 0, 0, G_OPTION_ARG_INT, &options->info_fd,
                 "Where to write the server's data, as JSON", "FD" },
		{ "title",          0, 0, G_OPTION_ARG_STRING, &options->title, "Title of the window", "TEXT" },
		{ G_OPTION_REMAINING,          0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, NULL, "VM" },
		{ NULL            }
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- the screen of a VM");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return FALSE;
	if (!options->vm && rest)
		options->vm = g_strdup(rest[0]);
	if (!options->vm || options->sdl == options->vnc)
		return error_set(error, CARREL_ERROR_USAGE, "carrel-view --help shows how",
				 "name a VM and either --sdl or --vnc");
	if (options->port < 0 || options->port > G_MAXUINT16)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "port %d is not between 0 and 65535",
				 options->port);
	return TRUE;
}

/* The call that waits for the VM answers on the main loop, with `view' as its data: it is cancelled and waited for. */
static void view_clear(View *view)
{
	view->quitting = TRUE;
	g_cancellable_cancel(view->opening);
	while (view->opening)
		g_main_context_iteration(NULL, TRUE);
	g_clear_handle_id(&view->retry, g_source_remove);
	remove_info(view);
	g_clear_pointer(&view->source, source_free);
	sink_free(view->sink);
	client_free(view->client);
	surface_unref(view->surface);
	g_clear_error(&view->refused);
	g_main_loop_unref(view->loop);
	g_free(view->path);
	g_free(view->id);
	g_free(view->info);
	g_free(view->options.vm);
	g_free(view->options.address);
	g_free(view->options.title);
}

static void run(View *view)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	view->loop = g_main_loop_new(NULL, FALSE);
	view->surface = surface_new();
	if (!view->options.address)
		view->options.address = g_strdup("127.0.0.1");
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_unix_signal_add(signals[i], on_signal, view);
	view->client = client_new();
	client_watch(view->client, on_client, view);
	g_main_loop_run(view->loop);
}

int main(int argc, char **argv)
{
	View view = { .options = { .info_fd = -1 } };
	GError *error = NULL;

	setlocale(LC_ALL, "");
	log_init("carrel-view", LOG_STYLE_TOOL, FALSE);
	signal(SIGPIPE, SIG_IGN); /* whoever waits for our data may be gone */
	if (!parse_options(&view.options, &argc, &argv, &error)) {
		g_autofree char *sentence = error_sentence(error);
		g_printerr("carrel-view: %s\n", sentence);
		g_error_free(error);
		return 2;
	}
	run(&view);
	view_clear(&view);
	return view.status;
}
