/* What the window does with keys, mouse, pictures and clipboards; see window-fixture.h for the desktop it has. */
#include "tests/unit/window-fixture.h"

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static void test_keys(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	key(&desk, "shift", TRUE);
	tap(&desk, "a");
	g_assert_cmpstr(guest_got(&desk), ==, "+2a+1e-1e");
	window_focus(desk.window, FALSE); /* nothing stays down */
	g_assert_cmpstr(guest_got(&desk), ==, "-2a");
	key(&desk, "shift", FALSE);
	g_assert_cmpstr(guest_got(&desk), ==, "");
	close_desk(&desk);
}

/* The host key and what comes with it never reach the guest. */
static void test_host_key(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	host(&desk, "d");
	g_assert_cmpstr(guest_got(&desk), ==, "+1d+38+d3-d3-38-1d");
	host(&desk, "f3");
	g_assert_cmpstr(guest_got(&desk), ==, "+1d+38+3d-3d-38-1d");
	host(&desk, "y"); /* no command */
	g_assert_cmpstr(guest_got(&desk), ==, "");
	host(&desk, "p");
	host(&desk, "f");
	g_assert_cmpstr(did(&desk), ==, "act(pause,-) full1 capture10 ");
	tap(&desk, "ctrl_r");
	g_assert_cmpstr(did(&desk), ==, "capture00 ");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	close_desk(&desk);
}

static void test_other_host_key(void)
{
	const WindowOptions options = { .host_key = key_by_name("scroll_lock") };
	Desk desk;

	open_desk(&desk, &options);
	tap(&desk, "ctrl_r");
	g_assert_cmpstr(guest_got(&desk), ==, "+9d-9d");
	tap(&desk, "scroll_lock");
	g_assert_cmpstr(did(&desk), ==, "capture10 ");
	close_desk(&desk);
}

static void test_chords(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	key(&desk, "ctrl", TRUE);
	key(&desk, "alt", TRUE);
	tap(&desk, "end");
	g_assert_cmpstr(guest_got(&desk), ==, "+1d+38+d3-d3");
	tap(&desk, "left"); /* the guest's while the mouse is free */
	g_assert_cmpstr(guest_got(&desk), ==, "+cb-cb");
	tap(&desk, "pause");
	g_assert_cmpstr(did(&desk), ==, "full1 capture10 ");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	close_desk(&desk);
}

static void test_view_only(void)
{
	const WindowOptions options = { .view_only = TRUE };
	Desk desk;

	open_desk(&desk, &options);
	tap(&desk, "a");
	host(&desk, "d");
	host(&desk, "p");
	click(&desk, 100, 100);
	window_wheel(desk.window, 100, 100, 0, 1);
	window_drop_file(desk.window, "/x.iso");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	g_assert_cmpstr(did(&desk), ==, "");
	host(&desk, "f"); /* looking is not input */
	g_assert_cmpstr(did(&desk), ==, "full1 ");
	close_desk(&desk);
}

/* --- mouse --------------------------------------------------------------------------------------------------------- */

static void test_absolute(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	window_motion(desk.window, LEFT + 5 * FACTOR, TOP + 3 * FACTOR, 0, 0);
	g_assert_cmpstr(guest_got(&desk), ==, "@5,3/0");
	g_assert_true(window_pointer_is_guests(desk.window));
	window_button(desk.window, LEFT + 5 * FACTOR, TOP + 3 * FACTOR, 4, TRUE);
	/* a drag goes on beyond the picture, at its edge */
	window_motion(desk.window, 700, 2, 0, 0);
	g_assert_cmpstr(guest_got(&desk), ==, "@5,3/4@39,0/4");
	window_button(desk.window, 700, 2, 4, FALSE);
	g_assert_cmpstr(guest_got(&desk), ==, "@39,0/0");
	window_motion(desk.window, 300, 2, 0, 0); /* the toolbar is not the guest's */
	g_assert_cmpstr(guest_got(&desk), ==, "");
	g_assert_false(window_pointer_is_guests(desk.window));
	window_motion(desk.window, LEFT, TOP, 0, 0);
	window_wheel(desk.window, LEFT, TOP, 0, -1);
	g_assert_cmpstr(guest_got(&desk), ==, "@0,0/0@0,0/16@0,0/0");
	close_desk(&desk);
}

