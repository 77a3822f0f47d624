/* The cards over the picture: when they open, what they say of the window, what keys and clicks do to them. */
#include <string.h>

#include "console/keys.h"
#include "console/window-private.h"

#define HELP_COLUMN 38 /* characters of one of the two columns of the help card */
#define MARGIN      8

/* --- words --------------------------------------------------------------------------------------------------------- */

static const char *label_of(const Window *window)
{
	return window_command_label(window, window->box.command);
}

static char **one_line(char *line)
{
	char **lines = g_new0(char *, 2);

	lines[0] = line;
	return lines;
}

static void say_tip(const Window *window, BoxText *text)
{
	const Command *command = window->box.command;

	text->title = label_of(window);
	text->lines = one_line(g_strdup_printf("%s  [%s + %c]", window_command_help(window, command),
					       window_host_key_name(window), command->key));
}

static void say_start(const Window *window, BoxText *text)
{
	const WindowAction *action = window_action(window, "start");

	text->choices[0] = action ? action->label : NULL;
}

/* Two columns, so that a small window shows all. */
static char **help_lines(const Window *window)
{
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	GPtrArray *lines = g_ptr_array_new();
	gsize count;
	const Command *commands = window_commands(&count);

	for (gsize i = 0; i < count; i++)
		if (window_command_label(window, &commands[i]))
			g_ptr_array_add(cells, g_strdup_printf("%c        %s", commands[i].key,
							       window_command_label(window, &commands[i])));
	const WindowKeyHelp *keys = window_key_help(&count);
	for (gsize i = 0; i < count; i++)
		g_ptr_array_add(cells, g_strdup_printf("%-8s %s", keys[i].keys, keys[i].help));
	guint rows = (cells->len + 1) / 2;
	for (guint i = 0; i < rows; i++) {
		const char *right = i + rows < cells->len ? cells->pdata[i + rows] : "";
		g_ptr_array_add(lines,
				g_strdup_printf("%-*s%s", HELP_COLUMN, (char *)cells->pdata[i], right));
	}
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}

static void say_help(const Window *window, BoxText *text)
{
	const char *host = window_host_key_name(window);
	g_auto(GStrv) keys = help_lines(window);
	guint count = g_strv_length(keys);

	text->title = "Keys of this window";
	text->lines = g_new0(char *, count + 4);
	text->lines[0] = g_strdup_printf("Hold %s and press a key. %s alone: keyboard and mouse", host, host);
	text->lines[1] = g_strdup("belong to the guest, or to the desktop again.");
	text->lines[2] = g_strdup("");
	for (guint i = 0; i < count; i++)
		text->lines[i + 3] = g_steal_pointer(&keys[i]);
	text->choices[0] = "Close (Esc)";
}

static void say_prompt(const Window *window, BoxText *text)
{
	text->title = "Insert into the DVD drive: path of an ISO file";
	text->edit = &window->box.edit;
	text->choices[0] = "Insert (Enter)";
	text->choices[1] = "Cancel (Esc)";
}

/* The action's help is its consequence. */
static void say_confirm(const Window *window, BoxText *text)
{
	const Command *command = window->box.command;

	text->title = label_of(window);
	text->lines = g_new0(char *, 3);
	text->lines[0] = g_strdup_printf("VM `%s': %s?", window->name, label_of(window));
	text->lines[1] = g_strdup_printf("%s.", window_command_help(window, command));
	text->choices[0] = "Yes (Enter)";
	text->choices[1] = "No (Esc)";
}

static void say_typing(const Window *window, BoxText *text)
{
	const Box *box = &window->box;

	text->title = "Typing the clipboard's text";
	text->lines = one_line(g_strdup_printf("%u of %u keystrokes", box->done, box->total));
	text->percent = box->total ? (int)(100 * (guint64)box->done / box->total) : 0;
	text->choices[0] = "Stop (Esc)";
}

/* --- what the choices do ------------------------------------------------------------------------------------------- */

static void start(Window *window)
{
	window_act(window, "start", NULL);
}

/* A path as people write and paste it: "~/x.iso", a file: address, a name beside where we were started. */
static char *absolute_path(const char *text)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	g_autofree char *decoded =
		g_str_has_prefix(stripped, "file:") ? g_filename_from_uri(stripped, NULL, NULL) : NULL;
	const char *path = decoded ? decoded : stripped;

	if (g_str_has_prefix(path, "~/"))
		return g_build_filename(g_get_home_dir(), path + 2, NULL);
	return g_canonicalize_filename(path, NULL);
}

static void insert(Window *window)
{
	g_autofree char *path = NULL;

	if (window->box.edit.text->len == 0)
		return;
	path = absolute_path(window->box.edit.text->str);
	window_close_box(window);
	window_act(window, "insert", path);
}

static void confirm(Window *window)
{
	const Command *command = window->box.command;

	window_close_box(window);
	window_act(window, command->name, NULL);
}

