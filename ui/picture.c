#include "ui/picture.h"

#include "ui/graphics.h"
#include "ui/theme.h"

struct Picture {
	CellsRenderer *renderer;
	const CellGrid *grid; /* belongs to the renderer */
	guint64 generation;   /* of the surface when it was rendered */
	int width, height;
	Rect drawn; /* where the grid stands on the canvas */
	gboolean with_pixels, is_blank;
	Surface *watched; /* a reference; what changes on it is gathered */
	guint watch;
	Rect damage;
};

static gboolean has_unicode = TRUE;

void picture_set_unicode(gboolean unicode)
{
	has_unicode = unicode;
}

CellsStyle picture_style(void)
{
	return has_unicode && theme_level() != THEME_MONO && graphics_level() != GRAPHICS_ASCII
		       ? CELLS_SYMBOLS
		       : CELLS_ASCII;
}

Picture *picture_new(CellsStyle style)
{
	Picture *picture = g_new0(Picture, 1);

	picture->renderer = cells_renderer_new(style);
	cells_renderer_set_live(picture->renderer, TRUE);
	return picture;
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Picture *picture = data;

	if (event == SURFACE_DAMAGED)
		picture->damage = rect_union(&picture->damage, damage);
}

static void watch(Picture *picture, Surface *surface)
{
	if (picture->watched == surface)
		return;
	if (picture->watched) {
		surface_unwatch(picture->watched, picture->watch);
		surface_unref(picture->watched);
	}
	picture->watched = surface ? surface_ref(surface) : NULL;
	picture->watch = surface ? surface_watch(surface, on_surface, picture) : 0;
	picture->damage = (Rect){ 0 };
}

void picture_use_pixels(Picture *picture)
{
	picture->with_pixels = TRUE;
}

void picture_free(Picture *picture)
{
	watch(picture, NULL);
	cells_renderer_free(picture->renderer);
	g_free(picture);
}

static gboolean has_pixels(const Picture *picture)
{
	return picture->with_pixels && graphics_level() >= GRAPHICS_SIXEL;
}

/* TRUE when the terminal shows it with pixels. */
static gboolean put_image(Picture *picture, Surface *surface, Canvas *canvas, Rect area)
{
	Rect place;

	if (!has_pixels(picture) || !cells_picture(picture->renderer, &place))
		return FALSE;
	place.x += area.x;
	place.y += area.y;
	canvas_image(canvas, place, surface, &picture->damage);
	picture->damage = (Rect){ 0 };
	return TRUE;
}

static void render(Picture *picture, Surface *surface, Rect area)
{
	guint64 generation = surface_generation(surface);

	cells_renderer_set_blank(picture->renderer, has_pixels(picture));
	if (picture->is_blank != has_pixels(picture))
		picture->grid = NULL;
	picture->is_blank = has_pixels(picture);

	if (picture->grid && picture->generation == generation && picture->width == area.width &&
	    picture->height == area.height)
		return;
	picture->grid = cells_render(picture->renderer, surface, area.width, area.height);
	picture->generation = generation;
	picture->width = area.width;
	picture->height = area.height;
}

/* A cell of recognised text keeps the characters; where it has no colour it is the guest's, not the terminal's. */
static Style cell_style(const Cell *cell)
{
	return (Style){ cell->fg == CELL_DEFAULT ? COLOR_DEFAULT : cell->fg,
			cell->bg == CELL_DEFAULT ? COLOR_DEFAULT : cell->bg, ATTR_NONE };
}

/* What the cells' letters are shown in, mostly. */
static guint32 main_colour(const CellGrid *grid)
{
	guint32 colour = CELL_DEFAULT;
	int votes = 0;

	/* Boyer and Moore's majority vote; without a majority any will do. */
	for (int i = 0; i < grid->columns * grid->rows; i++) {
		const Cell *cell = &grid->cells[i];
		if (!cell->character || cell->character == ' ')
			continue;
		if (votes == 0)
			colour = cell->fg;
		votes += cell->fg == colour ? 1 : -1;
	}
	return colour;
}

/* A blank takes the colour of the letters beside it that have its background, since to change colours for what nobody sees costs more bytes than
 * the words between. */
static void draw_row(const Cell *cells, int columns, guint32 blank_colour, Canvas *canvas, int x, int y)
{
	guint32 colour = blank_colour, background = CELL_NONE;

	for (int i = 0; i < columns; i++) {
		Cell cell = cells[i];
		if (!cell.character)
			continue;
		if (cell.character != ' ') {
			colour = cell.fg;
			background = cell.bg;
		} else if (cell.bg != CELL_DEFAULT) {
			cell.fg = cell.bg == background ? colour : blank_colour;
		}
		canvas_put(canvas, x + i, y, cell.character, cell_style(&cell));
	}
}

static void draw_grid(const CellGrid *grid, Canvas *canvas, Rect area)
{
	guint32 blank_colour = main_colour(grid);

	for (int y = 0; y < MIN(grid->rows, area.height); y++)
		draw_row(grid->cells + (gsize)y * (gsize)grid->columns, MIN(grid->columns, area.width),
			 blank_colour, canvas, area.x, area.y + y);
}

void picture_draw(Picture *picture, Surface *surface, Canvas *canvas, Rect area)
{
	const CellGrid *grid;

	if (area.width <= 0 || area.height <= 0 || surface_width(surface) == 0)
		return;
	watch(picture, surface);
	render(picture, surface, area);
	grid = picture->grid;
	picture->drawn = (Rect){ area.x, area.y, grid->columns, grid->rows };
	if (put_image(picture, surface, canvas, area))
		return;
	draw_grid(grid, canvas, area);
	if (grid->cursor_x >= 0 && grid->cursor_y >= 0)
		canvas_cursor(canvas, area.x + grid->cursor_x, area.y + grid->cursor_y);
}

gboolean picture_to_pixel(const Picture *picture, int column, int row, int *x, int *y)
{
	if (!picture->grid)
		return FALSE;
	return cells_to_pixel(picture->renderer, column - picture->drawn.x, row - picture->drawn.y, x, y);
}
