#include "ui/view-help.h"

#include "ui/list.h"

#define KEY_WIDTH   12
#define LABEL_WIDTH 20

/* One line of the page: a heading, or keys, name and sentence. */
typedef struct {
	char *heading; /* owned, as all */
	char *keys, *label, *help;
} HelpLine;

typedef struct {
	View view;
	ViewId about;
	int width;        /* that the lines were broken for */
	GPtrArray *lines; /* of HelpLine */
	List list;
} HelpView;

static const char *const headings[] = {
	[VIEW_ANY] = "Everywhere",
	[VIEW_VMS] = "Virtual Machines",
	[VIEW_QUICK] = "Quick Create",
	[VIEW_FORM] = "Settings and New",
	[VIEW_JOBS] = "Jobs",
	[VIEW_HELP] = "This page",
	[VIEW_DIALOG] = "Questions",
	[VIEW_PAST] = "Looking back",
	[VIEW_PREVIEWS] = "Previews",
	[VIEW_TILES] = "Tiles: press Ctrl-], then",
	[VIEW_CONSOLE] = "Console: press Ctrl-], then",
};
G_STATIC_ASSERT(G_N_ELEMENTS(headings) == VIEW_COUNT);

static void line_free(gpointer data)
{
	HelpLine *line = data;

	g_free(line->heading);
	g_free(line->keys);
	g_free(line->label);
	g_free(line->help);
	g_free(line);
}

static void add_heading(HelpView *self, ViewId view)
{
	HelpLine *line = g_new0(HelpLine, 1);

	if (self->lines->len)
		g_ptr_array_add(self->lines, g_new0(HelpLine, 1));
	line->heading = g_strdup(headings[view]);
	g_ptr_array_add(self->lines, line);
}

/* All keys of the view for @row's command, "s", "Delete, D"; NULL when an earlier row has told them. */
static char *keys_of(const KeyRow *rows, gsize count, gsize index)
{
	GString *keys = g_string_new(NULL);

	for (gsize i = 0; i < count; i++) {
		g_autofree char *name = NULL;
		if (rows[i].view != rows[index].view || rows[i].command != rows[index].command)
			continue;
		if (i < index) {
			g_string_free(keys, TRUE);
			return NULL;
		}
		name = keys_name(rows[i].code, rows[i].mods);
		g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", name);
	}
	return g_string_free(keys, FALSE);
}

/* Takes @keys. A long sentence goes on in lines of its own. */
static void add_row(HelpView *self, const KeyRow *row, char *keys)
{
	const char *help = keys_help(row) ? keys_help(row) : "";
	g_autoptr(GPtrArray) parts = canvas_wrap(help, self->width - KEY_WIDTH - LABEL_WIDTH - 5);

	for (guint i = 0; i < parts->len; i++) {
		HelpLine *line = g_new0(HelpLine, 1);
		line->keys = i ? g_strdup("") : g_steal_pointer(&keys);
		line->label = i ? NULL : g_strdup(keys_label(row));
		line->help = g_strdup(parts->pdata[i]);
		g_ptr_array_add(self->lines, line);
	}
}

static void add_view(HelpView *self, ViewId view)
{
	gsize count;
	const KeyRow *rows = keys_table(&count);

	add_heading(self, view);
	for (gsize i = 0; i < count; i++) {
		char *keys = rows[i].view == view ? keys_of(rows, count, i) : NULL;
		if (keys)
			add_row(self, &rows[i], keys);
	}
}

static void build(HelpView *self, int width)
{
	if (width == self->width)
		return;
	self->width = width;
	g_ptr_array_set_size(self->lines, 0);
	add_view(self, self->about);
	if (self->about == VIEW_VMS)
		add_view(self, VIEW_TILES);
	if (self->about == VIEW_VMS || self->about == VIEW_TILES)
		add_view(self, VIEW_CONSOLE);
	add_view(self, VIEW_ANY);
}

static ViewResult help_command(View *view, int command)
{
	HelpView *self = (HelpView *)view;

	if (command == COMMAND_HELP)
		return VIEW_QUIET;
	if (command == COMMAND_CANCEL) {
		app_pop(view->app, view);
		return VIEW_REDRAW;
	}
	/* Nothing is chosen here: the page moves, not a cursor. */
	if (command == COMMAND_UP)
		self->list.cursor = self->list.top;
	else if (command == COMMAND_DOWN)
		self->list.cursor = self->list.top + self->list.height - 1;
	return list_command(&self->list, command);
}

static ViewResult help_mouse(View *view, const TermKey *mouse)
{
	if (mouse->event != TERM_PRESS ||
	    (mouse->button != TERM_WHEEL_UP && mouse->button != TERM_WHEEL_DOWN))
		return VIEW_IGNORED;
	return help_command(view, mouse->button == TERM_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
}

static void draw_line(Canvas *canvas, Rect area, int y, const HelpLine *line)
{
	int x = area.x + 2, help_x = x + KEY_WIDTH;

	if (line->heading) {
		canvas_text(canvas, area.x + 1, y, area.width - 2, theme(ROLE_HEADING), line->heading);
		return;
	}
	if (!line->keys)
		return;
	canvas_text(canvas, x, y, KEY_WIDTH - 1, theme(ROLE_WAIT), line->keys);
	if (line->label)
		canvas_text(canvas, help_x, y, LABEL_WIDTH - 1, theme(ROLE_NORMAL), line->label);
	help_x += LABEL_WIDTH;
	canvas_text(canvas, help_x, y, area.x + area.width - help_x - 2, theme(ROLE_DIM), line->help);
}

static void help_draw(View *view, Canvas *canvas, Rect area)
{
	HelpView *self = (HelpView *)view;

	build(self, area.width);
	list_layout(&self->list, (int)self->lines->len, area.height);
	for (int i = 0; i < area.height && self->list.top + i < self->list.count; i++)
		draw_line(canvas, area, area.y + i, self->lines->pdata[self->list.top + i]);
	canvas_scrollbar(canvas, area, self->list.top, self->list.count, theme(ROLE_DIM));
}

static char *help_title(View *view)
{
	return g_strdup("Help");
}

static void help_free(View *view)
{
	g_ptr_array_unref(((HelpView *)view)->lines);
	g_free(view);
}

static const ViewClass help_class = {
	.id = VIEW_HELP,
	.title = help_title,
	.draw = help_draw,
	.command = help_command,
	.mouse = help_mouse,
	.free = help_free,
};

void view_help_open(App *app, ViewId about)
{
	HelpView *self = g_new0(HelpView, 1);

	self->lines = g_ptr_array_new_with_free_func(line_free);
	self->about = about;
	app_push(app, &self->view, &help_class);
}
