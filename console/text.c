#include "console/text.h"

#include <string.h>

#include "console/text-private.h"

/* Share of the cells with something in them that must be read, in percent: to become a text screen, and to stay one (a glyph may be half drawn). */
#define BECOMES_PERCENT 98
#define STAYS_PERCENT   90
/* More cells with more than two colours than this, in percent, and it is text beside a picture. */
#define PICTURES_PERCENT 4
/* So many percent of a mixed screen, and it is a text screen with pictures. */
#define MAIN_PERCENT 60
/* A mixed screen is searched again when at least so many cells changed at once, and most are not text. */
#define MOVED_CELLS 24
/* Searching deep takes at most one part in so many of the time: on a moving picture it is of no use. */
#define DEEP_SHARE 10
/* On a screen that was not text so far so many cells must be letters or digits, so many these or lines of boxes, and of those that are not blocks one in so many:
 * flat pictures contain blanks, dots and half blocks by accident. */
#define PROOF_LETTERS 4
#define PROOF_CELLS   8
#define PROOF_SHARE   5
/* The system's fonts are read when so many cells of a screen that is otherwise known are in no font so far. */
#define MISSED_CELLS   2
#define MISSED_PERCENT 60

TextReader *text_reader_new(void)
{
	TextReader *reader = g_new0(TextReader, 1);

	reader->cursor = -1;
	reader->changes = g_array_new(FALSE, FALSE, sizeof(Change));
	return reader;
}

static void leave_surface(TextReader *reader)
{
	if (!reader->surface)
		return;
	surface_unwatch(reader->surface, reader->watch);
	g_clear_pointer(&reader->surface, surface_unref);
}

void text_reader_free(TextReader *reader)
{
	if (!reader)
		return;
	leave_surface(reader);
	g_array_unref(reader->changes);
	g_free(reader->cells.cells);
	g_free(reader->exact);
	g_free(reader->states);
	g_free(reader);
}

/* --- what changed ---------------------------------------------------------------------------------------------------- */

static void mark_dirty(TextReader *reader, const Rect *damage)
{
	const Grid *grid = &reader->grid;
	Rect area = { damage->x - grid->x, damage->y - grid->y, damage->width, damage->height };

	if (!rect_clip(&area, grid->columns * grid->shape.cell_width, grid->rows * grid->shape.cell_height))
		return;
	for (int row = area.y / grid->shape.cell_height;
	     row <= (area.y + area.height - 1) / grid->shape.cell_height; row++)
		for (int column = area.x / grid->shape.cell_width;
		     column <= (area.x + area.width - 1) / grid->shape.cell_width; column++)
			reader->states[row * grid->columns + column].is_dirty = TRUE;
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	TextReader *reader = data;

	if (event == SURFACE_RESIZED)
		reader->is_resized = TRUE;
	if (event != SURFACE_DAMAGED)
		return;
	reader->has_damage = TRUE;
	if (reader->has_grid && !reader->is_resized)
		mark_dirty(reader, damage);
}

static void attach(TextReader *reader, Surface *surface)
{
	if (reader->surface == surface)
		return;
	leave_surface(reader);
	reader->surface = surface_ref(surface);
	reader->watch = surface_watch(surface, on_surface, reader);
	reader->is_resized = TRUE;
	reader->verdict = TEXT_GRAPHICS;
}

/* --- looking at cells ------------------------------------------------------------------------------------------------ */

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

static gboolean is_proof(gunichar character)
{
	return g_unichar_isalnum(character) || (character >= 0x2500 && character < 0x2580);
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
		counts.proof += state->kind == STATE_WIDE_RIGHT || is_proof(reader->exact[i].character);
		counts.letters += g_unichar_isalnum(reader->exact[i].character) != FALSE;
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
	    counts->proof < PROOF_CELLS || counts->known * 100 < counts->filled * MISSED_PERCENT)
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

static void read_all(TextReader *reader, const Surface *surface, const Grid *grid, gboolean is_soft)
{
	use_grid(reader, grid, is_soft);
	look_at_dirty(reader, surface);
	g_array_set_size(reader->changes, 0);
	settle(reader, surface);
	fill_holes(reader, surface);
}

