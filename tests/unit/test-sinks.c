/* The window under SDL's dummy driver, and the VNC server with libvncclient as its viewer. */
#include <SDL.h>
#include <arpa/inet.h>
#include <rfb/rfbclient.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "console/card.h"
#include "console/keys.h"
#include "console/sink.h"
#include "tests/fakes/fake-vnc.h"
#include "tests/unit/support.h"

#define PASSWORD   "secret12"
#define SETUP_SIZE (12 + 1 + 1 + 20 + 4 + 6 * 4 + 10)

/* --- a guest made of bytes ----------------------------------------------------------------------------------------- */

typedef struct {
	int peer;
	Surface *surface;
	Source *source;
	Sink *sink;
	GString *input; /* "+1d" key down, "-1d" up, "@x,y/buttons" pointer */
	guint closed;
} Guest;

static void open_guest(Guest *guest)
{
	g_autoptr(GByteArray) hello = g_byte_array_new();
	guint8 setup[SETUP_SIZE];
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*guest = (Guest){ .peer = fds[0], .surface = surface_new(), .input = g_string_new(NULL) };
	guest->source = source_new(fds[1], guest->surface, NULL, NULL);
	fake_vnc_hello(hello, 64, 48, "");
	g_assert_cmpint(send(fds[0], hello->data, hello->len, 0), ==, hello->len);
	wait_until(surface_width(guest->surface) == 64);
	g_assert_cmpint(recv(fds[0], setup, sizeof(setup), MSG_WAITALL), ==, SETUP_SIZE);
}

static void close_guest(Guest *guest)
{
	sink_free(guest->sink);
	source_free(guest->source);
	surface_unref(guest->surface);
	fd_clear(&guest->peer);
	g_string_free(guest->input, TRUE);
}

static void fill(Guest *guest, int width, int height, guint32 colour)
{
	Rect all = { 0, 0, width, height };

	if (width != surface_width(guest->surface) || height != surface_height(guest->surface))
		surface_resize(guest->surface, width, height);
	for (int i = 0; i < width * height; i++)
		surface_row(guest->surface, 0, 0)[i] = colour;
	surface_damage(guest->surface, &all);
}

/* Adds what arrived at the guest; TRUE when it ends in @expected. */
static gboolean guest_got(Guest *guest, const char *expected)
{
	guint8 type, bytes[12];

	while (recv(guest->peer, &type, 1, MSG_DONTWAIT) == 1) {
		gsize rest = type == 255 ? 11 : 5;
		g_assert_cmpint(recv(guest->peer, bytes, rest, MSG_WAITALL), ==, rest);
		if (type == 255)
			g_string_append_printf(guest->input, "%c%02x", bytes[2] ? '+' : '-', bytes[10]);
		else
			g_string_append_printf(guest->input, "@%d,%d/%d", bytes[1] << 8 | bytes[2],
					       bytes[3] << 8 | bytes[4], bytes[0]);
	}
	return g_str_has_suffix(guest->input->str, expected);
}

static void turns(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* --- the card ------------------------------------------------------------------------------------------------------ */

static guint count_lit(Surface *surface)
{
	guint lit = 0;

	for (int i = 0; i < surface_width(surface) * surface_height(surface); i++)
		lit += surface_pixels(surface)[i] != 0;
	return lit;
}

static void test_card(void)
{
	static const char *const texts[] = {
		"VM `x' is off.", "", "\xff\xfe", "Grüße 漢字 \n\n",
		"a very long sentence that has to be broken because it is longer than a "
		"line and then some more so that it needs three of them altogether, and "
		"averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryverylongword"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Surface) surface = surface_new();
		card_draw(surface, texts[i]);
		g_assert_cmpint(surface_width(surface), ==, 640);
		g_assert_cmpint(surface_height(surface), ==, 400);
		g_assert_cmpint(count_lit(surface) > 0, ==, *texts[i] != '\0');
	}
}

/* --- the window ---------------------------------------------------------------------------------------------------- */

static void on_close(Sink *sink, gpointer data)
{
	((Guest *)data)->closed++;
}

static void open_window(Guest *guest, gboolean view_only)
{
	SinkOptions options = { .title = "test", .view_only = view_only };
	g_autoptr(GError) error = NULL;

	open_guest(guest);
	guest->sink = sink_sdl_new(guest->surface, &options, &error);
	g_assert_no_error(error);
	guest->sink->on_close = on_close;
	guest->sink->close_data = guest;
	sink_set_source(guest->sink, guest->source);
	turns();
}

