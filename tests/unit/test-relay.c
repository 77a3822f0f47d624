/* The way between a viewer and libvncserver: the greeting, bytes both ways, WebSocket frames, and who does not read. */
#include <signal.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/unit/support.h"
#include "view/relay.h"

#define VERSION "RFB 003.008\n"
/* A masked frame of the viewer; a mask of zeros leaves its bytes readable. */
#define FRAME(opcode, length) opcode length "\0\0\0\0"

typedef struct {
	Relays *relays;
	int viewer; /* the test is both: the viewer, */
	int server; /* and libvncserver; -1 while nobody entered */
	gboolean refuse;
} Fixture;

static gboolean on_enter(int fd, gpointer data)
{
	Fixture *fixture = data;

	if (fixture->refuse) {
		close(fd);
		return FALSE;
	}
	g_assert_cmpint(fixture->server, ==, -1);
	fixture->server = fd;
	return TRUE;
}

static void open_relay(Fixture *fixture, RelayKind kind)
{
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GSocketConnection) connection = NULL;
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*fixture = (Fixture){ .viewer = fds[0], .server = -1 };
	socket = g_socket_new_from_fd(fds[1], NULL);
	connection = g_socket_connection_factory_create_connection(socket);
	fixture->relays = relays_new(on_enter, fixture);
	relays_add(fixture->relays, G_IO_STREAM(connection), kind);
}

static void close_relay(Fixture *fixture)
{
	relays_free(fixture->relays);
	fd_clear(&fixture->viewer);
	fd_clear(&fixture->server);
}

static void say(int fd, const char *bytes, gsize length)
{
	g_assert_cmpint(send(fd, bytes, length, 0), ==, length);
}

/* Waits for exactly these bytes. */
static void hear(int fd, const char *bytes, gsize length)
{
	g_autofree char *got = g_malloc0(length + 1);

	for (gsize have = 0; have < length;) {
		ssize_t count = recv(fd, got + have, length - have, MSG_DONTWAIT);
		g_assert_cmpint(count, !=, 0);
		if (count > 0)
			have += (gsize)count;
		else
			g_main_context_iteration(NULL, FALSE);
	}
	g_assert_cmpmem(got, length, bytes, length);
}

#define SAY(fd, text)  say(fd, text, sizeof(text) - 1)
#define HEAR(fd, text) hear(fd, text, sizeof(text) - 1)

