/* Shared by console/text*.c: cells as bits, grids, what is known about each cell. */
#pragma once

#include "console/glyphs.h"
#include "console/text.h"

/* --- text-bits.c: pixels of one cell as bits -------------------------------------------------------------------------- */

typedef enum { BITS_BLANK, BITS_TWO, BITS_PICTURE } BitsKind; /* one colour, two, more */

/* Bits of @rows are set where the pixel has not the colour of the top left one; laid out as glyph_find() wants it. */
typedef struct {
	BitsKind kind;
	guint32 corner, other;
	guint8 rows[GLYPH_BYTES_MAX];
} CellBits;

/* How a font stands on the screen. */
typedef struct {
	int width, height; /* of a glyph */
	int scale_x,
		scale_y; /* pixels of the screen for one of it: 2 in 40 columns, both 2 in old graphics modes */
	int cell_width,
		cell_height; /* of a cell of the screen: scaled, and perhaps with VGA's ninth column */
} Shape;

void bits_look(const guint32 *pixels, int stride, const Shape *shape, CellBits *bits);
void bits_invert(const CellBits *bits, const Shape *shape, guint8 *rows);

/* The glyph in either polarity; which of the two colours is the background follows. 0: none. */
guint bits_find(const GlyphBook *book, const Shape *shape, const CellBits *bits, guint32 *fg, guint32 *bg);

/* --- text-grid.c: where the cells are -------------------------------------------------------------------------------- */

typedef struct {
	Shape shape;
	GlyphBook *book;
	int x, y; /* origin, pixels */
	int columns, rows;
} Grid;

static inline const guint32 *grid_pixels(const Grid *grid, const Surface *surface, int column, int row)
{
	return surface_pixels(surface) +
	       (gsize)(grid->y + row * grid->shape.cell_height) * (gsize)surface_width(surface) + grid->x +
	       column * grid->shape.cell_width;
}

/* The best grid for what is on the surface now, FALSE where nothing on it looks like text. Only where *@deep are the fonts of the system tried, which
 * takes tens of milliseconds; on return it tells whether they would be of use. @looked counts cells. */
gboolean grid_search(const Surface *surface, Grid *grid, gboolean *deep, guint64 *looked);
/* Is there any letter of the fonts at hand in a part of it? Much cheaper where that is small. */
gboolean grid_has_letters(const Surface *surface, const Rect *area, guint64 *looked);
/* The grid of a screen of this size on which there is nothing yet. */
gboolean grid_default(const Surface *surface, Grid *grid);
/* As many cells as fit. FALSE: none. */
gboolean grid_place(const Surface *surface, const Shape *shape, int x, int y, Grid *grid);

/* Brightness, 0 to 255000. */
static inline guint32 luma(guint32 pixel)
{
	return (pixel >> 16 & 255) * 299 + (pixel >> 8 & 255) * 587 + (pixel & 255) * 114;
}

/* Pixels in @area that differ from their left neighbour, by @contrast in brightness at least (0: in any way), spread over it, in no order; at most
 * @max. */
typedef struct {
	int x, y;
} Point;
guint grid_sample(const Surface *surface, const Rect *area, guint contrast, Point *points, guint max);
/* There are no such pixels at all. */
gboolean grid_is_blank(const Surface *surface);

/* --- the reader ------------------------------------------------------------------------------------------------------ */

typedef enum {
	STATE_BLANK,
	STATE_GLYPH,
	STATE_WIDE,       /* left half of a double-width glyph */
	STATE_WIDE_RIGHT, /* its right half */
	STATE_UNDER,      /* a glyph or blank with the cursor's bar over it */
	STATE_UNKNOWN,    /* two colours, no glyph */
	STATE_PICTURE     /* more colours */
} StateKind;

typedef struct {
	guint32 glyph; /* number in the grid's book (STATE_GLYPH, STATE_UNDER; 0: blank), or in the wide book */
	guint8 kind;   /* StateKind */
	guint8 is_bar; /* nothing but full rows near the bottom: the cursor over a blank, unless there are several */
	guint8 is_new;   /* looked at during this reading */
	guint8 is_dirty; /* pixels changed since it was looked at */
} CellState;