static void test_relative(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	set_absolute(&desk, FALSE);
	window_motion(desk.window, 100, 100, 5, 5);
	g_assert_cmpstr(guest_got(&desk), ==, "");
	click(&desk, 100, 100); /* takes the mouse, and is not the guest's */
	g_assert_cmpstr(guest_got(&desk), ==, "");
	g_assert_cmpstr(did(&desk), ==, "capture11 ");
	window_motion(desk.window, 100, 100, 5, -7);
	window_button(desk.window, 100, 100, 1, TRUE);
	g_assert_cmpstr(guest_got(&desk), ==, "@32772,32760/0@32767,32767/1");
	key(&desk, "ctrl", TRUE);
	key(&desk, "alt", TRUE);
	tap(&desk, "left");
	g_assert_cmpstr(did(&desk), ==, "capture00 ");
	g_assert_true(g_str_has_suffix(guest_got(&desk), "@32767,32767/0"));
	/* a driver that takes positions came: the mouse is free again */
	click(&desk, 100, 100);
	did(&desk);
	set_absolute(&desk, TRUE);
	g_assert_cmpstr(did(&desk), ==, "capture10 ");
	close_desk(&desk);
}

/* --- toolbar and cards --------------------------------------------------------------------------------------------- */

/* Buttons stand in the order of the table: Ctrl+Alt+Del, then after a gap Start and Turn Off. */
#define BUTTON_KEYS     14
#define BUTTON_START    50
#define BUTTON_TURN_OFF 75

static void test_toolbar(void)
{
	Desk desk;
	Rect part;

	open_desk(&desk, NULL);
	g_assert_true(paint(&desk, &part));
	click(&desk, BUTTON_KEYS, 14);
	g_assert_cmpstr(guest_got(&desk), ==, "+1d+38+d3-d3-38-1d");
	click(&desk, BUTTON_START, 14); /* not possible while it runs */
	g_assert_cmpstr(did(&desk), ==, "");
	/* pressed here, let go elsewhere: nothing */
	window_button(desk.window, BUTTON_KEYS, 14, 1, TRUE);
	window_button(desk.window, 300, 200, 1, FALSE);
	g_assert_cmpstr(guest_got(&desk), ==, "");
	close_desk(&desk);
}

static void test_confirm(void)
{
	Desk desk;
	Rect part;

	open_desk(&desk, NULL);
	g_assert_true(paint(&desk, &part));
	click(&desk, BUTTON_TURN_OFF, 14);
	g_assert_cmpstr(did(&desk), ==, "");
	tap(&desk, "a"); /* the question takes keys, and clicks */
	click(&desk, LEFT, TOP);
	g_assert_cmpstr(guest_got(&desk), ==, "");
	tap(&desk, "esc");
	g_assert_cmpstr(did(&desk), ==, "");
	host(&desk, "o");
	tap(&desk, "ret");
	g_assert_cmpstr(did(&desk), ==, "act(turn-off,-) ");
	tap(&desk, "a");
	g_assert_cmpstr(guest_got(&desk), ==, "+1e-1e");
	close_desk(&desk);
}

