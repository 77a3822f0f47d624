#include "console/text.h"

#include <string.h>

#include "console/glyphs.h"

/* Share of the cells with something in them that must be known glyphs, in percent. */
#define KNOWN_PERCENT 98
/* On a screen of this size that was not text so far, so many known cells must be there, half of them letters, digits or lines of boxes:
 * flat pictures contain blanks and half blocks by accident. */
#define PROOF_CELLS 8
/* When so many cells were looked at and fewer than half are known, the rest does not matter. */
#define GIVE_UP_CELLS 48
/* Cells looked at again for a cursor drawn over a glyph; more unknown ones than this are no cursor. */
#define CURSOR_TRIES 4

/*
 * Grids, in the order in which they are tried. Nine-dot cells are VGA text mode: the ninth column is background or repeats the eighth. The
 * place for more: other fonts need their heights here and a dictionary each (EDK2's 8x19 at a centred origin, GRUB's Unifont).
 */
typedef struct {
	int cell_width, cell_height;
	gboolean whole;   /* only where the width is a multiple */
	gboolean centred; /* what remains is split to both sides, else it is at the right and bottom */
} GridRule;

static const GridRule rules[] = {
	{9,  16, TRUE,  FALSE},
	{ 8, 16, FALSE, FALSE},
	{ 8, 16, FALSE, TRUE },
};

typedef struct {
	const GridRule *rule;
	int x, y; /* origin, pixels */
	int columns, rows;
} Grid;

typedef enum { LOOK_BLANK, LOOK_BITS, LOOK_PICTURE } Look;

/* One cell as two colours: bits of @rows are set where the pixel is not the top left one's colour. */
typedef struct {
	Look look;
	guint32 corner, other;
	guint8 rows[FONT_ROWS];
} CellBits;

struct TextReader {
	CellGrid cells;
	gsize capacity;
	Grid grid;
	const Surface *surface; /* that `cells' are of; only compared */
	guint64 generation;
	gboolean is_text;
	int width, height; /* of the surface that was text last */
	guint known, filled, proof;
	guint missed[CURSOR_TRIES];
	guint misses;
};

TextReader *text_reader_new(void)
{
	return g_new0(TextReader, 1);
}

void text_reader_free(TextReader *reader)
{
	if (!reader)
		return;
	g_free(reader->cells.cells);
	g_free(reader);
}

/* --- one cell ------------------------------------------------------------------------------------------------------ */

/* FALSE at a third colour. The pixel's bit is written to *@bit. */
static inline gboolean classify(CellBits *bits, guint32 pixel, guint8 *bit)
{
	*bit = 0;
	if (pixel == bits->corner)
		return TRUE;
	if (bits->look == LOOK_BLANK) {
		bits->look = LOOK_BITS;
		bits->other = pixel;
	}
	*bit = 1;
	return pixel == bits->other;
}

static void look_at(const guint32 *pixels, int stride, int cell_width, CellBits *bits)
{
	guint8 bit;

	bits->look = LOOK_BLANK;
	bits->corner = bits->other = pixels[0];
	for (int y = 0; y < FONT_ROWS; y++, pixels += stride) {
		guint8 row = 0;
		for (int x = 0; x < cell_width; x++) {
			if (!classify(bits, pixels[x], &bit)) {
				bits->look = LOOK_PICTURE;
				return;
			}
			if (x < FONT_COLUMNS)
				row = (guint8)(row << 1 | bit);
		}
		bits->rows[y] = row;
	}
}

static void invert(const CellBits *bits, guint8 *rows)
{
	for (int y = 0; y < FONT_ROWS; y++)
		rows[y] = (guint8)~bits->rows[y];
}

/* Finds the glyph in either polarity; which of the two colours is the background follows from it. */
static gboolean recognise(const CellBits *bits, gunichar (*find)(const guint8 *rows), Cell *cell)
{
	guint8 inverse[FONT_ROWS];

	*cell = (Cell){ find(bits->rows), bits->other, bits->corner };
	if (cell->character)
		return TRUE;
	invert(bits, inverse);
	*cell = (Cell){ find(inverse), bits->corner, bits->other };
	return cell->character != 0;
}

/* --- the whole screen ---------------------------------------------------------------------------------------------- */

static gboolean is_proof(gunichar character)
{
	return g_unichar_isalnum(character) || (character >= 0x2500 && character < 0x2580);
}

static const guint32 *cell_pixels(const Grid *grid, Surface *surface, int column, int row)
{
	int x = grid->x + column * grid->rule->cell_width;
	int y = grid->y + row * grid->rule->cell_height;

	return surface_pixels(surface) + (gsize)y * surface_width(surface) + x;
}

