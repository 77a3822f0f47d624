#include "console/cells.h"

#include <string.h>

#include "console/cells-draw.h"
#include "console/cells-overlay.h"

/* The shape of a terminal's cell. */
#define CELL_WIDTH  1
#define CELL_HEIGHT 2

struct CellsRenderer {
	gboolean is_blank;
	TextReader *reader;
	CellsDrawing *drawing;
	CellGrid grid;
	Surface *surface; /* as last rendered, for cells_to_pixel(); borrowed for comparison only */
	guint64 generation;
	int width, height;  /* of it */
	gboolean is_placed; /* as text is: cells of the grid are those of the guest's */
	int left,
		top; /* so placed: first column and row of the grid shown; else: cells of margin around the picture */
	int columns, rows; /* of the picture */
};

CellsRenderer *cells_renderer_new(CellsStyle style)
{
	CellsRenderer *renderer = g_new0(CellsRenderer, 1);

	renderer->reader = text_reader_new();
	renderer->drawing = cells_drawing_new(style);
	return renderer;
}

void cells_renderer_free(CellsRenderer *renderer)
{
	if (!renderer)
		return;
	text_reader_free(renderer->reader);
	cells_drawing_free(renderer->drawing);
	g_free(renderer->grid.cells);
	g_free(renderer);
}

static void clear_grid(CellsRenderer *renderer, int columns, int rows)
{
	CellGrid *grid = &renderer->grid;
	gsize count = (gsize)columns * rows;

	if (!grid->cells || grid->columns != columns || grid->rows != rows) {
		g_free(grid->cells);
		grid->cells = g_new(Cell, MAX(count, 1));
	}
	grid->columns = columns;
	grid->rows = rows;
	grid->cursor_x = grid->cursor_y = -1;
	grid->is_text = FALSE;
	for (gsize i = 0; i < count; i++)
		grid->cells[i] = (Cell){ ' ', CELL_DEFAULT, CELL_DEFAULT };
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

static int last_filled_row(const CellGrid *text)
{
	for (int i = text->rows * text->columns; i-- > 0;)
		if (text->cells[i].character != ' ')
			return i / text->columns;
	return 0;
}

/* Where to cut when the terminal is smaller than the guest's screen: what is typed and answered stays in sight, that is the cursor, else the
 * last line that holds something, at the bottom; and the beginnings of lines. */
static void place_text(CellsRenderer *renderer, const CellGrid *text, int columns, int rows)
{
	int row = text->cursor_y >= 0 ? text->cursor_y : last_filled_row(text);
	int column = MAX(text->cursor_x, 0);

	renderer->top = MAX(row - rows + 1, 0);
	renderer->left = MAX(column - columns + 1, 0);
}

/* Half of a double-width character is none. */
static void drop_halves(Cell *row, int columns, gboolean is_cut)
{
	if (row[0].character == 0)
		row[0].character = ' ';
	if (is_cut)
		row[columns - 1].character = ' ';
}

static void copy_text(CellsRenderer *renderer, const CellGrid *text)
{
	CellGrid *grid = &renderer->grid;
	int columns = MIN(grid->columns, text->columns - renderer->left);
	int rows = MIN(grid->rows, text->rows - renderer->top);

	for (int row = 0; row < rows; row++) {
		const Cell *from =
			text->cells + (gsize)(row + renderer->top) * text->columns + renderer->left;
		Cell *to = grid->cells + (gsize)row * grid->columns;
		memcpy(to, from, (gsize)columns * sizeof(Cell));
		drop_halves(to, columns,
			    renderer->left + columns < text->columns && from[columns].character == 0);
	}
	if (text->cursor_x >= 0) {
		grid->cursor_x = text->cursor_x - renderer->left;
		grid->cursor_y = text->cursor_y - renderer->top;
	}
	renderer->is_placed = TRUE;
}

/* --- pictures ------------------------------------------------------------------------------------------------------ */

/* The largest size in cells with the picture's shape. */
static void fit(int width, int height, int *columns, int *rows)
{
	gint64 by_rows = (gint64)*rows * CELL_HEIGHT * width / height / CELL_WIDTH;
	gint64 by_columns = (gint64)*columns * CELL_WIDTH * height / width / CELL_HEIGHT;

	if (by_rows <= *columns)
		*columns = (int)MAX(by_rows, 1);
	else
		*rows = (int)MAX(by_columns, 1);
}

static void render_picture(CellsRenderer *renderer, Surface *surface)
{
	CellGrid *grid = &renderer->grid;
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };
	int columns = grid->columns, rows = grid->rows;
	const Cell *cells;

	fit(all.width, all.height, &columns, &rows);
	renderer->is_placed = FALSE;
	renderer->columns = columns;
	renderer->rows = rows;
	renderer->left = (grid->columns - columns) / 2;
	renderer->top = (grid->rows - rows) / 2;
	if (renderer->is_blank)
		return;
	cells = cells_drawing_draw(renderer->drawing, surface, &all, columns, rows);
	for (int row = 0; row < rows; row++)
		memcpy(&grid->cells[(row + renderer->top) * grid->columns + renderer->left],
		       &cells[row * columns], (gsize)columns * sizeof(Cell));
}

