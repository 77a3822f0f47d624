#include "console/text-private.h"

#include <string.h>

/*
 * Cursors. A bar: some of the lowest rows are solid (VGA, fbcon, GRUB) or the colours of it are inverted by XOR, which may bring colours that are
 * not the glyph's (EDK2). A full block: the glyph with its colours exchanged, or one solid colour; nothing tells it from a cell that is meant to
 * look so, but that it came alone, and goes again.
 */

/* More unknown cells than this in one reading are no cursor. */
#define TRIES 4

static int bar_zone(const Shape *shape)
{
	return MAX(shape->height * 3 / 8, 2);
}

static int bar_rows_max(const Shape *shape)
{
	return MAX(shape->height / 4, 1);
}

static int bar_rows_min(const Shape *shape)
{
	return shape->height >= 14 ? 2 : 1;
}

/* --- the bar on a blank ---------------------------------------------------------------------------------------------- */

static gboolean row_is(const CellBits *bits, const Shape *shape, int y, gboolean full)
{
	int stride = (shape->width + 7) / 8;

	for (int x = 0; x < shape->width; x++)
		if (((bits->rows[y * stride + x / 8] & 0x80 >> x % 8) != 0) != full)
			return FALSE;
	return TRUE;
}

gboolean cursor_is_bar(const CellBits *bits, const Shape *shape)
{
	int y = 0, from, to;

	if (bits->kind != BITS_TWO)
		return FALSE;
	while (y < shape->height && row_is(bits, shape, y, FALSE))
		y++;
	from = y;
	while (y < shape->height && row_is(bits, shape, y, TRUE))
		y++;
	to = y;
	while (y < shape->height && row_is(bits, shape, y, FALSE))
		y++;
	return y == shape->height && from >= shape->height - bar_zone(shape) &&
	       to - from >= bar_rows_min(shape) && to - from <= bar_rows_max(shape);
}

/* --- the bar on a glyph ---------------------------------------------------------------------------------------------- */

/* A cell whose lowest rows may be anything: each row as bits relative to its own first pixel there. */
typedef struct {
	guint32 rows[FONT_HEIGHT_MAX];
	guint32 bg, fg;                   /* of the rows above the zone */
	gboolean is_odd[FONT_HEIGHT_MAX]; /* colours that are not the glyph's: part of the bar for certain */
	gboolean is_solid[FONT_HEIGHT_MAX]; /* one colour */
	gboolean is_picture;
} BarCell;

static guint32 look_at_row(const guint32 *pixels, const Shape *shape, guint32 zero, guint32 *one,
			   gboolean *has_one, gboolean *third)
{
	guint32 row = 0;

	for (int x = 0; x < shape->width; x++) {
		guint32 pixel = pixels[x * shape->scale_x];
		row <<= 1;
		if (pixel == zero)
			continue;
		if (!*has_one) {
			*one = pixel;
			*has_one = TRUE;
		}
		*third = *third || pixel != *one;
		row |= 1;
	}
	return row;
}

static void look_at_bar_cell(const guint32 *pixels, int stride, const Shape *shape, BarCell *cell)
{
	gboolean has_fg = FALSE;
	int zone = shape->height - bar_zone(shape);

	memset(cell, 0, sizeof(*cell));
	cell->bg = cell->fg = pixels[0];
	for (int y = 0; y < shape->height; y++, pixels += (gsize)stride * (gsize)shape->scale_y) {
		gboolean third = FALSE, has_one = has_fg, any = FALSE, odd = FALSE;
		guint32 one = cell->fg, other = 0;
		cell->rows[y] = look_at_row(pixels, shape, cell->bg, &one, &has_one, &third);
		if (y < zone) {
			cell->is_picture = cell->is_picture || third;
			cell->fg = one;
			has_fg = has_one;
			continue;
		}
		/* in the zone an own pair of colours is allowed */
		if (third || (!has_fg && cell->rows[y])) {
			cell->is_odd[y] = TRUE;
			cell->rows[y] = look_at_row(pixels, shape, pixels[0], &other, &any, &odd);
			cell->is_picture = cell->is_picture || odd;
		}
		cell->is_solid[y] = cell->rows[y] == 0 ||
				    cell->rows[y] == (guint32)((G_GUINT64_CONSTANT(1) << shape->width) - 1);
	}
}

