/*
 * What it costs: VMs on other pages are not connected; one whose screen stands still is neither read nor rendered, and its machine sends
 * nothing; changes of all others are collected and shown in one drawing.
 */
#include "ui/view-previews.h"

#include "ui/tile.h"
#include "ui/tiles.h"
#include "ui/view-console.h"

/* A picture of this size needs no more. */
#define PREVIEW_MS 1000
#define FRAME_MS   250

typedef struct {
	View view;
	GPtrArray *running; /* of char *: paths of all VMs that run, by name */
	GPtrArray *tiles;   /* of Tile *, owned: those of this page */
	Rect *places;
	int columns, rows; /* of a page */
	char *cursor;      /* path: VMs come and go, the cursor stays on its one; NULL = none */
	int index;         /* of it in running */
	gboolean dirty;
	guint frame;
} PreviewsView;

/* --- which VMs --------------------------------------------------------------------------------------------------------- */

static int by_name(gconstpointer a, gconstpointer b)
{
	return g_utf8_collate((*(ClientVm *const *)a)->name, (*(ClientVm *const *)b)->name);
}

/* Puts the cursor on row @index, or the nearest that there is. */
static void set_cursor(PreviewsView *self, int index)
{
	self->index = CLAMP(index, 0, MAX((int)self->running->len - 1, 0));
	g_free(self->cursor);
	self->cursor = self->running->len ? g_strdup(self->running->pdata[self->index]) : NULL;
}

static int find_running(PreviewsView *self, const char *path)
{
	for (guint i = 0; path && i < self->running->len; i++)
		if (g_str_equal(self->running->pdata[i], path))
			return (int)i;
	return -1;
}

static void list_running(PreviewsView *self)
{
	GPtrArray *vms = client_vms(app_client(self->view.app));
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	int index;

	for (guint i = 0; i < vms->len; i++)
		if (((ClientVm *)vms->pdata[i])->pid > 0)
			g_ptr_array_add(found, vms->pdata[i]);
	g_ptr_array_sort(found, by_name);
	g_ptr_array_set_size(self->running, 0);
	for (guint i = 0; i < found->len; i++)
		g_ptr_array_add(self->running, g_strdup(((ClientVm *)found->pdata[i])->path));
	index = find_running(self, self->cursor);
	set_cursor(self, index >= 0 ? index : self->index);
}

/* --- the page ---------------------------------------------------------------------------------------------------------- */

static int page_size(const PreviewsView *self)
{
	return MAX(self->columns * self->rows, 1);
}

static int page_first(const PreviewsView *self)
{
	return self->index / page_size(self) * page_size(self);
}

static gboolean on_frame(gpointer data)
{
	PreviewsView *self = data;

	self->frame = 0;
	app_redraw(self->view.app);
	return G_SOURCE_REMOVE;
}

static void on_changed(gpointer data)
{
	PreviewsView *self = data;

	if (!self->frame)
		self->frame = g_timeout_add(FRAME_MS, on_frame, self);
}

/* The tile of @path, taken out of @tiles; a new one where there is none. */
static Tile *take_tile(PreviewsView *self, GPtrArray *tiles, const char *path)
{
	for (guint i = 0; i < tiles->len; i++)
		if (g_str_equal(tile_path(tiles->pdata[i]), path))
			return g_ptr_array_steal_index_fast(tiles, i);
	return tile_new(self->view.app, path, FALSE, PREVIEW_MS, on_changed, self);
}

/* The tiles of the page that the cursor is on, those that were there already as they are. */
static void fill_page(PreviewsView *self)
{
	g_autoptr(GPtrArray) old = g_steal_pointer(&self->tiles);
	int first = page_first(self), last = MIN(first + page_size(self), (int)self->running->len);

	self->tiles = g_ptr_array_new_with_free_func((GDestroyNotify)tile_free);
	for (int i = first; i < last; i++)
		g_ptr_array_add(self->tiles, take_tile(self, old, self->running->pdata[i]));
}

/* Which VMs there are, and how many have room. */
static void measure(PreviewsView *self, Rect area)
{
	if (self->dirty)
		list_running(self);
	self->dirty = FALSE;
	tiles_wall((int)self->running->len, area.width, area.height, &self->columns, &self->rows);
}

static void arrange(PreviewsView *self, Rect area)
{
	measure(self, area);
	fill_page(self);
	self->places = g_renew(Rect, self->places, MAX(self->tiles->len, 1));
	tiles_place(area, self->columns, self->rows, FALSE, self->places, (int)self->tiles->len);
}

/* --- commands ---------------------------------------------------------------------------------------------------------- */

static void connect_to(PreviewsView *self, gboolean view_only)
{
	if (self->cursor)
		view_console_open(self->view.app, self->cursor, view_only, FALSE);
}