/* --- pictures among text --------------------------------------------------------------------------------------------- */

/* The smallest part of the grid that has all cells without text; FALSE: there are none. */
static gboolean find_holes(const CellGrid *grid, Rect *holes)
{
	*holes = (Rect){ 0 };
	for (int i = 0; i < grid->columns * grid->rows; i++) {
		Rect cell = { i % grid->columns, i / grid->columns, 1, 1 };
		if (grid->cells[i].character == CELL_NONE)
			*holes = rect_union(holes, &cell);
	}
	return holes->width > 0;
}

/* A text screen with a logo: what is around the text is drawn cell for cell where it stands. */
static void fill_holes(CellsRenderer *renderer, Surface *surface)
{
	CellGrid *grid = &renderer->grid;
	const Cell *cells;
	Rect holes;

	if (!find_holes(grid, &holes))
		return;
	Rect first = text_cell_rect(renderer->reader, holes.x + renderer->left, holes.y + renderer->top);
	Rect last = text_cell_rect(renderer->reader, holes.x + holes.width - 1 + renderer->left,
				   holes.y + holes.height - 1 + renderer->top);
	Rect area = rect_union(&first, &last);
	cells = cells_drawing_draw(renderer->drawing, surface, &area, holes.width, holes.height);
	for (int row = 0; row < holes.height; row++)
		for (int column = 0; column < holes.width; column++) {
			Cell *cell = &grid->cells[(row + holes.y) * grid->columns + column + holes.x];
			if (cell->character == CELL_NONE)
				*cell = cells[row * holes.width + column];
		}
}

static void overlay_text(CellsRenderer *renderer, const CellGrid *text)
{
	CellPicture picture = { renderer->left, renderer->top,   renderer->columns,
				renderer->rows, renderer->width, renderer->height };

	cells_overlay(&renderer->grid, &picture, text, renderer->reader);
}

/* --- both ---------------------------------------------------------------------------------------------------------- */

static gboolean is_current(const CellsRenderer *renderer, const Surface *surface, int columns, int rows)
{
	return renderer->grid.cells && renderer->surface == surface &&
	       renderer->generation == surface_generation(surface) && renderer->grid.columns == columns &&
	       renderer->grid.rows == rows;
}

static void render(CellsRenderer *renderer, Surface *surface)
{
	const CellGrid *text;
	TextVerdict verdict = text_look(renderer->reader, surface, &text);

	renderer->grid.is_text = verdict == TEXT_PURE;
	if (verdict == TEXT_PURE || (verdict == TEXT_MIXED && text_is_main(renderer->reader))) {
		place_text(renderer, text, renderer->grid.columns, renderer->grid.rows);
		copy_text(renderer, text);
		fill_holes(renderer, surface);
		return;
	}
	render_picture(renderer, surface);
	if (verdict == TEXT_MIXED && !renderer->is_blank)
		overlay_text(renderer, text);
}

const CellGrid *cells_render(CellsRenderer *renderer, Surface *surface, int columns, int rows)
{
	columns = MAX(columns, 0);
	rows = MAX(rows, 0);
	if (is_current(renderer, surface, columns, rows))
		return &renderer->grid;
	clear_grid(renderer, columns, rows);
	renderer->surface = surface;
	renderer->generation = surface_generation(surface);
	renderer->width = surface_width(surface);
	renderer->height = surface_height(surface);
	if (columns == 0 || rows == 0 || !surface_pixels(surface))
		return &renderer->grid;
	render(renderer, surface);
	return &renderer->grid;
}

void cells_renderer_set_live(CellsRenderer *renderer, gboolean on)
{
	text_reader_set_live(renderer->reader, on);
}

void cells_renderer_set_blank(CellsRenderer *renderer, gboolean on)
{
	if (renderer->is_blank != on)
		renderer->surface = NULL;
	renderer->is_blank = on;
}

gboolean cells_picture(const CellsRenderer *renderer, Rect *area)
{
	*area = (Rect){ renderer->left, renderer->top, renderer->columns, renderer->rows };
	return renderer->grid.cells && !renderer->is_placed && renderer->columns > 0;
}

static gboolean text_to_pixel(const CellsRenderer *renderer, int column, int row, int *x, int *y)
{
	text_cell_to_pixel(renderer->reader, column + renderer->left, row + renderer->top, x, y);
	return *x < renderer->width && *y < renderer->height;
}

static gboolean picture_to_pixel(const CellsRenderer *renderer, int column, int row, int *x, int *y)
{
	column -= renderer->left;
	row -= renderer->top;
	if (column < 0 || row < 0 || column >= renderer->columns || row >= renderer->rows)
		return FALSE;
	*x = (2 * column + 1) * renderer->width / (2 * renderer->columns);
	*y = (2 * row + 1) * renderer->height / (2 * renderer->rows);
	return TRUE;
}

gboolean cells_to_pixel(const CellsRenderer *renderer, int column, int row, int *x, int *y)
{
	if (column < 0 || row < 0 || column >= renderer->grid.columns || row >= renderer->grid.rows ||
	    renderer->width == 0)
		return FALSE;
	if (renderer->is_placed)
		return text_to_pixel(renderer, column, row, x, y);
	return picture_to_pixel(renderer, column, row, x, y);
}