static gboolean has_ended(int fd)
{
	char byte;

	g_main_context_iteration(NULL, FALSE);
	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Until both sides know each other's version. */
static void greet(Fixture *fixture, gboolean websocket)
{
	if (websocket) {
		HEAR(fixture->viewer, "\x82\x0c" VERSION);
		SAY(fixture->viewer, FRAME("\x82", "\x8c") VERSION);
	} else {
		HEAR(fixture->viewer, VERSION);
		SAY(fixture->viewer, VERSION);
	}
	poll_until(fixture->server >= 0);
	HEAR(fixture->server, VERSION);
	SAY(fixture->server, "RFB 003");
	SAY(fixture->server, ".008\n");
}

static void test_plain(void)
{
	Fixture fixture;

	open_relay(&fixture, RELAY_PLAIN);
	greet(&fixture, FALSE);
	SAY(fixture.server, "from the server");
	HEAR(fixture.viewer, "from the server");
	SAY(fixture.viewer, "from the viewer");
	HEAR(fixture.server, "from the viewer");
	/* What was said before the end arrives. */
	SAY(fixture.server, "good-bye");
	fd_clear(&fixture.server);
	HEAR(fixture.viewer, "good-bye");
	poll_until(has_ended(fixture.viewer));
	g_assert_cmpuint(relays_count(fixture.relays), ==, 0);
	close_relay(&fixture);
}

/* The version comes with what follows it, or in pieces. */
static void test_greeting(void)
{
	Fixture fixture;

	open_relay(&fixture, RELAY_PLAIN);
	HEAR(fixture.viewer, VERSION);
	SAY(fixture.viewer, "RFB 00");
	g_main_context_iteration(NULL, FALSE);
	g_assert_cmpint(fixture.server, ==, -1);
	SAY(fixture.viewer, "3.003\nand more");
	poll_until(fixture.server >= 0);
	HEAR(fixture.server, "RFB 003.003\nand more");
	close_relay(&fixture);
}

static void test_bad_greetings(void)
{
	static const char *const greetings[] = { "GET / HTTP/1.1\r\n", "RFB 003.00x\n", "RFB 003 008\n",
						 "rfb 003.008\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(greetings); i++) {
		Fixture fixture;
		open_relay(&fixture, RELAY_PLAIN);
		HEAR(fixture.viewer, VERSION);
		say(fixture.viewer, greetings[i], strlen(greetings[i]));
		poll_until(relays_count(fixture.relays) == 0);
		g_assert_cmpint(fixture.server, ==, -1);
		close_relay(&fixture);
	}
}

static void test_refused(void)
{
	Fixture fixture;

	open_relay(&fixture, RELAY_PLAIN);
	fixture.refuse = TRUE;
	HEAR(fixture.viewer, VERSION);
	SAY(fixture.viewer, VERSION);
	poll_until(has_ended(fixture.viewer));
	close_relay(&fixture);
}

static void test_websocket(void)
{
	Fixture fixture;

	open_relay(&fixture, RELAY_WEBSOCKET);
	greet(&fixture, TRUE);
	SAY(fixture.server, "pixels");
	HEAR(fixture.viewer, "\x82\x06pixels");
	SAY(fixture.viewer,
	    FRAME("\x02", "\x81") "k" FRAME("\x89", "\x84") "ping" FRAME("\x80", "\x82") "ey");
	HEAR(fixture.server, "key");
	HEAR(fixture.viewer, "\x8a\x04ping");
	SAY(fixture.viewer, FRAME("\x88", "\x82") "\x03\xe8");
	HEAR(fixture.viewer, "\x88\x02\x03\xe8");
	poll_until(has_ended(fixture.viewer));
	poll_until(has_ended(fixture.server));
	close_relay(&fixture);
}

static void test_websocket_bad(void)
{
	Fixture fixture;

	open_relay(&fixture, RELAY_WEBSOCKET);
	greet(&fixture, TRUE);
	SAY(fixture.viewer, FRAME("\x81", "\x82") "hi"); /* text */
	poll_until(has_ended(fixture.server));
	close_relay(&fixture);
	open_relay(&fixture, RELAY_WEBSOCKET);
	SAY(fixture.viewer, VERSION); /* no frame */
	poll_until(relays_count(fixture.relays) == 0);
	g_assert_cmpint(fixture.server, ==, -1);
	close_relay(&fixture);
}

/* Pictures of many frames' length arrive whole. */
static void test_websocket_long(void)
{
	g_autofree char *picture = g_malloc(300000);
	g_autoptr(GByteArray) got = g_byte_array_new();
	guint8 header[4], bytes[65536];
	gsize sent = 0;
	Fixture fixture;

	for (int i = 0; i < 300000; i++)
		picture[i] = (char)(i * 7 >> 3);
	open_relay(&fixture, RELAY_WEBSOCKET);
	greet(&fixture, TRUE);
	fd_set_nonblocking(fixture.server, TRUE);
	fd_set_nonblocking(fixture.viewer, TRUE);
	while (got->len < 300000) {
		ssize_t count = send(fixture.server, picture + sent, 300000 - sent, 0);
		sent += (gsize)MAX(count, 0);
		g_main_context_iteration(NULL, FALSE);
		if (recv(fixture.viewer, header, 2, MSG_PEEK) != 2)
			continue;
		g_assert_cmphex(header[0], ==, 0x82);
		gsize head = header[1] < 126 ? 2 : 4, length = header[1];
		if (recv(fixture.viewer, header, head, MSG_PEEK) != (ssize_t)head)
			continue;
		if (head == 4)
			length = (gsize)header[2] << 8 | header[3];
		recv(fixture.viewer, header, head, 0);
		for (gsize have = 0; have < length;) {
			count = recv(fixture.viewer, bytes, length - have, 0);
			if (count > 0)
				g_byte_array_append(got, bytes, (guint)count);
			have += (gsize)MAX(count, 0);
			g_main_context_iteration(NULL, FALSE);
		}
	}
	g_assert_cmpmem(got->data, got->len, picture, 300000);
	close_relay(&fixture);
}

/* Who does not read is not read from: the other side feels it, and nothing is kept. */
static void test_stalled(void)
{
	static char bytes[65536];
	gsize sent = 0;
	Fixture fixture;

	open_relay(&fixture, RELAY_PLAIN);
	greet(&fixture, FALSE);
	fd_set_nonblocking(fixture.server, TRUE);
	for (int idle = 0; idle < 100;) {
		ssize_t count = send(fixture.server, bytes, sizeof(bytes), 0);
		sent += (gsize)MAX(count, 0);
		idle = count > 0 ? 0 : idle + 1;
		g_main_context_iteration(NULL, FALSE);
	}
	g_assert_cmpuint(sent, <, 4 * 1024 * 1024); /* buffers of the kernel, and one of ours */
	/* The other direction is not held up. */
	SAY(fixture.viewer, "key");
	HEAR(fixture.server, "key");
	close_relay(&fixture);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/plain", test_plain);
	g_test_add_func("/relay/greeting", test_greeting);
	g_test_add_func("/relay/bad-greetings", test_bad_greetings);
	g_test_add_func("/relay/refused", test_refused);
	g_test_add_func("/relay/websocket", test_websocket);
	g_test_add_func("/relay/websocket-bad", test_websocket_bad);
	g_test_add_func("/relay/websocket-long", test_websocket_long);
	g_test_add_func("/relay/stalled", test_stalled);
	return g_test_run();
}