static void test_insert(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	host(&desk, "i");
	g_assert_cmpstr(did(&desk), ==, "text1 ");
	window_text(desk.window, "/a b");
	tap(&desk, "backspace");
	desk.clipboard = g_strdup("ö.iso\n");
	key(&desk, "ctrl", TRUE);
	tap(&desk, "v");
	key(&desk, "ctrl", FALSE);
	tap(&desk, "ret");
	g_assert_cmpstr(did(&desk), ==, "text0 act(insert,/a ö.iso) ");
	host(&desk, "i");
	window_text(desk.window, "file:///a%20c.iso");
	tap(&desk, "ret");
	g_assert_cmpstr(did(&desk), ==, "text1 text0 act(insert,/a c.iso) ");
	host(&desk, "i");
	tap(&desk, "ret"); /* nothing was said: nothing is done */
	tap(&desk, "esc");
	host(&desk, "j");
	window_drop_file(desk.window, "/d.iso");
	g_assert_cmpstr(did(&desk), ==, "text1 text0 act(eject,-) act(insert,/d.iso) ");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	close_desk(&desk);
}

/* Nothing is offered that cannot be done: without a program no command of its. */
static void test_no_program(void)
{
	const WindowOptions options = { .name = "x" };
	g_autoptr(Window) window = NULL;
	Desk desk = { .did = g_string_new(NULL) };

	window = window_new(&options, &backend, &desk);
	desk.window = window;
	window_resized(window, 640, 400 + BARS, 1);
	host(&desk, "i");
	host(&desk, "j");
	host(&desk, "s");
	window_drop_file(window, "/x");
	g_assert_cmpstr(desk.did->str, ==, "");
	g_string_free(desk.did, TRUE);
}

/* --- power cycles -------------------------------------------------------------------------------------------------- */

static void test_off_and_on(void)
{
	static const WindowAction off[] = {
		{"start", "Start", "Start it", TRUE, FALSE}
	};
	g_autoptr(Surface) card = surface_new();
	Desk desk;
	Rect part;

	open_desk(&desk, NULL);
	surface_resize(card, 640, 400);
	key(&desk, "a", TRUE);
	window_set_source(desk.window, NULL);
	window_set_picture(desk.window, card, TRUE);
	window_set_actions(desk.window, "off", off, 1);
	guest_got(&desk);
	tap(&desk, "b");
	host(&desk, "d");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	g_assert_true(paint(&desk, &part));
	click(&desk, 320, 28 + 400 * 2 / 3 + 16); /* the button on the card */
	g_assert_cmpstr(did(&desk), ==, "act(start,-) ");
	window_set_picture(desk.window, desk.guest.surface, FALSE);
	window_set_source(desk.window, desk.guest.source);
	tap(&desk, "a"); /* what was held over the power cycle is not held any more */
	g_assert_cmpstr(guest_got(&desk), ==, "+1e-1e");
	close_desk(&desk);
}

/* --- drawing ------------------------------------------------------------------------------------------------------- */

static void test_paint(void)
{
	const Rect damage = { 3, 4, 2, 1 };
	Desk desk;
	Rect part;

	open_desk(&desk, NULL);
	g_assert_true(paint(&desk, &part));
	g_assert_cmpint(part.width, ==, 640);
	g_assert_cmphex(point(&desk, LEFT, TOP), ==, COLOUR);
	g_assert_cmphex(point(&desk, LEFT, TOP - 1), ==, 0);
	g_assert_false(paint(&desk, &part));
	*surface_row(desk.guest.surface, 3, 4) = 0xffffff;
	window_damage(desk.window, &damage);
	g_assert_true(paint(&desk, &part));
	g_assert_cmpint(part.width * part.height, <, 6 * FACTOR * 5 * FACTOR);
	g_assert_cmphex(point(&desk, LEFT + 3 * FACTOR + 5, TOP + 4 * FACTOR + 5), ==, 0xffffff);
	/* the mode changes, and is drawn before the resize is told */
	surface_resize(desk.guest.surface, 20, 10);
	window_expose(desk.window);
	g_assert_true(paint(&desk, &part));
	g_assert_cmphex(point(&desk, 320, 200), ==, 0);
	close_desk(&desk);
}