static void read_cell(TextReader *reader, Surface *surface, int column, int row)
{
	guint index = (guint)(row * reader->grid.columns + column);
	Cell *cell = &reader->cells.cells[index];
	CellBits bits;

	look_at(cell_pixels(&reader->grid, surface, column, row), surface_width(surface),
		reader->grid.rule->cell_width, &bits);
	if (bits.look == LOOK_BLANK) {
		*cell = (Cell){ ' ', bits.corner, bits.corner };
		return;
	}
	reader->filled++;
	if (bits.look == LOOK_BITS && recognise(&bits, glyph_find, cell)) {
		reader->known++;
		reader->proof += is_proof(cell->character);
		return;
	}
	*cell = (Cell){ 0xfffd, bits.other, bits.corner };
	if (reader->misses < CURSOR_TRIES)
		reader->missed[reader->misses] = index;
	reader->misses++;
}

/* The one cell that misses only because the cursor lies over it. */
static void find_cursor(TextReader *reader, Surface *surface)
{
	int columns = reader->grid.columns;

	for (guint i = 0; i < MIN(reader->misses, CURSOR_TRIES); i++) {
		int column = (int)reader->missed[i] % columns, row = (int)reader->missed[i] / columns;
		CellBits bits;
		look_at(cell_pixels(&reader->grid, surface, column, row), surface_width(surface),
			reader->grid.rule->cell_width, &bits);
		if (bits.look != LOOK_BITS ||
		    !recognise(&bits, glyph_find_under_cursor, &reader->cells.cells[reader->missed[i]]))
			continue;
		reader->known++;
		reader->cells.cursor_x = column;
		reader->cells.cursor_y = row;
		return;
	}
}

static gboolean is_known_enough(const TextReader *reader)
{
	return reader->known * 100 >= reader->filled * KNOWN_PERCENT;
}

static gboolean has_proof(const TextReader *reader, Surface *surface)
{
	if (reader->width == surface_width(surface) && reader->height == surface_height(surface))
		return TRUE;
	return reader->known >= PROOF_CELLS && reader->proof * 2 >= reader->known;
}

static void start_grid(TextReader *reader, const Grid *grid)
{
	gsize count = (gsize)grid->columns * grid->rows;

	if (count > reader->capacity) {
		g_free(reader->cells.cells);
		reader->cells.cells = g_new(Cell, count);
		reader->capacity = count;
	}
	reader->cells.columns = grid->columns;
	reader->cells.rows = grid->rows;
	reader->cells.cursor_x = reader->cells.cursor_y = -1;
	reader->cells.is_text = TRUE;
	reader->grid = *grid;
	reader->known = reader->filled = reader->proof = reader->misses = 0;
}

static gboolean read_grid(TextReader *reader, Surface *surface, const Grid *grid)
{
	start_grid(reader, grid);
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++) {
			read_cell(reader, surface, column, row);
			if (reader->filled >= GIVE_UP_CELLS && reader->known * 2 < reader->filled)
				return FALSE;
		}
	find_cursor(reader, surface);
	return is_known_enough(reader) && has_proof(reader, surface);
}

static gboolean place_grid(const GridRule *rule, Surface *surface, Grid *grid)
{
	int width = surface_width(surface), height = surface_height(surface);

	if (rule->whole && width % rule->cell_width)
		return FALSE;
	*grid = (Grid){ rule, 0, 0, width / rule->cell_width, height / rule->cell_height };
	if (rule->centred) {
		grid->x = width % rule->cell_width / 2;
		grid->y = height % rule->cell_height / 2;
		if (grid->x == 0 && grid->y == 0)
			return FALSE;
	}
	return grid->columns > 0 && grid->rows > 0;
}

static gboolean read_surface(TextReader *reader, Surface *surface)
{
	Grid grid = reader->grid;

	/* what fitted last fits again, unless the mode changed */
	if (reader->is_text && reader->width == surface_width(surface) &&
	    reader->height == surface_height(surface) && read_grid(reader, surface, &grid))
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (place_grid(&rules[i], surface, &grid) && read_grid(reader, surface, &grid))
			return TRUE;
	return FALSE;
}

gboolean text_read(TextReader *reader, Surface *surface, const CellGrid **grid)
{
	if (!surface_pixels(surface))
		return FALSE;
	if (reader->surface != surface || reader->generation != surface_generation(surface)) {
		reader->is_text = read_surface(reader, surface);
		reader->width = reader->is_text ? surface_width(surface) : 0;
		reader->height = reader->is_text ? surface_height(surface) : 0;
		reader->surface = surface;
		reader->generation = surface_generation(surface);
	}
	*grid = &reader->cells;
	return reader->is_text;
}

void text_cell_to_pixel(const TextReader *reader, int column, int row, int *x, int *y)
{
	const GridRule *rule = reader->grid.rule;

	*x = reader->grid.x + column * rule->cell_width + rule->cell_width / 2;
	*y = reader->grid.y + row * rule->cell_height + rule->cell_height / 2;
}

char *text_from_grid(const CellGrid *grid)
{
	GString *text = g_string_new(NULL);

	for (int row = 0; row < grid->rows; row++) {
		gsize end = text->len;
		for (int column = 0; column < grid->columns; column++) {
			gunichar character = grid->cells[row * grid->columns + column].character;
			if (character)
				g_string_append_unichar(text, character);
			if (character && character != ' ')
				end = text->len;
		}
		g_string_truncate(text, end);
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}
