/* The window under SDL's dummy driver. */
#include <SDL.h>

#include "console/card.h"
#include "console/keys.h"
#include "tests/unit/sink-fixture.h"

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

int main(int argc, char **argv)
{
	g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sinks/card", test_card);
	g_test_add_func("/sinks/window/keys", test_window_keys);
	g_test_add_func("/sinks/window/shortcuts", test_window_shortcuts);
	g_test_add_func("/sinks/window/mouse", test_window_mouse);
	g_test_add_func("/sinks/window/view-only", test_window_view_only);
	g_test_add_func("/sinks/window/life", test_window_life);
	return g_test_run();
}