/* --- the verdict ----------------------------------------------------------------------------------------------------- */

static gboolean has_proof(const Counts *counts)
{
	guint told = counts->known - counts->blocks;

	return counts->letters >= PROOF_LETTERS && counts->proof >= PROOF_CELLS &&
	       counts->proof * PROOF_SHARE >= told;
}

/* A screen that was text needs no proof: it may be empty, or hold a cursor and nothing else. */
static gboolean is_pure(const TextReader *reader, gboolean was_pure)
{
	const Counts *counts = &reader->counts;
	guint percent = was_pure ? STAYS_PERCENT : BECOMES_PERCENT;

	if (reader->is_soft || counts->known * 100 < counts->filled * percent ||
	    counts->pictures * 100 > counts->filled * PICTURES_PERCENT)
		return FALSE;
	if (was_pure)
		return counts->proof > 0 || counts->known < PROOF_CELLS;
	return has_proof(counts);
}

gboolean text_is_main(const TextReader *reader)
{
	const Counts *counts = &reader->counts;

	return !reader->is_soft && counts->known * 100 >= counts->filled * MAIN_PERCENT && has_proof(counts);
}

static TextVerdict judge(TextReader *reader, gboolean was_pure)
{
	if (is_pure(reader, was_pure)) {
		memcpy(reader->cells.cells, reader->exact,
		       (gsize)reader->grid.columns * (gsize)reader->grid.rows * sizeof(Cell));
		return TEXT_PURE;
	}
	reader->kept = runs_keep(reader);
	return reader->kept > 0 ? TEXT_MIXED : TEXT_GRAPHICS;
}

/* After a change of mode nothing is drawn yet: a text screen stays one until something else is seen. */
static TextVerdict read_blank(TextReader *reader, const Surface *surface, gboolean was_pure)
{
	Grid grid;

	if (!was_pure || !grid_default(surface, &grid))
		return TEXT_GRAPHICS;
	read_all(reader, surface, &grid, FALSE);
	return judge(reader, TRUE);
}

/* Text over a picture, where there is more of it than what could be read exactly (@exact; FALSE: nothing). */
static TextVerdict read_soft(TextReader *reader, const Surface *surface, const Grid *exact)
{
	guint kept = exact ? reader->kept : 0;
	Grid grid;

	if (soft_search(surface, &grid, &reader->looked)) {
		read_all(reader, surface, &grid, TRUE);
		if (judge(reader, FALSE) == TEXT_MIXED && reader->kept > kept)
			return TEXT_MIXED;
		if (exact) {
			read_all(reader, surface, exact, FALSE);
			return judge(reader, FALSE);
		}
	}
	return exact ? TEXT_MIXED : TEXT_GRAPHICS;
}

/* *@deep: look as deep as one can; on return, whether that is of use. */
static TextVerdict find_text(TextReader *reader, const Surface *surface, gboolean was_pure, gboolean *deep)
{
	gboolean may_be_deep = *deep;
	TextVerdict verdict = TEXT_GRAPHICS;
	Grid grid;
	Point point;

	*deep = FALSE;
	if (grid_sample(surface, &point, 1, 0) == 0)
		return read_blank(reader, surface, was_pure);
	*deep = may_be_deep;
	if (grid_search(surface, &grid, deep, &reader->looked)) {
		read_all(reader, surface, &grid, FALSE);
		verdict = judge(reader, was_pure);
	}
	if (verdict == TEXT_PURE || (verdict == TEXT_MIXED && text_is_main(reader)))
		return verdict;
	*deep = TRUE;
	return may_be_deep ? read_soft(reader, surface, verdict == TEXT_MIXED ? &grid : NULL) : verdict;
}

static gboolean is_early(const TextReader *reader)
{
	return g_get_monotonic_time() < reader->deep_next;
}

static TextVerdict read_anew(TextReader *reader, const Surface *surface, gboolean was_pure)
{
	gint64 start = g_get_monotonic_time(), end;
	gboolean may_be_deep = !is_early(reader), deep = may_be_deep;
	TextVerdict verdict;

	reader->has_grid = FALSE;
	verdict = find_text(reader, surface, was_pure, &deep);
	reader->has_grid = verdict != TEXT_GRAPHICS;
	reader->kept_first = reader->kept;
	reader->is_owed = deep && !may_be_deep;
	end = g_get_monotonic_time();
	if (deep && may_be_deep)
		reader->deep_next = end + (end - start) * DEEP_SHARE;
	return verdict;
}

