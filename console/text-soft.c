#include "console/text-private.h"

/*
 * Text over pictures: boot menus with a background draw the same fonts over a photograph, with shadows or half transparent, so a cell has many
 * colours. What stands out is brighter or darker than all of what is around it: a threshold between the cell's darkest and its brightest pixel cuts
 * the glyph out, and it is looked up as any other. The dictionary is what keeps pictures from being read: a shape is text only when each of its
 * 128 pixels is as in the font, and the letters stand in runs (console/text-runs.c).
 */

/* Between the darkest and the brightest pixel of a cell, as luma() counts. */
#define CONTRAST_MIN (60 * 1000)
#define PIXELS_MAX   (8 * 19)

/* Colours of a cell that may be a letter's, and how many of its pixels must touch one of their own colour. */
#define COLOURS_MAX 8
#define VOTES_MIN   4

/* So far from a letter may be another one in the same colour: words are parted by less. */
#define REACH 4

/* Points with a strong edge at which origins are judged: the first few tell whether it is worth while to ask the others. */
#define POINTS_MAX   768
#define POINTS_FIRST 96
#define LETTERS_MIN  4

static const Shape shapes[] = {
	{8,  16, 1, 1, 8, 16},
        { 8, 19, 1, 1, 8, 19}
};

/* --- one cell -------------------------------------------------------------------------------------------------------- */

typedef struct {
	guint32 of[PIXELS_MAX];
	guint32 low, high;
} Lumas;

static Lumas measure(const guint32 *pixels, int stride, const Shape *shape)
{
	Lumas lumas;
	guint32 *at = lumas.of;

	lumas.low = G_MAXUINT32;
	lumas.high = 0;
	for (int y = 0; y < shape->height; y++, pixels += stride)
		for (int x = 0; x < shape->width; x++, at++) {
			*at = luma(pixels[x]);
			lumas.low = MIN(lumas.low, *at);
			lumas.high = MAX(lumas.high, *at);
		}
	return lumas;
}

static void cut(const Lumas *lumas, const Shape *shape, guint32 threshold, CellBits *bits)
{
	const guint32 *at = lumas->of;

	for (int y = 0; y < shape->height; y++) {
		guint row = 0;
		for (int x = 0; x < shape->width; x++)
			row = row << 1 | (*at++ > threshold);
		bits->rows[y] = (guint8)row;
	}
	for (int y = shape->height; y % 8; y++)
		bits->rows[y] = 0;
}

static guint32 mean_colour(const guint32 *pixels, int stride, const Shape *shape, const CellBits *bits,
			   gboolean of_set)
{
	guint32 red = 0, green = 0, blue = 0, count = 0;

	for (int y = 0; y < shape->height; y++, pixels += stride)
		for (int x = 0; x < shape->width; x++) {
			if (((bits->rows[y] & 0x80 >> x) != 0) != of_set)
				continue;
			red += pixels[x] >> 16 & 255;
			green += pixels[x] >> 8 & 255;
			blue += pixels[x] & 255;
			count++;
		}
	return count ? red / count << 16 | green / count << 8 | blue / count : 0;
}

/* Blocks and shades are what pictures are made of, accents alone are dots; and fonts have many lines and spots that nobody writes. */
static gboolean is_text_character(gunichar character)
{
	return glyph_is_likely(character) && !(character >= 0x2580 && character < 0x25a0) &&
	       !g_unichar_ismark(character);
}

typedef struct {
	guint glyph;       /* 0: none */
	CellBits bits;     /* the mask of its pixels */
	gboolean is_dark;  /* it is what is not in the mask */
	gboolean is_plain; /* there is no contrast at all */
} Found;

static gboolean find_by_threshold(const Lumas *lumas, const Grid *grid, Found *found)
{
	static const guint fifths[] = { 2, 3, 4 };
	guint32 bright, dark;

	for (gsize i = 0; i < G_N_ELEMENTS(fifths); i++) {
		found->bits = (CellBits){ .kind = BITS_TWO, .corner = 0, .other = 1 };
		cut(lumas, &grid->shape, lumas->low + (lumas->high - lumas->low) / 5 * fifths[i],
		    &found->bits);
		found->glyph = bits_find(grid->book, &grid->shape, &found->bits, &bright, &dark);
		found->is_dark = bright == 0;
		if (found->glyph && is_text_character(glyph_character(grid->book, found->glyph)))
			return TRUE;
	}
	found->glyph = 0;
	return FALSE;
}

/* Colours that touch themselves, and how often: a letter is drawn in one, a photograph has hardly two pixels alike. */
typedef struct {
	guint32 colour[COLOURS_MAX];
	guint votes[COLOURS_MAX];
	guint count;
} Votes;

