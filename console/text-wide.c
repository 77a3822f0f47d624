#include "console/text-private.h"

/* Double-width glyphs: Chinese characters, kana and hangul take two cells, and have a book of their own. */

static gboolean try_wide(TextReader *reader, const Surface *surface, GlyphBook *book, const Shape *shape,
			 int column, int row)
{
	int index = row * reader->grid.columns + column;
	CellBits bits;
	guint32 fg, bg;

	bits_look(grid_pixels(&reader->grid, surface, column, row), surface_width(surface), shape, &bits);
	reader->looked += 2;
	guint glyph = bits.kind == BITS_TWO ? bits_find(book, shape, &bits, &fg, &bg) : 0;
	if (!glyph)
		return FALSE;
	reader->states[index] = (CellState){ .glyph = glyph, .kind = STATE_WIDE, .is_new = TRUE };
	reader->states[index + 1] = (CellState){ .glyph = glyph, .kind = STATE_WIDE_RIGHT, .is_new = TRUE };
	reader->exact[index] = (Cell){ glyph_character(book, glyph), fg, bg };
	reader->exact[index + 1] = (Cell){ 0, fg, bg };
	return TRUE;
}

static gboolean may_be_half(const CellState *state)
{
	return state->kind == STATE_GLYPH || state->kind == STATE_UNKNOWN || state->kind == STATE_BLANK;
}

/* From the left, pairs of which a half is in no font, or which follow a double-width glyph: halves of some are glyphs themselves. */
static void look_for_wide_in_row(TextReader *reader, const Surface *surface, GlyphBook *book,
				 const Shape *shape, int row)
{
	CellState *states = reader->states + row * reader->grid.columns;

	for (int column = 0; column + 1 < reader->grid.columns; column++) {
		gboolean follows = column > 0 && states[column - 1].kind == STATE_WIDE_RIGHT;
		gboolean unknown =
			states[column].kind == STATE_UNKNOWN || states[column + 1].kind == STATE_UNKNOWN;
		if (!(states[column].is_new || states[column + 1].is_new) || !(unknown || follows))
			continue;
		if (!may_be_half(&states[column]) || !may_be_half(&states[column + 1]))
			continue;
		if (states[column].kind == STATE_BLANK && states[column + 1].kind == STATE_BLANK)
			continue;
		if (try_wide(reader, surface, book, shape, column, row))
			column++;
	}
}

void wide_find(TextReader *reader, const Surface *surface)
{
	Shape shape = reader->grid.shape;

	if (shape.width * 2 > GLYPH_WIDTH_MAX || shape.cell_width != shape.width * shape.scale_x ||
	    !glyph_book_is_loaded(reader->grid.book) || reader->counts.missed == 0)
		return;
	shape.width *= 2;
	shape.cell_width *= 2;
	GlyphBook *book = glyph_book(shape.width, shape.height);
	glyph_book_load(book);
	if (glyph_book_count(book) == 0)
		return;
	for (int row = 0; row < reader->grid.rows; row++)
		look_for_wide_in_row(reader, surface, book, &shape, row);
}
