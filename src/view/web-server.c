#include "view/web-server.h"

#include <string.h>

#include "view/stream.h"

/* From one request to the next. */
#define IDLE_S 20

struct WebServer {
	const WebGate *gate;
	WebUpgraded upgraded;
	gpointer data;
	GHashTable *all; /* of Client, owned */
};

typedef struct {
	WebServer *server;
	GIOStream *stream;
	GSource *source;
	guint idle;
	gboolean keep_alive, upgrade, view_only; /* what comes behind the answer */
	GBytes *answer;                          /* being sent; NULL: reading */
	gsize sent, length;                      /* of the answer, of `bytes' */
	char bytes[HTTP_HEAD_MAX];
} Client;

static void client_run(Client *client);

static void client_free(gpointer data)
{
	Client *client = data;

	if (client->source) {
		g_source_destroy(client->source);
		g_source_unref(client->source);
	}
	g_clear_handle_id(&client->idle, g_source_remove);
	g_clear_pointer(&client->answer, g_bytes_unref);
	if (client->stream)
		stream_drop(client->stream);
	g_free(client);
}

static void client_end(Client *client)
{
	g_hash_table_remove(client->server->all, client);
}

static gboolean on_idle(gpointer data)
{
	Client *client = data;

	client->idle = 0;
	client_end(client);
	return G_SOURCE_REMOVE;
}

static void watch_idle(Client *client)
{
	g_clear_handle_id(&client->idle, g_source_remove);
	client->idle = g_timeout_add_seconds(IDLE_S, on_idle, client);
}

static gboolean on_stream(GObject *stream, gpointer data)
{
	client_run(data);
	return G_SOURCE_REMOVE;
}

static void client_wait(Client *client)
{
	if (client->source) {
		g_source_destroy(client->source);
		g_source_unref(client->source);
	}
	client->source =
		client->answer
			? g_pollable_output_stream_create_source(
				  G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(client->stream)),
				  NULL)
			: g_pollable_input_stream_create_source(
				  G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(client->stream)),
				  NULL);
	g_source_set_callback(client->source, (GSourceFunc)(gpointer)on_stream, client, NULL);
	g_source_attach(client->source, NULL);
}

/* --- requests ------------------------------------------------------------------------------------------------------ */

static void set_answer(Client *client, const WebAnswer *answer, const HttpRequest *request)
{
	client->answer = web_answer_bytes(answer, request);
	client->sent = 0;
	client->keep_alive = request->keep_alive;
	client->upgrade = answer->status == 101;
	client->view_only = answer->view_only;
}

/* What cannot be understood ends the connection: where the next request begins is not known. */
static void answer_bad(Client *client, guint status)
{
	WebAnswer answer = { .status = status };
	HttpRequest request = { 0 };

	set_answer(client, &answer, &request);
}

static void answer_request(Client *client, const HttpRequest *request)
{
	WebAnswer answer = { 0 };

	web_gate_answer(client->server->gate, request, g_get_real_time() / G_USEC_PER_SEC, &answer);
	set_answer(client, &answer, request);
	web_answer_clear(&answer);
}

/* Makes an answer when there is a whole request. */
static void parse(Client *client)
{
	g_auto(HttpRequest) request = { 0 };
	gsize used;
	guint status;

	switch (http_parse(client->bytes, client->length, &request, &used, &status)) {
	case HTTP_MORE:
		return;
	case HTTP_BAD:
		answer_bad(client, status);
		return;
	case HTTP_DONE:
		client->length -= used;
		memmove(client->bytes, client->bytes + used, client->length);
		answer_request(client, &request);
		return;
	}
}

/* --- turns --------------------------------------------------------------------------------------------------------- */

static Turn client_read(Client *client)
{
	g_autoptr(GError) error = NULL;
	gssize count = g_pollable_input_stream_read_nonblocking(
		G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(client->stream)),
		client->bytes + client->length, sizeof(client->bytes) - client->length, NULL, &error);

	if (count > 0) {
		client->length += (gsize)count;
		parse(client);
	}
	return stream_turn(count, error);
}

/* A client that sends before it has our answer to its upgrade is none. */
static Turn answer_sent(Client *client)
{
	gboolean upgrade = client->upgrade && client->length == 0;

	g_clear_pointer(&client->answer, g_bytes_unref);
	if (upgrade) {
		g_autoptr(GIOStream) stream = g_steal_pointer(&client->stream);
		client->server->upgraded(stream, client->view_only, client->server->data);
	}
	if (upgrade || client->upgrade || !client->keep_alive)
		return TURN_OVER;
	watch_idle(client);
	parse(client);
	return TURN_ON;
}

static Turn client_write(Client *client)
{
	g_autoptr(GError) error = NULL;
	gsize size;
	const char *bytes = g_bytes_get_data(client->answer, &size);
	gssize count = g_pollable_output_stream_write_nonblocking(
		G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(client->stream)), bytes + client->sent,
		size - client->sent, NULL, &error);

	if (count > 0)
		client->sent += (gsize)count;
	return client->sent == size ? answer_sent(client) : stream_turn(count, error);
}

static void client_run(Client *client)
{
	Turn turn;

	do
		turn = client->answer ? client_write(client) : client_read(client);
	while (turn == TURN_ON);
	if (turn == TURN_OVER)
		client_end(client);
	else
		client_wait(client);
}

/* --- the server ---------------------------------------------------------------------------------------------------- */

WebServer *web_server_new(const WebGate *gate, WebUpgraded upgraded, gpointer data)
{
	WebServer *server = g_new0(WebServer, 1);

	server->gate = gate;
	server->upgraded = upgraded;
	server->data = data;
	server->all = g_hash_table_new_full(NULL, NULL, client_free, NULL);
	return server;
}

void web_server_free(WebServer *server)
{
	if (!server)
		return;
	g_hash_table_unref(server->all);
	g_free(server);
}

void web_server_add(WebServer *server, GIOStream *stream)
{
	Client *client = g_new0(Client, 1);

	client->server = server;
	client->stream = g_object_ref(stream);
	g_hash_table_add(server->all, client);
	watch_idle(client);
	client_wait(client);
}