static void vote(Votes *votes, guint32 colour)
{
	guint i = 0;

	while (i < votes->count && votes->colour[i] != colour)
		i++;
	if (i == COLOURS_MAX)
		return;
	votes->count = MAX(votes->count, i + 1);
	votes->colour[i] = colour;
	votes->votes[i]++;
}

static Votes count_colours(const guint32 *pixels, int stride, const Shape *shape)
{
	Votes votes = { .count = 0 };

	for (int y = 0; y < shape->height; y++, pixels += stride)
		for (int x = 0; x < shape->width; x++)
			if ((x + 1 < shape->width && pixels[x] == pixels[x + 1]) ||
			    (y + 1 < shape->height && pixels[x] == pixels[x + stride]))
				vote(&votes, pixels[x]);
	return votes;
}

static void cut_colour(const guint32 *pixels, int stride, const Shape *shape, guint32 colour, CellBits *bits)
{
	int bytes = (shape->width + 7) / 8;

	*bits = (CellBits){ .kind = BITS_TWO, .corner = 0, .other = 1 };
	for (int y = 0; y < shape->height; y++, pixels += stride)
		for (int x = 0; x < shape->width; x++)
			bits->rows[y * bytes + x / 8] |= pixels[x] == colour ? (guint8)(0x80 >> x % 8) : 0;
}

static gboolean find_by_colour(const guint32 *pixels, int stride, const Grid *grid, Found *found)
{
	Votes votes = count_colours(pixels, stride, &grid->shape);

	for (guint i = 0; i < votes.count; i++) {
		if (votes.votes[i] < VOTES_MIN)
			continue;
		cut_colour(pixels, stride, &grid->shape, votes.colour[i], &found->bits);
		found->glyph = glyph_find(grid->book, found->bits.rows);
		found->is_dark = FALSE;
		if (found->glyph && is_text_character(glyph_character(grid->book, found->glyph)))
			return TRUE;
	}
	found->glyph = 0;
	return FALSE;
}

static gboolean find_soft(const guint32 *pixels, int stride, const Grid *grid, Found *found)
{
	Lumas lumas = measure(pixels, stride, &grid->shape);

	found->is_plain = lumas.high - lumas.low < CONTRAST_MIN;
	/* a colour is exact; a threshold may take a bright spot for a dot of the letter */
	return find_by_colour(pixels, stride, grid, found) ||
	       (!found->is_plain && find_by_threshold(&lumas, grid, found));
}

void soft_look(TextReader *reader, const Surface *surface, guint index)
{
	const Grid *grid = &reader->grid;
	const guint32 *pixels =
		grid_pixels(grid, surface, (int)index % grid->columns, (int)index / grid->columns);
	int stride = surface_width(surface);
	CellState *state = &reader->states[index];
	Cell *cell = &reader->exact[index];
	Found found = { 0 };

	reader->looked++;
	*state = (CellState){ .is_new = TRUE };
	*cell = (Cell){ ' ', pixels[0], pixels[0] };
	if (find_soft(pixels, stride, grid, &found)) {
		state->kind = STATE_GLYPH;
		state->glyph = found.glyph;
		*cell = (Cell){ glyph_character(grid->book, found.glyph),
				mean_colour(pixels, stride, &grid->shape, &found.bits, !found.is_dark),
				mean_colour(pixels, stride, &grid->shape, &found.bits, found.is_dark) };
	} else {
		found.bits = (CellBits){ .kind = BITS_BLANK };
		state->kind = found.is_plain ? STATE_BLANK : STATE_PICTURE;
		cell->bg = mean_colour(pixels, stride, &grid->shape, &found.bits, FALSE);
	}
}

/* --- between the letters --------------------------------------------------------------------------------------------- */

/* One cell, or two for a double-width glyph, in a colour that is known from the text beside it. */
static gboolean look_in_colour(TextReader *reader, const Surface *surface, int index, guint32 colour,
			       const Shape *shape, GlyphBook *book, StateKind kind)
{
	const Grid *grid = &reader->grid;
	const guint32 *pixels = grid_pixels(grid, surface, index % grid->columns, index / grid->columns);
	CellBits bits;

	reader->looked++;
	cut_colour(pixels, surface_width(surface), shape, colour, &bits);
	guint glyph = glyph_find(book, bits.rows);
	if (!glyph || !is_text_character(glyph_character(book, glyph)))
		return FALSE;
	reader->states[index] = (CellState){ .glyph = glyph, .kind = kind, .is_new = TRUE };
	reader->exact[index] =
		(Cell){ glyph_character(book, glyph), colour,
			mean_colour(pixels, surface_width(surface), &grid->shape, &bits, FALSE) };
	return TRUE;
}

static gboolean is_open(const CellState *state)
{
	return state->kind == STATE_PICTURE || state->kind == STATE_BLANK;
}