/* Of what changed on a mixed screen, was most of it no text, or has half of the text gone? Then text may stand elsewhere now. */
static gboolean has_moved_on(const TextReader *reader)
{
	guint read = 0;

	for (guint i = 0; i < reader->changes->len; i++) {
		const CellState *state = &reader->states[g_array_index(reader->changes, Change, i).index];
		read += state->kind == STATE_BLANK || state_is_read(state);
	}
	return reader->kept * 2 < reader->kept_first ||
	       (reader->changes->len >= MOVED_CELLS && read * 2 < reader->changes->len);
}

/* What fitted last fits again, and only what changed is looked at; where it does not fit well any more there may be something better. */
static TextVerdict read_again(TextReader *reader, const Surface *surface)
{
	TextVerdict was = reader->verdict, verdict;

	if (was == TEXT_GRAPHICS || !reader->has_grid)
		return read_anew(reader, surface, FALSE);
	if (!look_at_dirty(reader, surface) && !reader->is_owed)
		return was;
	settle(reader, surface);
	fill_holes(reader, surface);
	verdict = judge(reader, was == TEXT_PURE);
	if (verdict == TEXT_PURE || (was == TEXT_MIXED && verdict == TEXT_MIXED && !has_moved_on(reader)))
		return verdict;
	if (reader->is_soft && is_early(reader)) {
		reader->is_owed = TRUE;
		return verdict;
	}
	return read_anew(reader, surface, FALSE);
}

static void place_cursor(TextReader *reader)
{
	gboolean is_shown =
		reader->verdict == TEXT_PURE || (reader->verdict == TEXT_MIXED && text_is_main(reader));
	gboolean has = is_shown && reader->cursor >= 0;

	reader->cells.cursor_x = has ? reader->cursor % reader->grid.columns : -1;
	reader->cells.cursor_y = has ? reader->cursor / reader->grid.columns : -1;
	reader->cells.is_text = reader->verdict == TEXT_PURE;
}

TextVerdict text_look(TextReader *reader, Surface *surface, const CellGrid **grid)
{
	*grid = NULL;
	if (!surface_pixels(surface))
		return TEXT_GRAPHICS;
	attach(reader, surface);
	if (reader->is_resized || reader->has_damage || (reader->is_owed && !is_early(reader))) {
		reader->verdict = reader->is_resized
					  ? read_anew(reader, surface, reader->verdict == TEXT_PURE)
					  : read_again(reader, surface);
		reader->is_resized = reader->has_damage = FALSE;
		place_cursor(reader);
	}
	if (reader->verdict != TEXT_GRAPHICS)
		*grid = &reader->cells;
	return reader->verdict;
}

gboolean text_read(TextReader *reader, Surface *surface, const CellGrid **grid)
{
	return text_look(reader, surface, grid) == TEXT_PURE;
}

/* --- for those who use the grid -------------------------------------------------------------------------------------- */

void text_cell_to_pixel(const TextReader *reader, int column, int row, int *x, int *y)
{
	Rect cell = text_cell_rect(reader, column, row);

	*x = cell.x + cell.width / 2;
	*y = cell.y + cell.height / 2;
}

Rect text_cell_rect(const TextReader *reader, int column, int row)
{
	const Shape *shape = &reader->grid.shape;

	return (Rect){ reader->grid.x + column * shape->cell_width, reader->grid.y + row * shape->cell_height,
		       shape->cell_width, shape->cell_height };
}

guint64 text_cells_looked(const TextReader *reader)
{
	return reader->looked;
}

char *text_from_grid(const CellGrid *grid)
{
	GString *text = g_string_new(NULL);

	for (int row = 0; row < grid->rows; row++) {
		gsize end = text->len;
		for (int column = 0; column < grid->columns; column++) {
			gunichar character = grid->cells[row * grid->columns + column].character;
			character = character == CELL_NONE ? ' ' : character;
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