/* A window that nobody sized follows the guest's modes; one that somebody did does not. */
static void test_sizes(void)
{
	Desk desk;
	WindowSettings settings;

	open_desk(&desk, NULL);
	surface_resize(desk.guest.surface, 1024, 768);
	window_set_picture(desk.window, desk.guest.surface, FALSE);
	g_assert_cmpstr(did(&desk), ==, "");
	window_get_settings(desk.window, &settings);
	g_assert_cmpint(settings.width, ==, 640);
	close_desk(&desk);
}

static void test_own_size(void)
{
	const WindowOptions options = { .name = "x" };
	g_autoptr(Surface) surface = surface_new();
	Desk desk = { .did = g_string_new(NULL) };

	desk.window = window_new(&options, &backend, &desk);
	window_resized(desk.window, 640, 400 + BARS, 1);
	surface_resize(surface, 1024, 768);
	window_set_picture(desk.window, surface, FALSE);
	surface_resize(surface, 4000, 3000);
	window_set_picture(desk.window, surface, FALSE);
	surface_resize(surface, 320, 200);
	window_set_picture(desk.window, surface, FALSE);
	g_assert_cmpstr(desk.did->str, ==, "size1024x816 size1280x1000 size640x248 ");
	window_free(desk.window);
	g_string_free(desk.did, TRUE);
}

/* --- what guest and desktop share ---------------------------------------------------------------------------------- */

static void say_cut_text(Desk *desk, const char *text)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, (guint32)strlen(text));
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
	say_all(&desk->guest, out);
	window_source_event(desk->window, SOURCE_CLIPBOARD);
}

static void test_clipboard(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	desk.clipboard = g_strdup("host");
	window_clipboard_changed(desk.window);
	window_clipboard_changed(desk.window); /* no news */
	g_assert_cmpstr(guest_got(&desk), ==, "c:host");
	say_cut_text(&desk, "guest");
	g_assert_cmpstr(did(&desk), ==, "clip(guest) ");
	window_clipboard_changed(desk.window); /* by ourselves: does not go back */
	g_assert_cmpstr(guest_got(&desk), ==, "");
	window_focus(desk.window, FALSE);
	say_cut_text(&desk, "later"); /* the desktop is another's now */
	g_assert_cmpstr(did(&desk), ==, "");
	window_focus(desk.window, TRUE);
	g_assert_true(strstr(did(&desk), "clip(later)") != NULL);
	close_desk(&desk);
}

static void test_clipboard_private(void)
{
	const WindowOptions options = { .no_clipboard = TRUE };
	Desk desk;

	open_desk(&desk, &options);
	desk.clipboard = g_strdup("secret");
	window_clipboard_changed(desk.window);
	say_cut_text(&desk, "guest");
	g_assert_cmpstr(guest_got(&desk), ==, "");
	g_assert_cmpstr(did(&desk), ==, "");
	close_desk(&desk);
}

static void test_type_clipboard(void)
{
	Desk desk;
	GString *all = g_string_new(NULL);

	open_desk(&desk, NULL);
	desk.clipboard = g_strdup("aA");
	host(&desk, "v");
	tap(&desk, "x"); /* meanwhile the person's keys would get in between */
	for (int i = 0; i < 1000 && !g_str_has_suffix(all->str, "-2a"); i++) {
		g_string_append(all, guest_got(&desk));
		g_main_context_iteration(NULL, TRUE);
	}
	g_assert_cmpstr(all->str, ==, "+1e-1e+2a+1e-1e-2a");
	close_desk(&desk); /* the end of the typing is told to nobody */
	drain_loop();
	g_string_free(all, TRUE);
}

/* --- sound and size ------------------------------------------------------------------------------------------------ */

static const guint8 sound_on[] = { 255, 1, 0, 2, 3, 2, 0, 0, 0xac, 0x44, 255, 1, 0, 0 };
static const guint8 sound_off[] = { 255, 1, 0, 1 };

static void fill_audio_offer(GByteArray *out)
{
	fake_vnc_rect(out, 0, 0, WIDTH, HEIGHT, -259);
}

