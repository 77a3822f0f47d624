#include "ui/view-past.h"

#include <string.h>

#include "base/fd.h"
#include "console/record.h"
#include "ui/calls.h"
#include "ui/line-edit.h"
#include "ui/list.h"
#include "ui/selection.h"

typedef struct {
	View view;
	char *name;
	Calls *calls;
	GPtrArray *lines; /* of char *; the last ones are the screen as it was when the page was opened */
	guint now_count;
	List list; /* its cursor is the row of the selection's */
	Selection selection;
	LineEdit edit;
	gboolean is_finding; /* the line is being written */
} PastView;

/* --- the lines ------------------------------------------------------------------------------------------------------- */

static void go_to(PastView *self, Place place)
{
	int last = MAX((int)self->lines->len - 1, 0);

	self->selection.cursor.row = CLAMP(place.row, 0, last);
	self->selection.cursor.column = MAX(place.column, 0);
	self->list.cursor = self->selection.cursor.row;
}

static void add_now(PastView *self, const char *now)
{
	g_auto(GStrv) rows = g_strsplit(now ? now : "", "\n", -1);
	guint count = g_strv_length(rows);

	while (count && !*rows[count - 1])
		count--;
	for (guint i = 0; i < count; i++)
		g_ptr_array_add(self->lines, g_strdup(rows[i]));
	self->now_count = count;
	go_to(self, (Place){ (int)count - 1, 0 });
}

static char *entry_line(const RecordEntry *entry)
{
	double seconds = (double)entry->t / 1000;

	if (entry->kind == RECORD_LINE)
		return g_strdup_printf("%9.3f  %s", seconds, entry->text);
	if (entry->kind == RECORD_TEXT_MODE || entry->kind == RECORD_PICTURE)
		return g_strdup_printf("%9.3f  [%s of %dx%d]", seconds,
				       entry->kind == RECORD_PICTURE ? "picture" : "text", entry->width,
				       entry->height);
	return NULL;
}

/* The record goes before what is there; the eye stays where it is. */
static void put_before(PastView *self, GPtrArray *entries)
{
	guint added = 0;

	for (guint i = 0; i < entries->len; i++) {
		char *line = entry_line(entries->pdata[i]);
		if (line)
			g_ptr_array_insert(self->lines, (gint)added++, line);
	}
	if (added)
		g_ptr_array_insert(self->lines, (gint)added++, g_strdup(""));
	self->list.top += (int)added;
	self->selection.mark.row += (int)added;
	go_to(self, (Place){ self->selection.cursor.row + (int)added, self->selection.cursor.column });
}

/* A VM without a record has what is on its screen. */
static void on_record(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	PastView *self = owner;
	g_autofree char *start = NULL;
	gint32 handle;

	if (!reply || !fds)
		return;
	g_variant_get(reply, "(h)", &handle);
	autofd fd = g_unix_fd_list_get(fds, handle, NULL);
	if (fd < 0)
		return;
	g_autoptr(GPtrArray) entries = record_read_fd(fd, &start);
	put_before(self, entries);
	app_redraw(self->view.app);
}

/* --- what can be done ------------------------------------------------------------------------------------------------ */

static void copy(PastView *self)
{
	if (!self->selection.is_on)
		self->selection.mark = (Place){ self->selection.cursor.row, 0 };
	Selection whole = self->selection;
	if (!self->selection.is_on)
		whole.cursor.column = G_MAXINT;
	g_autofree char *text = selection_text(&whole, self->lines);
	self->selection.is_on = FALSE;
	if (!*text)
		app_message(self->view.app, ROLE_WAIT, "There is nothing to copy here.");
	else if (app_copy(self->view.app, text))
		app_message(self->view.app, ROLE_GOOD,
			    "%ld characters were given to the terminal's clipboard.",
			    g_utf8_strlen(text, -1));
	else
		app_message(self->view.app, ROLE_BAD, "This is too much for a terminal's clipboard.");
}

static void find(PastView *self, int step)
{
	Place found;

	if (selection_find(self->lines, self->edit.text->str, self->selection.cursor.row + step, step,
			   &found))
		go_to(self, found);
	else if (self->edit.text->len)
		app_message(self->view.app, ROLE_WAIT, "`%s' was not on the screen.", self->edit.text->str);
}