static void push_key(SDL_Scancode scancode, gboolean down, Uint16 modifiers)
{
	SDL_Event event = {
		.key = {.type = down ? SDL_KEYDOWN : SDL_KEYUP,
                        .keysym = { .scancode = scancode, .mod = modifiers }}
	};

	g_assert_cmpint(SDL_PushEvent(&event), ==, 1);
}

static void test_window_keys(void)
{
	Guest guest;

	open_window(&guest, FALSE);
	push_key(SDL_SCANCODE_A, TRUE, 0);
	push_key(SDL_SCANCODE_A, FALSE, 0);
	push_key(SDL_SCANCODE_RSHIFT, TRUE, 0);
	push_key(SDL_SCANCODE_KP_ENTER, TRUE, KMOD_RSHIFT);
	poll_until(guest_got(&guest, "+1e-1e+36+9c"));
	/* all up when the focus goes */
	SDL_Event lost = {
		.window = {.type = SDL_WINDOWEVENT, .event = SDL_WINDOWEVENT_FOCUS_LOST}
	};
	SDL_PushEvent(&lost);
	poll_until(guest_got(&guest, "+9c-36-9c"));
	close_guest(&guest);
}

static void test_window_shortcuts(void)
{
	Guest guest;

	open_window(&guest, FALSE);
	push_key(SDL_SCANCODE_LCTRL, TRUE, KMOD_LCTRL);
	push_key(SDL_SCANCODE_LALT, TRUE, KMOD_LCTRL | KMOD_LALT);
	push_key(SDL_SCANCODE_END, TRUE, KMOD_LCTRL | KMOD_LALT);
	push_key(SDL_SCANCODE_END, FALSE, KMOD_LCTRL | KMOD_LALT);
	push_key(SDL_SCANCODE_LALT, FALSE, KMOD_LCTRL);
	poll_until(guest_got(&guest, "+1d+38+d3-d3-38"));
	close_guest(&guest);
}

static void test_window_mouse(void)
{
	SDL_Event move = {
		.motion = {.type = SDL_MOUSEMOTION, .x = 320, .y = 52}
	};
	Guest guest;

	open_window(
		&guest,
		FALSE); /* 64x48 of the guest in the middle of a window as wide as the toolbar, 28 pixels below its edge */
	SDL_PushEvent(&move);
	poll_until(guest_got(&guest, "@32,24/0"));
	close_guest(&guest);
}

static void test_window_view_only(void)
{
	Guest guest;

	open_window(&guest, TRUE);
	push_key(SDL_SCANCODE_A, TRUE, 0);
	SDL_Event quit = { .type = SDL_QUIT };
	SDL_PushEvent(&quit);
	poll_until(guest.closed == 1); /* the key before it was looked at, too */
	g_assert_true(guest_got(&guest, ""));
	g_assert_cmpstr(guest.input->str, ==, "");
	close_guest(&guest);
}

/* Modes, cards and sources come and go. */
static void test_window_life(void)
{
	Guest guest;

	open_window(&guest, FALSE);
	sink_set_status(guest.sink, "x - off", "VM `x' is off.");
	turns();
	g_assert_cmpint(surface_width(sink_picture(guest.sink)), ==, 640);
	sink_set_source(guest.sink, NULL);
	push_key(SDL_SCANCODE_A, TRUE, 0);
	sink_set_status(guest.sink, "x - running", NULL);
	fill(&guest, 800, 600, 0xff00ff);
	turns();
	fill(&guest, 33, 7, 0x00ff00);
	turns();
	g_assert_true(sink_picture(guest.sink) == guest.surface);
	close_guest(&guest);
}

/* --- the server ---------------------------------------------------------------------------------------------------- */

/* A viewer in a thread of its own, since libvncclient blocks. */
typedef struct {
	guint port;
	const char *password;
	void (*run)(rfbClient *client);
	gint done; /* atomic: 1 the server let it in, 2 it did not */
} Viewer;

static char *give_password(rfbClient *client)
{
	Viewer *viewer = rfbClientGetClientData(client, give_password);

	return strdup(viewer->password);
}

