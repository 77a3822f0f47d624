/*
 * Keys and the mouse of the window: what is the guest's, what the toolbar's and the cards', what the host
 * key's.
 *
 * The host key (right Ctrl) belongs to the window: pressed alone it captures keyboard and mouse or releases
 * them, with another key it is a command (window-commands.c). Beside it there are the keys that Virtual
 * Machine Connection has always had, with Ctrl and Alt of the left side; these two have gone to the guest by
 * then.
 */
#include "console/keys.h"
#include "console/window-private.h"

#define LEFT 1

/* --- capture ------------------------------------------------------------------------------------------------------- */

const char *window_host_key_name(const Window *window)
{
	static const struct {
		const char *key, *name;
	} names[] = {
		{"ctrl_r",       "Right Ctrl" },
                { "alt_r",       "Right Alt"  },
                { "shift_r",     "Right Shift"},
		{ "super_r",     "Right Super"},
                { "menu",        "Menu"       },
                { "scroll_lock", "Scroll Lock"},
		{ "pause",       "Pause"      },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (key_by_name(names[i].key) == window->options.host_key)
			return names[i].name;
	return "the host key";
}

void window_capture(Window *window, gboolean keyboard, gboolean mouse)
{
	Source *source = window_source(window);

	keyboard = keyboard && source;
	mouse = mouse && source && !source_pointer_absolute(source);
	if (keyboard == window->keyboard && mouse == window->mouse)
		return;
	window->keyboard = keyboard;
	window->mouse = mouse;
	window->backend->capture(keyboard, mouse, window->data);
	window_stale(window, LAYER_TOOLBAR);
	window_stale(window, LAYER_STATUS);
}

void window_let_go(Window *window)
{
	input_release_keys(window->viewer);
	for (guint qnum = 0; qnum < WINDOW_KEYS; qnum++)
		window->down[qnum] = window->ours[qnum] = FALSE;
	window->buttons_down = 0;
	window->host_down = FALSE;
	window_capture(window, FALSE, FALSE);
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static gboolean is_down(const Window *window, const char *name)
{
	return window->down[key_by_name(name)];
}

static void chord_delete(Window *window)
{
	guint qnum = key_by_name("delete"); /* Ctrl and Alt are down in the guest already */

	if (!window_source(window))
		return;
	input_key(window->viewer, qnum, TRUE);
	input_key(window->viewer, qnum, FALSE);
}

static void chord_release(Window *window)
{
	window_command_run(window, window_command("release"));
}

static void chord_full_screen(Window *window)
{
	window_command_run(window, window_command("full-screen"));
}

static gboolean always(const Window *window)
{
	return TRUE;
}

/* Desktops in guests have use for Ctrl+Alt+Left: only a captured mouse needs a key that everybody knows. */
static gboolean is_mouse_captured(const Window *window)
{
	return window->mouse;
}

/* With Ctrl+Alt, as in Virtual Machine Connection; Break lacks on many keyboards, so Enter does the same. */
static const struct {
	const char *key;
	gboolean (*when)(const Window *window);
	void (*run)(Window *window);
} chords[] = {
	{"end",    always,            chord_delete     },
        { "left",  is_mouse_captured, chord_release    },
	{ "g",     is_mouse_captured, chord_release    },
        { "pause", always,            chord_full_screen},
	{ "ret",   always,            chord_full_screen},
};

static gboolean run_chord(Window *window, guint qnum)
{
	if (!is_down(window, "ctrl") || !is_down(window, "alt"))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(chords); i++)
		if (key_by_name(chords[i].key) == qnum && chords[i].when(window)) {
			chords[i].run(window);
			return TRUE;
		}
	return FALSE;
}

/* The letter on the key by the person's layout: commands are letters that they read. */
static void run_host_key(Window *window, const WindowKey *key)
{
	const Command *command = key->character > 0 && key->character < 0x80
					 ? window_command_by_key((char)key->character)
					 : NULL;

	window->host_used = TRUE;
	if (command && !key->repeat)
		window_command_run(window, command);
	else if (!command)
		window_host_key(window, key->qnum);
}

/* TRUE when the key is not the guest's. */
static gboolean take_key(Window *window, const WindowKey *key)
{
	if (window_box_key(window, key))
		return TRUE;
	if (key->qnum == window->options.host_key) {
		window->host_used = key->repeat && window->host_used;
		window->host_down = TRUE;
		return TRUE;
	}
	if (window->host_down) {
		run_host_key(window, key);
		return TRUE;
	}
	return (key->repeat && window->ours[key->qnum]) || run_chord(window, key->qnum);
}

static void press(Window *window, const WindowKey *key)
{
	window->down[key->qnum] = TRUE;
	if (take_key(window, key))
		window->ours[key->qnum] = TRUE;
	else if (window_source(window))
		input_key(window->viewer, key->qnum, TRUE);
}

static void lift(Window *window, guint qnum)
{
	gboolean alone = qnum == window->options.host_key && window->host_down && !window->host_used;

	window->down[qnum] = FALSE;
	if (qnum == window->options.host_key)
		window->host_down = FALSE;
	if (!window->ours[qnum])
		input_key(window->viewer, qnum, FALSE);
	window->ours[qnum] = FALSE;
	if (alone)
		window_command_run(window, window_command("release"));
}

void window_key(Window *window, const WindowKey *key)
{
	if (key->qnum == 0 || key->qnum >= WINDOW_KEYS)
		return;
	if (key->down)
		press(window, key);
	else
		lift(window, key->qnum);
}

/* --- mouse --------------------------------------------------------------------------------------------------------- */

static gboolean is_over_ours(const Window *window, int x, int y)
{
	return rect_holds(&window->layout.toolbar, x, y) || rect_holds(&window->layout.status, x, y) ||
	       rect_holds(&window->box.at, x, y);
}

gboolean window_pointer_is_guests(const Window *window)
{
	Source *source = window_source(window);

	return source && source_pointer_absolute(source) && !window->card && !window_box_is_modal(window) &&
	       rect_holds(&window->layout.seen, window->pointer_x, window->pointer_y) &&
	       !is_over_ours(window, window->pointer_x, window->pointer_y);
}

static void send_position(Window *window, guint buttons)
{
	int x, y;

	frame_to_guest(&window->layout, &window->frame, window->pointer_x, window->pointer_y, &x, &y);
	input_pointer(window->viewer, x, y, buttons);
}

static void send_buttons(Window *window, guint buttons)
{
	Source *source = window_source(window);

	if (source && source_pointer_absolute(source))
		send_position(window, buttons);
	else if (source)
		input_pointer_move(window->viewer, 0, 0, buttons);
}

/* Where the picture is larger than its room, the pointer at an edge brings more of it in. */
static void pan(Window *window)
{
	int dx, dy;

	frame_pan(&window->layout, window->pointer_x, window->pointer_y, &dx, &dy);
	if (dx == 0 && dy == 0)
		return;
	window->frame.scroll_x += dx;
	window->frame.scroll_y += dy;
	window_relayout(window);
}

static void hover(Window *window, int x, int y)
{
	const Rect *toolbar = &window->layout.toolbar;
	gboolean over = rect_holds(toolbar, x, y);

	if (window->full_screen && (y < window->scale || y >= 2 * TOOLBAR_HEIGHT * window->scale))
		window_slide(window, y < window->scale && window->buttons_down == 0);
	window_hover(window, over ? toolbar_hit(window->buttons, x - toolbar->x, y - toolbar->y) : -1);
}

void window_motion(Window *window, int x, int y, int dx, int dy)
{
	Source *source = window_source(window);

	if (window->mouse) {
		input_pointer_move(window->viewer, dx, dy, window->buttons_down);
		return;
	}
	window->pointer_x = x;
	window->pointer_y = y;
	hover(window, x, y);
	pan(window);
	if (!source || !source_pointer_absolute(source) || window->buttons_ours)
		return;
	if (window->buttons_down || window_pointer_is_guests(window))
		send_position(window, window->buttons_down);
}

void window_leave(Window *window)
{
	window->pointer_x = window->pointer_y = -1;
	window_hover(window, -1);
	window_slide(window, FALSE);
}

/* TRUE when the press was on something of ours. The click that takes the mouse is not the guest's either. */
static gboolean take_press(Window *window, int x, int y, guint button)
{
	Source *source = window_source(window);

	window->pressed = -1;
	if (window_box_click(window, x, y))
		return TRUE;
	if (rect_holds(&window->layout.toolbar, x, y)) {
		window->pressed = button == LEFT ? toolbar_hit(window->buttons, x, y) : -1;
		return TRUE;
	}
	if (is_over_ours(window, x, y) || !rect_holds(&window->layout.seen, x, y) || window->card)
		return TRUE;
	if (source && !source_pointer_absolute(source)) {
		window_capture(window, TRUE, TRUE);
		return TRUE;
	}
	return FALSE;
}

/* A button of the toolbar does what it stands for when it is let go where it was pressed. */
static void end_press(Window *window, int x, int y)
{
	int pressed = window->pressed;

	window->pressed = -1;
	if (pressed < 0 || pressed >= (int)window->buttons->len ||
	    toolbar_hit(window->buttons, x, y) != pressed)
		return;
	window_hover(window, -1); /* its tip goes */
	window_command_run(window, g_array_index(window->buttons, Button, pressed).command);
}

void window_button(Window *window, int x, int y, guint button, gboolean down)
{
	if (!window->mouse) {
		window->pointer_x = x;
		window->pointer_y = y;
	}
	if (down && !window->mouse && window->buttons_down == 0 && take_press(window, x, y, button)) {
		window->buttons_ours |= button;
		return;
	}
	if (!down && window->buttons_ours & button) {
		window->buttons_ours &= ~button;
		end_press(window, x, y);
		return;
	}
	window->buttons_down = down ? window->buttons_down | button : window->buttons_down & ~button;
	send_buttons(window, window->buttons_down);
}

/* A step of the wheel is a press and a release of a button. */
static void turn(Window *window, int steps, guint forward, guint backward)
{
	for (int i = 0; i < ABS(steps); i++) {
		send_buttons(window, window->buttons_down | (steps > 0 ? forward : backward));
		send_buttons(window, window->buttons_down);
	}
}

void window_wheel(Window *window, int x, int y, int steps_x, int steps_y)
{
	if (window->host_down && steps_y != 0) {
		window->host_used = TRUE;
		window_host_key(window, key_by_name(steps_y > 0 ? "equal" : "minus"));
		return;
	}
	if (!window->mouse && !window_pointer_is_guests(window))
		return;
	turn(window, steps_y, 1 << 3, 1 << 4);
	turn(window, steps_x, 1 << 6, 1 << 5);
}