/* How far a command moves the cursor; 0 = it is none that moves. */
static int step_of(const PreviewsView *self, int command)
{
	const struct {
		int command, step;
	} steps[] = {
		{COMMAND_LEFT,       -1                      },
		{ COMMAND_RIGHT,     1                       },
		{ COMMAND_UP,        -self->columns          },
		{ COMMAND_DOWN,      self->columns           },
		{ COMMAND_PAGE_UP,   -page_size(self)        },
		{ COMMAND_PAGE_DOWN, page_size(self)         },
		{ COMMAND_HOME,      -(int)self->running->len},
		{ COMMAND_END,       (int)self->running->len },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		if (steps[i].command == command)
			return steps[i].step;
	return 0;
}

static ViewResult previews_command(View *view, int command)
{
	PreviewsView *self = (PreviewsView *)view;
	int step = step_of(self, command);

	if (step)
		set_cursor(self, self->index + step);
	else if (command == COMMAND_ACCEPT || command == COMMAND_CONNECT_READ_ONLY)
		connect_to(self, command == COMMAND_CONNECT_READ_ONLY);
	else if (command == COMMAND_CANCEL)
		app_pop(view->app, view);
	else
		return VIEW_IGNORED;
	return VIEW_REDRAW;
}

static gboolean previews_offers(View *view, int command)
{
	PreviewsView *self = (PreviewsView *)view;

	if (command == COMMAND_ACCEPT || command == COMMAND_CONNECT_READ_ONLY)
		return self->running->len > 0;
	return command != COMMAND_PAGE_DOWN || (int)self->running->len > page_size(self);
}

/* A click takes the cursor to a VM, one more opens it. */
static ViewResult previews_mouse(View *view, const TermKey *mouse)
{
	PreviewsView *self = (PreviewsView *)view;
	int index = tiles_at(self->places, (int)self->tiles->len, mouse->x, mouse->y);

	if (mouse->event != TERM_PRESS)
		return VIEW_IGNORED;
	if (mouse->button == TERM_WHEEL_UP || mouse->button == TERM_WHEEL_DOWN)
		return previews_command(view,
					mouse->button == TERM_WHEEL_UP ? COMMAND_PAGE_UP : COMMAND_PAGE_DOWN);
	if (mouse->button != TERM_BUTTON_LEFT || index < 0)
		return VIEW_IGNORED;
	if (page_first(self) + index == self->index)
		connect_to(self, FALSE);
	else
		set_cursor(self, page_first(self) + index);
	return VIEW_REDRAW;
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

/* Whether the event makes it another list: who runs, and in which order. */
static gboolean changes_list(PreviewsView *self, ClientEvent event, const ClientVm *vm)
{
	if (event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED)
		return TRUE;
	if (event == CLIENT_VM_ADDED || event == CLIENT_VM_REMOVED)
		return TRUE;
	return event == CLIENT_VM_CHANGED && (vm->pid > 0) != (find_running(self, vm->path) >= 0);
}

static ViewResult previews_event(View *view, ClientEvent event, gpointer object)
{
	PreviewsView *self = (PreviewsView *)view;
	ViewResult result = VIEW_QUIET;

	for (guint i = 0; i < self->tiles->len; i++) {
		ViewResult one = tile_event(self->tiles->pdata[i], event, object);
		result = MAX(result, one);
	}
	if (!self->dirty && changes_list(self, event, object))
		self->dirty = TRUE;
	return !view->shown ? VIEW_QUIET : self->dirty ? VIEW_REDRAW : result;
}

static void previews_show(View *view, gboolean shown)
{
	PreviewsView *self = (PreviewsView *)view;

	for (guint i = 0; self->tiles && i < self->tiles->len; i++)
		tile_show(self->tiles->pdata[i], shown);
}

/* --- drawing ----------------------------------------------------------------------------------------------------------- */

static void previews_draw(View *view, Canvas *canvas, Rect area)
{
	PreviewsView *self = (PreviewsView *)view;

	arrange(self, area);
	if (!self->running->len)
		canvas_text(canvas, area.x + 2, area.y + 1, area.width - 4, theme(ROLE_DIM),
			    app_connected(view->app) ? "No VM runs." : "");
	for (guint i = 0; i < self->tiles->len; i++)
		tile_draw(self->tiles->pdata[i], canvas, self->places[i], 0,
			  page_first(self) + (int)i == self->index);
	canvas_cursor(canvas, -1, -1); /* the guests' cursors are not ours here */
}

static char *previews_title(View *view)
{
	PreviewsView *self = (PreviewsView *)view;
	int pages;

	measure(self, view->area);
	pages = ((int)self->running->len + page_size(self) - 1) / page_size(self);

	return pages > 1
		       ? g_strdup_printf("Previews (page %d of %d)", self->index / page_size(self) + 1, pages)
		       : g_strdup("Previews");
}

static void previews_free(View *view)
{
	PreviewsView *self = (PreviewsView *)view;

	g_clear_handle_id(&self->frame, g_source_remove);
	g_ptr_array_unref(self->tiles);
	g_ptr_array_unref(self->running);
	g_free(self->places);
	g_free(self->cursor);
	g_free(self);
}

static const ViewClass previews_class = {
	.id = VIEW_PREVIEWS,
	.title = previews_title,
	.draw = previews_draw,
	.command = previews_command,
	.offers = previews_offers,
	.mouse = previews_mouse,
	.event = previews_event,
	.show = previews_show,
	.free = previews_free,
};

void view_previews_open(App *app)
{
	PreviewsView *self = g_new0(PreviewsView, 1);

	self->running = g_ptr_array_new_with_free_func(g_free);
	self->tiles = g_ptr_array_new_with_free_func((GDestroyNotify)tile_free);
	self->view.app = app;
	list_running(self);
	app_push(app, &self->view, &previews_class);
}