static rfbClient *new_client(Viewer *viewer)
{
	rfbClient *client = rfbGetClient(8, 3, 4);

	free(client->serverHost);
	client->serverHost = strdup("127.0.0.1");
	client->serverPort = (int)viewer->port;
	client->canHandleNewFBSize = TRUE;
	client->GetPassword = give_password;
	client->appData.encodingsString = "raw";
	rfbClientSetClientData(client, give_password, viewer);
	return client;
}

static gpointer run_viewer(gpointer data)
{
	Viewer *viewer = data;
	rfbClient *client = new_client(viewer);
	gboolean in = rfbInitClient(client, NULL, NULL); /* frees the client when it fails */

	if (in) {
		viewer->run(client);
		free(client->frameBuffer);
		rfbClientCleanup(client);
	}
	g_atomic_int_set(&viewer->done, in ? 1 : 2);
	return NULL;
}

/* Runs the main loop until the viewer is through. */
static int view(Guest *guest, const char *password, void (*run)(rfbClient *client))
{
	Viewer viewer = { sink_vncd_port(guest->sink), password, run, 0 };
	GThread *thread = g_thread_new("viewer", run_viewer, &viewer);

	poll_until(g_atomic_int_get(&viewer.done));
	g_thread_join(thread);
	return viewer.done;
}

static void open_server(Guest *guest, gboolean view_only)
{
	SinkOptions options = { .title = "test", .password = PASSWORD, .view_only = view_only };
	g_autoptr(GError) error = NULL;

	open_guest(guest);
	fill(guest, 64, 48, 0x336699);
	guest->sink = sink_vncd_new(guest->surface, &options, &error);
	g_assert_no_error(error);
	sink_set_source(guest->sink, guest->source);
	turns();
}

/* Reads messages until the middle of a screen of that size has that colour (red in the lowest byte). */
static void wait_for_picture(rfbClient *client, int width, int height, guint32 colour)
{
	for (;;) {
		guint32 pixel = 0;
		if (client->frameBuffer)
			memcpy(&pixel,
			       client->frameBuffer +
				       ((client->height / 2) * client->width + client->width / 2) * 4,
			       4);
		if (client->width == width && client->height == height && (pixel & 0xffffff) == colour)
			return;
		g_assert_true(client->buffered || WaitForMessage(client, 1000 * 1000) >= 0);
		g_assert_true(HandleRFBServerMessage(client));
	}
}

static void look(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
}

static void test_server_password(void)
{
	Guest guest;

	open_server(&guest, FALSE);
	g_assert_cmpint(view(&guest, PASSWORD, look), ==, 1);
	g_assert_cmpint(view(&guest, "wrong123", look), ==, 2);
	g_assert_cmpint(view(&guest, "s", look), ==, 2);
	g_assert_cmpint(view(&guest, PASSWORD, look), ==, 1);
	close_guest(&guest);
}

static Guest *mode_guest; /* of the thread below */

static gboolean change_mode(gpointer data)
{
	fill(mode_guest, 320, 200, 0x00ff00);
	return G_SOURCE_REMOVE;
}

static gboolean show_card(gpointer data)
{
	sink_set_status(mode_guest->sink, "off", "off");
	return G_SOURCE_REMOVE;
}

static void look_at_modes(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	g_main_context_invoke(NULL, change_mode, NULL);
	wait_for_picture(client, 320, 200, 0x00ff00);
	g_main_context_invoke(NULL, show_card, NULL);
	wait_for_picture(client, 640, 400, 0);
}

static void test_server_modes(void)
{
	Guest guest;

	open_server(&guest, FALSE);
	mode_guest = &guest;
	g_assert_cmpint(view(&guest, PASSWORD, look_at_modes), ==, 1);
	close_guest(&guest);
}

static void wait_for_extended_keys(rfbClient *client)
{
	while (!SupportsClient2Server(client, rfbQemuEvent))
		g_assert_true(HandleRFBServerMessage(client));
}

static void press_scancodes(rfbClient *client)
{
	wait_for_extended_keys(client);
	SendExtendedKeyEvent(client, 0xffe3, 0x1d, TRUE);
	SendExtendedKeyEvent(client, 0xffff, 0xd3, TRUE);
	SendExtendedKeyEvent(client, 0xffff, 0xd3, FALSE);
	SendPointerEvent(client, 10, 20, 1);
	SendPointerEvent(client, 63, 47, 0);
	wait_for_picture(client, 64, 48, 0x996633);
}

