/*
 * For the tests of fetching: a web server that does what a table says, in the test's own main loop, and a sink that writes down what it hears.
 * Each connection is one request. Static functions in a header, as in support.h.
 */
#pragma once

#include <gio/gio.h>
#include <string.h>

#include "gallery/fetch.h"
#include "tests/unit/support.h"

/* --- server --------------------------------------------------------------------------------------------------------------- */

/* How one request is answered; all zero: a good server with ranges and If-Range. */
typedef struct {
	const char *status;                          /* "503 Oh No": this, with a short body */
	const char *raw;                             /* these bytes and nothing else */
	const char *headers;                         /* further lines, each with \r\n */
	const char *etag;                            /* with its quotes */
	const char *modified;                        /* Last-Modified */
	const char *range;                           /* Content-Range instead of the right one, "" = none */
	const char *type;                            /* Content-Type */
	gboolean no_range, chunked, no_length, deaf; /* @deaf: no ear for If-Range */
	int cut;       /* close after so many bytes of the body; -1: at once, 0: not */
	int lie;       /* added to Content-Length */
	int body;      /* bytes of the body, 0 = the server's own */
	int part;      /* a 206 brings no more than so many bytes */
	gboolean hold; /* and then neither close nor go on */
} Way;

typedef struct {
	GSocketService *service;
	char *url; /* http://127.0.0.1:PORT/ */
	const Way *ways;
	guint n_ways;            /* the last one is for all further requests */
	guint requests, written; /* @written: whole answers that the kernel took */
	GRand *cuts;             /* cut at random, @random_cuts times */
	guint random_cuts;
	GString *log; /* "0 300/"etag" ": offset asked for and If-Range, or If-None-Match after "?" */
	GPtrArray *held;
	guint8 *body;
	gsize size;
} Server;

typedef struct {
	Server *server;
	GSocketConnection *connection;
	GString *request;
	char buffer[2048];
	GString *answer;
	gboolean hold;
} Peer;

static inline void peer_free(gpointer data)
{
	Peer *peer = data;

	g_io_stream_close(G_IO_STREAM(peer->connection), NULL, NULL);
	g_object_unref(peer->connection);
	g_string_free(peer->request, TRUE);
	if (peer->answer)
		g_string_free(peer->answer, TRUE);
	g_free(peer);
}

/* Value of a request's header, or NULL. Caller frees. */
static inline char *asked(const char *request, const char *name)
{
	g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
	const char *at = strstr(request, start);

	return at ? g_strndup(at + strlen(start), strcspn(at + strlen(start), "\r")) : NULL;
}

static inline void answer_body(Peer *peer, const Way *way, gsize from, gsize length)
{
	Server *server = peer->server;
	gsize send = way->cut == 0 ? length : MIN(length, (gsize)MAX(way->cut, 0));

	if (server->random_cuts > 0) {
		server->random_cuts--;
		send = MIN(length, (gsize)g_rand_int_range(server->cuts, 0, 20000));
	}
	if (!way->chunked) {
		g_string_append_len(peer->answer, (char *)server->body + from, (gssize)send);
		return;
	}
	for (gsize done = 0; done < send;) {
		gsize piece = MIN(send - done, 77);
		g_string_append_printf(peer->answer, "%zx\r\n", piece);
		g_string_append_len(peer->answer, (char *)server->body + from + done, (gssize)piece);
		g_string_append(peer->answer, "\r\n");
		done += piece;
	}
	if (send == length)
		g_string_append(peer->answer, "0\r\nX-Trailer: yes\r\n\r\n");
}