static guint32 glyph_row(const guint8 *rows, const Shape *shape, int y)
{
	int stride = (shape->width + 7) / 8;
	guint32 row = 0;

	for (int i = 0; i < stride; i++)
		row = row << 8 | rows[y * stride + i];
	return row >> (stride * 8 - shape->width);
}

/* Is the cell this glyph with a bar of at most bar_rows_max() solid or inverted rows in the zone? */
static gboolean is_under_bar(const BarCell *cell, const guint8 *glyph, const Shape *shape, gboolean inverted)
{
	guint32 all = (guint32)((G_GUINT64_CONSTANT(1) << shape->width) - 1);
	int from = -1, to = -1, zone = shape->height - bar_zone(shape);

	for (int y = 0; y < shape->height; y++) {
		guint32 wanted = (glyph ? glyph_row(glyph, shape, y) : 0) ^ (inverted ? all : 0);
		if (cell->rows[y] == wanted && !cell->is_odd[y])
			continue;
		if (y < zone ||
		    (!cell->is_solid[y] && cell->rows[y] != wanted && (cell->rows[y] ^ wanted) != all))
			return FALSE;
		from = from < 0 ? y : from;
		to = y;
	}
	return from >= 0 && to - from < bar_rows_max(shape);
}

/* The glyph below the bar; of several the one that stood there before, else the likeliest. *@found tells a blank (0) from none. */
static guint find_below(const TextReader *reader, const BarCell *cell, guint before, gboolean *inverted,
			gboolean *found)
{
	const Shape *shape = &reader->grid.shape;
	GlyphBook *book = reader->grid.book;
	guint best = 0;

	*found = is_under_bar(cell, NULL, shape, FALSE);
	*inverted = FALSE;
	if (*found)
		return 0;
	for (guint glyph = 1; glyph <= glyph_book_count(book); glyph++)
		for (int inverse = 0; inverse < 2; inverse++) {
			if (!is_under_bar(cell, glyph_rows(book, glyph), shape, inverse))
				continue;
			if (*found && glyph != before &&
			    glyph_rank(glyph_character(book, glyph)) >=
				    glyph_rank(glyph_character(book, best)))
				continue;
			*found = TRUE;
			*inverted = inverse;
			best = glyph;
			if (glyph == before)
				return best;
		}
	return best;
}

static guint glyph_before(const TextReader *reader, guint index)
{
	for (guint i = 0; i < reader->changes->len; i++) {
		const Change *change = &g_array_index(reader->changes, Change, i);
		if (change->index == index &&
		    (change->state.kind == STATE_GLYPH || change->state.kind == STATE_UNDER))
			return change->state.glyph;
	}
	return 0;
}

static gboolean try_under_bar(TextReader *reader, const Surface *surface, guint index)
{
	const Grid *grid = &reader->grid;
	int column = (int)index % grid->columns, row = (int)index / grid->columns;
	gboolean inverted, found;
	BarCell bar;

	look_at_bar_cell(grid_pixels(grid, surface, column, row), surface_width(surface), &grid->shape, &bar);
	if (bar.is_picture)
		return FALSE;
	guint glyph = find_below(reader, &bar, glyph_before(reader, index), &inverted, &found);
	if (!found)
		return FALSE;
	reader->states[index].kind = STATE_UNDER;
	reader->states[index].glyph = glyph;
	reader->exact[index] = (Cell){ glyph ? glyph_character(grid->book, glyph) : ' ',
				       inverted ? bar.bg : bar.fg, inverted ? bar.fg : bar.bg };
	return TRUE;
}