/* Scancodes arrive as they are; what a viewer held is lifted when it leaves. */
static void test_server_scancodes(void)
{
	Guest guest;

	open_server(&guest, FALSE);
	view(&guest, PASSWORD, press_scancodes);
	poll_until(guest_got(&guest, "+1d+d3-d3@10,20/1@63,47/0-1d"));
	close_guest(&guest);
}

static void press_keysyms(rfbClient *client)
{
	SendKeyEvent(client, 'a', TRUE);
	SendKeyEvent(client, 'a', FALSE);
	SendKeyEvent(client, '@', TRUE); /* of a layout that needs no Shift for it */
	SendKeyEvent(client, '@', FALSE);
	SendKeyEvent(client, 0xffc9, TRUE); /* F12 */
	SendKeyEvent(client, 0xffc9, FALSE);
	wait_for_picture(client, 64, 48, 0x996633);
}

static void test_server_keysyms(void)
{
	Guest guest;

	open_server(&guest, FALSE);
	view(&guest, PASSWORD, press_keysyms);
	poll_until(guest_got(&guest, "+1e-1e+2a+03-2a-03+58-58"));
	close_guest(&guest);
}

static void test_server_view_only(void)
{
	Guest guest;

	open_server(&guest, TRUE);
	view(&guest, PASSWORD, press_keysyms);
	turns();
	guest_got(&guest, "");
	g_assert_cmpstr(guest.input->str, ==, "");
	close_guest(&guest);
}

static int connect_to(guint port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((guint16)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

/* One that stops in the middle of its handshake, and one that sends nonsense, disturb nobody. */
static void test_server_half_handshake(void)
{
	Guest guest;

	open_server(&guest, FALSE);
	int half = connect_to(sink_vncd_port(guest.sink)), nonsense = connect_to(sink_vncd_port(guest.sink));
	g_assert_cmpint(send(half, "RFB 003", 7, 0), ==, 7);
	g_assert_cmpint(send(nonsense, "GET / HTTP/1.0\r\n\r\n", 18, 0), ==, 18);
	g_assert_cmpint(view(&guest, PASSWORD, look), ==, 1);
	close(half);
	close(nonsense);
	close_guest(&guest);
}

static void test_server_addresses(void)
{
	static const char *const bad[] = { "::1", "localhost", "", "300.1.1.1", "192.0.2.77" };
	g_autoptr(Surface) surface = surface_new();

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		SinkOptions options = { .title = "test", .address = bad[i] };
		g_autoptr(GError) error = NULL;
		g_test_message("%s", bad[i]);
		g_assert_null(sink_vncd_new(surface, &options, &error));
		g_assert_nonnull(error);
		g_assert_true(error->domain == CARREL_ERROR);
	}
}

/* The second server of a port says so, without one it takes the next. */
static void test_server_ports(void)
{
	Guest guest;
	GError *error = NULL;

	open_server(&guest, FALSE);
	SinkOptions options = { .title = "test", .port = sink_vncd_port(guest.sink) };
	g_assert_null(sink_vncd_new(guest.surface, &options, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot listen on 127.0.0.1 port");
	options.port = 0;
	Sink *second = sink_vncd_new(guest.surface, &options, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(sink_vncd_port(second), !=, sink_vncd_port(guest.sink));
	sink_free(second);
	close_guest(&guest);
}

int main(int argc, char **argv)
{
	g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
	g_test_init(&argc, &argv, NULL);
	rfbEnableClientLogging = FALSE;
	g_test_add_func("/sinks/card", test_card);
	g_test_add_func("/sinks/window/keys", test_window_keys);
	g_test_add_func("/sinks/window/shortcuts", test_window_shortcuts);
	g_test_add_func("/sinks/window/mouse", test_window_mouse);
	g_test_add_func("/sinks/window/view-only", test_window_view_only);
	g_test_add_func("/sinks/window/life", test_window_life);
	g_test_add_func("/sinks/server/password", test_server_password);
	g_test_add_func("/sinks/server/modes", test_server_modes);
	g_test_add_func("/sinks/server/scancodes", test_server_scancodes);
	g_test_add_func("/sinks/server/keysyms", test_server_keysyms);
	g_test_add_func("/sinks/server/view-only", test_server_view_only);
	g_test_add_func("/sinks/server/half-handshake", test_server_half_handshake);
	g_test_add_func("/sinks/server/addresses", test_server_addresses);
	g_test_add_func("/sinks/server/ports", test_server_ports);
	return g_test_run();
}
