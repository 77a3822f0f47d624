#include "ui/tile.h"

#include "ui/console-card.h"
#include "ui/vm-text.h"

struct Tile {
	App *app;
	char *path, *name, *state; /* as drawn; state as the API has it */
	gboolean shown;
	Link *link;
	Picture *picture;
	TileChanged changed;
	gpointer data;
};

static void on_link_changed(Link *link, gpointer data)
{
	Tile *tile = data;

	if (tile->shown)
		tile->changed(tile->data);
}

/* TRUE when they are others now. */
static gboolean take_texts(Tile *tile)
{
	const ClientVm *vm = client_find_vm(app_client(tile->app), tile->path);

	if (!vm || (g_str_equal(vm->name, tile->name) && g_str_equal(vm->state, tile->state)))
		return FALSE;
	g_free(tile->name);
	g_free(tile->state);
	tile->name = g_strdup(vm->name);
	tile->state = g_strdup(vm->state);
	return TRUE;
}

Tile *tile_new(App *app, const char *vm_path, gboolean wait, guint interval, TileChanged changed,
	       gpointer data)
{
	Tile *tile = g_new0(Tile, 1);

	tile->app = app;
	tile->path = g_strdup(vm_path);
	tile->name = g_strdup("");
	tile->state = g_strdup("");
	tile->shown = TRUE;
	tile->changed = changed;
	tile->data = data;
	tile->picture = picture_new(picture_style());
	take_texts(tile);
	tile->link = link_new(app_client(app), vm_path, wait, on_link_changed, tile);
	link_set_interval(tile->link, interval);
	return tile;
}

void tile_use_pixels(Tile *tile)
{
	picture_use_pixels(tile->picture);
}

void tile_free(Tile *tile)
{
	link_free(tile->link);
	picture_free(tile->picture);
	g_free(tile->path);
	g_free(tile->name);
	g_free(tile->state);
	g_free(tile);
}

ViewResult tile_event(Tile *tile, ClientEvent event, gpointer object)
{
	gboolean mine = event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED ||
			(event == CLIENT_VM_CHANGED && g_str_equal(((ClientVm *)object)->path, tile->path));

	if (!mine)
		return VIEW_QUIET;
	link_event(tile->link, event, object);
	return take_texts(tile) || event != CLIENT_VM_CHANGED ? VIEW_REDRAW : VIEW_QUIET;
}

void tile_show(Tile *tile, gboolean shown)
{
	tile->shown = shown;
	link_set_active(tile->link, shown);
}

/* --- drawing ----------------------------------------------------------------------------------------------------------- */

static void draw_title(Tile *tile, Canvas *canvas, Rect area, int number, gboolean focus)
{
	Style bar = theme(focus ? ROLE_CURSOR : ROLE_TITLE), style = bar;
	g_autofree char *state = vm_text_state(tile->state);
	g_autofree char *left =
		number ? g_strdup_printf(" %d %s", number, tile->name) : g_strdup_printf(" %s", tile->name);
	int state_width = MIN(canvas_text_width(state), MAX(area.width - 2, 0));

	canvas_fill(canvas, (Rect){ area.x, area.y, area.width, 1 }, ' ', bar);
	if (!focus)
		style.fg = theme(theme_state_role(tile->state)).fg;
	canvas_text(canvas, area.x, area.y, MAX(area.width - state_width - 2, 0), bar, left);
	canvas_text(canvas, area.x + area.width - state_width - 1, area.y, state_width, style, state);
}

/* Only the guest that takes the keys has a cursor on the screen. */
static void draw_picture(Tile *tile, Canvas *canvas, Rect area, gboolean focus)
{
	int cursor_x = canvas->cursor_x, cursor_y = canvas->cursor_y;

	picture_draw(tile->picture, link_surface(tile->link), canvas, area);
	if (!focus)
		canvas_cursor(canvas, cursor_x, cursor_y);
}

void tile_draw(Tile *tile, Canvas *canvas, Rect area, int number, gboolean focus)
{
	Rect inside = { area.x, area.y + 1, area.width, area.height - 1 };

	if (area.width <= 0 || area.height <= 0)
		return;
	draw_title(tile, canvas, area, number, focus);
	if (inside.height <= 0)
		return;
	if (link_has_frame(tile->link))
		draw_picture(tile, canvas, inside, focus);
	else
		console_card_draw(tile->app, tile->path, tile->link, canvas, inside,
				  focus ? "Ctrl-] then s starts it." : NULL);
}

const char *tile_path(const Tile *tile)
{
	return tile->path;
}

const char *tile_name(const Tile *tile)
{
	return tile->name;
}

Link *tile_link(Tile *tile)
{
	return tile->link;
}

const Picture *tile_picture(const Tile *tile)
{
	return tile->picture;
}
