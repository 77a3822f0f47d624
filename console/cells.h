/*
 * Pixels to terminal cells: a grid of characters with two colours, pure data, golden-tested. Symbols by libchafa
 * (console/cells-draw.h). Exact text goes first where console/text.h recognises it.
 */
#pragma once

#include "console/surface.h"

typedef struct {
	gunichar character; /* 0 = right half of a double-width one; CELL_NONE */
	guint32 fg, bg;     /* 0x00RRGGBB; CELL_DEFAULT = the terminal's own */
} Cell;

#define CELL_DEFAULT 0xff000000u
/* In a grid of console/text.h: not text; in one of cells_render() there is none of them. */
#define CELL_NONE 0xffffffffu

typedef struct {
	int columns, rows;
	Cell *cells;            /* rows * columns, owned */
	int cursor_x, cursor_y; /* -1 = none seen; only where text stands in its place */
	gboolean
		is_text; /* recognised text, shown exactly, and nothing else; FALSE also for text over or beside pictures */
} CellGrid;

typedef enum { CELLS_ASCII, CELLS_SYMBOLS } CellsStyle;

typedef struct CellsRenderer CellsRenderer;

CellsRenderer *cells_renderer_new(CellsStyle style);
void cells_renderer_free(CellsRenderer *renderer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CellsRenderer, cells_renderer_free)

/* Draws the whole surface scaled into at most @columns x @rows, keeping its shape (a cell is twice as high as wide), centred; cells around it are
 * blank. A recognised text screen is copied 1:1 at the top left, cut where it is larger; pictures in it are drawn where they stand. Text that was
 * read in a picture is written over it. The grid belongs to the renderer
 * and is valid until the next call. */
const CellGrid *cells_render(CellsRenderer *renderer, Surface *surface, int columns, int rows);

/* What changed is shown at once, text over it a little later; see text_reader_set_live(). */
void cells_renderer_set_live(CellsRenderer *renderer, gboolean on);

/* With @on pictures are left blank: who asks for that draws them with pixels. */
void cells_renderer_set_blank(CellsRenderer *renderer, gboolean on);
/* Where the picture is in the grid rendered last, in cells; FALSE: it is text, perhaps with pictures in it. */
gboolean cells_picture(const CellsRenderer *renderer, Rect *area);

/* Cell to pixel of the surface as last rendered (middle of the cell); FALSE outside of the picture. */
gboolean cells_to_pixel(const CellsRenderer *renderer, int column, int row, int *x, int *y);