static ViewResult past_command(View *view, int command)
{
	PastView *self = (PastView *)view;

	app_clear_message(view->app);
	if (self->is_finding) {
		self->is_finding = FALSE;
		/* upwards: what one looks for has been */
		if (command == COMMAND_COPY)
			find(self, -1);
	} else if (command == COMMAND_CANCEL && self->selection.is_on) {
		self->selection.is_on = FALSE;
	} else if (command == COMMAND_CANCEL) {
		app_pop(view->app, view);
	} else if (command == COMMAND_SELECT) {
		self->selection.is_on = !self->selection.is_on;
		self->selection.mark = self->selection.cursor;
	} else if (command == COMMAND_COPY) {
		copy(self);
	} else if (command == COMMAND_FILTER) {
		line_edit_set(&self->edit, "");
		self->is_finding = TRUE;
	} else if (command == COMMAND_NEXT || command == COMMAND_PREVIOUS) {
		find(self, command == COMMAND_NEXT ? 1 : -1);
	} else if (command == COMMAND_LEFT || command == COMMAND_RIGHT) {
		go_to(self, (Place){ self->selection.cursor.row,
				     self->selection.cursor.column + (command == COMMAND_LEFT ? -1 : 1) });
	} else {
		ViewResult result = list_command(&self->list, command);
		go_to(self, (Place){ self->list.cursor, self->selection.cursor.column });
		return result;
	}
	return VIEW_REDRAW;
}

static ViewResult past_key(View *view, const TermKey *key)
{
	PastView *self = (PastView *)view;

	if (!self->is_finding)
		return VIEW_IGNORED;
	line_edit_key(&self->edit, key, FALSE);
	return VIEW_REDRAW;
}

static gboolean past_typing(View *view)
{
	return ((PastView *)view)->is_finding;
}

/* Dragging selects, letting go copies. */
static ViewResult past_mouse(View *view, const TermKey *mouse)
{
	PastView *self = (PastView *)view;
	Place place = { self->list.top + mouse->y - view->area.y, mouse->x - view->area.x };

	if (mouse->button == TERM_WHEEL_UP || mouse->button == TERM_WHEEL_DOWN)
		return past_command(view, mouse->button == TERM_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
	if (mouse->button != TERM_BUTTON_LEFT && mouse->event != TERM_RELEASE)
		return VIEW_IGNORED;
	go_to(self, place);
	if (mouse->event == TERM_PRESS) {
		self->selection.is_on = FALSE;
		self->selection.mark = self->selection.cursor;
	} else if (mouse->event == TERM_REPEAT) {
		self->selection.is_on = TRUE;
	} else if (self->selection.is_on) {
		copy(self);
	}
	return VIEW_REDRAW;
}

/* --- drawing --------------------------------------------------------------------------------------------------------- */

static void draw_line(PastView *self, Canvas *canvas, Rect area, int row)
{
	int y = area.y + row - self->list.top;
	gboolean is_past = row < (int)(self->lines->len - self->now_count);

	canvas_text(canvas, area.x, y, area.width, theme(is_past ? ROLE_DIM : ROLE_NORMAL),
		    self->lines->pdata[row]);
	for (int x = 0; x < area.width - 1; x++)
		if (selection_covers(&self->selection, row, x))
			canvas_restyle(canvas, (Rect){ area.x + x, y, 1, 1 }, theme(ROLE_CURSOR));
}

static void past_draw(View *view, Canvas *canvas, Rect area)
{
	PastView *self = (PastView *)view;
	Rect page = { area.x, area.y, area.width, area.height - (self->is_finding ? 1 : 0) };

	list_layout(&self->list, (int)self->lines->len, page.height);
	for (int i = 0; i < page.height && self->list.top + i < self->list.count; i++)
		draw_line(self, canvas, page, self->list.top + i);
	canvas_scrollbar(canvas, page, self->list.top, self->list.count, theme(ROLE_DIM));
	if (self->is_finding) {
		canvas_text(canvas, area.x, area.y + page.height, 6, theme(ROLE_HEADING), "Find:");
		line_edit_draw(&self->edit, canvas, area.x + 6, area.y + page.height, area.width - 7,
			       theme(ROLE_INPUT), TRUE);
	} else {
		canvas_cursor(canvas, area.x + MIN(self->selection.cursor.column, area.width - 2),
			      area.y + self->selection.cursor.row - self->list.top);
	}
}

static char *past_title(View *view)
{
	return g_strdup_printf("%s: what has been on the screen", ((PastView *)view)->name);
}

static void past_free(View *view)
{
	PastView *self = (PastView *)view;

	calls_free(self->calls);
	g_ptr_array_unref(self->lines);
	line_edit_clear(&self->edit);
	g_free(self->name);
	g_free(self);
}

static const ViewClass past_class = {
	.id = VIEW_PAST,
	.title = past_title,
	.draw = past_draw,
	.command = past_command,
	.key = past_key,
	.typing = past_typing,
	.mouse = past_mouse,
	.free = past_free,
};

void view_past_open(App *app, const char *vm_path, const char *vm_name, const char *now)
{
	PastView *self = g_new0(PastView, 1);

	self->name = g_strdup(vm_name);
	self->lines = g_ptr_array_new_with_free_func(g_free);
	line_edit_init(&self->edit, "");
	self->calls = calls_new(app_client(app), self);
	app_push(app, &self->view, &past_class);
	add_now(self, now);
	calls_send(self->calls, vm_path, "Vm", "OpenRecord",
		   g_variant_new("(@a{sv})", g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)),
		   on_record);
}
