/* The VNC server with viewers that mean well: passwords, keys, several sizes, and what the guest tells. */
#include "tests/unit/vncd-fixture.h"

static void test_server_password(void)
{
	Server server;

	open_server(&server, FALSE);
	g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	g_assert_cmpint(view(&server, "wrong123", look), ==, 2);
	g_assert_cmpint(view(&server, "s", look), ==, 2);
	g_assert_cmpint(view(&server, PASSWORD, look), ==, 1);
	close_server(&server);
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
	Server server;

	open_server(&server, FALSE);
	mode_guest = &server.guest;
	g_assert_cmpint(view(&server, PASSWORD, look_at_modes), ==, 1);
	close_server(&server);
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
	Server server;

	open_server(&server, FALSE);
	view(&server, PASSWORD, press_scancodes);
	poll_until(guest_got(&server.guest, "+1d+d3-d3@10,20/1@63,47/0-1d"));
	close_server(&server);
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
	Server server;

	open_server(&server, FALSE);
	view(&server, PASSWORD, press_keysyms);
	poll_until(guest_got(&server.guest, "+1e-1e+2a+03-2a-03+58-58"));
	close_server(&server);
}

static void test_server_view_only(void)
{
	Server server;

	open_server(&server, TRUE);
	view(&server, PASSWORD, press_keysyms);
	turns();
	guest_got(&server.guest, "");
	g_assert_cmpstr(server.guest.input->str, ==, "");
	close_server(&server);
}

/* The second password lets in, and no more. */
static void test_server_view_password(void)
{
	Server server;

	open_server(&server, FALSE);
	g_assert_cmpint(view(&server, VIEW_PASSWORD, press_keysyms), ==, 1);
	g_assert_cmpint(view(&server, PASSWORD, press_scancodes), ==, 1);
	poll_until(guest_got(&server.guest, "+1d+d3-d3@10,20/1@63,47/0-1d"));
	g_assert_cmpstr(server.guest.input->str, ==, "+1d+d3-d3@10,20/1@63,47/0-1d");
	close_server(&server);
}

/* --- what the guest tells ------------------------------------------------------------------------------------------ */

static Server *news_server; /* of the threads below */

static void tell(const void *bytes, gsize length)
{
	g_assert_cmpint(send(news_server->guest.peer, bytes, length, 0), ==, length);
}

/* Reads messages until *@flag is not 0. */
static void wait_for_flag(rfbClient *client, gint *flag)
{
	while (!g_atomic_int_get(flag)) {
		g_assert_true(client->buffered || WaitForMessage(client, 1000 * 1000) >= 0);
		g_assert_true(HandleRFBServerMessage(client));
	}
}

static gint leds_seen; /* atomic, as are those below */

static rfbBool on_leds(rfbClient *client, rfbFramebufferUpdateRectHeader *header)
{
	guint8 leds;

	if ((gint32)header->encoding != -261)
		return FALSE;
	g_assert_true(ReadFromRFBServer(client, (char *)&leds, 1));
	g_atomic_int_set(&leds_seen, leds);
	return TRUE;
}

static gboolean press_caps_lock(gpointer data)
{
	static const guint8 message[] = {
		0, 0, 0, 1, 0, 0, 0, 0, 0, 64, 0, 48, 0xff, 0xff, 0xfe, 0xfb, SOURCE_LED_CAPS
	};

	tell(message, sizeof(message));
	return G_SOURCE_REMOVE;
}

static void look_at_leds(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
	g_main_context_invoke(NULL, press_caps_lock, NULL);
	wait_for_flag(client, &leds_seen);
	g_assert_cmpint(leds_seen, ==, SOURCE_LED_CAPS);
}

static void test_server_leds(void)
{
	static int encodings[] = { -261, 0 };
	static rfbClientProtocolExtension leds = { .encodings = encodings, .handleEncoding = on_leds };
	Server server;

	rfbClientRegisterExtension(&leds);
	open_server(&server, FALSE);
	news_server = &server;
	g_assert_cmpint(view(&server, PASSWORD, look_at_leds), ==, 1);
	close_server(&server);
}

static gint text_seen, bell_seen, cursor_seen;

static void on_text(rfbClient *client, const char *text, int length)
{
	g_assert_cmpint(length, ==, 5);
	g_assert_cmpint(memcmp(text,
			       "gr\xfc\xdf"
			       "e",
			       5),
			==, 0);
	g_atomic_int_set(&text_seen, 1);
}

static void on_bell(rfbClient *client)
{
	g_atomic_int_set(&bell_seen, 1);
}

static gboolean cut_and_ring(gpointer data)
{
	static const guint8 message[] = "\x02\x03\0\0\0\0\0\0\x05gr\xfc\xdf"
					"e";

	tell(message, sizeof(message) - 1);
	return G_SOURCE_REMOVE;
}

static void look_at_clipboard(rfbClient *client)
{
	client->GotXCutText = on_text;
	client->Bell = on_bell;
	wait_for_picture(client, 64, 48, 0x996633);
	g_main_context_invoke(NULL, cut_and_ring, NULL);
	wait_for_flag(client, &text_seen);
	wait_for_flag(client, &bell_seen);
}

static void test_server_clipboard(void)
{
	Server server;

	open_server(&server, FALSE);
	news_server = &server;
	g_assert_cmpint(view(&server, PASSWORD, look_at_clipboard), ==, 1);
	close_server(&server);
}

static void on_cursor(rfbClient *client, int x, int y, int width, int height, int bytes)
{
	if (width != 9 || height != 2)
		return; /* the empty one of the beginning */
	g_assert_cmpint(x, ==, 3);
	g_assert_cmpint(y, ==, 1);
	g_assert_cmphex(((guint32 *)(gpointer)client->rcSource)[17], ==, 0x332211);
	g_assert_cmpint(client->rcMask[17], ==, 1);
	g_assert_cmpint(client->rcMask[0], ==, 0);
	g_atomic_int_set(&cursor_seen, 1);
}

static gboolean set_cursor(gpointer data)
{
	guint32 pixels[18] = { [17] = 0xff112233 };
	const SurfaceCursor cursor = { 9, 2, 3, 1, pixels };

	surface_set_cursor(news_server->guest.surface, &cursor);
	return G_SOURCE_REMOVE;
}

static void look_at_cursor(rfbClient *client)
{
	client->GotCursorShape = on_cursor;
	client->appData.useRemoteCursor = TRUE;
	SetFormatAndEncodings(client);
	wait_for_picture(client, 64, 48, 0x996633);
	g_main_context_invoke(NULL, set_cursor, NULL);
	wait_for_flag(client, &cursor_seen);
	free(client->rcSource); /* the library leaves them */
	free(client->rcMask);
}

static void test_server_cursor(void)
{
	Server server;

	open_server(&server, FALSE);
	news_server = &server;
	g_assert_cmpint(view(&server, PASSWORD, look_at_cursor), ==, 1);
	close_server(&server);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	rfbEnableClientLogging = FALSE;
	g_test_add_func("/vncd/password", test_server_password);
	g_test_add_func("/vncd/modes", test_server_modes);
	g_test_add_func("/vncd/scancodes", test_server_scancodes);
	g_test_add_func("/vncd/keysyms", test_server_keysyms);
	g_test_add_func("/vncd/view-only", test_server_view_only);
	g_test_add_func("/vncd/view-password", test_server_view_password);
	g_test_add_func("/vncd/clipboard", test_server_clipboard);
	g_test_add_func("/vncd/cursor", test_server_cursor);
	g_test_add_func("/vncd/leds", test_server_leds);
	return g_test_run();
}
