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

/* Points with a strong edge at which origins are judged: the first few tell whether it is worth while to ask the others. */
#define POINTS_MAX   768
#define POINTS_FIRST 192
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

static void measure(const guint32 *pixels, int stride, const Shape *shape, Lumas *lumas)
{
	guint32 *at = lumas->of;

	lumas->low = G_MAXUINT32;
	lumas->high = 0;
	for (int y = 0; y < shape->height; y++, pixels += stride)
		for (int x = 0; x < shape->width; x++, at++) {
			*at = luma(pixels[x]);
			lumas->low = MIN(lumas->low, *at);
			lumas->high = MAX(lumas->high, *at);
		}
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

/* Blocks and shades are what pictures are made of. */
static gboolean is_text_character(gunichar character)
{
	return character && !(character >= 0x2580 && character < 0x2600);
}

/* The glyph that stands out, with the mask of its pixels in @bits; 0: none. @is_plain: there is no contrast at all. */
static guint find_soft(const guint32 *pixels, int stride, const Grid *grid, CellBits *bits, gboolean *is_dark,
		       gboolean *is_plain)
{
	static const guint fifths[] = { 2, 3, 4 };
	guint32 bright, dark;
	Lumas lumas;

	measure(pixels, stride, &grid->shape, &lumas);
	*is_plain = lumas.high - lumas.low < CONTRAST_MIN;
	for (gsize i = 0; !*is_plain && i < G_N_ELEMENTS(fifths); i++) {
		*bits = (CellBits){ .kind = BITS_TWO, .corner = 0, .other = 1 };
		cut(&lumas, &grid->shape, lumas.low + (lumas.high - lumas.low) / 5 * fifths[i], bits);
		guint glyph = bits_find(grid->book, &grid->shape, bits, &bright, &dark);
		*is_dark = bright == 0;
		if (glyph && is_text_character(glyph_character(grid->book, glyph)))
			return glyph;
	}
	return 0;
}

void soft_look(TextReader *reader, const Surface *surface, guint index)
{
	const Grid *grid = &reader->grid;
	const guint32 *pixels =
		grid_pixels(grid, surface, (int)index % grid->columns, (int)index / grid->columns);
	int stride = surface_width(surface);
	CellState *state = &reader->states[index];
	gboolean is_dark = FALSE, is_plain;
	CellBits bits = { 0 };

	reader->looked++;
	guint glyph = find_soft(pixels, stride, grid, &bits, &is_dark, &is_plain);
	*state = (CellState){ .glyph = glyph, .kind = STATE_PICTURE, .is_new = TRUE };
	reader->exact[index] = (Cell){ ' ', pixels[0], pixels[0] };
	if (glyph) {
		state->kind = STATE_GLYPH;
		reader->exact[index] = (Cell){ glyph_character(grid->book, glyph),
					       mean_colour(pixels, stride, &grid->shape, &bits, !is_dark),
					       mean_colour(pixels, stride, &grid->shape, &bits, is_dark) };
	} else if (is_plain) {
		bits = (CellBits){ 0 };
		state->kind = STATE_BLANK;
		reader->exact[index].bg = mean_colour(pixels, stride, &grid->shape, &bits, FALSE);
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
		gboolean is_dark, is_plain;
		CellBits bits;
		if (column < 0 || row < 0)
			continue;
		column /= grid->shape.cell_width;
		row /= grid->shape.cell_height;
		if (column >= grid->columns || row >= grid->rows)
			continue;
		++*looked;
		guint glyph = find_soft(grid_pixels(grid, surface, column, row), surface_width(surface), grid,
					&bits, &is_dark, &is_plain);
		letters += glyph && g_unichar_isalnum(glyph_character(grid->book, glyph));
	}
	return letters;
}

gboolean soft_search(const Surface *surface, Grid *grid, guint64 *looked)
{
	g_autofree Point *points = g_new(Point, POINTS_MAX);
	/* photographs are full of small differences; letters have edges */
	guint count = grid_sample(surface, points, POINTS_MAX, CONTRAST_MIN / 2),
	      first = MIN(count, POINTS_FIRST), most = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(shapes) && most < LETTERS_MIN; i++)
		for (int at = 0; at < shapes[i].cell_width * shapes[i].cell_height; at++) {
			Grid tried;
			if (!grid_place(surface, &shapes[i], at % shapes[i].cell_width,
					at / shapes[i].cell_width, &tried))
				continue;
			guint letters = count_letters(surface, &tried, points, 0, first, looked);
			if (!letters)
				continue;
			letters += count_letters(surface, &tried, points, first, count, looked);
			if (letters > most) {
				most = letters;
				*grid = tried;
			}
		}
	return most >= LETTERS_MIN;
}