static inline void answer_head(Peer *peer, const Way *way, gboolean part, gsize from, gsize length,
			       gsize size)
{
	GString *answer = peer->answer;

	g_string_append(answer, part ? "HTTP/1.1 206 Partial\r\n" : "HTTP/1.1 200 OK\r\n");
	g_string_append(answer, "Connection: close\r\n");
	if (way->etag)
		g_string_append_printf(answer, "ETag: %s\r\n", way->etag);
	if (way->modified)
		g_string_append_printf(answer, "Last-Modified: %s\r\n", way->modified);
	if (way->type)
		g_string_append_printf(answer, "Content-Type: %s\r\n", way->type);
	if (part && !way->range)
		g_string_append_printf(answer, "Content-Range: bytes %zu-%zu/%zu\r\n", from,
				       from + length - 1, size);
	if (part && way->range && *way->range)
		g_string_append_printf(answer, "Content-Range: %s\r\n", way->range);
	if (way->chunked)
		g_string_append(answer, "Transfer-Encoding: chunked\r\n");
	else if (!way->no_length)
		g_string_append_printf(answer, "Content-Length: %d\r\n", (int)length + way->lie);
	g_string_append_printf(answer, "%s\r\n", way->headers ? way->headers : "");
}

static inline void answer_file(Peer *peer, const Way *way, gint64 from, const char *if_range)
{
	gsize size = way->body ? (gsize)way->body : peer->server->size;
	gboolean ground = !if_range || way->deaf || g_strcmp0(if_range, way->etag) == 0 ||
			  g_strcmp0(if_range, way->modified) == 0;
	gboolean part = from >= 0 && ground && !way->no_range;

	if (part && (gsize)from >= size) {
		g_string_append_printf(peer->answer,
				       "HTTP/1.1 416 No\r\nContent-Range: bytes */%zu\r\n"
				       "Content-Length: 0\r\nConnection: close\r\n\r\n",
				       size);
		return;
	}
	gsize start = part ? (gsize)from : 0, length = size - start;
	if (part && way->part)
		length = MIN(length, (gsize)way->part);
	answer_head(peer, way, part, start, length, size);
	answer_body(peer, way, start, length);
}

static inline void answer_request(Peer *peer)
{
	Server *server = peer->server;
	const Way *way = &server->ways[MIN(server->requests, server->n_ways - 1)];
	g_autofree char *range = asked(peer->request->str, "Range");
	g_autofree char *if_range = asked(peer->request->str, "If-Range");
	g_autofree char *if_none_match = asked(peer->request->str, "If-None-Match");
	gint64 from = range ? g_ascii_strtoll(range + strlen("bytes="), NULL, 10) : -1;

	server->requests++;
	g_string_append_printf(server->log, "%s%" G_GINT64_FORMAT "%s%s%s%s", server->log->len ? " " : "",
			       MAX(from, 0), if_range ? "/" : "", if_range ? if_range : "",
			       if_none_match ? "?" : "", if_none_match ? if_none_match : "");
	peer->answer = g_string_new(NULL);
	peer->hold = way->hold;
	if (way->raw)
		g_string_append(peer->answer, way->raw);
	else if (if_none_match && g_strcmp0(if_none_match, way->etag) == 0)
		g_string_append(peer->answer, "HTTP/1.1 304 Same\r\nConnection: close\r\n\r\n");
	else if (way->status)
		g_string_append_printf(peer->answer,
				       "HTTP/1.1 %s\r\n%sContent-Length: 4\r\nConnection: close\r\n\r\nbad\n",
				       way->status, way->headers ? way->headers : "");
	else
		answer_file(peer, way, from, if_range);
}

static inline void on_peer_written(GObject *source, GAsyncResult *result, gpointer data)
{
	Peer *peer = data;

	/* Whoever cancels does not read it all. */
	peer->server->written +=
		(guint)g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL);
	if (peer->hold)
		g_ptr_array_add(peer->server->held, peer);
	else
		peer_free(peer);
}

