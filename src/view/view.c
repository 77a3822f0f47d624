#include "view/view.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"

/* A VM that just ended refuses once or twice before it is off; only what lasts is worth words. */
#define REFUSALS_SHOWN 3

/* --- what the person reads ----------------------------------------------------------------------------------------- */

const ClientVm *view_vm(View *view)
{
	return view->path ? client_find_vm(view->client, view->path) : NULL;
}

#define APPEARS "Its screen appears here when it starts."

/* What the card says of the VM, by its state; in the others a picture comes soon. */
static const struct {
	const char *state, *says, *hint;
} cards[] = {
	{"off",       "is off.",         APPEARS},
        { "saved",    "is saved.",       APPEARS},
	{ "saving",   "is being saved.", NULL   },
        { "stopping", "is stopping.",    NULL   },
	{ "starting", "is starting.",    NULL   },
};

/* With what happened to the VM, when it is known: that QEMU crashed is what somebody who sees the screen go wants to read. */
static char *describe_vm(const ClientVm *vm, const char *says, const char *hint)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "VM `%s' %s", vm->name, says);
	if (hint && *vm->status)
		g_string_append_printf(text, " %s%s", vm->status,
				       g_str_has_suffix(vm->status, ".") ? "" : ".");
	if (hint)
		g_string_append_printf(text, " %s", hint);
	return g_string_free(text, FALSE);
}

/* NULL: there is a picture. */
static char *make_card(View *view, const ClientVm *vm)
{
	if (view->source)
		return NULL;
	if (view->refused && view->refusals >= REFUSALS_SHOWN)
		return error_sentence(view->refused);
	for (gsize i = 0; i < G_N_ELEMENTS(cards); i++)
		if (g_str_equal(cards[i].state, vm->state))
			return describe_vm(vm, cards[i].says, cards[i].hint);
	return g_strdup_printf("Connecting to VM `%s'.", vm->name);
}

void view_show_status(View *view)
{
	const ClientVm *vm = view_vm(view);
	g_autofree char *title = NULL, *card = NULL;

	if (!vm)
		return; /* the daemon is away: what is shown stays true enough */
	title = view->options.title ? g_strdup(view->options.title)
				    : g_strdup_printf("%s - %s - carrel", vm->name, vm->state);
	card = make_card(view, vm);
	sink_set_status(view->sink, title, card);
	if (view->options.sdl)
		view_window_vm_changed(view, vm);
}

void view_tell_starter(View *view, const char *line)
{
	autofd fd = view->options.info_fd;

	view->options.info_fd = -1;
	if (fd >= 0 && dprintf(fd, "%s\n", line) < 0)
		g_debug("nobody reads fd %d", fd);
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

void view_quit(View *view, int status)
{
	view->status = status;
	g_main_loop_quit(view->loop);
}

/* Takes @error. */
static void die(View *view, GError *error)
{
	g_autofree char *message = error_message(error);
	g_autofree char *line =
		g_strdup_printf("%s\t%s\t%d", message, error_hint(error) ? error_hint(error) : "",
				error->domain == CARREL_ERROR ? error->code : CARREL_ERROR_FAILED);
	g_autofree char *sentence = error_sentence(error);
	int status = error_exit_status(error);

	view_tell_starter(view, line);
	g_printerr("carrel-view: %s\n", sentence);
	g_error_free(error);
	view_quit(view, status);
}

static gboolean on_signal(gpointer data)
{
	view_quit(data, 0);
	return G_SOURCE_CONTINUE;
}

static gboolean make_sink(View *view, const ClientVm *vm, GError **error)
{
	if (view->options.sdl)
		return view_make_window(view, vm, error);
	return view->options.web ? view_make_web(view, vm, error) : view_make_vnc(view, vm, error);
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
		view_quit(view, 0); /* deleted while the daemon was away */
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
	view_open_console(view);
	view_show_status(view);
}

static gboolean is_ours(View *view, const ClientVm *vm)
{
	return view->path && g_str_equal(vm->path, view->path);
}

static void on_vm(View *view, ClientEvent event, const ClientVm *vm)
{
	if (!is_ours(view, vm))
		return;
	if (event == CLIENT_VM_REMOVED)
		view_quit(view, 0);
	else if (event == CLIENT_VM_CHANGED && view->sink)
		view_show_status(view);
}

static void on_client(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	View *view = data;

	if (event == CLIENT_CONNECTED)
		on_connected(view);
	else if (event == CLIENT_DISCONNECTED && !view->path && client_last_error(client))
		die(view, g_error_copy(client_last_error(client)));
	else if (event == CLIENT_VM_CHANGED || event == CLIENT_VM_REMOVED)
		on_vm(view, event, object);
	else if ((event == CLIENT_JOB_ADDED || event == CLIENT_JOB_CHANGED) && view->sink &&
		 view->options.sdl)
		view_window_job_changed(view, object);
}

void view_run(View *view)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	view->loop = g_main_loop_new(NULL, FALSE);
	view->surface = surface_new();
	view->calls = g_cancellable_new();
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_unix_signal_add(signals[i], on_signal, view);
	view->client = client_new();
	client_watch(view->client, on_client, view);
	g_main_loop_run(view->loop);
}

/* The call that waits for the VM answers on the main loop, with `view' as its data: it is cancelled and waited for. */
void view_clear(View *view)
{
	view->quitting = TRUE;
	view_keep_window(view);
	g_cancellable_cancel(view->calls);
	view_close_console(view);
	view_remove_note(view);
	view_clear_vnc(view);
	view_clear_web(view);
	sink_free(view->sink);
	client_free(view->client);
	surface_unref(view->surface);
	g_object_unref(view->calls);
	g_clear_error(&view->refused);
	g_main_loop_unref(view->loop);
	g_free(view->path);
	g_free(view->id);
	view_options_clear(&view->options);
}
