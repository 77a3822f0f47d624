#include "ui/view-tiles.h"

#include "ui/console-input.h"
#include "ui/console-menu.h"
#include "ui/tile.h"
#include "ui/tiles.h"

G_STATIC_ASSERT(TILES_MAX <= CANVAS_IMAGES_MAX);

/* Of a guest that is watched while another is typed to: smooth enough, and a busy one leaves the processor to the others. */
#define WATCHED_MS 200

typedef struct {
	Tile *tile;
	ConsoleInput *input;
} Member;

typedef struct {
	View view;
	GPtrArray *members; /* of Member *, owned */
	Rect places[TILES_MAX];
	int focus;
	gboolean zoomed, view_only;
	View *menu; /* NULL = closed */
} TilesView;

static void member_free(gpointer data)
{
	Member *member = data;

	console_input_free(member->input);
	tile_free(member->tile);
	g_free(member);
}

static Member *member_at(TilesView *self, int index)
{
	return self->members->pdata[index];
}

static Member *focused(TilesView *self)
{
	return member_at(self, self->focus);
}

/* What is hidden by a zoomed tile, or by a page over all of them, asks for no pictures; only the focused one gets them as fast as they come. */
static void update_members(TilesView *self)
{
	for (guint i = 0; i < self->members->len; i++) {
		Tile *tile = member_at(self, (int)i)->tile;
		gboolean focus = (int)i == self->focus;
		tile_show(tile, self->view.shown && (focus || !self->zoomed));
		link_set_interval(tile_link(tile), focus ? 0 : WATCHED_MS);
	}
}

static void place(TilesView *self, Rect area)
{
	int columns, rows, count = (int)self->members->len;

	tiles_grid(count, &columns, &rows);
	tiles_place((Rect){ area.x, area.y, area.width, area.height - 1 }, columns, rows, TRUE, self->places,
		    count);
}

/* --- the focus --------------------------------------------------------------------------------------------------------- */

static void set_focus(TilesView *self, int index)
{
	if (index < 0 || index >= (int)self->members->len || index == self->focus)
		return;
	console_input_release(focused(self)->input);
	self->focus = index;
	update_members(self);
	app_redraw(self->view.app);
}

static void focus_next(TilesView *self, const KeyRow *row)
{
	set_focus(self, (self->focus + 1) % (int)self->members->len);
}

static void focus_number(TilesView *self, const KeyRow *row)
{
	set_focus(self, (int)row->code - '1');
}

static void focus_beside(TilesView *self, const KeyRow *row)
{
	TilesDirection direction = row->command == COMMAND_LEFT    ? TILES_LEFT
				   : row->command == COMMAND_RIGHT ? TILES_RIGHT
				   : row->command == COMMAND_UP    ? TILES_UP
								   : TILES_DOWN;

	set_focus(self, tiles_beside(self->places, (int)self->members->len, self->focus, direction));
}

static void zoom(TilesView *self, const KeyRow *row)
{
	self->zoomed = !self->zoomed;
	update_members(self);
	app_redraw(self->view.app);
}

static void leave(TilesView *self, const KeyRow *row)
{
	app_pop(self->view.app, &self->view);
}

static void help(TilesView *self, const KeyRow *row)
{
	app_help(self->view.app, VIEW_TILES);
}

/* --- the menu behind the prefix ---------------------------------------------------------------------------------------- */

static const struct {
	int command;
	void (*run)(TilesView *self, const KeyRow *row);
} own_commands[] = {
	{COMMAND_TAB,     focus_next  },
        { COMMAND_ZOOM,   zoom        },
        { COMMAND_FOCUS,  focus_number},
	{ COMMAND_LEFT,   focus_beside},
        { COMMAND_UP,     focus_beside},
        { COMMAND_CANCEL, leave       },
	{ COMMAND_RIGHT,  focus_beside},
        { COMMAND_DOWN,   focus_beside},
        { COMMAND_HELP,   help        },
};

static gboolean menu_offers(View *view, int command)
{
	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++)
		if (own_commands[i].command == command)
			return TRUE;
	return console_input_offers(focused((TilesView *)view)->input, command);
}

static void menu_chosen(View *view, const KeyRow *row)
{
	TilesView *self = (TilesView *)view;

	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++)
		if (own_commands[i].command == row->command) {
			own_commands[i].run(self, row);
			return;
		}
	console_input_run(focused(self)->input, row);
}

static void menu_closed(View *view)
{
	((TilesView *)view)->menu = NULL;
}

/* --- keys and mouse ---------------------------------------------------------------------------------------------------- */

static ViewResult tiles_key(View *view, const TermKey *key)
{
	TilesView *self = (TilesView *)view;
	Role role;

	if (app_message_text(view->app, &role) && key->event != TERM_RELEASE) {
		app_clear_message(view->app);
		app_redraw(view->app);
	}
	if (!console_input_is_prefix(key))
		return console_input_key(focused(self)->input, key);
	console_input_release(focused(self)->input);
	self->menu = console_menu_open(view->app, view, menu_offers, menu_chosen, menu_closed);
	return VIEW_REDRAW;
}

