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
/* Each time that nothing is found the part is halved, so many times, but the pause is no longer than this. */
#define DEEP_FAILURES_MAX 5
#define DEEP_PAUSE_MAX_US (3 * G_USEC_PER_SEC)
/* A live view searches deep when nothing has changed for so long, or when the search has been owed for so long. */
#define LIVE_REST_US     (60 * 1000)
#define LIVE_PATIENCE_US (500 * 1000)
/* Less than this part of the screen is a small change. */
#define SMALL_PART 4
/* On a screen that was not text so far so many cells must be letters or digits, so many these or lines of boxes, and of those that are not
 * blocks one in so many: flat pictures contain blanks, dots and half blocks by accident. */
#define PROOF_LETTERS 4
#define PROOF_CELLS   8
#define PROOF_SHARE   5

TextReader *text_reader_new(void)
{
	TextReader *reader = g_new0(TextReader, 1);

	reader->cursor = -1;
	reader->changes = g_array_new(FALSE, FALSE, sizeof(Change));
	return reader;
}

void text_reader_set_live(TextReader *reader, gboolean on)
{
	reader->is_live = on;
}

static void leave_surface(TextReader *reader)
{
	g_clear_handle_id(&reader->timer, g_source_remove);
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

/* Is there room for text around the grid? The firmware's console stands in the middle of the screen, the next program's need not. */
static gboolean has_margin(const TextReader *reader)
{
	const Grid *grid = &reader->grid;
	const Shape *shape = &grid->shape;
	int right = surface_width(reader->surface) - grid->x - grid->columns * shape->cell_width;
	int bottom = surface_height(reader->surface) - grid->y - grid->rows * shape->cell_height;

	return grid->x >= shape->cell_width || right >= shape->cell_width || grid->y >= shape->cell_height ||
	       bottom >= shape->cell_height;
}

static void mark_dirty(TextReader *reader, const Rect *damage)
{
	const Grid *grid = &reader->grid;
	Rect area = { damage->x - grid->x, damage->y - grid->y, damage->width, damage->height };
	gboolean overlaps = rect_clip(&area, grid->columns * grid->shape.cell_width,
				      grid->rows * grid->shape.cell_height);

	if ((!overlaps || area.width < damage->width || area.height < damage->height) && has_margin(reader))
		reader->is_outside = TRUE;
	if (!overlaps)
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
	reader->damage = rect_union(&reader->damage, damage);
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
	reader_read_all(reader, surface, &grid, FALSE);
	return judge(reader, TRUE);
}

/* Text over a picture, where there is more of it than what could be read exactly (@exact; FALSE: nothing). */
static TextVerdict read_soft(TextReader *reader, const Surface *surface, const Grid *exact)
{
	guint kept = exact ? reader->kept : 0;
	Grid grid;

	if (soft_search(surface, &grid, &reader->looked)) {
		reader_read_all(reader, surface, &grid, TRUE);
		if (judge(reader, FALSE) == TEXT_MIXED && reader->kept > kept)
			return TEXT_MIXED;
		if (exact) {
			reader_read_all(reader, surface, exact, FALSE);
			return judge(reader, FALSE);
		}
	}
	return exact ? TEXT_MIXED : TEXT_GRAPHICS;
}

/* Where there was no text before, a change that has no letter in it brings none. */
static gboolean is_small_change(const TextReader *reader)
{
	gint64 all = (gint64)surface_width(reader->surface) * surface_height(reader->surface);

	return reader->verdict == TEXT_GRAPHICS && !reader->is_resized &&
	       (gint64)reader->damage.width * reader->damage.height < all / SMALL_PART;
}

/* *@deep: look as deep as one can; on return, whether that is of use. */
static TextVerdict find_text(TextReader *reader, const Surface *surface, gboolean was_pure, gboolean *deep)
{
	gboolean may_be_deep = *deep;
	TextVerdict verdict = TEXT_GRAPHICS;
	Grid grid;

	*deep = FALSE;
	if (grid_is_blank(surface))
		return read_blank(reader, surface, was_pure);
	*deep = TRUE;
	if (!may_be_deep && is_small_change(reader) &&
	    !grid_has_letters(surface, &reader->damage, &reader->looked))
		return TEXT_GRAPHICS;
	*deep = may_be_deep;
	if (grid_search(surface, &grid, deep, &reader->looked)) {
		reader_read_all(reader, surface, &grid, FALSE);
		verdict = judge(reader, was_pure);
	}
	if (verdict == TEXT_PURE || (verdict == TEXT_MIXED && text_is_main(reader)))
		return verdict;
	*deep = TRUE;
	return may_be_deep ? read_soft(reader, surface, verdict == TEXT_MIXED ? &grid : NULL) : verdict;
}

static gboolean is_early(const TextReader *reader)
{
	return reader->is_put_off || g_get_monotonic_time() < reader->deep_next;
}

static void set_timer(TextReader *reader);

static gboolean on_deep_due(gpointer data)
{
	static const Rect corner = { 0, 0, 1, 1 };
	TextReader *reader = data;

	reader->timer = 0;
	if (!reader->is_owed)
		return G_SOURCE_REMOVE;
	if (is_early(reader)) /* it was put off further since */
		set_timer(reader);
	else
		surface_damage(reader->surface, &corner);
	return G_SOURCE_REMOVE;
}

static void set_timer(TextReader *reader)
{
	gint64 wait_us = MAX(reader->deep_next - g_get_monotonic_time(), 0);

	if (!reader->timer)
		reader->timer = g_timeout_add((guint)(wait_us / 1000) + 1, on_deep_due, reader);
}

/* A search that was put off is made up for: the picture may rest now, and nobody would look again. */
static void owe(TextReader *reader)
{
	if (!reader->is_owed)
		reader->owed_since = g_get_monotonic_time();
	reader->is_owed = TRUE;
	set_timer(reader);
}

/* A live view shows first what changed, for which somebody may have pressed a key, and searches when the guest rests. What on_deep_due() damages is
 * no change. */
static void put_off(TextReader *reader)
{
	gint64 now = g_get_monotonic_time();
	gint64 limit = (reader->is_owed ? reader->owed_since : now) + LIVE_PATIENCE_US;
	gboolean has_changed = reader->damage.width > 1 || reader->damage.height > 1;

	reader->is_put_off = reader->is_live && has_changed && now < limit &&
			     (reader->verdict == TEXT_GRAPHICS || reader->is_soft);
	if (reader->is_put_off)
		reader->deep_next = MAX(reader->deep_next, MIN(now + LIVE_REST_US, limit));
}

/* After a deep search: the longer it took, and the more often it was in vain, the longer the pause. */
static void rest(TextReader *reader, gint64 took_us, gboolean was_in_vain)
{
	gint64 pause_us = MIN(took_us * DEEP_SHARE << reader->deep_failures, DEEP_PAUSE_MAX_US);

	reader->deep_next = g_get_monotonic_time() + pause_us;
	reader->deep_failures = was_in_vain ? MIN(reader->deep_failures + 1, DEEP_FAILURES_MAX) : 0;
}

static TextVerdict read_anew(TextReader *reader, const Surface *surface, gboolean was_pure)
{
	gint64 start = g_get_monotonic_time();
	gboolean may_be_deep, deep;
	TextVerdict verdict;

	/* another mode is another picture */
	if (reader->is_resized)
		reader->deep_next = reader->deep_failures = reader->is_put_off = 0;
	deep = may_be_deep = !is_early(reader);
	reader->has_grid = FALSE;
	verdict = find_text(reader, surface, was_pure, &deep);
	reader->has_grid = verdict != TEXT_GRAPHICS;
	reader->kept_first = reader->kept;
	if (deep && !may_be_deep) {
		owe(reader);
		return verdict;
	}
	reader->is_owed = FALSE;
	if (deep)
		rest(reader, g_get_monotonic_time() - start, verdict == TEXT_GRAPHICS);
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

	if (was == TEXT_GRAPHICS || !reader->has_grid || reader->is_outside)
		return read_anew(reader, surface, FALSE);
	if (!reader_read_changes(reader, surface) && !reader->is_owed)
		return was;
	verdict = judge(reader, was == TEXT_PURE);
	if (verdict == TEXT_PURE || (was == TEXT_MIXED && verdict == TEXT_MIXED && !has_moved_on(reader)))
		return verdict;
	if (reader->is_soft && is_early(reader)) {
		owe(reader);
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
	put_off(reader);
	if (reader->is_resized || reader->damage.width || (reader->is_owed && !is_early(reader))) {
		reader->verdict = reader->is_resized
					  ? read_anew(reader, surface, reader->verdict == TEXT_PURE)
					  : read_again(reader, surface);
		reader->is_resized = reader->is_outside = reader->is_put_off = FALSE;
		reader->damage = (Rect){ 0 };
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
