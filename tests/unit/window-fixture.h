/* A window without a desktop: its backend is a record of what it was asked to do, its guest a server made of bytes. */
#pragma once

#include "console/keys.h"
#include "console/window.h"
#include "tests/unit/source-fixture.h"

/* The guest's 40x24 are 16 times as large in 640x400, 8 below the toolbar. */
#define BARS   48
#define LEFT   0
#define TOP    (28 + 8)
#define FACTOR 16

typedef struct {
	Fixture guest;
	Window *window;
	Pixels pixels;
	GString *did;  /* by the backend and the program */
	GString *sent; /* to the guest: "+1e" key down, "-1e" up, "@x,y/buttons", "c:text" */
	char *clipboard;
	gsize frames;
	gboolean deaf;
} Desk;

/* --- backend ------------------------------------------------------------------------------------------------------- */

static inline void redraw(gpointer data)
{
}

static inline void set_full_screen(gboolean on, gpointer data)
{
	Desk *desk = data;

	g_string_append_printf(desk->did, "full%d ", on);
	window_full_screen_changed(desk->window, on);
}

static inline void set_size(int width, int height, gpointer data)
{
	Desk *desk = data;

	g_string_append_printf(desk->did, "size%dx%d ", width, height);
	window_resized(desk->window, width, height, 1);
}

static inline void desktop_size(int *width, int *height, gpointer data)
{
	*width = 1280;
	*height = 1000;
}

static inline void capture(gboolean keyboard, gboolean mouse, gpointer data)
{
	g_string_append_printf(((Desk *)data)->did, "capture%d%d ", keyboard, mouse);
}

static inline void take_text(gboolean on, gpointer data)
{
	g_string_append_printf(((Desk *)data)->did, "text%d ", on);
}

static inline char *get_clipboard(gpointer data)
{
	return g_strdup(((Desk *)data)->clipboard);
}

static inline void set_clipboard(const char *text, gpointer data)
{
	Desk *desk = data;

	g_free(desk->clipboard);
	desk->clipboard = g_strdup(text);
	g_string_append_printf(desk->did, "clip(%s) ", text);
}

static inline gboolean play(const gint16 *samples, gsize frames, gpointer data)
{
	Desk *desk = data;

	desk->frames += samples ? frames : 0;
	return !samples || !desk->deaf;
}

static inline void act(const char *command, const char *argument, gpointer data)
{
	g_string_append_printf(((Desk *)data)->did, "act(%s,%s) ", command, argument ? argument : "-");
}

static const WindowBackend backend = {
	redraw,    set_full_screen, set_size,      desktop_size, capture,
	take_text, get_clipboard,   set_clipboard, play,
};

static const WindowAction actions[] = {
	{"start",     "Start",    "Start it",      FALSE, FALSE},
	{ "pause",    "Pause",    "Pause it",      TRUE,  FALSE},
	{ "resume",   "Resume",   "Go on",         FALSE, FALSE},
	{ "turn-off", "Turn Off", "Pull the plug", TRUE,  TRUE },
};

/* --- desk ---------------------------------------------------------------------------------------------------------- */

static inline void open_desk(Desk *desk, const WindowOptions *changed)
{
	WindowOptions options = changed ? *changed : (WindowOptions){ 0 };

	*desk = (Desk){ .did = g_string_new(NULL), .sent = g_string_new(NULL) };
	open_source(&desk->guest);
	greet(&desk->guest);
	options.name = "web";
	options.act = act;
	options.data = desk;
	desk->window = window_new(&options, &backend, desk);
	window_resized(desk->window, 640, 400 + BARS, 1);
	window_keep_size(desk->window);
	window_set_actions(desk->window, "running", actions, G_N_ELEMENTS(actions));
	window_set_picture(desk->window, desk->guest.surface, FALSE);
	window_set_source(desk->window, desk->guest.source);
	window_focus(desk->window, TRUE);
	g_string_truncate(desk->did, 0);
}

static inline void close_desk(Desk *desk)
{
	window_free(desk->window);
	close_source(&desk->guest);
	pixels_clear(&desk->pixels);
	g_string_free(desk->did, TRUE);
	g_string_free(desk->sent, TRUE);
	g_free(desk->clipboard);
}

/* What the guest got since last time. */
static const char *guest_got(Desk *desk)
{
	g_autoptr(GByteArray) heard = hear(&desk->guest);
	const guint8 *at = heard->data, *end = at + heard->len;

	g_string_truncate(desk->sent, 0);
	while (at < end) {
		if (*at == 255) {
			g_string_append_printf(desk->sent, "%c%02x", at[3] ? '+' : '-', at[11]);
			at += 12;
		} else if (*at == 5) {
			g_string_append_printf(desk->sent, "@%d,%d/%d", at[2] << 8 | at[3],
					       at[4] << 8 | at[5], at[1]);
			at += 6;
		} else if (*at == 6) {
			g_string_append_printf(desk->sent, "c:%.*s", at[7], at + 8);
			at += 8 + at[7];
		} else if (*at == 251) {
			g_string_append_printf(desk->sent, "size%dx%d", at[2] << 8 | at[3],
					       at[4] << 8 | at[5]);
			at += 8 + 16 * at[6];
		} else {
			g_assert_cmpint(*at, ==, 3); /* wants an update */
			at += 10;
		}
	}
	return desk->sent->str;
}

static const char *did(Desk *desk)
{
	static char text[1000];

	g_strlcpy(text, desk->did->str, sizeof(text));
	g_string_truncate(desk->did, 0);
	return text;
}

static inline void key(Desk *desk, const char *name, gboolean down)
{
	const WindowKey told = { key_by_name(name), name[1] ? 0 : (guint32)*name, down, FALSE };

	window_key(desk->window, &told);
}

static inline void tap(Desk *desk, const char *name)
{
	key(desk, name, TRUE);
	key(desk, name, FALSE);
}

/* The host key with another. */
static inline void host(Desk *desk, const char *name)
{
	key(desk, "ctrl_r", TRUE);
	tap(desk, name);
	key(desk, "ctrl_r", FALSE);
}

static inline void click(Desk *desk, int x, int y)
{
	window_motion(desk->window, x, y, 0, 0);
	window_button(desk->window, x, y, 1, TRUE);
	window_button(desk->window, x, y, 1, FALSE);
}

static inline gboolean paint(Desk *desk, Rect *part)
{
	pixels_resize(&desk->pixels, 640, 400 + BARS);
	return window_paint(desk->window, &desk->pixels, part);
}

static inline guint32 point(const Desk *desk, int x, int y)
{
	return desk->pixels.data[y * desk->pixels.stride + x];
}

static inline void set_absolute(Desk *desk, gboolean absolute)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_update(out, 1);
	fake_vnc_rect(out, absolute, 0, WIDTH, HEIGHT, -257);
	say_all(&desk->guest, out);
	g_assert_cmpint(source_pointer_absolute(desk->guest.source), ==, absolute);
	window_source_event(desk->window, SOURCE_POINTER);
	guest_got(desk);
}
