#include "view/relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "view/stream.h"
#include "view/websocket.h"

/* What is on its way in one direction. */
#define BUFFER_SIZE 65536
/* Turns of one pipe before others get theirs. */
#define TURNS_MAX 8
/* From the connection to the viewer's version. */
#define GREETING_S     10
#define VERSION        "RFB 003.008\n"
#define VERSION_LENGTH 12
/* Of a frame as long as the buffer. */
#define HEADER_LENGTH 4

typedef struct {
	Relay *relay;
	GPollableInputStream *in;
	GPollableOutputStream *out;
	GSource *source; /* what the pipe waits for */
	gsize start, end;
	gsize swallow; /* bytes that are not carried on */
	guint8 buffer[BUFFER_SIZE];
} Pipe;

struct Relay {
	Relays *relays;
	RelayKind kind;
	GIOStream *viewer, *server; /* server is NULL while the viewer has not said its version */
	guint deadline;
	WebSocket socket;     /* of RELAY_WEBSOCKET */
	WebSocketReply reply; /* to be sent when `down' is empty */
	gboolean closing;     /* ... and then the connection ends */
	Pipe up, down;        /* from the viewer, to the viewer */
};

struct Relays {
	RelayEnter enter;
	gpointer data;
	GHashTable *all; /* of Relay, owned */
};

/* --- one direction ------------------------------------------------------------------------------------------------- */

static void pipe_wait(Pipe *pipe);

static void pipe_clear(Pipe *pipe)
{
	if (pipe->source) {
		g_source_destroy(pipe->source);
		g_clear_pointer(&pipe->source, g_source_unref);
	}
}

/* Between two frames. */
static void load_reply(Relay *relay)
{
	Pipe *down = &relay->down;

	if (down->start < down->end || relay->reply.length == 0)
		return;
	memcpy(down->buffer, relay->reply.bytes, relay->reply.length);
	down->end = relay->reply.length;
	relay->reply.length = 0;
}

static Turn pipe_write(Pipe *pipe)
{
	g_autoptr(GError) error = NULL;
	gssize count = g_pollable_output_stream_write_nonblocking(pipe->out, pipe->buffer + pipe->start,
								  pipe->end - pipe->start, NULL, &error);

	if (count > 0)
		pipe->start += (gsize)count;
	if (pipe->start == pipe->end)
		pipe->start = pipe->end = 0;
	if (pipe == &pipe->relay->down)
		load_reply(pipe->relay);
	if (pipe->relay->closing && pipe->relay->down.start == pipe->relay->down.end)
		return TURN_OVER;
	return stream_turn(count, error);
}

/* In place: the @count bytes at @bytes become payload. FALSE: this was no frame of a viewer. */
static gboolean decode(Relay *relay, guint8 *bytes, gsize *count)
{
	WebSocketResult result = WEBSOCKET_OK;

	if (relay->kind == RELAY_WEBSOCKET)
		result = websocket_decode(&relay->socket, bytes, count, &relay->reply);
	relay->closing = relay->closing || result == WEBSOCKET_CLOSED;
	if (relay->reply.length > 0 && relay->server) {
		load_reply(relay);
		pipe_wait(&relay->down);
	}
	return result != WEBSOCKET_BAD && !(relay->closing && !relay->server);
}

/* What was read from the viewer. */
static gboolean take_up(Pipe *up, gsize count)
{
	if (!decode(up->relay, up->buffer, &count))
		return FALSE;
	up->end = count;
	return TRUE;
}

/* What was read from the server stands behind the room for a header. */
static void take_down(Pipe *down, gsize count)
{
	guint8 header[WEBSOCKET_HEADER_MAX];
	gsize dropped = MIN(down->swallow, count), length = 0;

	down->swallow -= dropped;
	down->start = HEADER_LENGTH + dropped;
	down->end = HEADER_LENGTH + count;
	if (down->start == down->end) {
		down->start = down->end = 0;
		return;
	}
	if (down->relay->kind == RELAY_WEBSOCKET)
		length = websocket_header(header, down->end - down->start);
	down->start -= length;
	memcpy(down->buffer + down->start, header, length);
}

static Turn pipe_read(Pipe *pipe)
{
	g_autoptr(GError) error = NULL;
	gsize room = pipe == &pipe->relay->down ? HEADER_LENGTH : 0;
	gssize count = g_pollable_input_stream_read_nonblocking(pipe->in, pipe->buffer + room,
								sizeof(pipe->buffer) - room, NULL, &error);

	if (count > 0 && pipe == &pipe->relay->down)
		take_down(pipe, (gsize)count);
	else if (count > 0 && !take_up(pipe, (gsize)count))
		return TURN_OVER;
	return stream_turn(count, error);
}

/* FALSE: the connection has ended. */
static gboolean pipe_run(Pipe *pipe)
{
	Turn turn = TURN_ON;

	for (int i = 0; turn == TURN_ON && i < TURNS_MAX; i++)
		turn = pipe->start < pipe->end ? pipe_write(pipe) : pipe_read(pipe);
	return turn != TURN_OVER;
}

/* --- both ---------------------------------------------------------------------------------------------------------- */

static void relay_free(gpointer data)
{
	Relay *relay = data;

	pipe_clear(&relay->up);
	pipe_clear(&relay->down);
	g_clear_handle_id(&relay->deadline, g_source_remove);
	stream_drop(relay->viewer);
	g_clear_object(&relay->server);
	g_free(relay);
}

static void relay_end(Relay *relay)
{
	g_hash_table_remove(relay->relays->all, relay);
}

static gboolean on_pipe(GObject *stream, gpointer data)
{
	Pipe *pipe = data;

	if (!pipe_run(pipe)) {
		relay_end(pipe->relay);
		return G_SOURCE_REMOVE;
	}
	pipe_wait(pipe);
	return G_SOURCE_REMOVE;
}