static const struct {
	void (*say)(const Window *window, BoxText *text);
	void (*choices[BOX_CHOICES])(Window *window);
	gboolean modal; /* keys are the box's; else it only hangs there */
} kinds[] = {
	[BOX_TIP] = {.say = say_tip},
	[BOX_START] = {       .say = say_start,                                     .choices = { start } },
	[BOX_HELP] = {    .say = say_help,          .choices = { window_close_box }, .modal = TRUE },
	[BOX_PROMPT] = {  .say = say_prompt,  .choices = { insert, window_close_box }, .modal = TRUE },
	[BOX_CONFIRM] = { .say = say_confirm, .choices = { confirm, window_close_box }, .modal = TRUE },
	[BOX_TYPING] = {  .say = say_typing,        .choices = { window_stop_typing }, .modal = TRUE },
};

gboolean window_box_is_modal(const Window *window)
{
	return kinds[window->box.kind].modal;
}

/* --- open, close, draw --------------------------------------------------------------------------------------------- */

static void forget(Window *window)
{
	if (window->box.kind == BOX_PROMPT)
		window->backend->take_text(FALSE, window->data);
	line_edit_close(&window->box.edit);
	window->box.kind = BOX_NONE;
	window_stale(window, LAYER_BOX);
}

void window_open_box(Window *window, BoxKind kind)
{
	gconstpointer command = window->box.command;

	forget(window);
	window->box.kind = kind;
	window->box.command = command;
	if (kinds[kind].modal)
		window_let_go(window);
	if (kind == BOX_PROMPT) {
		line_edit_open(&window->box.edit, "");
		window->backend->take_text(TRUE, window->data);
	}
}

/* What hangs there when nothing else is open. */
static BoxKind resting_box(const Window *window)
{
	const WindowAction *action = window_action(window, "start");

	return window->card && action && action->possible && !window->options.view_only ? BOX_START
											: BOX_NONE;
}

void window_close_box(Window *window)
{
	forget(window);
	window->box.kind = resting_box(window);
}

static void place_box(Window *window, int width, int height)
{
	const Rect *room = &window->layout.room;
	const Button *button = window->hot >= 0 ? &g_array_index(window->buttons, Button, window->hot) : NULL;
	int below = window->layout.toolbar.y + window->layout.toolbar.height;
	Rect *at = &window->box.at;

	*at = (Rect){ room->x + (room->width - width) / 2, room->y + (room->height - height) / 2, width,
		      height };
	if (window->box.kind == BOX_START)
		at->y = room->y + room->height * 2 / 3;
	if (window->box.kind == BOX_TIP && button) {
		at->x = CLAMP(button->at.x, 0, MAX(window->frame.width - width, 0));
		at->y = below + MARGIN;
	}
}

void window_draw_box(Window *window)
{
	Box *box = &window->box;
	BoxText text = { .percent = -1 };

	window_stale_part(window, &box->at);
	box->at = (Rect){ 0, 0, 0, 0 };
	if (box->kind == BOX_NONE)
		return;
	kinds[box->kind].say(window, &text);
	box_draw(&window->layers[LAYER_BOX], &text, window->frame.width, window->frame.height, window->scale,
		 box->choices);
	g_strfreev(text.lines);
	place_box(window, window->layers[LAYER_BOX].width, window->layers[LAYER_BOX].height);
	window_stale_part(window, &box->at);
}

/* --- keys and clicks ----------------------------------------------------------------------------------------------- */

static void choose(Window *window, gsize choice)
{
	BoxKind kind = window->box.kind;

	if (kinds[kind].choices[choice])
		kinds[kind].choices[choice](window);
}

static gboolean edit_key(Window *window, const WindowKey *key)
{
	g_autofree char *pasted = NULL;

	if (window->box.kind != BOX_PROMPT)
		return FALSE;
	if (line_edit_key(&window->box.edit, key->qnum)) {
		window_stale(window, LAYER_BOX);
		return TRUE;
	}
	if (key->character != 'v' ||
	    !(window->down[key_by_name("ctrl")] || window->down[key_by_name("ctrl_r")]))
		return FALSE;
	pasted = window->backend->get_clipboard(window->data);
	if (pasted)
		line_edit_insert(&window->box.edit, pasted);
	window_stale(window, LAYER_BOX);
	return TRUE;
}

gboolean window_box_key(Window *window, const WindowKey *key)
{
	gboolean two = kinds[window->box.kind].choices[1] != NULL;

	if (!kinds[window->box.kind].modal)
		return FALSE;
	if (edit_key(window, key) || key->repeat)
		return TRUE;
	if (key->qnum == key_by_name("esc"))
		choose(window, two ? 1 : 0);
	else if (key->qnum == key_by_name("ret") || key->qnum == key_by_name("kp_enter"))
		choose(window, 0);
	return TRUE;
}

gboolean window_box_click(Window *window, int x, int y)
{
	Box *box = &window->box;

	for (gsize i = 0; i < BOX_CHOICES; i++)
		if (box->kind != BOX_NONE && kinds[box->kind].choices[i] &&
		    rect_holds(&box->choices[i], x - box->at.x, y - box->at.y)) {
			choose(window, i);
			return TRUE;
		}
	return kinds[box->kind].modal;
}

void window_text(Window *window, const char *text)
{
	if (window->box.kind != BOX_PROMPT)
		return;
	line_edit_insert(&window->box.edit, text);
	window_stale(window, LAYER_BOX);
}