typedef struct {
	guint filled, known; /* cells that are not blank; those of them that are read */
	guint letters;       /* and digits */
	guint proof;         /* letters, digits, lines of boxes */
	guint blocks;        /* blocks and shades, which prove nothing */
	guint missed;        /* two colours, but no glyph */
	guint pictures;      /* more colours */
} Counts;

typedef struct {
	guint index;
	Cell cell;
	CellState state;
} Change;

struct TextReader {
	Surface *surface; /* a reference; NULL at first */
	guint watch;
	gboolean is_resized;
	Rect damage;         /* around all since it was read */
	gboolean is_outside; /* of the grid something changed */
	TextVerdict verdict;
	gboolean has_grid, is_soft;
	Grid grid;
	CellGrid cells; /* what is handed out */
	Cell *exact; /* all cells as read, of the same size; `cells' has CELL_NONE for a verdict of TEXT_MIXED */
	CellState *states;
	gsize capacity;
	Counts counts;
	guint64 looked;
	GArray *changes; /* Change: cells looked at during this reading, as they were before; none after a new grid */
	/* text-cursor.c */
	int cursor;         /* index of its cell, -1 none */
	gboolean is_block;  /* it is a full block, known by change; `exact' has what stands below */
	gboolean no_blocks; /* what looked like one was something else on this screen */
	/* text over pictures */
	guint kept, kept_first; /* cells in runs, now and when the grid was found */
	guint deep_failures;    /* deep searches without a result, one after the other */
	gint64 deep_next;       /* monotonic time before which there is no deep search */
	gboolean is_owed;       /* there should have been one, at the last reading */
	gint64 owed_since;      /* monotonic time */
	gboolean is_live;       /* text_reader_set_live() */
	gboolean is_put_off;    /* during a reading: this one does not search deep */
	guint timer;            /* until it is made up for */
};

/* --- text-read.c: cells as read -------------------------------------------------------------------------------------- */

/* Reads all cells of a new grid; or those that are dirty, FALSE: there were none. Sets exact, states, counts. */
void reader_read_all(TextReader *reader, const Surface *surface, const Grid *grid, gboolean is_soft);
gboolean reader_read_changes(TextReader *reader, const Surface *surface);
/* Looks at one cell again, as a single one. */
void reader_look(TextReader *reader, const Surface *surface, guint index);

/* --- text-choose.c: which of several characters a glyph stands for ---------------------------------------------------- */

/* For cells that are new: sets the characters of ambiguous glyphs by the screen's font and their neighbours' script. */
void choose_characters(TextReader *reader);

/* --- text-cursor.c --------------------------------------------------------------------------------------------------- */

/* After cells were looked at: finds the bar or block, puts back what stands below it, sets reader->cursor. */
void cursor_find(TextReader *reader, const Surface *surface);
/* Is the cell nothing but the bar of a cursor on a blank, by its bits? */
gboolean cursor_is_bar(const CellBits *bits, const Shape *shape);

/* --- text-runs.c: words among things that are no text ------------------------------------------------------------------ */

/* Fills @cells from @exact: what is in no run of text becomes CELL_NONE. The number of cells in runs. */
guint runs_keep(TextReader *reader);

/* Is there a character in the cell? */
static inline gboolean state_is_read(const CellState *state)
{
	return state->kind == STATE_GLYPH || state->kind == STATE_WIDE || state->kind == STATE_WIDE_RIGHT ||
	       state->kind == STATE_UNDER;
}

/* Is it a letter or digit that proves something? */
gboolean reader_is_telling(const TextReader *reader, int index);

/* --- text-wide.c ----------------------------------------------------------------------------------------------------- */

/* Joins pairs of cells of which at least one is in no font. */
void wide_find(TextReader *reader, const Surface *surface);

/* --- text-soft.c: text over pictures ----------------------------------------------------------------------------------- */

/* The grid on which most letters stand out; FALSE: none. Takes tens of milliseconds. */
gboolean soft_search(const Surface *surface, Grid *grid, guint64 *looked);
/* After cells were looked at: punctuation and thin letters between those that stand out. */
void soft_fill(TextReader *reader, const Surface *surface);
/* reader_look() for such a grid. */
void soft_look(TextReader *reader, const Surface *surface, guint index);