static void look_beside(TextReader *reader, const Surface *surface, int index, guint32 colour,
			gboolean has_right)
{
	const Shape *shape = &reader->grid.shape;
	Shape wide = *shape;

	if (!is_open(&reader->states[index]) ||
	    look_in_colour(reader, surface, index, colour, shape, reader->grid.book, STATE_GLYPH))
		return;
	if (!has_right || !is_open(&reader->states[index + 1]) || !glyph_book_is_loaded(reader->grid.book))
		return;
	wide.width *= 2;
	wide.cell_width *= 2;
	GlyphBook *book = glyph_book(wide.width, wide.height);
	glyph_book_load(book);
	if (!look_in_colour(reader, surface, index, colour, &wide, book, STATE_WIDE))
		return;
	reader->states[index + 1] = (CellState){ .kind = STATE_WIDE_RIGHT, .is_new = TRUE };
	reader->exact[index + 1] = reader->exact[index];
	reader->exact[index + 1].character = 0;
}

/* What letters of the same line are drawn in, up to REACH cells away, from one side. */
static void fill_row(TextReader *reader, const Surface *surface, int row, int step)
{
	int columns = reader->grid.columns, since = REACH;
	guint32 colour = 0;

	for (int i = 0; i < columns; i++) {
		int column = step > 0 ? i : columns - 1 - i, index = row * columns + column;
		if (since < REACH)
			look_beside(reader, surface, index, colour, column + 1 < columns);
		since = state_is_read(&reader->states[index]) ? 0 : since + 1;
		if (reader->states[index].kind == STATE_GLYPH)
			colour = reader->exact[index].fg;
	}
}

static gboolean row_is_new(const TextReader *reader, int row)
{
	const CellState *states = reader->states + row * reader->grid.columns;

	for (int column = 0; column < reader->grid.columns; column++)
		if (states[column].is_new)
			return TRUE;
	return FALSE;
}

void soft_fill(TextReader *reader, const Surface *surface)
{
	for (int row = 0; row < reader->grid.rows; row++)
		if (row_is_new(reader, row)) {
			fill_row(reader, surface, row, 1);
			fill_row(reader, surface, row, -1);
		}
}

/* --- where the cells are --------------------------------------------------------------------------------------------- */

/* Letters at points from..to. Pixels of one cell give one letter, but cells are many and points few. */
static guint count_letters(const Surface *surface, const Grid *grid, const Point *points, guint from,
			   guint to, guint64 *looked)
{
	guint letters = 0;

	for (guint i = from; i < to; i++) {
		int column = points[i].x - grid->x, row = points[i].y - grid->y;
		Found found;
		if (column < 0 || row < 0)
			continue;
		column /= grid->shape.cell_width;
		row /= grid->shape.cell_height;
		if (column >= grid->columns || row >= grid->rows)
			continue;
		++*looked;
		letters += find_soft(grid_pixels(grid, surface, column, row), surface_width(surface), grid,
				     &found) &&
			   glyph_is_telling(grid->book, found.glyph);
	}
	return letters;
}

typedef struct {
	const Surface *surface;
	Point points[POINTS_MAX];
	guint count;
	guint most; /* letters on the best grid */
	Grid best;
	guint64 looked;
} Search;

static void try_origins(Search *search, const Shape *shape)
{
	guint first = MIN(search->count, POINTS_FIRST);

	for (int at = 0; at < shape->cell_width * shape->cell_height; at++) {
		Grid grid;
		if (!grid_place(search->surface, shape, at % shape->cell_width, at / shape->cell_width,
				&grid))
			continue;
		guint letters =
			count_letters(search->surface, &grid, search->points, 0, first, &search->looked);
		if (!letters)
			continue;
		letters += count_letters(search->surface, &grid, search->points, first, search->count,
					 &search->looked);
		if (letters > search->most) {
			search->most = letters;
			search->best = grid;
		}
	}
}

gboolean soft_search(const Surface *surface, Grid *grid, guint64 *looked)
{
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };
	g_autofree Search *search = g_new0(Search, 1);
	GlyphBook *usual = glyph_book(shapes[0].width, shapes[0].height);

	search->surface = surface;
	/* photographs are full of small differences; letters have edges */
	search->count = grid_sample(surface, &all, CONTRAST_MIN / 2, search->points, POINTS_MAX);
	for (gsize i = 0; i < G_N_ELEMENTS(shapes) && search->most < LETTERS_MIN; i++)
		try_origins(search, &shapes[i]);
	/* GRUB's font is the system's, not ours */
	if (search->most < LETTERS_MIN && search->count >= LETTERS_MIN && !glyph_book_is_loaded(usual)) {
		glyph_book_load(usual);
		try_origins(search, &shapes[0]);
	}
	*looked += search->looked;
	*grid = search->best;
	return search->most >= LETTERS_MIN;
}
