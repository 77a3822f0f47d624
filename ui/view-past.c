#include "ui/view-past.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#include "base/fd.h"
#include "ui/calls.h"
#include "ui/line-edit.h"
#include "ui/past-page.h"

#define STAMP_WIDTH 11 /* seconds since the start, and two blanks */
#define WHEEL_ROWS  3

typedef struct {
	View view;
	char *path;
	Calls *calls;
	Selection *page;
	int screen_y;        /* the row where the screen begins */
	int left, top;       /* the cell of the page that is drawn first */
	gboolean is_asking;  /* the record is to come */
	gboolean is_prompt;  /* what to look for is being written */
	gboolean backwards;  /* the way of the last search */
	gboolean is_waiting; /* it is to be done when the record is there */
	gboolean is_at_home; /* by the last command; the record brings another beginning */
	gboolean is_dragged;
	LineEdit edit; /* what is looked for */
} PastView;

static ViewResult leave(PastView *self)
{
	app_pop(self->view.app, &self->view);
	return VIEW_REDRAW;
}

/* --- search ---------------------------------------------------------------------------------------------------------- */

static void find(PastView *self, gboolean backwards)
{
	gboolean wrapped = FALSE;

	if (!self->edit.text->len)
		return;
	if (!selection_find(self->page, self->edit.text->str, backwards, &wrapped))
		app_message(self->view.app, ROLE_WAIT, "`%s' was not on the screen.", self->edit.text->str);
	else if (wrapped)
		app_message(self->view.app, ROLE_WAIT, "The search went on from the %s.",
			    backwards ? "end" : "beginning");
}

static void open_prompt(PastView *self, gboolean backwards)
{
	self->is_prompt = TRUE;
	self->backwards = backwards;
	line_edit_set(&self->edit, "");
}

static ViewResult prompt_key(PastView *self, const TermKey *key)
{
	if (key->code == TERM_KEY_ESCAPE || key->code == TERM_KEY_ENTER)
		self->is_prompt = FALSE;
	else
		line_edit_key(&self->edit, key, FALSE);
	self->is_waiting = key->code == TERM_KEY_ENTER && self->is_asking;
	if (key->code == TERM_KEY_ENTER && !self->is_asking)
		find(self, self->backwards);
	return VIEW_REDRAW;
}

/* --- the record ------------------------------------------------------------------------------------------------------ */

/* The record goes before what is there; the eye stays where it is. */
static void put_before(PastView *self, int fd)
{
	g_autoptr(Selection) record = selection_new();
	gboolean is_empty = self->page->rows->len == 0;

	past_page_add_record(record, fd);
	if (record->rows->len && !is_empty)
		selection_add_text(record, "", "[on the screen now]");
	self->top += (int)record->rows->len;
	self->screen_y += (int)record->rows->len;
	selection_prepend(self->page, record);
	if (is_empty)
		selection_put(self->page, 0, G_MAXINT);
}

/* A VM without a record has what is on its screen. */
static void on_record(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	PastView *self = owner;
	autofd fd = -1;
	gint32 handle;

	self->is_asking = FALSE;
	if (reply && fds) {
		g_variant_get(reply, "(h)", &handle);
		fd = g_unix_fd_list_get(fds, handle, NULL);
	}
	if (fd >= 0)
		put_before(self, fd);
	if (self->is_waiting)
		find(self, self->backwards);
	else if (self->is_at_home)
		selection_put(self->page, 0, 0);
	self->is_waiting = FALSE;
	app_redraw(self->view.app);
}

/* --- commands -------------------------------------------------------------------------------------------------------- */

static ViewResult copy(PastView *self)
{
	g_autofree char *text = selection_text(self->page);
	App *app = self->view.app;

	if (!text[strspn(text, "\n")]) {
		app_message(app, ROLE_WAIT, "There is nothing to copy here.");
		return VIEW_REDRAW;
	}
	if (!app_copy(app, text)) {
		app_message(app, ROLE_BAD, "This is too much for a terminal's clipboard; select less.");
		return VIEW_REDRAW;
	}
	app_message(app, ROLE_GOOD, "%ld characters were given to the terminal's clipboard.",
		    g_utf8_strlen(text, -1));
	return leave(self);
}

static int page_rows(const PastView *self)
{
	return MAX(self->view.area.height - 2, 1);
}

static gboolean move(PastView *self, int command)
{
	Selection *page = self->page;
	int rows = page_rows(self);
	/* clang-format off */
	const struct {
		int command, x, y;
	} moves[] = {
		{ COMMAND_LEFT, page->x - 1, page->y },
		{ COMMAND_RIGHT, page->x + 1, page->y },
		{ COMMAND_UP, page->wanted_x, page->y - 1 },
		{ COMMAND_DOWN, page->wanted_x, page->y + 1 },
		{ COMMAND_PAGE_UP, page->wanted_x, page->y - rows },
		{ COMMAND_PAGE_DOWN, page->wanted_x, page->y + rows },
		{ COMMAND_HOME, 0, 0 },
		{ COMMAND_END, 0, G_MAXINT },
		{ COMMAND_LINE_START, 0, page->y },
	};
	/* clang-format on */
	for (gsize i = 0; i < G_N_ELEMENTS(moves); i++)
		if (moves[i].command == command) {
			selection_put(page, moves[i].x, moves[i].y);
			return TRUE;
		}
	if (command == COMMAND_LINE_END)
		selection_put_end(page);
	return command == COMMAND_LINE_END;
}

