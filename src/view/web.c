/* The web server: noVNC in a browser, over a WebSocket, let in by a token; over TLS for other hosts. */
#include <errno.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/secret.h"
#include "view/cert.h"
#include "view/door.h"
#include "view/relay.h"
#include "view/view.h"
#include "view/web-server.h"

/* A browser loads noVNC's fifty files over six connections, and comes back for more. One peer alone, whose idle connections end after twenty
 * seconds, cannot fill the door. */
static const DoorLimits limits = {
	.first_port = 6080,
	.last_port = 6179,
	.most = 256,
	.burst = 60,
	.per_second = 5,
};

/* Until TLS is agreed upon. */
#define HANDSHAKE_S 10

struct ViewWeb {
	Door *door;
	Relays *relays, *view_relays;
	WebServer *server;
	WebFiles *files;
	WebGate gate;
	char *token, *view_token, *fingerprint;
	GTlsCertificate *certificate; /* NULL: plain HTTP, on this host only */
	GHashTable *handshakes;       /* of GCancellable, owned by them */
};

/* --- the way in ---------------------------------------------------------------------------------------------------- */

static gboolean on_enter(int fd, gpointer data)
{
	return sink_vncd_add(((View *)data)->sink, fd, FALSE);
}

static gboolean on_enter_to_view(int fd, gpointer data)
{
	return sink_vncd_add(((View *)data)->sink, fd, TRUE);
}

static void on_upgraded(GIOStream *stream, gboolean view_only, gpointer data)
{
	ViewWeb *web = data;

	relays_add(view_only ? web->view_relays : web->relays, stream, RELAY_WEBSOCKET);
}

typedef struct {
	ViewWeb *web;
	GCancellable *cancellable;
	guint timer;
} Handshake;

static gboolean on_handshake_late(gpointer data)
{
	Handshake *handshake = data;

	handshake->timer = 0;
	g_cancellable_cancel(handshake->cancellable);
	return G_SOURCE_REMOVE;
}

static void on_handshake(GObject *connection, GAsyncResult *result, gpointer data)
{
	Handshake *handshake = data;
	gboolean good = g_tls_connection_handshake_finish(G_TLS_CONNECTION(connection), result, NULL) &&
			!g_cancellable_is_cancelled(handshake->cancellable);

	if (good)
		web_server_add(handshake->web->server, G_IO_STREAM(connection));
	g_clear_handle_id(&handshake->timer, g_source_remove);
	g_hash_table_remove(handshake->web->handshakes, handshake->cancellable);
	g_object_unref(handshake->cancellable);
	g_free(handshake);
}

static void begin_tls(ViewWeb *web, GIOStream *stream)
{
	g_autoptr(GIOStream) tls = g_tls_server_connection_new(stream, web->certificate, NULL);
	Handshake *handshake;

	if (!tls)
		return;
	/* Browsers close without the good-bye of TLS; HTTP and WebSocket know their own ends. */
	g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(tls), FALSE);
	handshake = g_new0(Handshake, 1);
	*handshake = (Handshake){ web, g_cancellable_new(), 0 };
	handshake->timer = g_timeout_add_seconds(HANDSHAKE_S, on_handshake_late, handshake);
	g_hash_table_add(web->handshakes, handshake->cancellable);
	g_tls_connection_handshake_async(G_TLS_CONNECTION(tls), G_PRIORITY_DEFAULT, handshake->cancellable,
					 on_handshake, handshake);
}

static void on_guest(GSocketConnection *connection, gpointer data)
{
	ViewWeb *web = data;

	if (web->certificate)
		begin_tls(web, G_IO_STREAM(connection));
	else
		web_server_add(web->server, G_IO_STREAM(connection));
}

/* --- the note ------------------------------------------------------------------------------------------------------ */

/* "Any address" is no name for a browser. */
static const char *url_host(const Address *address)
{
	g_autoptr(GInetAddress) ip = g_inet_address_new_from_string(address->host);

	return ip && g_inet_address_get_is_any(ip) ? g_get_host_name() : address->host;
}

static char *make_url(const ViewWeb *web, const char *token)
{
	const Address *address = door_address(web->door);
	g_autofree char *host = address_bracket(url_host(address));

	return g_strdup_printf("%s://%s:%u/#%s", web->certificate ? "https" : "http", host, address->port,
			       token);
}