/* Index of the cell with the bar, -1: none. */
static int find_bar(TextReader *reader, const Surface *surface)
{
	guint count = (guint)(reader->grid.columns * reader->grid.rows), tries = 0, bars = 0;
	int bar = -1, under = -1;

	/* on a picture everything is unknown */
	if (reader->counts.known * 2 < reader->counts.filled)
		tries = TRIES;
	for (guint i = 0; i < count; i++) {
		CellState *state = &reader->states[i];
		if (state->is_bar) {
			bars++;
			bar = (int)i;
		} else if (state->kind == STATE_UNDER) {
			under = under >= 0 && !state->is_new ? under : (int)i;
		} else if (state->is_new && (state->kind == STATE_UNKNOWN || state->kind == STATE_PICTURE) &&
			   tries++ < TRIES && try_under_bar(reader, surface, i)) {
			under = (int)i;
		}
	}
	for (guint i = 0; bars > 1 && i < count; i++)
		/* several: they are drawn, not cursors; one may have been taken for one */
		if (reader->states[i].is_bar && reader->states[i].kind == STATE_UNDER)
			reader_look(reader, surface, i);
	if (bars != 1)
		return under;
	reader->states[bar].kind = STATE_UNDER;
	reader->states[bar].glyph = 0;
	reader->exact[bar].character = ' ';
	return bar;
}

/* --- blinking, and blocks -------------------------------------------------------------------------------------------- */

static gboolean looks_same(const Cell *a, const Cell *b)
{
	return a->character == b->character && a->bg == b->bg && (a->character == ' ' || a->fg == b->fg);
}

/* What a full block makes of a cell. */
static gboolean is_block_on(const Change *before, const Cell *cell, const CellState *state)
{
	if (before->state.kind == STATE_GLYPH && state->kind == STATE_GLYPH)
		return before->state.glyph == state->glyph && cell->fg == before->cell.bg &&
		       cell->bg == before->cell.fg;
	if (state->kind != STATE_BLANK || cell->bg == before->cell.bg)
		return FALSE;
	return before->state.kind == STATE_BLANK ||
	       (before->state.kind == STATE_GLYPH && cell->bg == before->cell.fg);
}

typedef struct {
	guint changed;      /* cells that look different now, the cursor's aside */
	const Change *came; /* the only one that looks like a block; NULL when there is none or are several */
	guint blocks;
	const Change *at_cursor; /* the cursor's cell, when it was looked at */
} Account;

static Account take_account(const TextReader *reader)
{
	Account account = { 0 };

	for (guint i = 0; i < reader->changes->len; i++) {
		const Change *change = &g_array_index(reader->changes, Change, i);
		const Cell *cell = &reader->exact[change->index];
		if ((int)change->index == reader->cursor) {
			account.at_cursor = change;
			continue;
		}
		if (looks_same(&change->cell, cell))
			continue;
		account.changed++;
		if (is_block_on(change, cell, &reader->states[change->index])) {
			account.blocks++;
			account.came = account.blocks == 1 ? change : NULL;
		}
	}
	return account;
}

/* What stands below a block is what stood there before it came. */
static void put_block(TextReader *reader, const Change *change)
{
	reader->cursor = (int)change->index;
	reader->is_block = TRUE;
	reader->exact[change->index] = change->cell;
	reader->states[change->index] = change->state;
	reader->states[change->index].is_new = TRUE;
}

static void follow_block(TextReader *reader, const Account *account)
{
	const Change *here = account->at_cursor;
	gboolean stays = here && reader->is_block &&
			 is_block_on(here, &reader->exact[here->index], &reader->states[here->index]);
	gboolean rests = !here || looks_same(&here->cell, &reader->exact[here->index]);

	if (stays && account->came) {
		/* a second one while the first stands: a bar that grows, not a cursor that moves */
		reader->no_blocks = TRUE;
		reader->cursor = -1;
	} else if (stays) {
		put_block(reader, here);
	} else if (account->came && account->changed <= 2 && !reader->no_blocks) {
		put_block(reader, account->came);
	} else if (!rests || account->changed) {
		reader->cursor = -1;
	}
}

void cursor_find(TextReader *reader, const Surface *surface)
{
	int bar = find_bar(reader, surface);

	if (bar >= 0) {
		reader->cursor = bar;
		reader->is_block = FALSE;
		return;
	}
	Account account = take_account(reader);
	follow_block(reader, &account);
	reader->is_block = reader->is_block && reader->cursor >= 0;
}