/* Waits for what the pipe can do next. */
static void pipe_wait(Pipe *pipe)
{
	pipe_clear(pipe);
	pipe->source = pipe->start < pipe->end ? g_pollable_output_stream_create_source(pipe->out, NULL)
					       : g_pollable_input_stream_create_source(pipe->in, NULL);
	g_source_set_callback(pipe->source, (GSourceFunc)(gpointer)on_pipe, pipe, NULL);
	g_source_attach(pipe->source, NULL);
}

static void pipe_join(Pipe *pipe, Relay *relay, GIOStream *from, GIOStream *to)
{
	pipe->relay = relay;
	pipe->in = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(from));
	pipe->out = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(to));
}

/* --- greeting ------------------------------------------------------------------------------------------------------ */

/* The server's side as a stream; its other end is for libvncserver, with the viewer's version waiting in it. -1: no more files. */
static int open_server(Relay *relay, const guint8 *version)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	autofd ours = fds[0], theirs = fds[1];
	g_autoptr(GSocket) socket = g_socket_new_from_fd(ours, NULL);
	if (!socket)
		return -1;
	fd_steal(&ours);
	if (send(g_socket_get_fd(socket), version, VERSION_LENGTH, MSG_NOSIGNAL) != VERSION_LENGTH)
		return -1;
	relay->server = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
	return fd_steal(&theirs);
}

/* libvncserver greets with its version too, which the viewer has got from us. */
static gboolean enter(Relay *relay)
{
	int fd = open_server(relay, relay->up.buffer);

	if (fd < 0 || !relay->relays->enter(fd, relay->relays->data))
		return FALSE;
	g_clear_handle_id(&relay->deadline, g_source_remove);
	relay->up.start = VERSION_LENGTH;
	if (relay->up.start == relay->up.end)
		relay->up.start = relay->up.end = 0;
	relay->down.swallow = VERSION_LENGTH;
	pipe_join(&relay->up, relay, relay->viewer, relay->server);
	pipe_join(&relay->down, relay, relay->server, relay->viewer);
	pipe_wait(&relay->up);
	pipe_wait(&relay->down);
	return TRUE;
}

static gboolean is_version(const guint8 *bytes)
{
	static const char pattern[] = "RFB ###.###\n";

	for (int i = 0; i < VERSION_LENGTH; i++)
		if (pattern[i] == '#' ? !g_ascii_isdigit(bytes[i]) : bytes[i] != (guint8)pattern[i])
			return FALSE;
	return TRUE;
}

static void greet(Relay *relay);

static gboolean on_greeting(GObject *stream, gpointer data)
{
	greet(data);
	return G_SOURCE_REMOVE;
}

static void wait_for_greeting(Relay *relay)
{
	pipe_clear(&relay->up);
	relay->up.source = g_pollable_input_stream_create_source(relay->up.in, NULL);
	g_source_set_callback(relay->up.source, (GSourceFunc)(gpointer)on_greeting, relay, NULL);
	g_source_attach(relay->up.source, NULL);
}

/* Reads until the viewer's version is there. */
static void greet(Relay *relay)
{
	g_autoptr(GError) error = NULL;
	Pipe *up = &relay->up;
	gssize count = g_pollable_input_stream_read_nonblocking(up->in, up->buffer + up->end,
								BUFFER_SIZE - up->end, NULL, &error);
	gsize payload = (gsize)MAX(count, 0);

	if (stream_turn(count, error) == TURN_OVER || !decode(relay, up->buffer + up->end, &payload)) {
		relay_end(relay);
		return;
	}
	up->end += payload;
	if (up->end < VERSION_LENGTH)
		wait_for_greeting(relay);
	else if (!is_version(up->buffer) || !enter(relay))
		relay_end(relay);
}

static gboolean on_deadline(gpointer data)
{
	Relay *relay = data;

	relay->deadline = 0;
	relay_end(relay);
	return G_SOURCE_REMOVE;
}

/* --- the set ------------------------------------------------------------------------------------------------------- */

Relays *relays_new(RelayEnter enter_hook, gpointer data)
{
	Relays *relays = g_new0(Relays, 1);

	relays->enter = enter_hook;
	relays->data = data;
	relays->all = g_hash_table_new_full(NULL, NULL, relay_free, NULL);
	return relays;
}

void relays_free(Relays *relays)
{
	if (!relays)
		return;
	g_hash_table_unref(relays->all);
	g_free(relays);
}

guint relays_count(const Relays *relays)
{
	return g_hash_table_size(relays->all);
}

/* An empty buffer of the kernel takes these few bytes, or the connection is of no use. */
static gboolean send_version(Relay *relay)
{
	guint8 bytes[WEBSOCKET_HEADER_MAX + VERSION_LENGTH];
	gsize length = relay->kind == RELAY_WEBSOCKET ? websocket_header(bytes, VERSION_LENGTH) : 0;

	memcpy(bytes + length, VERSION, VERSION_LENGTH);
	length += VERSION_LENGTH;
	return g_pollable_output_stream_write_nonblocking(relay->up.out, bytes, length, NULL, NULL) ==
	       (gssize)length;
}

void relays_add(Relays *relays, GIOStream *stream, RelayKind kind)
{
	Relay *relay = g_new0(Relay, 1);

	relay->relays = relays;
	relay->kind = kind;
	relay->viewer = g_object_ref(stream);
	pipe_join(&relay->up, relay, stream, stream);
	g_hash_table_add(relays->all, relay);
	relay->deadline = g_timeout_add_seconds(GREETING_S, on_deadline, relay);
	if (send_version(relay))
		wait_for_greeting(relay);
	else
		relay_end(relay);
}
