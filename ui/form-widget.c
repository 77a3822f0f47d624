#include "ui/form-widget.h"

#include "ui/theme.h"

#define LABEL_WIDTH 26
#define HELP_ROWS   3 /* a rule and two lines */

static const FormRow *current(const FormWidget *widget)
{
	return form_row(widget->form, (guint)widget->list.cursor);
}

static void load_edit(FormWidget *widget)
{
	line_edit_set(&widget->edit, current(widget)->text);
}

FormWidget *form_widget_new(Form *form)
{
	FormWidget *widget = g_new0(FormWidget, 1);

	widget->form = form;
	widget->lines = g_array_new(FALSE, FALSE, sizeof(int));
	line_edit_init(&widget->edit, "");
	list_layout(&widget->list, (int)form_count(form), 10);
	/* Begin where something can be written. */
	while (widget->list.cursor < widget->list.count - 1 && current(widget)->locked)
		widget->list.cursor++;
	if (current(widget)->locked)
		widget->list.cursor = 0;
	load_edit(widget);
	return widget;
}

void form_widget_free(FormWidget *widget)
{
	form_free(widget->form);
	line_edit_clear(&widget->edit);
	g_array_unref(widget->lines);
	g_free(widget);
}

void form_widget_go(FormWidget *widget, int row)
{
	widget->list.cursor = CLAMP(row, 0, widget->list.count - 1);
	load_edit(widget);
}

/* --- keys ---------------------------------------------------------------------------------------------------------------- */

ViewResult form_widget_command(FormWidget *widget, int command)
{
	gboolean ends = command == COMMAND_HOME || command == COMMAND_END;
	int before = widget->list.cursor;
	ViewResult result;

	/* Home and End move in the text. */
	if (ends && !form_has_choices(current(widget)) && !current(widget)->locked)
		return VIEW_IGNORED;
	result = list_command(&widget->list, command);
	if (widget->list.cursor != before)
		load_edit(widget);
	return result;
}

/* What a key does on a row with choices: 0 = nothing. */
static int cycle_step(const TermKey *key)
{
	if (key->code == TERM_KEY_LEFT)
		return -1;
	return key->code == TERM_KEY_RIGHT || key->code == ' ' ? 1 : 0;
}

ViewResult form_widget_key(FormWidget *widget, const TermKey *key)
{
	const FormRow *row = current(widget);
	guint index = (guint)widget->list.cursor;
	int step = cycle_step(key);

	if (row->locked)
		return VIEW_QUIET;
	if (form_has_choices(row)) {
		if (step)
			form_cycle(widget->form, index, step);
		load_edit(widget);
		return step ? VIEW_REDRAW : VIEW_IGNORED;
	}
	if (!line_edit_key(&widget->edit, key, row->field->type == FIELD_TEXT))
		return VIEW_IGNORED;
	form_set_text(widget->form, index, widget->edit.text->str);
	return VIEW_REDRAW;
}