static void say_sound(Desk *desk, gsize frames)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_32(out, 0xff010002);
	fake_vnc_32(out, (guint32)frames * 4);
	for (gsize i = 0; i < frames; i++)
		fake_vnc_32(out, 0x12345678);
	say_all(&desk->guest, out);
}

/* Whether the guest was told exactly @bytes, requests for pictures aside. */
static gboolean was_told(Desk *desk, const guint8 *bytes, gsize length)
{
	g_autoptr(GByteArray) heard = hear(&desk->guest);

	return heard->len >= length && memcmp(heard->data, bytes, length) == 0;
}

static void test_sound(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	say_update(&desk.guest, fill_audio_offer, 1);
	g_assert_true(was_told(&desk, sound_on, sizeof(sound_on)));
	say_sound(&desk, 100);
	g_assert_cmpuint(desk.frames, ==, 100);
	host(&desk, "m"); /* mute: nothing is even sent any more */
	g_assert_true(was_told(&desk, sound_off, sizeof(sound_off)));
	say_sound(&desk, 100);
	g_assert_cmpuint(desk.frames, ==, 100);
	host(&desk, "m");
	g_assert_true(was_told(&desk, sound_on, sizeof(sound_on)));
	/* a desktop without sound is asked once */
	desk.deaf = TRUE;
	say_sound(&desk, 100);
	g_assert_true(was_told(&desk, sound_off, sizeof(sound_off)));
	say_sound(&desk, 100);
	g_assert_cmpuint(desk.frames, ==, 200);
	close_desk(&desk);
}

static void fill_size_offer(GByteArray *out)
{
	fake_vnc_extended_size(out, 0, 0, WIDTH, HEIGHT, 1);
}

/* @size: "size640x400". */
static gboolean was_asked(Desk *desk, const char *size)
{
	return strstr(guest_got(desk), size) != NULL;
}

static void test_follow(void)
{
	Desk desk;

	open_desk(&desk, NULL);
	say_update(&desk.guest, fill_size_offer, 1);
	say_caps(&desk.guest); /* only a QEMU that says this takes wishes */
	g_byte_array_unref(hear(&desk.guest));
	window_resized(desk.window, 700, 500 + BARS, 1);
	window_resized(desk.window, 800, 600 + BARS, 1);
	poll_until(was_asked(&desk, "size800x600")); /* when it has settled, and only then */
	host(&desk, "w");
	window_resized(desk.window, 900, 600 + BARS, 1);
	g_assert_cmpstr(guest_got(&desk), ==, "");
	host(&desk, "w");
	g_assert_true(was_asked(&desk, "size900x600"));
	close_desk(&desk);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/window/keys", test_keys);
	g_test_add_func("/window/host-key", test_host_key);
	g_test_add_func("/window/other-host-key", test_other_host_key);
	g_test_add_func("/window/chords", test_chords);
	g_test_add_func("/window/view-only", test_view_only);
	g_test_add_func("/window/absolute", test_absolute);
	g_test_add_func("/window/relative", test_relative);
	g_test_add_func("/window/toolbar", test_toolbar);
	g_test_add_func("/window/confirm", test_confirm);
	g_test_add_func("/window/insert", test_insert);
	g_test_add_func("/window/no-program", test_no_program);
	g_test_add_func("/window/off-and-on", test_off_and_on);
	g_test_add_func("/window/paint", test_paint);
	g_test_add_func("/window/sizes", test_sizes);
	g_test_add_func("/window/own-size", test_own_size);
	g_test_add_func("/window/clipboard", test_clipboard);
	g_test_add_func("/window/clipboard-private", test_clipboard_private);
	g_test_add_func("/window/type-clipboard", test_type_clipboard);
	g_test_add_func("/window/sound", test_sound);
	g_test_add_func("/window/follow", test_follow);
	return g_test_run();
}
