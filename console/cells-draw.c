#include "console/cells-draw.h"

#include <chafa.h>

/* A terminal cell as chafa sees it; only the ratio matters. */
#define CELL_WIDTH  8
#define CELL_HEIGHT 16
/* Between speed (0) and quality (1): a third costs half of the time of 1 and shows no difference on screens of computers. */
#define WORK_FACTOR 0.3f
/* A cell's edge that is nearer than one part in so many to a whole pixel is one that a part may begin at: nobody sees the difference. */
#define EDGE_PARTS 10

/* With fewer pixels to a cell in either direction chafa makes up those between, from more than the next ones: such pictures are small anyway. */
#define PIXELS_MIN 4

/* Chafa's canvas with its size in cells: it can be drawn on again, a new one sets up its symbols. */
typedef struct {
	ChafaCanvas *chafa;
	int columns, rows;
} Board;

struct CellsDrawing {
	CellsStyle style;
	Board whole, part;
	guint32 *pixels; /* width x height as drawn last, with alpha */
	int width, height;
	Cell *cells; /* columns x rows */
	int columns, rows;
	guint64 count;
};

static const ChafaSymbolTags style_tags[] = {
	[CELLS_ASCII] = CHAFA_SYMBOL_TAG_ASCII,
	[CELLS_SYMBOLS] = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_BORDER,
};

CellsDrawing *cells_drawing_new(CellsStyle style)
{
	CellsDrawing *drawing = g_new0(CellsDrawing, 1);

	drawing->style = style;
	return drawing;
}

void cells_drawing_free(CellsDrawing *drawing)
{
	if (!drawing)
		return;
	g_clear_pointer(&drawing->whole.chafa, chafa_canvas_unref);
	g_clear_pointer(&drawing->part.chafa, chafa_canvas_unref);
	g_free(drawing->pixels);
	g_free(drawing->cells);
	g_free(drawing);
}

guint64 cells_drawing_count(const CellsDrawing *drawing)
{
	return drawing->count;
}

/* --- what changed -------------------------------------------------------------------------------------------------- */

/* Chafa has no format with an unused byte: without alpha each pixel would be transparent. */
static guint32 opaque(guint32 pixel)
{
	return pixel | 0xff000000u;
}

/* Copies a row; FALSE: it was the same. Else *@first and *@last differ, and none outside of them. */
static gboolean take_row(guint32 *to, const guint32 *from, int width, int *first, int *last)
{
	*first = 0;
	*last = width - 1;
	while (*first < width && to[*first] == opaque(from[*first]))
		(*first)++;
	if (*first == width)
		return FALSE;
	while (to[*last] == opaque(from[*last]))
		(*last)--;
	for (int x = *first; x <= *last; x++)
		to[x] = opaque(from[x]);
	return TRUE;
}

/* Copies @area of the surface; the smallest part that changed, in pixels of the copy. Compared rather than told by damage: QEMU sends whole
 * tiles, and often what was there before. */
static Rect take_pixels(CellsDrawing *drawing, Surface *surface, const Rect *area)
{
	Rect changed = { 0 };

	for (int y = 0; y < area->height; y++) {
		guint32 *to = drawing->pixels + (gsize)y * (gsize)area->width;
		int first, last;
		if (!take_row(to, surface_row(surface, area->x, area->y + y), area->width, &first, &last))
			continue;
		Rect row = { first, y, last - first + 1, 1 };
		changed = rect_union(&changed, &row);
	}
	return changed;
}

/* --- which cells show it ------------------------------------------------------------------------------------------- */

static gboolean is_edge(int cell, int cells, int pixels)
{
	int rest = (int)((gint64)cell * pixels % cells);

	return MIN(rest, cells - rest) * EDGE_PARTS <= cells;
}

static int edge_pixel(int cell, int cells, int pixels)
{
	return (int)(((gint64)cell * pixels + cells / 2) / cells);
}

/* The cells from *@from up to *@to (pixels) in one direction, from edge to edge, and one pixel more, since scaling mixes neighbours. */
static void cover(int *from, int *to, int cells, int pixels)
{
	int first = (int)((gint64)MAX(*from - 1, 0) * cells / pixels);
	int end = MIN((int)((gint64)MIN(*to + 1, pixels) * cells / pixels) + 1, cells);

	while (!is_edge(first, cells, pixels))
		first--; /* 0 is one */
	while (!is_edge(end, cells, pixels))
		end++; /* and so is the last */
	*from = first;
	*to = end;
}

