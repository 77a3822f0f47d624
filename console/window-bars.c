/* The toolbar and the status bar: what is in them, and when they are in sight. */
#include "console/window-private.h"

#define SAID_MS 4000 /* a message in full screen; its picture is covered meanwhile */

#define BACKGROUND 0x00262b31
#define TEXT       0x00c9d1d9
#define BAD        0x00ff7b72
#define QUIET      0x008b949e

/* --- toolbar ------------------------------------------------------------------------------------------------------- */

/* Shown in place of another: has no place of its own. */
static gboolean stands_in(const Command *command)
{
	gsize count;
	const Command *commands = window_commands(&count);

	for (gsize i = 0; i < count; i++)
		if (commands[i].instead && g_str_equal(commands[i].instead, command->name))
			return TRUE;
	return FALSE;
}

/* @command, or the one that is shown in its place now. */
static const Command *shown(const Window *window, const Command *command)
{
	const Command *other = command->instead ? window_command(command->instead) : NULL;

	if (other && !window_command_possible(window, command) && window_command_possible(window, other))
		return other;
	return command;
}

/* A group whose first one is not there begins with its second. */
static void make_buttons(Window *window)
{
	gsize count;
	const Command *commands = window_commands(&count);
	gboolean group = FALSE;

	g_array_set_size(window->buttons, 0);
	for (gsize i = 0; i < count; i++) {
		const Command *command = shown(window, &commands[i]);
		gboolean on = command->on && command->on(window);
		group |= commands[i].group;
		if (stands_in(&commands[i]) || !window_command_label(window, command))
			continue;
		Button button = {
			.command = command,
			.icon = on && command->icon == ICON_SOUND ? ICON_MUTED : command->icon,
			.possible = window_command_possible(window, command),
			.on = on,
			.group = group,
		};
		g_array_append_val(window->buttons, button);
		group = FALSE;
	}
	toolbar_place(window->buttons, window->frame.width, window->scale);
	if (window->hot >= (int)window->buttons->len)
		window->hot = -1;
}

void window_draw_toolbar(Window *window)
{
	Pixels *pixels = &window->layers[LAYER_TOOLBAR];
	const Rect *at = &window->layout.toolbar;

	make_buttons(window);
	if (at->width < 1)
		return;
	pixels_resize(pixels, at->width, at->height);
	toolbar_draw(pixels, window->buttons, window->hot, window->scale);
	window_stale_part(window, at);
}

void window_slide(Window *window, gboolean in)
{
	if (!window->full_screen || window->toolbar_in == in)
		return;
	window->toolbar_in = in;
	window_hover(window, -1);
	window_relayout(window);
}

void window_hover(Window *window, int button)
{
	if (button == window->hot)
		return;
	window->hot = button;
	window_stale(window, LAYER_TOOLBAR);
	if (button >= 0 &&
	    (window->box.kind == BOX_NONE || window->box.kind == BOX_START || window->box.kind == BOX_TIP)) {
		window->box.command = g_array_index(window->buttons, Button, button).command;
		window_open_box(window, BOX_TIP);
	} else if (button < 0 && window->box.kind == BOX_TIP) {
		window_close_box(window);
	}
}

/* --- status bar ---------------------------------------------------------------------------------------------------- */

static const struct {
	guint bit;
	const char *name;
} lights[] = {
	{SOURCE_LED_NUM,     "Num"   },
	{ SOURCE_LED_CAPS,   "Caps"  },
	{ SOURCE_LED_SCROLL, "Scroll"},
};

static void add_lights(const Window *window, GString *text)
{
	Source *source = input_hub_source(window->hub);
	guint leds = source ? source_leds(source) : SOURCE_LEDS_UNKNOWN;

	if (leds & SOURCE_LEDS_UNKNOWN)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(lights); i++)
		if (leds & lights[i].bit)
			g_string_append_printf(text, "%s  ", lights[i].name);
}

/* What is at the right end: what holds now. */
static char *conditions(const Window *window)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const Frame *frame = &window->frame;

	if (window->keyboard || window->mouse)
		g_string_append_printf(text, "%s: releases %s  ", window_host_key_name(window),
				       window->mouse ? "mouse" : "keyboard");
	if (window->options.view_only)
		g_string_append(text, "View only  ");
	add_lights(window, text);
	if (!window->card && frame->picture_width > 0)
		g_string_append_printf(text, "%dx%d  %d%%", frame->picture_width, frame->picture_height,
				       window->layout.percent);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *with_capital(const char *word)
{
	char *copy = g_strdup(word);

	*copy = g_ascii_toupper(*copy);
	return copy;
}

/* The right end gives way to nothing, the message to it. */
void window_draw_status(Window *window)
{
	Pixels *pixels = &window->layers[LAYER_STATUS];
	const Rect *at = &window->layout.status;
	int scale = window->scale, cell = PIXELS_FONT_WIDTH * scale, y = 2 * scale;
	g_autofree char *state = with_capital(window->state);
	g_autofree char *right = conditions(window);
	int columns, at_right, used;

	if (at->width < 1)
		return;
	pixels_resize(pixels, at->width, at->height);
	pixels_fill(pixels, &(Rect){ 0, 0, at->width, at->height }, BACKGROUND);
	columns = at->width / cell - 1;
	at_right = MAX(columns - (int)g_utf8_strlen(right, -1), 0);
	pixels_text(pixels, at->width - (columns - at_right) * cell - cell / 2, y, scale, columns, QUIET,
		    right);
	used = pixels_text(pixels, cell / 2, y, scale, MAX(at_right - 1, 0), TEXT, state) + 2;
	if (window->message)
		pixels_text(pixels, cell / 2 + used * cell, y, scale, MAX(at_right - used - 1, 0),
			    window->bad ? BAD : QUIET, window->message);
	window_stale_part(window, at);
}

static gboolean on_said(gpointer data)
{
	Window *window = data;

	window->status_timer = 0;
	window_relayout(window);
	return G_SOURCE_REMOVE;
}

void window_set_message(Window *window, gboolean bad, const char *message)
{
	g_free(window->message);
	window->message = g_strdup(message);
	window->bad = bad;
	window_stale(window, LAYER_STATUS);
	g_clear_handle_id(&window->status_timer, g_source_remove);
	if (!window->full_screen)
		return;
	window->status_timer = g_timeout_add(SAID_MS, on_said, window);
	window_relayout(window);
}

void window_say(Window *window, gboolean bad, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	window_set_message(window, bad, message);
}