static ViewResult cancel(PastView *self)
{
	if (self->page->mode == SELECTION_NONE)
		return leave(self);
	self->page->mode = SELECTION_NONE;
	return VIEW_REDRAW;
}

static gboolean mark(PastView *self, int command)
{
	static const struct {
		int command;
		SelectionMode mode;
	} modes[] = {
		{COMMAND_SELECT,        SELECTION_FLOW },
		{ COMMAND_SELECT_LINES, SELECTION_LINES},
		{ COMMAND_SELECT_BLOCK, SELECTION_BLOCK},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++)
		if (modes[i].command == command) {
			selection_mark(self->page, modes[i].mode);
			return TRUE;
		}
	return FALSE;
}

static ViewResult past_command(View *view, int command)
{
	PastView *self = (PastView *)view;

	if (self->is_prompt)
		return VIEW_IGNORED;
	self->is_at_home = command == COMMAND_HOME;
	if (move(self, command) || mark(self, command))
		return VIEW_REDRAW;
	if (command == COMMAND_CANCEL)
		return cancel(self);
	if (command == COMMAND_COPY)
		return copy(self);
	if (command == COMMAND_FIND || command == COMMAND_FIND_BACK)
		open_prompt(self, command == COMMAND_FIND_BACK);
	else if (command == COMMAND_NEXT || command == COMMAND_PREVIOUS)
		find(self, self->backwards != (command == COMMAND_PREVIOUS));
	else
		return VIEW_IGNORED;
	return VIEW_REDRAW;
}

static ViewResult past_key(View *view, const TermKey *key)
{
	PastView *self = (PastView *)view;

	return self->is_prompt ? prompt_key(self, key) : VIEW_IGNORED;
}

static gboolean past_typing(View *view)
{
	return ((PastView *)view)->is_prompt;
}

/* --- the mouse ------------------------------------------------------------------------------------------------------- */

static int row_indent(const PastView *self, int y)
{
	const SelectionRow *row = y < (int)self->page->rows->len ? self->page->rows->pdata[y] : NULL;

	return row && row->stamp ? STAMP_WIDTH : 0;
}

static void put_at(PastView *self, const TermKey *mouse)
{
	int y = MAX(self->top + mouse->y - self->view.area.y, 0);

	selection_put(self->page, mouse->x - self->view.area.x + self->left - row_indent(self, y), y);
}

/* Dragging selects, with Alt a block; letting go copies. */
static ViewResult past_mouse(View *view, const TermKey *mouse)
{
	PastView *self = (PastView *)view;
	Selection *page = self->page;

	if (mouse->button == TERM_WHEEL_UP || mouse->button == TERM_WHEEL_DOWN) {
		int rows = mouse->button == TERM_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
		selection_put(page, page->wanted_x, page->y + rows);
		return VIEW_REDRAW;
	}
	if (mouse->event == TERM_RELEASE && self->is_dragged) {
		put_at(self, mouse);
		self->is_dragged = FALSE;
		return copy(self);
	}
	if (mouse->button != TERM_BUTTON_LEFT || mouse->event == TERM_RELEASE)
		return VIEW_QUIET;
	put_at(self, mouse);
	self->is_dragged = mouse->event == TERM_REPEAT;
	if (mouse->event == TERM_PRESS) {
		page->mode = SELECTION_NONE;
		page->mark_x = page->x;
		page->mark_y = page->y;
	} else if (page->mode == SELECTION_NONE) {
		page->mode = mouse->mods & TERM_CTRL ? SELECTION_BLOCK : SELECTION_FLOW;
	}
	return VIEW_REDRAW;
}

/* --- drawing --------------------------------------------------------------------------------------------------------- */

static void scroll(PastView *self, int width, int height)
{
	Selection *page = self->page;
	int rows = (int)page->rows->len, x = page->x + row_indent(self, page->y);

	self->top = CLAMP(self->top, page->y - height + 1, page->y);
	/* A screen that is lower than the terminal stands as the console showed it. */
	self->top = CLAMP(self->top, 0, MAX(rows - height, MIN(self->screen_y, MAX(rows - 1, 0))));
	self->left = MAX(CLAMP(self->left, x - width + 1, x), 0);
	if (x < width)
		self->left = 0;
}

