#include "ui/dialog.h"

#include "ui/line-edit.h"
#include "ui/list.h"

#define DIALOG_WIDTH 60
#define MAX_CHOICES  14
#define HELP_LINES   2

typedef struct {
	View view;
	char *title, *text, *accept, *expected, *option;
	char **choices, **helps;
	gboolean has_input, option_on;
	LineEdit edit;
	List list;
	DialogDone done;
	gpointer data;
	GDestroyNotify destroy;
	Rect box, rows, hint;
} Dialog;

static const ViewClass dialog_class;

void dialog_open(App *app, const DialogSpec *spec)
{
	Dialog *dialog = g_new0(Dialog, 1);

	dialog->title = g_strdup(spec->title);
	dialog->text = g_strdup(spec->text);
	dialog->accept = g_strdup(spec->accept ? spec->accept : "OK");
	dialog->expected = g_strdup(spec->expected);
	dialog->option = g_strdup(spec->option);
	dialog->choices = g_strdupv((char **)spec->choices);
	dialog->helps = g_strdupv((char **)spec->helps);
	dialog->has_input = spec->input != NULL;
	dialog->done = spec->done;
	dialog->data = spec->data;
	dialog->destroy = spec->destroy;
	line_edit_init(&dialog->edit, spec->input ? spec->input : "");
	list_layout(&dialog->list, dialog->choices ? (int)g_strv_length(dialog->choices) : 0, MAX_CHOICES);
	app_push(app, &dialog->view, &dialog_class);
}

static void dialog_free(View *view)
{
	Dialog *dialog = (Dialog *)view;

	if (dialog->destroy)
		dialog->destroy(dialog->data);
	line_edit_clear(&dialog->edit);
	g_strfreev(dialog->choices);
	g_strfreev(dialog->helps);
	g_free(dialog->title);
	g_free(dialog->text);
	g_free(dialog->accept);
	g_free(dialog->expected);
	g_free(dialog->option);
	g_free(dialog);
}

/* --- answers ---------------------------------------------------------------------------------------------------------- */

static gboolean acceptable(const Dialog *dialog)
{
	return !dialog->expected || g_str_equal(dialog->edit.text->str, dialog->expected);
}

static ViewResult accept(Dialog *dialog)
{
	App *app = dialog->view.app;
	DialogAnswer answer = { dialog->edit.text->str, dialog->choices ? dialog->list.cursor : -1,
				dialog->option_on };

	if (!acceptable(dialog))
		return VIEW_QUIET;
	app_pop(app, &dialog->view); /* freed after this event */
	if (dialog->done)
		dialog->done(app, &answer, dialog->data);
	return VIEW_REDRAW;
}

static ViewResult dialog_command(View *view, int command)
{
	Dialog *dialog = (Dialog *)view;

	if (command == COMMAND_ACCEPT)
		return accept(dialog);
	if (command == COMMAND_CANCEL) {
		app_pop(view->app, view);
		return VIEW_REDRAW;
	}
	/* The cursor keys move in the line if there is one. */
	return dialog->choices ? list_command(&dialog->list, command) : VIEW_IGNORED;
}

static ViewResult dialog_key(View *view, const TermKey *key)
{
	Dialog *dialog = (Dialog *)view;

	if (dialog->option && key->code == TERM_KEY_TAB) {
		dialog->option_on = !dialog->option_on;
		return VIEW_REDRAW;
	}
	if (dialog->has_input)
		return line_edit_key(&dialog->edit, key, FALSE) ? VIEW_REDRAW : VIEW_IGNORED;
	if (key->code == 'y')
		return accept(dialog);
	return key->code == 'n' ? dialog_command(view, COMMAND_CANCEL) : VIEW_IGNORED;
}

static ViewResult dialog_mouse(View *view, const TermKey *mouse)
{
	Dialog *dialog = (Dialog *)view;
	gboolean clicked;
	ViewResult result = list_mouse(&dialog->list, mouse, dialog->rows, &clicked);

	if (dialog->choices && clicked)
		return accept(dialog);
	if (mouse->event == TERM_PRESS && mouse->button == TERM_BUTTON_LEFT && mouse->y == dialog->hint.y &&
	    mouse->x >= dialog->box.x && mouse->x < dialog->box.x + dialog->box.width)
		return mouse->x < dialog->hint.x ? accept(dialog) : dialog_command(view, COMMAND_CANCEL);
	return dialog->choices ? result : VIEW_IGNORED;
}

