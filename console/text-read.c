#include "console/text-private.h"

#include <string.h>

/* The system's fonts are read when so many cells of a screen that is otherwise known are in no font so far. */
#define MISSED_CELLS   2
#define MISSED_LETTERS 8
#define MISSED_PERCENT 60

void reader_look(TextReader *reader, const Surface *surface, guint index)
{
	const Grid *grid = &reader->grid;
	CellState *state = &reader->states[index];
	Cell *cell = &reader->exact[index];
	CellBits bits;

	if (reader->is_soft) {
		soft_look(reader, surface, index);
		return;
	}
	bits_look(grid_pixels(grid, surface, (int)index % grid->columns, (int)index / grid->columns),
		  surface_width(surface), &grid->shape, &bits);
	reader->looked++;
	*state = (CellState){ .kind = STATE_BLANK,
			      .is_new = TRUE,
			      .is_bar = cursor_is_bar(&bits, &grid->shape) };
	*cell = (Cell){ ' ', bits.corner, bits.corner };
	if (bits.kind == BITS_BLANK)
		return;
	state->kind = STATE_PICTURE;
	*cell = (Cell){ 0xfffd, bits.other, bits.corner };
	if (bits.kind == BITS_PICTURE)
		return;
	guint32 fg, bg;
	state->kind = STATE_UNKNOWN;
	state->glyph = bits_find(grid->book, &grid->shape, &bits, &fg, &bg);
	if (!state->glyph)
		return;
	state->kind = STATE_GLYPH;
	*cell = (Cell){ glyph_character(grid->book, state->glyph), fg, bg };
	/* in low fonts it looks like a cursor */
	state->is_bar = state->is_bar && cell->character != '_';
}

static void note_change(TextReader *reader, guint index)
{
	Change change = { index, reader->exact[index], reader->states[index] };

	g_array_append_val(reader->changes, change);
}

/* Both halves of a double-width glyph are looked at when one of them changed. */
static void widen_dirt(TextReader *reader, guint count)
{
	for (guint i = 0; i < count; i++) {
		CellState *state = &reader->states[i];
		if (state->is_dirty && state->kind == STATE_WIDE_RIGHT)
			reader->states[i - 1].is_dirty = TRUE;
		if (state->is_dirty && state->kind == STATE_WIDE)
			reader->states[i + 1].is_dirty = TRUE;
	}
}

static gboolean look_at_dirty(TextReader *reader, const Surface *surface)
{
	guint count = (guint)(reader->grid.columns * reader->grid.rows);

	/* a block is known by what it does next */
	if (reader->cursor >= 0 && reader->is_block)
		reader->states[reader->cursor].is_dirty = TRUE;
	widen_dirt(reader, count);
	g_array_set_size(reader->changes, 0);
	for (guint i = 0; i < count; i++) {
		if (!reader->states[i].is_dirty) {
			reader->states[i].is_new = FALSE;
			continue;
		}
		note_change(reader, i);
		reader_look(reader, surface, i);
	}
	return reader->changes->len > 0;
}

/* --- all of them ----------------------------------------------------------------------------------------------------- */

gboolean reader_is_telling(const TextReader *reader, int index)
{
	const CellState *state = &reader->states[index];

	if (state->kind == STATE_GLYPH || (state->kind == STATE_UNDER && state->glyph))
		return glyph_is_telling(reader->grid.book, state->glyph);
	return state->kind == STATE_WIDE && g_unichar_isalnum(reader->exact[index].character);
}

static gboolean is_box(gunichar character)
{
	return character >= 0x2500 && character < 0x2580;
}

static gboolean is_block_character(gunichar character)
{
	return character >= 0x2580 && character < 0x25a0;
}

static void count_cells(TextReader *reader)
{
	guint count = (guint)(reader->grid.columns * reader->grid.rows);
	Counts counts = { 0 };

	for (guint i = 0; i < count; i++) {
		const CellState *state = &reader->states[i];
		if (state->kind == STATE_BLANK)
			continue;
		counts.filled++;
		counts.missed += state->kind == STATE_UNKNOWN;
		counts.pictures += state->kind == STATE_PICTURE;
		if (state->kind == STATE_UNKNOWN || state->kind == STATE_PICTURE)
			continue;
		counts.known++;
		gboolean is_letter = reader_is_telling(reader, (int)i);
		counts.proof +=
			is_letter || state->kind == STATE_WIDE_RIGHT || is_box(reader->exact[i].character);
		counts.letters += is_letter;
		counts.blocks += is_block_character(reader->exact[i].character);
	}
	reader->counts = counts;
}

static void settle(TextReader *reader, const Surface *surface)
{
	count_cells(reader);
	if (reader->is_soft) {
		soft_fill(reader, surface);
	} else {
		wide_find(reader, surface);
		cursor_find(reader, surface);
	}
	choose_characters(reader);
	count_cells(reader);
}

static void mark_all(TextReader *reader)
{
	for (gsize i = 0; i < (gsize)reader->grid.columns * (gsize)reader->grid.rows; i++)
		reader->states[i].is_dirty = TRUE;
}

/* Known text with holes: perhaps the fonts of the system have what is missing. */
static void fill_holes(TextReader *reader, const Surface *surface)
{
	const Counts *counts = &reader->counts;

	if (reader->is_soft || glyph_book_is_loaded(reader->grid.book) || counts->missed < MISSED_CELLS ||
	    counts->letters < MISSED_LETTERS || counts->known * 100 < counts->filled * MISSED_PERCENT)
		return;
	glyph_book_load(reader->grid.book);
	mark_all(reader);
	look_at_dirty(reader, surface);
	g_array_set_size(reader->changes, 0);
	settle(reader, surface);
}

static void use_grid(TextReader *reader, const Grid *grid, gboolean is_soft)
{
	gsize count = (gsize)grid->columns * (gsize)grid->rows;

	if (count > reader->capacity) {
		g_free(reader->cells.cells);
		g_free(reader->exact);
		g_free(reader->states);
		reader->cells.cells = g_new(Cell, count);
		reader->exact = g_new(Cell, count);
		reader->states = g_new(CellState, count);
		reader->capacity = count;
	}
	memset(reader->states, 0, count * sizeof(CellState));
	memset(reader->exact, 0, count * sizeof(Cell));
	reader->grid = *grid;
	reader->has_grid = TRUE;
	reader->is_soft = is_soft;
	reader->cells.columns = grid->columns;
	reader->cells.rows = grid->rows;
	reader->cursor = -1;
	reader->is_block = reader->no_blocks = FALSE;
	reader->counts = (Counts){ 0 };
	mark_all(reader);
}

void reader_read_all(TextReader *reader, const Surface *surface, const Grid *grid, gboolean is_soft)
{
	use_grid(reader, grid, is_soft);
	look_at_dirty(reader, surface);
	g_array_set_size(reader->changes, 0);
	settle(reader, surface);
	fill_holes(reader, surface);
}

gboolean reader_read_changes(TextReader *reader, const Surface *surface)
{
	if (!look_at_dirty(reader, surface))
		return FALSE;
	settle(reader, surface);
	fill_holes(reader, surface);
	return TRUE;
}