static Style cell_style(const PastView *self, int x, int y, const Cell *cell)
{
	const SelectionRow *row = self->page->rows->pdata[y];
	Style style = row->stamp ? theme(ROLE_NORMAL) : (Style){ cell->fg, cell->bg, ATTR_NONE };

	if (selection_is_found(self->page, x, y))
		return theme(ROLE_CURSOR);
	if (selection_has(self->page, x, y))
		style.attr |= ATTR_REVERSE;
	return style;
}

static void draw_row(const PastView *self, Canvas *canvas, Rect area, int y)
{
	const SelectionRow *row = self->page->rows->pdata[y];
	int indent = row_indent(self, y), screen_y = area.y + y - self->top;

	if (row->stamp && self->left == 0)
		canvas_text(canvas, area.x, screen_y, STAMP_WIDTH, theme(ROLE_DIM), row->stamp);
	for (int x = MAX(self->left - indent, 0); x < row->columns; x++) {
		int screen_x = indent + x - self->left;
		if (screen_x >= area.width)
			break;
		if (row->cells[x].character)
			canvas_put(canvas, area.x + screen_x, screen_y, row->cells[x].character,
				   cell_style(self, x, y, &row->cells[x]));
	}
}

static void draw_prompt(PastView *self, Canvas *canvas, Rect line)
{
	Style style = theme(ROLE_TITLE);
	const char *words = self->backwards ? " Find above: " : " Find below: ";
	int used = canvas_text(canvas, line.x, line.y, line.width, style, words);

	line_edit_draw(&self->edit, canvas, line.x + used, line.y, line.width - used - 1, style, TRUE);
}

static void draw_status(PastView *self, Canvas *canvas, Rect line)
{
	const ClientVm *vm = client_find_vm(app_client(self->view.app), self->path);
	Style style = theme(ROLE_TITLE);
	Role role;
	const char *message = app_message_text(self->view.app, &role);
	g_autofree char *text =
		g_strdup_printf(" %s \xc2\xb7 line %d of %u \xc2\xb7 v select \xc2\xb7 y copy \xc2\xb7 / "
				"find \xc2\xb7 F1 help \xc2\xb7 Esc back",
				vm ? vm->name : "Looking back", self->page->y + 1, self->page->rows->len);

	canvas_fill(canvas, line, ' ', style);
	if (self->is_prompt) {
		draw_prompt(self, canvas, line);
		return;
	}
	if (message)
		style.fg = theme(role).fg;
	canvas_text(canvas, line.x + (message ? 1 : 0), line.y, line.width - 1, style,
		    message ? message : text);
}

static void past_draw(View *view, Canvas *canvas, Rect area)
{
	PastView *self = (PastView *)view;
	Rect page = { area.x, area.y, area.width, area.height - 1 };
	int rows = (int)self->page->rows->len;

	scroll(self, page.width, page.height);
	if (!rows && !self->is_asking)
		canvas_text(canvas, area.x + 1, area.y + 1, area.width - 2, theme(ROLE_DIM),
			    "No text has been read on this VM's screen yet.");
	for (int y = self->top; y < rows && y < self->top + page.height; y++)
		draw_row(self, canvas, page, y);
	draw_status(self, canvas, (Rect){ area.x, area.y + page.height, area.width, 1 });
	if (!self->is_prompt)
		canvas_cursor(canvas, area.x + self->page->x + row_indent(self, self->page->y) - self->left,
			      area.y + self->page->y - self->top);
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void past_free(View *view)
{
	PastView *self = (PastView *)view;

	calls_free(self->calls);
	selection_free(self->page);
	line_edit_clear(&self->edit);
	g_free(self->path);
	g_free(self);
}

static const ViewClass past_class = {
	.id = VIEW_PAST,
	.whole = TRUE,
	.draw = past_draw,
	.command = past_command,
	.key = past_key,
	.typing = past_typing,
	.mouse = past_mouse,
	.free = past_free,
};

static void ask_record(PastView *self)
{
	self->is_asking = TRUE;
	calls_send(self->calls, self->path, "Vm", "OpenRecord",
		   g_variant_new("(@a{sv})", g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)),
		   on_record);
}

gboolean view_past_open(App *app, const char *vm_path, Surface *surface, PastStart start, int x, int y)
{
	gboolean is_drag = start == PAST_DRAG;
	g_autoptr(Selection) page = selection_new();
	PastView *self;
	gboolean has_text =
		surface && past_page_add_screen(page, surface, is_drag ? x : -1, is_drag ? y : -1);

	if (is_drag && !has_text) {
		app_message(app, ROLE_WAIT,
			    "No text was recognised on this screen; there is nothing to select.");
		return FALSE;
	}
	self = g_new0(PastView, 1);
	self->path = g_strdup(vm_path);
	self->page = g_steal_pointer(&page);
	self->calls = calls_new(app_client(app), self);
	line_edit_init(&self->edit, "");
	if (is_drag)
		selection_mark(self->page, SELECTION_FLOW);
	app_push(app, &self->view, &past_class);
	if (start == PAST_FIND)
		open_prompt(self, TRUE);
	ask_record(self);
	return TRUE;
}
