#include "ui/console-menu.h"

#include "ui/list.h"

#define MENU_WIDTH 46
#define KEY_WIDTH  8
#define HELP_ROWS  3 /* a rule and two lines */

typedef struct {
	View view;
	View *console;
	ConsoleMenuChosen chosen;
	void (*closed)(View *console);
	GPtrArray *rows; /* of const KeyRow * */
	List list;
	Rect area;
} ConsoleMenu;

static ViewResult choose(ConsoleMenu *menu, const KeyRow *row)
{
	app_pop(menu->view.app, &menu->view);
	if (row)
		menu->chosen(menu->console, row);
	return VIEW_REDRAW;
}

/* Every key of the table is a command here, shown or not (F2 to F12 are not). */
static ViewResult menu_key(View *view, const TermKey *key)
{
	/* clang-format off */
	static const struct {
		guint code;
		int command;
	} moves[] = {
		{ TERM_KEY_UP, COMMAND_UP },         { TERM_KEY_DOWN, COMMAND_DOWN },      { TERM_KEY_HOME, COMMAND_HOME },
		{ TERM_KEY_PGUP, COMMAND_PAGE_UP },  { TERM_KEY_PGDN, COMMAND_PAGE_DOWN }, { TERM_KEY_END, COMMAND_END },
	};
	/* clang-format on */
	ConsoleMenu *menu = (ConsoleMenu *)view;
	const KeyRow *row = keys_row(menu->console->class->id, key);

	if (row)
		return choose(menu, row);
	if (key->code == TERM_KEY_ESCAPE)
		return choose(menu, NULL);
	if (key->code == TERM_KEY_ENTER)
		return choose(menu, menu->rows->pdata[menu->list.cursor]);
	for (gsize i = 0; i < G_N_ELEMENTS(moves); i++)
		if (moves[i].code == key->code)
			return list_command(&menu->list, moves[i].command);
	return VIEW_QUIET;
}

/* Keys come here before the table's commands; the table is asked in menu_key(). */
static gboolean menu_typing(View *view)
{
	return TRUE;
}

static ViewResult menu_mouse(View *view, const TermKey *mouse)
{
	ConsoleMenu *menu = (ConsoleMenu *)view;
	gboolean clicked;
	ViewResult result = list_mouse(&menu->list, mouse, menu->area, &clicked);

	return clicked ? choose(menu, menu->rows->pdata[menu->list.cursor]) : result;
}

/* What the app found in the table: those rows whose keys are no characters. */
static ViewResult menu_command(View *view, int command)
{
	return VIEW_IGNORED;
}

static void draw_row(Canvas *canvas, int x, int y, const KeyRow *row, gboolean cursor)
{
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_DIALOG);
	g_autofree char *key = keys_name(row->code, row->mods);

	canvas_fill(canvas, (Rect){ x, y, MENU_WIDTH - 2, 1 }, ' ', style);
	canvas_field(canvas, x + 1, y, KEY_WIDTH, cursor ? style : theme(ROLE_HEADING), key, FALSE);
	canvas_field(canvas, x + 1 + KEY_WIDTH, y, MENU_WIDTH - KEY_WIDTH - 4, style, keys_label(row), FALSE);
}

static void draw_help(ConsoleMenu *menu, Canvas *canvas, int x, int y)
{
	const KeyRow *row = menu->rows->pdata[menu->list.cursor];
	g_autoptr(GPtrArray) lines = canvas_wrap(keys_help(row), MENU_WIDTH - 4);

	canvas_hline(canvas, x, y, MENU_WIDTH - 2, theme(ROLE_DIM));
	for (int i = 0; i < HELP_ROWS - 1 && i < (int)lines->len; i++)
		canvas_text(canvas, x + 1, y + 1 + i, MENU_WIDTH - 4, theme(ROLE_DIM), lines->pdata[i]);
}

static void menu_draw(View *view, Canvas *canvas, Rect area)
{
	ConsoleMenu *menu = (ConsoleMenu *)view;
	int height = MAX(MIN((int)menu->rows->len, area.height - 2 - HELP_ROWS), 1),
	    total = height + 2 + HELP_ROWS;
	Rect box = { (area.width - MENU_WIDTH) / 2, (area.height - total) / 2, MENU_WIDTH, total };

	menu->area = (Rect){ box.x + 1, box.y + 1, MENU_WIDTH - 2, height };
	list_layout(&menu->list, (int)menu->rows->len, height);
	canvas_cursor(canvas, -1, -1);
	canvas_box(canvas, box, theme(ROLE_DIALOG), "Console");
	for (int i = 0; i < height; i++)
		draw_row(canvas, box.x + 1, box.y + 1 + i, menu->rows->pdata[menu->list.top + i],
			 menu->list.top + i == menu->list.cursor);
	draw_help(menu, canvas, box.x + 1, box.y + 1 + height);
}

static void menu_free(View *view)
{
	ConsoleMenu *menu = (ConsoleMenu *)view;

	menu->closed(menu->console);
	g_ptr_array_unref(menu->rows);
	g_free(menu);
}

static const ViewClass menu_class = {
	.id = VIEW_CONSOLE,
	.popup = TRUE,
	.draw = menu_draw,
	.command = menu_command,
	.key = menu_key,
	.typing = menu_typing,
	.mouse = menu_mouse,
	.free = menu_free,
};

View *console_menu_open(App *app, View *console, ConsoleMenuOffers offers, ConsoleMenuChosen chosen,
			void (*closed)(View *console))
{
	ConsoleMenu *menu = g_new0(ConsoleMenu, 1);
	gsize count;
	const KeyRow *rows = keys_table(&count);

	menu->console = console;
	menu->chosen = chosen;
	menu->closed = closed;
	menu->rows = g_ptr_array_new();
	for (gsize i = 0; i < count; i++)
		if (keys_belongs(&rows[i], console->class->id) && keys_label(&rows[i]) &&
		    offers(console, rows[i].command)) {
			/* A second key for a command has no words of its own, but lifecycle actions always have: one row is enough. */
			const KeyRow *last = menu->rows->len ? menu->rows->pdata[menu->rows->len - 1] : NULL;
			if (!last || last->command != rows[i].command)
				g_ptr_array_add(menu->rows, (gpointer)&rows[i]);
		}
	app_push(app, &menu->view, &menu_class);
	return &menu->view;
}