static gboolean write_note(View *view, GError **error)
{
	const ViewWeb *web = view->web;
	const Address *address = door_address(web->door);
	g_autofree char *url = make_url(web, web->token);
	g_autofree char *view_url = make_url(web, web->view_token);
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "address", address->host);
	json_object_set_int_member(object, "port", address->port);
	json_object_set_boolean_member(object, "local", address_is_local(address));
	json_object_set_string_member(object, "url", url);
	json_object_set_string_member(object, "view_url", view_url);
	if (web->fingerprint)
		json_object_set_string_member(object, "fingerprint", web->fingerprint);
	return view_write_note(view, object, error);
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

static gboolean make_certificate(ViewWeb *web, const Address *address, GError **error)
{
	g_autofree char *path = paths_web_certificate();
	g_autofree char *dir = g_path_get_dirname(path);

	if (address_is_local(address))
		return TRUE;
	if (g_mkdir_with_parents(dir, 0700) < 0)
		return file_error(error, errno, "make", dir);
	web->certificate = cert_get(path, url_host(address), error);
	web->fingerprint = web->certificate ? cert_fingerprint(web->certificate) : NULL;
	return web->certificate != NULL;
}

static gboolean make_parts(View *view, const Address *address, GError **error)
{
	ViewWeb *web = view->web;

	web->files = web_files_new(error);
	web->token = web->files ? secret_new(SECRET_TOKEN, error) : NULL;
	web->view_token = web->token ? secret_new(SECRET_TOKEN, error) : NULL;
	if (!web->view_token || !make_certificate(web, address, error))
		return FALSE;
	web->relays = relays_new(on_enter, view);
	web->view_relays = relays_new(on_enter_to_view, view);
	web->server = web_server_new(&web->gate, on_upgraded, web);
	web->handshakes = g_hash_table_new(NULL, NULL);
	web->door = door_new(address, &limits, on_guest, web, error);
	return web->door != NULL;
}

static void set_up_gate(ViewWeb *web)
{
	web->gate = (WebGate){
		.address = door_address(web->door),
		.tls = web->certificate != NULL,
		.host_name = g_get_host_name(),
		.token = web->token,
		.view_token = web->view_token,
		.used_tickets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.files = web->files,
	};
}

/* No password: the token was asked for before, and nothing but our relays leads to this server. */
static gboolean make_sink(View *view, const ClientVm *vm, GError **error)
{
	SinkOptions options = { .title = vm->name, .view_only = view->options.view_only };

	view->sink = sink_vncd_new(view->surface, &options, error);
	return view->sink != NULL;
}

gboolean view_make_web(View *view, const ClientVm *vm, GError **error)
{
	g_autoptr(Address) address = address_new(view->options.address ? view->options.address : "", error);

	if (!address)
		return FALSE;
	if (address->path)
		return error_set(error, CARREL_ERROR_USAGE, "name a host and a port",
				 "a browser cannot open a unix socket");
	view->web = g_new0(ViewWeb, 1);
	if (!make_sink(view, vm, error) || !make_parts(view, address, error))
		return FALSE;
	set_up_gate(view->web);
	return write_note(view, error);
}

/* Handshakes answer on the main loop, with `web' as their data: they are cancelled and waited for. */
static void end_handshakes(ViewWeb *web)
{
	g_autoptr(GList) all = web->handshakes ? g_hash_table_get_keys(web->handshakes) : NULL;

	g_list_foreach(all, (GFunc)(gpointer)g_cancellable_cancel, NULL);
	while (web->handshakes && g_hash_table_size(web->handshakes) > 0)
		g_main_context_iteration(NULL, TRUE);
	g_clear_pointer(&web->handshakes, g_hash_table_unref);
}

void view_clear_web(View *view)
{
	ViewWeb *web = g_steal_pointer(&view->web);

	if (!web)
		return;
	door_free(web->door);
	end_handshakes(web);
	web_server_free(web->server);
	relays_free(web->relays);
	relays_free(web->view_relays);
	web_files_free(web->files);
	g_clear_pointer(&web->gate.used_tickets, g_hash_table_unref);
	g_clear_object(&web->certificate);
	g_free(web->token);
	g_free(web->view_token);
	g_free(web->fingerprint);
	g_free(web);
}