static inline void on_peer_read(GObject *source, GAsyncResult *result, gpointer data)
{
	Peer *peer = data;
	gssize count = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);

	if (count <= 0) {
		peer_free(peer);
		return;
	}
	g_string_append_len(peer->request, peer->buffer, count);
	if (!strstr(peer->request->str, "\r\n\r\n")) {
		g_input_stream_read_async(G_INPUT_STREAM(source), peer->buffer, sizeof(peer->buffer), 0, NULL,
					  on_peer_read, peer);
		return;
	}
	answer_request(peer);
	g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(peer->connection)),
					peer->answer->str, peer->answer->len, 0, NULL, on_peer_written, peer);
}

static inline gboolean on_incoming(GSocketService *service, GSocketConnection *connection, GObject *object,
				   gpointer data)
{
	Peer *peer = g_new0(Peer, 1);

	peer->server = data;
	peer->connection = g_object_ref(connection);
	peer->request = g_string_new("\r\n");
	g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(connection)), peer->buffer,
				  sizeof(peer->buffer), 0, NULL, on_peer_read, peer);
	return TRUE;
}

static inline void server_start(Server *server, const Way *ways, guint n_ways, gsize size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GInetAddress) host = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new(host, 0);
	g_autoptr(GSocketAddress) bound = NULL;
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	*server = (Server){ .ways = ways, .n_ways = n_ways, .size = size };
	server->service = g_socket_service_new();
	g_socket_listener_add_address(G_SOCKET_LISTENER(server->service), address, G_SOCKET_TYPE_STREAM,
				      G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
	g_assert_no_error(error);
	g_signal_connect(server->service, "incoming", G_CALLBACK(on_incoming), server);
	server->url = g_strdup_printf("http://127.0.0.1:%u/image",
				      g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
	server->log = g_string_new(NULL);
	server->held = g_ptr_array_new_with_free_func(peer_free);
	server->body = g_malloc(size + 1);
	for (gsize i = 0; i < size; i++)
		server->body[i] = (guint8)g_rand_int(random);
}

/* Only when nothing is under way any more: then what is still to be done here is done without waiting. */
static inline void server_stop(Server *server)
{
	while (g_main_context_iteration(NULL, FALSE)) {
	}
	g_socket_service_stop(server->service);
	g_socket_listener_close(G_SOCKET_LISTENER(server->service));
	g_ptr_array_unref(server->held);
	g_object_unref(server->service);
	g_string_free(server->log, TRUE);
	if (server->cuts)
		g_rand_free(server->cuts);
	g_free(server->url);
	g_free(server->body);
	*server = (Server){ 0 };
}

/* --- sink ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
	GByteArray *got; /* what was there before is zeros */
	GString *heads;  /* "OFFSET/TOTAL" */
	FetchValidators validators;
	char *type, *url;
	guint64 total;
	FetchFile *file;
	guint takes, full_every, fulls; /* each @full_every'th call is FULL */
	gboolean inside;                /* and says at once that there is room */
	gboolean rests;                 /* and nobody says that there is room */
	GBytes *refused;                /* what was FULL */
	gsize refuse_at;                /* refuse when there are so many bytes */
	const char *refuse_head;
	GCancellable *cancel_in_head, *cancel_in_take;
	GAsyncResult *result;
} Sink;

static inline gboolean sink_head(const FetchHead *head, gpointer data, GError **error)
{
	Sink *sink = data;

	g_string_append_printf(sink->heads, "%s%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
			       sink->heads->len ? " " : "", head->offset, head->total);
	g_assert_cmpuint(head->offset, <=, sink->got->len);
	g_byte_array_set_size(sink->got, (guint)head->offset);
	g_clear_pointer(&sink->refused, g_bytes_unref);
	g_free(sink->type);
	g_free(sink->url);
	sink->type = g_strdup(head->content_type);
	sink->url = g_strdup(head->url);
	sink->total = head->total;
	fetch_validators_clear(&sink->validators);
	sink->validators.etag = g_strdup(head->validators->etag);
	sink->validators.last_modified = g_strdup(head->validators->last_modified);
	if (sink->cancel_in_head)
		g_cancellable_cancel(sink->cancel_in_head);
	return !sink->refuse_head || error_set(error, CARREL_ERROR_VERIFY, NULL, "%s", sink->refuse_head);
}