static gboolean dialog_typing(View *view)
{
	return ((Dialog *)view)->has_input;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------ */

static int draw_choice_help(Dialog *dialog, Canvas *canvas, int x, int y, int width)
{
	g_autoptr(GPtrArray) lines = canvas_wrap(dialog->helps[dialog->list.cursor], width);

	for (int i = 0; i < HELP_LINES && i < (int)lines->len; i++)
		canvas_text(canvas, x, y + i, width, theme(ROLE_DIM), lines->pdata[i]);
	return y + HELP_LINES;
}

static int draw_choices(Dialog *dialog, Canvas *canvas, int x, int y, int width)
{
	int height = MIN(dialog->list.count, MAX_CHOICES);

	list_layout(&dialog->list, dialog->list.count, height);
	dialog->rows = (Rect){ x, y, width, height };
	for (int i = 0; i < height; i++) {
		int row = dialog->list.top + i;
		gboolean cursor = row == dialog->list.cursor;
		canvas_field(canvas, x, y + i, width, theme(cursor ? ROLE_CURSOR : ROLE_DIALOG),
			     dialog->choices[row], FALSE);
	}
	return dialog->helps ? draw_choice_help(dialog, canvas, x, y + height + 1, width) : y + height;
}

static int draw_input(Dialog *dialog, Canvas *canvas, int x, int y, int width)
{
	line_edit_draw(&dialog->edit, canvas, x, y, width, theme(ROLE_FOCUS), TRUE);
	return y + 1;
}

static int draw_option(Dialog *dialog, Canvas *canvas, int x, int y, int width)
{
	g_autofree char *text =
		g_strdup_printf("[%c] %s (Tab)", dialog->option_on ? 'x' : ' ', dialog->option);

	canvas_text(canvas, x, y, width, theme(ROLE_DIALOG), text);
	return y + 1;
}

static void draw_hint(Dialog *dialog, Canvas *canvas, int x, int y, int width)
{
	Style key = theme(acceptable(dialog) ? ROLE_HEADING : ROLE_DIM);
	Style text = theme(acceptable(dialog) ? ROLE_DIALOG : ROLE_DIM);
	int at = x;

	at += canvas_text(canvas, at, y, width, key, "Enter ");
	at += canvas_text(canvas, at, y, width, text, dialog->accept) + 3;
	dialog->hint = (Rect){ at - 1, y, width, 1 };
	if (!dialog->done)
		return;
	at += canvas_text(canvas, at, y, width, theme(ROLE_HEADING), "Esc ");
	canvas_text(canvas, at, y, width, theme(ROLE_DIALOG), "Cancel");
}

static int height_of(const Dialog *dialog, guint text_lines)
{
	return 4 + (text_lines ? (int)text_lines + 1 : 0) + (dialog->has_input ? 2 : 0) +
	       (dialog->option ? 2 : 0) + (dialog->choices ? MIN(dialog->list.count, MAX_CHOICES) + 1 : 0) +
	       (dialog->helps ? HELP_LINES + 1 : 0) - 1;
}

static void dialog_draw(View *view, Canvas *canvas, Rect area)
{
	Dialog *dialog = (Dialog *)view;
	int width = MIN(DIALOG_WIDTH, area.width), x, y;
	g_autoptr(GPtrArray) lines = dialog->text ? canvas_wrap(dialog->text, width - 4) : g_ptr_array_new();
	int height = MIN(height_of(dialog, lines->len), area.height);

	dialog->box = (Rect){ area.x + (area.width - width) / 2, area.y + (area.height - height) / 3, width,
			      height };
	canvas_cursor(canvas, -1, -1);
	canvas_box(canvas, dialog->box, theme(ROLE_DIALOG), dialog->title);
	x = dialog->box.x + 2;
	y = dialog->box.y + 1;
	for (guint i = 0; i < lines->len; i++)
		canvas_text(canvas, x, y++, width - 4, theme(ROLE_DIALOG), lines->pdata[i]);
	y += lines->len ? 1 : 0;
	if (dialog->choices)
		y = draw_choices(dialog, canvas, x, y, width - 4) + 1;
	if (dialog->has_input)
		y = draw_input(dialog, canvas, x, y, width - 4) + 1;
	if (dialog->option)
		y = draw_option(dialog, canvas, x, y, width - 4) + 1;
	draw_hint(dialog, canvas, x, y, width - 4);
}

static const ViewClass dialog_class = {
	.id = VIEW_DIALOG,
	.popup = TRUE,
	.draw = dialog_draw,
	.command = dialog_command,
	.key = dialog_key,
	.typing = dialog_typing,
	.mouse = dialog_mouse,
	.free = dialog_free,
};
