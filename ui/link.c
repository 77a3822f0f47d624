#include "ui/link.h"
#include "client/client-console.h"

#include <gio/gunixfdlist.h>

#include "ui/calls.h"

/* After a connection that failed or ended at once; else a broken VM would keep us busy. */
#define RETRY_MS 500

struct Link {
	Client *client;
	char *path;
	gboolean wait, pending, frame, active;
	guint interval; /* ms between pictures */
	guint32 token;
	Calls *calls;
	Source *source;
	InputHub *input;
	Surface *surface;
	guint surface_watch, retry;
	LinkWatch watch;
	gpointer data;
};

static void open_console(Link *link);

static gboolean on_retry(gpointer data)
{
	Link *link = data;

	link->retry = 0;
	open_console(link);
	return G_SOURCE_REMOVE;
}

static void retry_later(Link *link)
{
	if (!link->retry)
		link->retry = g_timeout_add(RETRY_MS, on_retry, link);
}

/* --- the source ---------------------------------------------------------------------------------------------------------- */

static void close_source(Link *link)
{
	input_hub_set_source(link->input, NULL);
	g_clear_pointer(&link->source, source_free);
	link->frame = FALSE;
}

static void on_first_frame(Link *link)
{
	link->frame = TRUE;
	calls_send(link->calls, link->path, "Vm", "ConsoleReady", g_variant_new("(u)", link->token), NULL);
}

static void on_source_event(Source *source, SourceEvent event, gpointer data)
{
	Link *link = data;

	if (event == SOURCE_FRAME)
		on_first_frame(link);
	if (event == SOURCE_CLOSED) {
		gboolean worked = link->frame;
		close_source(link);
		if (worked && link->wait)
			open_console(link);
		else
			retry_later(link);
	}
	link->watch(link, link->data);
}

static void on_surface_event(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Link *link = data;

	link->watch(link, link->data);
}

/* --- asking for it ------------------------------------------------------------------------------------------------------- */

static void on_opened(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	Link *link = owner;
	ClientConsole console;

	link->pending = FALSE;
	if (reply && client_take_console(reply, fds, &console, NULL)) {
		link->token = console.token;
		link->source = source_new(console.fd, link->surface, on_source_event, link);
		input_hub_set_source(link->input, link->source);
		source_set_nudge(link->source, console.nudge);
		source_set_interval(link->source, link->interval);
		source_set_active(link->source, link->active);
	} else {
		g_debug("OpenConsole %s: %s", link->path, error ? error->message : "no file descriptor");
		retry_later(link);
	}
	link->watch(link, link->data);
}

/* A preview is for VMs that run; asking in vain costs two messages each time. */
static gboolean worth_asking(const Link *link)
{
	const ClientVm *vm = client_find_vm(link->client, link->path);

	return link->wait || (vm && vm->pid > 0);
}

static void open_console(Link *link)
{
	GVariantDict options;

	if (link->pending || link->source || link->retry || !client_is_connected(link->client) ||
	    !worth_asking(link))
		return;
	g_variant_dict_init(&options, NULL);
	if (link->wait)
		g_variant_dict_insert(&options, "wait", "b", TRUE);
	link->pending = TRUE;
	calls_send(link->calls, link->path, "Vm", "OpenConsole",
		   g_variant_new("(@a{sv})", g_variant_dict_end(&options)), on_opened);
}

Link *link_new(Client *client, const char *vm_path, gboolean wait, LinkWatch watch, gpointer data)
{
	Link *link = g_new0(Link, 1);

	link->client = client;
	link->path = g_strdup(vm_path);
	link->wait = wait;
	link->active = TRUE;
	link->watch = watch;
	link->data = data;
	link->calls = calls_new(client, link);
	link->input = input_hub_new();
	link->surface = surface_new();
	link->surface_watch = surface_watch(link->surface, on_surface_event, link);
	open_console(link);
	return link;
}

void link_free(Link *link)
{
	if (link->retry)
		g_source_remove(link->retry);
	calls_free(link->calls);
	close_source(link);
	input_hub_free(link->input);
	surface_unwatch(link->surface, link->surface_watch);
	surface_unref(link->surface);
	g_free(link->path);
	g_free(link);
}

void link_event(Link *link, ClientEvent event, gpointer object)
{
	gboolean mine = event == CLIENT_VM_CHANGED && g_str_equal(((ClientVm *)object)->path, link->path);

	if (event == CLIENT_DISCONNECTED)
		link->pending = FALSE;
	else if (event == CLIENT_CONNECTED || mine)
		open_console(link);
}

void link_set_interval(Link *link, guint ms)
{
	link->interval = ms;
	if (link->source)
		source_set_interval(link->source, ms);
}

void link_set_active(Link *link, gboolean active)
{
	link->active = active;
	if (link->source)
		source_set_active(link->source, active);
}

LinkState link_state(const Link *link)
{
	return link->source ? LINK_OPEN : link->pending ? LINK_PENDING : LINK_IDLE;
}

Surface *link_surface(const Link *link)
{
	return link->surface;
}

Source *link_source(const Link *link)
{
	return link->source;
}

InputHub *link_input(const Link *link)
{
	return link->input;
}

gboolean link_has_frame(const Link *link)
{
	return link->frame;
}
