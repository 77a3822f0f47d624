/* The VNC server with visitors who mean no good, and the door that keeps most of them out. */
#include "tests/unit/vncd-fixture.h"

static void look_at_modes_again(rfbClient *client)
{
	wait_for_picture(client, 320, 200, 0x00ff00);
}

/* --- the door ------------------------------------------------------------------------------------------------------ */

static int dial(const Server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_port = htons((guint16)door_address(server->door)->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

/* The other side has ended the connection; what it said before is read away. */
static gboolean is_closed(int fd)
{
	char bytes[256];
	ssize_t count = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return count == 0 || (count < 0 && errno == ECONNRESET);
}

/* Those that stop in the middle of their handshake, and those that send nonsense, disturb nobody. */
static void test_server_half_handshakes(void)
{
	static const char *const halves[] = { "", "R", "RFB 003", "RFB 003.008\n", "RFB 003.008\n\x02" };
	static const char *const nonsense[] = { "GET / HTTP/1.0\r\n\r\n", "RFB 003.00x\n",
						"\x16\x03\x01............." };
	int fds[G_N_ELEMENTS(halves)], bad[G_N_ELEMENTS(nonsense)];
	Server server;

	open_server(&server, FALSE);
	for (gsize i = 0; i < G_N_ELEMENTS(halves); i++) {
		fds[i] = dial(&server);
		send(fds[i], halves[i], strlen(halves[i]), 0);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
		bad[i] = dial(&server);
		send(bad[i], nonsense[i], strlen(nonsense[i]), 0);
	}
	g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
		poll_until(is_closed(bad[i]));
		close(bad[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(halves); i++) {
		g_assert_false(is_closed(fds[i]));
		close(fds[i]);
	}
	poll_until(relays_count(server.relays) == 0 && door_present(server.door) == 0);
	close_server(&server);
}

/* A crowd at the door, while somebody looks. */
static Server *crowd_server;
static int crowd[300];

static void look_at_crowd(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	for (gsize i = 0; i < G_N_ELEMENTS(crowd); i++) {
		crowd[i] = dial(crowd_server);
		send(crowd[i], "RFB 003.008\n", 12, 0);
	}
	g_main_context_invoke(NULL, change_mode, NULL);
	wait_for_picture(client, 320, 200, 0x00ff00);
}

static guint count_closed(void)
{
	guint count = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(crowd); i++)
		count += is_closed(crowd[i]);
	return count;
}

static void test_server_crowd(void)
{
	static const DoorLimits limits = { 5900, 5999, 40, 2000, 2000 };
	Server server;

	open_server_by(&server, FALSE, "", &limits);
	crowd_server = &server;
	mode_guest = &server.guest;
	g_assert_cmpint(view(&server, PASSWORD, look_at_crowd), ==, 1);
	/* The viewer of before has left; as many as may be in the middle of their handshake are. */
	poll_until(count_closed() == G_N_ELEMENTS(crowd) - SINK_VNCD_HANDSHAKES);
	poll_until(relays_count(server.relays) == SINK_VNCD_HANDSHAKES);
	for (gsize i = 0; i < G_N_ELEMENTS(crowd); i++)
		close(crowd[i]);
	poll_until(relays_count(server.relays) == 0);
	/* libvncserver's threads end one after the other; then there is room again. */
	while (view(&server, PASSWORD, look_at_modes_again) != 1)
		;
	close_server(&server);
}

/* One peer's rate. */
static void test_server_rate(void)
{
	static const DoorLimits limits = { 5900, 5999, 40, 3, 0 };
	Server server;
	int fds[4];

	open_server_by(&server, FALSE, "", &limits);
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial(&server);
	poll_until(door_refused(server.door) == 1);
	poll_until(is_closed(fds[3]));
	g_assert_cmpuint(door_present(server.door), ==, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	close_server(&server);
}

/* --- a viewer that stops reading ----------------------------------------------------------------------------------- */

static GAsyncQueue *wake_up;
static gint asleep; /* atomic */

static void fall_asleep(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	g_atomic_int_set(&asleep, 1);
	g_async_queue_pop(wake_up);
}

static gint colour; /* atomic */

static gboolean paint(gpointer data)
{
	fill(mode_guest, 800, 600, (guint32)g_atomic_int_get(&colour));
	return G_SOURCE_REMOVE;
}

/* Its own text screen, then the picture again: the one who sleeps has half of a picture when the size changes. */
static void look_at_sizes(rfbClient *client)
{
	for (int i = 0; i < 3; i++) {
		g_main_context_invoke(NULL, change_mode, NULL);
		wait_for_picture(client, 320, 200, 0x00ff00);
		g_main_context_invoke(NULL, paint, NULL);
		wait_for_picture(client, 800, 600, (guint32)g_atomic_int_get(&colour));
	}
}

/* Ten pictures of 2 MB, each of which the one who sleeps should have got, too. */
static void look_at_paintings(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	for (int i = 1; i <= 10; i++) {
		g_atomic_int_set(&colour, i * 0x010101);
		g_main_context_invoke(NULL, paint, NULL);
		wait_for_picture(client, 800, 600, (guint32)i * 0x010101);
	}
}

static void test_server_sleeper(void)
{
	Server server;
	GThread *thread;

	open_server(&server, FALSE);
	mode_guest = &server.guest;
	wake_up = g_async_queue_new();
	Viewer sleeper = { door_address(server.door)->port, PASSWORD, fall_asleep, 0 };
	thread = g_thread_new("sleeper", run_viewer, &sleeper);
	poll_until(g_atomic_int_get(&asleep));
	g_assert_cmpint(view(&server, PASSWORD, look_at_paintings), ==, 1);
	g_assert_cmpint(view(&server, PASSWORD, look_at_sizes), ==, 1);
	/* Nobody had to wait until the sleeper was thrown out. */
	g_assert_cmpuint(relays_count(server.relays), >=, 1);
	g_async_queue_push(wake_up, &sleeper);
	poll_until(g_atomic_int_get(&sleeper.done));
	g_thread_join(thread);
	g_async_queue_unref(wake_up);
	close_server(&server);
}

/* --- viewers that go wrong after their password -------------------------------------------------------------------- */

static const struct {
	const char *name, *bytes;
	gsize length;
} wrongs[] = {
#define WRONG(name, bytes)                                                                                   \
	{                                                                                                    \
		name, bytes, sizeof(bytes) - 1                                                               \
	}
	WRONG("unknown message", "\x63 and more of it"),
	WRONG("2 GiB of clipboard", "\x06\0\0\0\x7f\xff\xff\xff"),
	WRONG("extended clipboard of 2 GiB", "\x06\0\0\0\x80\0\0\0\x10\0\0\1"),
	WRONG("extended clipboard of nothing", "\x06\0\0\0\xff\xff\xff\xff\0"),
	WRONG("extended clipboard that is no zlib", "\x06\0\0\0\xff\xff\xff\xf0\x10\0\0\1............"),
	WRONG("65535 encodings, and none", "\x02\0\xff\xff"),
	WRONG("pixels of 7 bits", "\0\0\0\0\x07\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"),
	WRONG("no colours at all", "\0\0\0\0\x20\x18\0\1\0\0\0\0\0\0\0\0\0\0\0\0"),
	WRONG("a picture from beyond", "\x03\0\xff\xf0\xff\xf0\xff\xff\xff\xff"),
	WRONG("a screen of 65535 by 65535",
	      "\xfb\0\xff\xff\xff\xff\1\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0"),
	WRONG("a size with 255 screens, and none", "\xfb\0\1\0\1\0\xff\0"),
	WRONG("QEMU's sound", "\xff\1\0\0\0\0\0\0\0\0\0\0"),
	WRONG("half a key", "\xff\0\0\1\0"),
	WRONG("a file", "\x07\1\0\0\0\0\0\0\0\xff\xff\xff"),
	WRONG("scale by 0", "\x08\0\0\0"),
	WRONG("scale by 255", "\x08\xff\0\0"),
	WRONG("xvp", "\xfa\0\1\2"),
#undef WRONG
};

static gsize wrong; /* the one of the moment */

static void go_wrong(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	WriteToRFBServer(client, wrongs[wrong].bytes, (unsigned)wrongs[wrong].length);
}

static void test_server_wrong_viewers(void)
{
	Server server;

	open_server(&server, FALSE);
	for (wrong = 0; wrong < G_N_ELEMENTS(wrongs); wrong++) {
		g_test_message("%s", wrongs[wrong].name);
		g_assert_cmpint(view(&server, PASSWORD, go_wrong), ==, 1);
		g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	}
	poll_until(relays_count(server.relays) == 0);
	close_server(&server);
}

/* Kilobytes: the most that we ever used. */
static guint64 peak_memory(void)
{
	g_autofree char *status = NULL;
	const char *line;

	g_assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
	line = strstr(status, "VmHWM:");
	return line ? g_ascii_strtoull(line + strlen("VmHWM:") + strspn(line + strlen("VmHWM:"), " \t"), NULL,
				       10)
		    : 0;
}

/* Zeros without end, of which the first four bytes say that they are 1 GiB. */
static GBytes *make_bomb(void)
{
	static const guint8 size[] = { 0x3f, 0xff, 0xff, 0xff };
	g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(compressor));
	g_autofree char *zeros = g_malloc0(1024 * 1024);

	g_output_stream_write_all(stream, size, sizeof(size), NULL, NULL, NULL);
	for (int i = 0; i < 256; i++)
		g_output_stream_write_all(stream, zeros, 1024 * 1024, NULL, NULL, NULL);
	g_output_stream_close(stream, NULL, NULL);
	return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

static void send_bomb(rfbClient *client)
{
	g_autoptr(GBytes) bomb = make_bomb();
	gsize size;
	const guint8 *bytes = g_bytes_get_data(bomb, &size);
	guint32 head[] = { GUINT32_TO_BE(6u << 24), GUINT32_TO_BE(-(guint32)(size + 4)),
			   GUINT32_TO_BE(0x10000001) };

	wait_for_picture(client, 64, 48, 0x996633);
	WriteToRFBServer(client, (const char *)head, sizeof(head));
	WriteToRFBServer(client, (const char *)bytes, (unsigned)size);
}

/* 1 MB of clipboard, a move, and again: what nobody has looked at yet is bounded. */
static void send_texts(rfbClient *client)
{
	g_autofree char *text = g_strnfill(1024 * 1024, 'x');

	wait_for_picture(client, 64, 48, 0x996633);
	for (int i = 0; i < 100; i++) {
		SendClientCutText(client, text, 1024 * 1024);
		SendPointerEvent(client, i & 31, 0, 0);
	}
}

static void test_server_much_text(void)
{
	Server server;
	guint64 before;

	open_server(&server, FALSE);
	g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	before = peak_memory();
	g_assert_cmpint(view(&server, PASSWORD, send_bomb), ==, 1);
	g_assert_cmpint(view(&server, PASSWORD, send_texts), ==, 1);
	g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	g_test_message("%" G_GUINT64_FORMAT " kB more", peak_memory() - before);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	g_assert_cmpuint(peak_memory() - before, <, 64 * 1024);
#endif
	close_server(&server);
}

/* --- addresses ----------------------------------------------------------------------------------------------------- */

static Door *try_door(const char *text, GError **error)
{
	g_autoptr(Address) address = address_new(text, error);

	return address ? door_new(address, &wide, on_guest, NULL, error) : NULL;
}

/* The second server of a port says so, without one it takes the next. */
static void test_door_ports(void)
{
	g_autoptr(Door) first = try_door("", NULL);
	GError *error = NULL;

	g_assert_nonnull(first);
	g_autofree char *text = address_text(door_address(first));
	g_assert_null(try_door(text, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot listen on 127.0.0.1:");
	g_autoptr(Door) second = try_door("127.0.0.1", NULL);
	g_assert_cmpuint(door_address(second)->port, >, door_address(first)->port);
	error = NULL;
	g_assert_null(try_door("192.0.2.77", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot listen on 192.0.2.77:5900: ");
}

static void test_door_unix(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "s", NULL);
	g_autofree char *text = g_strconcat("unix:", path, NULL);
	GError *error = NULL;
	struct stat info;
	int stale;

	write_file(path, "precious");
	g_assert_null(try_door(text, &error));
	assert_carrel_error(error, CARREL_ERROR_EXISTS, "exists already");
	g_assert_cmpint(unlink(path), ==, 0); /* it is still there */
	stale = fd_listen_unix(path, NULL);
	error = NULL;
	g_assert_null(try_door(text, &error));
	assert_carrel_error(error, CARREL_ERROR_EXISTS, "another program listens on");
	close(stale);
	g_autoptr(Door) door = try_door(text, NULL);
	g_assert_nonnull(door);
	g_assert_cmpint(stat(path, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0600);
	g_clear_pointer(&door, door_free);
	g_assert_cmpint(stat(path, &info), ==, -1);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	rfbEnableClientLogging = FALSE;
	g_test_add_func("/vncd/half-handshakes", test_server_half_handshakes);
	g_test_add_func("/vncd/crowd", test_server_crowd);
	g_test_add_func("/vncd/rate", test_server_rate);
	g_test_add_func("/vncd/sleeper", test_server_sleeper);
	g_test_add_func("/vncd/wrong-viewers", test_server_wrong_viewers);
	g_test_add_func("/vncd/much-text", test_server_much_text);
	g_test_add_func("/door/ports", test_door_ports);
	g_test_add_func("/door/unix", test_door_unix);
	return g_test_run();
}
