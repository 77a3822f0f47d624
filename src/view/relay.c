#include "view/relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

/* What is on its way in one direction. */
#define BUFFER_SIZE 65536
/* Turns of one pipe before others get theirs. */
#define TURNS_MAX 8
/* From the connection to the viewer's version. */
#define GREETING_S     10
#define VERSION        "RFB 003.008\n"
#define VERSION_LENGTH 12

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
	GIOStream *viewer, *server; /* server is NULL while the viewer has not said its version */
	guint deadline;
	Pipe up, down; /* from the viewer, to the viewer */
};

struct Relays {
	RelayEnter enter;
	gpointer data;
	GHashTable *all; /* of Relay, owned */
};

/* --- one direction ------------------------------------------------------------------------------------------------- */

/* What a turn came to. */
typedef enum { WENT_ON, MUST_WAIT, IS_OVER } Turn;

static void pipe_wait(Pipe *pipe);

static void pipe_clear(Pipe *pipe)
{
	if (pipe->source) {
		g_source_destroy(pipe->source);
		g_clear_pointer(&pipe->source, g_source_unref);
	}
}

static Turn turn_of(gssize count, const GError *error)
{
	if (count > 0)
		return WENT_ON;
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? MUST_WAIT : IS_OVER;
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
	return turn_of(count, error);
}

static Turn pipe_read(Pipe *pipe)
{
	g_autoptr(GError) error = NULL;
	gssize count = g_pollable_input_stream_read_nonblocking(pipe->in, pipe->buffer, sizeof(pipe->buffer),
								NULL, &error);

	if (count > 0) {
		gsize dropped = MIN(pipe->swallow, (gsize)count);
		pipe->swallow -= dropped;
		pipe->start = dropped;
		pipe->end = (gsize)count;
		if (pipe->start == pipe->end)
			pipe->start = pipe->end = 0;
	}
	return turn_of(count, error);
}

/* FALSE: the connection has ended. */
static gboolean pipe_run(Pipe *pipe)
{
	Turn turn = WENT_ON;

	for (int i = 0; turn == WENT_ON && i < TURNS_MAX; i++)
		turn = pipe->start < pipe->end ? pipe_write(pipe) : pipe_read(pipe);
	return turn != IS_OVER;
}

/* --- both ---------------------------------------------------------------------------------------------------------- */

static void relay_free(gpointer data)
{
	Relay *relay = data;

	pipe_clear(&relay->up);
	pipe_clear(&relay->down);
	g_clear_handle_id(&relay->deadline, g_source_remove);
	/* The file descriptors go with the last reference; closing would wait for TLS to say good-bye. */
	g_object_unref(relay->viewer);
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
	gssize count = g_pollable_input_stream_read_nonblocking(
		relay->up.in, relay->up.buffer + relay->up.end, BUFFER_SIZE - relay->up.end, NULL, &error);

	if (turn_of(count, error) == IS_OVER) {
		relay_end(relay);
		return;
	}
	relay->up.end += (gsize)MAX(count, 0);
	if (relay->up.end < VERSION_LENGTH)
		wait_for_greeting(relay);
	else if (!is_version(relay->up.buffer) || !enter(relay))
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

void relays_add(Relays *relays, GIOStream *stream)
{
	Relay *relay = g_new0(Relay, 1);

	relay->relays = relays;
	relay->viewer = g_object_ref(stream);
	pipe_join(&relay->up, relay, stream, stream);
	g_hash_table_add(relays->all, relay);
	relay->deadline = g_timeout_add_seconds(GREETING_S, on_deadline, relay);
	/* An empty buffer of the kernel takes 12 bytes, or the connection is of no use. */
	if (g_pollable_output_stream_write_nonblocking(relay->up.out, VERSION, VERSION_LENGTH, NULL, NULL) !=
	    VERSION_LENGTH)
		relay_end(relay);
	else
		wait_for_greeting(relay);
}