static Rect cells_of(const CellsDrawing *drawing, const Rect *changed)
{
	if (drawing->width < drawing->columns * PIXELS_MIN || drawing->height < drawing->rows * PIXELS_MIN)
		return (Rect){ 0, 0, drawing->columns, drawing->rows };
	int left = changed->x, right = changed->x + changed->width;
	int top = changed->y, bottom = changed->y + changed->height;

	cover(&left, &right, drawing->columns, drawing->width);
	cover(&top, &bottom, drawing->rows, drawing->height);
	return (Rect){ left, top, right - left, bottom - top };
}

/* --- drawing ------------------------------------------------------------------------------------------------------- */

static void prepare_board(CellsDrawing *drawing, Board *board, int columns, int rows)
{
	ChafaSymbolMap *symbols;
	ChafaCanvasConfig *config;

	if (board->chafa && board->columns == columns && board->rows == rows)
		return;
	g_clear_pointer(&board->chafa, chafa_canvas_unref);
	symbols = chafa_symbol_map_new();
	chafa_symbol_map_add_by_tags(symbols, style_tags[drawing->style]);
	config = chafa_canvas_config_new();
	chafa_canvas_config_set_geometry(config, columns, rows);
	chafa_canvas_config_set_cell_geometry(config, CELL_WIDTH, CELL_HEIGHT);
	chafa_canvas_config_set_pixel_mode(config, CHAFA_PIXEL_MODE_SYMBOLS);
	chafa_canvas_config_set_canvas_mode(config, CHAFA_CANVAS_MODE_TRUECOLOR);
	chafa_canvas_config_set_symbol_map(config, symbols);
	chafa_canvas_config_set_work_factor(config, WORK_FACTOR);
	*board = (Board){ chafa_canvas_new(config), columns, rows };
	chafa_canvas_config_unref(config);
	chafa_symbol_map_unref(symbols);
}

static guint32 colour(int chafa_colour)
{
	return chafa_colour < 0 ? CELL_DEFAULT : (guint32)chafa_colour & 0xffffff;
}

static Cell board_cell(const Board *board, int column, int row)
{
	int fg, bg;

	chafa_canvas_get_colors_at(board->chafa, column, row, &fg, &bg);
	return (Cell){ chafa_canvas_get_char_at(board->chafa, column, row), colour(fg), colour(bg) };
}

/* @part: cells. */
static void draw_part(CellsDrawing *drawing, const Rect *part)
{
	ChafaPixelType type = G_BYTE_ORDER == G_LITTLE_ENDIAN ? CHAFA_PIXEL_BGRA8_UNASSOCIATED
							      : CHAFA_PIXEL_ARGB8_UNASSOCIATED;
	gboolean is_whole = part->width == drawing->columns && part->height == drawing->rows;
	Board *board = is_whole ? &drawing->whole : &drawing->part;
	int left = edge_pixel(part->x, drawing->columns, drawing->width);
	int right = edge_pixel(part->x + part->width, drawing->columns, drawing->width);
	int top = edge_pixel(part->y, drawing->rows, drawing->height);
	int bottom = edge_pixel(part->y + part->height, drawing->rows, drawing->height);
	const guint32 *pixels = drawing->pixels + (gsize)top * (gsize)drawing->width + left;

	prepare_board(drawing, board, part->width, part->height);
	chafa_canvas_draw_all_pixels(board->chafa, type, (const guint8 *)pixels, MAX(right - left, 1),
				     MAX(bottom - top, 1), drawing->width * (int)sizeof(guint32));
	for (int row = 0; row < part->height; row++)
		for (int column = 0; column < part->width; column++)
			drawing->cells[(row + part->y) * drawing->columns + column + part->x] =
				board_cell(board, column, row);
	drawing->count += (guint64)part->width * (guint64)part->height;
}

/* FALSE: all is as large as before. */
static gboolean resize(CellsDrawing *drawing, const Rect *area, int columns, int rows)
{
	if (drawing->width == area->width && drawing->height == area->height && drawing->columns == columns &&
	    drawing->rows == rows)
		return FALSE;
	g_free(drawing->pixels);
	g_free(drawing->cells);
	drawing->pixels = g_new0(guint32, (gsize)area->width * (gsize)area->height);
	drawing->cells = g_new0(Cell, (gsize)columns * (gsize)rows);
	drawing->width = area->width;
	drawing->height = area->height;
	drawing->columns = columns;
	drawing->rows = rows;
	return TRUE;
}

const Cell *cells_drawing_draw(CellsDrawing *drawing, Surface *surface, const Rect *area, int columns,
			       int rows)
{
	gboolean is_new = resize(drawing, area, columns, rows);
	Rect changed = take_pixels(drawing, surface, area);
	Rect part = is_new          ? (Rect){ 0, 0, columns, rows }
		    : changed.width ? cells_of(drawing, &changed)
				    : (Rect){ 0 };

	if (part.width)
		draw_part(drawing, &part);
	return drawing->cells;
}