static inline gboolean sink_has_room(gpointer data)
{
	Sink *sink = data;

	if (!sink->result)
		fetch_file_go_on(sink->file);
	return G_SOURCE_REMOVE;
}

static inline FetchTake sink_take(const guint8 *bytes, gsize length, gpointer data, GError **error)
{
	Sink *sink = data;

	if (sink->refused) {
		g_autoptr(GBytes) refused = g_steal_pointer(&sink->refused);
		g_autoptr(GBytes) again = g_bytes_new(bytes, length);
		g_assert_true(g_bytes_equal(refused, again));
	}
	if (sink->cancel_in_take)
		g_cancellable_cancel(sink->cancel_in_take);
	if (sink->refuse_at && sink->got->len + length >= sink->refuse_at) {
		error_set(error, CARREL_ERROR_VERIFY, NULL, "the sink wants no more");
		return FETCH_REFUSED;
	}
	if (sink->full_every && ++sink->takes % sink->full_every == 0) {
		sink->refused = g_bytes_new(bytes, length);
		sink->fulls++;
		if (sink->inside)
			fetch_file_go_on(sink->file);
		else if (!sink->rests)
			g_timeout_add(0, sink_has_room, sink);
		return FETCH_FULL;
	}
	g_byte_array_append(sink->got, bytes, (guint)length);
	return FETCH_TAKEN;
}

static const FetchSink fetch_test_sink = { sink_head, sink_take };

static inline void sink_init(Sink *sink, gsize offset)
{
	*sink = (Sink){ .got = g_byte_array_new(), .heads = g_string_new(NULL) };
	g_byte_array_set_size(sink->got, (guint)offset);
	if (offset > 0)
		memset(sink->got->data, 0, offset);
}

static inline void sink_clear(Sink *sink)
{
	/* A timer of sink_has_room() may be on its way. */
	while (g_main_context_iteration(NULL, FALSE)) {
	}
	g_byte_array_unref(sink->got);
	g_string_free(sink->heads, TRUE);
	fetch_validators_clear(&sink->validators);
	g_clear_pointer(&sink->refused, g_bytes_unref);
	g_clear_object(&sink->result);
	g_free(sink->type);
	g_free(sink->url);
}

/* As if the first @offset bytes had come before. */
static inline void sink_begin(Sink *sink, const Server *server, gsize offset)
{
	sink_init(sink, offset);
	if (offset > 0)
		memcpy(sink->got->data, server->body, offset);
}

static inline void assert_got(const Sink *sink, const Server *server)
{
	g_assert_cmpmem(sink->got->data, sink->got->len, server->body, server->size);
}

/* --- calling -------------------------------------------------------------------------------------------------------------- */

static inline Fetcher *quick_fetcher(void)
{
	Fetcher *fetcher = fetcher_new();

	fetcher_set_pace(fetcher, 0, FETCH_SLOW_S * 1000);
	return fetcher;
}

static inline void begin_fetch(Fetcher *fetcher, const FetchRequest *request, Sink *sink,
			       GCancellable *cancellable)
{
	sink->file =
		fetch_file(fetcher, request, &fetch_test_sink, sink, cancellable, keep_result, &sink->result);
}

/* The error, or NULL. Caller frees. */
static inline GError *end_fetch(Sink *sink)
{
	GError *error = NULL;

	wait_until(sink->result);
	g_assert_cmpint(fetch_file_finish(sink->result, &error), ==, error == NULL);
	return error;
}

static inline GError *fetch_all(const FetchRequest *request, Sink *sink)
{
	g_autoptr(Fetcher) fetcher = quick_fetcher();

	begin_fetch(fetcher, request, sink, NULL);
	return end_fetch(sink);
}

/* A proxy of the environment has no part in this. */
static inline void fetch_test_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	g_setenv("no_proxy", "*", TRUE);
}