ViewResult form_widget_mouse(FormWidget *widget, const TermKey *mouse)
{
	int line = mouse->y - widget->rows.y, row;

	if (mouse->event != TERM_PRESS)
		return VIEW_IGNORED;
	if (mouse->button == TERM_WHEEL_UP || mouse->button == TERM_WHEEL_DOWN)
		return form_widget_command(widget,
					   mouse->button == TERM_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
	if (line < 0 || line >= (int)widget->lines->len || mouse->button != TERM_BUTTON_LEFT)
		return VIEW_IGNORED;
	row = g_array_index(widget->lines, int, line);
	if (row < 0)
		return VIEW_QUIET;
	if (row == widget->list.cursor && !current(widget)->locked)
		form_cycle(widget->form, (guint)row, 1);
	form_widget_go(widget, row);
	return VIEW_REDRAW;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------- */

/* What is wrong with a row, broken into lines; empty when nothing is. */
static GPtrArray *error_lines(const FormWidget *widget, const FormRow *row)
{
	return row->error ? canvas_wrap(row->error, widget->rows.width - 8) : g_ptr_array_new();
}

/* Lines that a row takes: its heading with a blank before it, itself, its error. */
static int lines_of(const FormWidget *widget, int index)
{
	const FormRow *row = form_row(widget->form, (guint)index);
	g_autoptr(GPtrArray) errors = error_lines(widget, row);

	return 1 + (row->heading ? (index ? 2 : 1) : 0) + (int)errors->len;
}

/* Scrolls by whole rows so that the one with the cursor is seen. */
static void scroll(FormWidget *widget, int height)
{
	List *list = &widget->list;

	list->top = MIN(list->top, list->cursor);
	while (TRUE) {
		int used = 0;
		for (int row = list->top; row <= list->cursor; row++)
			used += lines_of(widget, row);
		if (used <= height || list->top == list->cursor)
			break;
		list->top++;
	}
	list->height = MAX(height / 2, 1); /* for PgUp and PgDn */
}

static void draw_value(FormWidget *widget, Canvas *canvas, Rect area, int y, const FormRow *row,
		       gboolean cursor)
{
	int x = area.x + LABEL_WIDTH + 2, width = area.width - LABEL_WIDTH - 4;
	Style style = theme(row->locked            ? ROLE_DIM
			    : cursor               ? ROLE_FOCUS
			    : form_is_changed(row) ? ROLE_MARKED
						   : ROLE_INPUT);
	g_autofree char *choice = g_strdup_printf("\xe2\x80\xb9 %s \xe2\x80\xba", row->text);

	if (cursor && row->locked)
		canvas_field(canvas, x, y, width, theme(ROLE_FOCUS), row->text, FALSE);
	else if (cursor && form_has_choices(row))
		canvas_field(canvas, x, y, width, style, choice, FALSE);
	else if (cursor)
		line_edit_draw(&widget->edit, canvas, x, y, width, style, TRUE);
	else
		canvas_field(canvas, x, y, width, style, row->text, FALSE);
}

/* Returns the line behind it. */
static int draw_row(FormWidget *widget, Canvas *canvas, Rect area, int y, int index, gboolean focus)
{
	const FormRow *row = form_row(widget->form, (guint)index);
	g_autoptr(GPtrArray) errors = error_lines(widget, row);
	gboolean cursor = focus && index == widget->list.cursor;
	int none = -1;

	if (row->heading) {
		if (index > 0 && y > area.y) {
			y++;
			g_array_append_val(widget->lines, none);
		}
		canvas_text(canvas, area.x + 1, y++, area.width - 2, theme(ROLE_HEADING), row->heading);
		g_array_append_val(widget->lines, none);
	}
	if (y >= area.y + area.height)
		return y;
	canvas_text(canvas, area.x + 3, y, LABEL_WIDTH - 2, theme(cursor ? ROLE_NORMAL : ROLE_DIM),
		    row->field->label);
	draw_value(widget, canvas, area, y++, row, cursor);
	g_array_append_val(widget->lines, index);
	for (guint i = 0; i < errors->len && y < area.y + area.height; i++) {
		canvas_text(canvas, area.x + 5, y++, area.width - 6, theme(ROLE_BAD), errors->pdata[i]);
		g_array_append_val(widget->lines, none);
	}
	return y;
}

/* The field table's sentence about the row, and what is special. */
static void draw_help(FormWidget *widget, Canvas *canvas, Rect area)
{
	const FormRow *row = current(widget);
	const char *keys = row->locked                      ? ""
			   : form_has_choices(row)          ? " Space or arrows change it."
			   : row->field->type == FIELD_TEXT ? " Alt-Enter begins a new line."
							    : "";
	g_autofree char *text = g_strdup_printf("%s.%s", row->field->help, keys);
	g_autofree char *locked = row->locked ? g_strdup_printf("Not now: %s.", row->locked) : NULL;
	g_autoptr(GPtrArray) lines = NULL;

	*text = g_ascii_toupper(*text);
	lines = canvas_wrap(text, area.width - 2);
	canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
	canvas_text(canvas, area.x + 1, area.y + 1, area.width - 2, theme(ROLE_NORMAL), lines->pdata[0]);
	if (locked)
		canvas_text(canvas, area.x + 1, area.y + 2, area.width - 2, theme(ROLE_WAIT), locked);
	else if (lines->len > 1)
		canvas_text(canvas, area.x + 1, area.y + 2, area.width - 2, theme(ROLE_NORMAL),
			    lines->pdata[1]);
}

void form_widget_draw(FormWidget *widget, Canvas *canvas, Rect area, gboolean focus)
{
	Rect rows = { area.x, area.y, area.width, area.height - HELP_ROWS };
	int y = rows.y, index;

	widget->rows = rows;
	g_array_set_size(widget->lines, 0);
	scroll(widget, rows.height);
	for (index = widget->list.top; index < widget->list.count && y < rows.y + rows.height; index++)
		y = draw_row(widget, canvas, rows, y, index, focus);
	canvas_scrollbar(canvas, rows, widget->list.top,
			 widget->list.top || index < widget->list.count ? widget->list.count + rows.height / 2
									: 0,
			 theme(ROLE_DIM));
	draw_help(widget, canvas, (Rect){ area.x, area.y + rows.height, area.width, HELP_ROWS });
}