/* A click on another tile gives it the focus, and is the guest's as well; one on its title is nobody's but ours. */
static ViewResult tiles_mouse(View *view, const TermKey *mouse)
{
	TilesView *self = (TilesView *)view;
	int index = self->zoomed ? self->focus
				 : tiles_at(self->places, (int)self->members->len, mouse->x, mouse->y);

	if (index == self->focus || mouse->event == TERM_RELEASE)
		return console_input_mouse(focused(self)->input, mouse);
	if (index < 0 || mouse->event != TERM_PRESS)
		return VIEW_QUIET;
	/* The wheel is for what lies below the pointer; the keys stay where they are. */
	if (mouse->button <= TERM_BUTTON_RIGHT)
		set_focus(self, index);
	return console_input_mouse(member_at(self, index)->input, mouse);
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

static int find_member(TilesView *self, const char *path)
{
	for (guint i = 0; i < self->members->len; i++)
		if (g_str_equal(tile_path(member_at(self, (int)i)->tile), path))
			return (int)i;
	return -1;
}

static ViewResult drop_member(TilesView *self, int index)
{
	App *app = self->view.app;

	app_message(app, ROLE_WAIT, "VM `%s' was deleted.", tile_name(member_at(self, index)->tile));
	/* The menu speaks of the VM that had the focus. */
	if (self->menu)
		app_pop(app, self->menu);
	g_ptr_array_remove_index(self->members, (guint)index);
	if (!self->members->len) {
		app_pop(app, &self->view);
		return VIEW_REDRAW;
	}
	if (self->focus > index || self->focus == (int)self->members->len)
		self->focus--;
	update_members(self);
	return VIEW_REDRAW;
}

static ViewResult tiles_event(View *view, ClientEvent event, gpointer object)
{
	TilesView *self = (TilesView *)view;
	int index = event == CLIENT_VM_REMOVED ? find_member(self, ((ClientVm *)object)->path) : -1;
	ViewResult result = VIEW_QUIET;

	if (index >= 0)
		return drop_member(self, index);
	for (guint i = 0; i < self->members->len; i++) {
		Member *member = member_at(self, (int)i);
		ViewResult one = tile_event(member->tile, event, object);
		result = MAX(result, one);
		console_input_event(member->input, event);
	}
	return result;
}

static void tiles_show(View *view, gboolean shown)
{
	TilesView *self = (TilesView *)view;

	if (!self->members || !self->members->len)
		return;
	if (!shown)
		console_input_release(focused(self)->input);
	update_members(self);
}

/* --- drawing ----------------------------------------------------------------------------------------------------------- */

static void draw_dividers(TilesView *self, Canvas *canvas)
{
	for (guint i = 0; i < self->members->len; i++) {
		const Rect *tile = &self->places[i];
		if (tile->x > 0)
			canvas_vline(canvas, tile->x - 1, tile->y, tile->height, theme(ROLE_DIM));
	}
}

static void draw_status(TilesView *self, Canvas *canvas, int y)
{
	Role role;
	const char *message = app_message_text(self->view.app, &role);
	int hint_x = MAX(canvas->columns - canvas_text_width(CONSOLE_PREFIX_HINT), 0);
	g_autofree char *text =
		g_strdup_printf(" %s %s%s", self->view_only ? "Watching" : "Keys go to",
				tile_name(focused(self)->tile), self->zoomed ? " \xc2\xb7 zoomed" : "");
	Style style = theme(ROLE_TITLE);

	if (message)
		style.fg = theme(role).fg;
	canvas_fill(canvas, (Rect){ 0, y, canvas->columns, 1 }, ' ', theme(ROLE_TITLE));
	canvas_text(canvas, 0, y, MAX(hint_x - 1, 0), style, message ? message : text);
	canvas_text(canvas, hint_x, y, canvas->columns, theme(ROLE_TITLE), CONSOLE_PREFIX_HINT);
}

static void tiles_draw(View *view, Canvas *canvas, Rect area)
{
	TilesView *self = (TilesView *)view;
	Rect whole = { area.x, area.y, area.width, area.height - 1 };

	place(self, area);
	if (self->zoomed) {
		tile_draw(focused(self)->tile, canvas, whole, self->focus + 1, TRUE);
	} else {
		for (guint i = 0; i < self->members->len; i++)
			tile_draw(member_at(self, (int)i)->tile, canvas, self->places[i], (int)i + 1,
				  (int)i == self->focus);
		draw_dividers(self, canvas);
	}
	draw_status(self, canvas, area.y + area.height - 1);
}

static void tiles_free(View *view)
{
	TilesView *self = (TilesView *)view;

	g_ptr_array_unref(self->members);
	g_free(self);
}

static const ViewClass tiles_class = {
	.id = VIEW_TILES,
	.whole = TRUE,
	.raw = TRUE,
	.draw = tiles_draw,
	.key = tiles_key,
	.mouse = tiles_mouse,
	.event = tiles_event,
	.show = tiles_show,
	.free = tiles_free,
};

static void on_changed(gpointer data)
{
	app_redraw(((TilesView *)data)->view.app);
}

void view_tiles_open(App *app, const char *const *vm_paths, gboolean view_only)
{
	TilesView *self = g_new0(TilesView, 1);

	self->view_only = view_only;
	self->members = g_ptr_array_new_with_free_func(member_free);
	app_push(app, &self->view, &tiles_class);
	for (int i = 0; i < TILES_MAX && vm_paths[i]; i++) {
		Member *member = g_new0(Member, 1);
		member->tile = tile_new(app, vm_paths[i], TRUE, WATCHED_MS, on_changed, self);
		tile_use_pixels(member->tile);
		member->input = console_input_new(app, vm_paths[i], tile_link(member->tile),
						  tile_picture(member->tile), view_only);
		g_ptr_array_add(self->members, member);
	}
	update_members(self);
}
