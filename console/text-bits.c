#include "console/text-private.h"

#include <string.h>

/* One row of at most 8 pixels; FALSE at a third colour. Without branches in the loop: this is where reading a screen spends its time. */
static inline gboolean look_at_row(const guint32 *pixels, int width, int step, CellBits *bits, guint *row)
{
	guint32 differs = 0;
	guint set = 0, third = 0;

	for (int x = 0; x < width; x++)
		differs |= pixels[x * step] ^ bits->corner;
	*row = 0;
	if (!differs)
		return TRUE;
	if (bits->kind == BITS_BLANK) {
		int x = 0;
		while (pixels[x * step] == bits->corner)
			x++;
		bits->other = pixels[x * step];
		bits->kind = BITS_TWO;
	}
	for (int x = 0; x < width; x++) {
		guint is_set = pixels[x * step] != bits->corner;
		set = set << 1 | is_set;
		third |= is_set & (pixels[x * step] != bits->other);
	}
	*row = set;
	return !third;
}

/* VGA's ninth column is background or repeats the eighth (lines of boxes): either way one of the two colours. While only one of them has been
 * seen (@first) the other is what the column has (@second), to be compared when both are known. FALSE: there is a third. */
static inline gboolean take_extra(guint32 extra, guint32 first, guint32 *second)
{
	if (extra == first || extra == *second)
		return TRUE;
	if (*second != first)
		return FALSE;
	*second = extra;
	return TRUE;
}

/* Fonts of at most 8 columns, which is nearly all of them. */
static gboolean look_narrow(const guint32 *pixels, int stride, const Shape *shape, CellBits *bits)
{
	gboolean has_extra = shape->cell_width > shape->width * shape->scale_x;
	guint32 second = bits->corner;
	guint row;

	for (int y = 0; y < shape->height; y++, pixels += (gsize)stride * (gsize)shape->scale_y) {
		/* constants let the compiler unroll the usual case */
		gboolean fine = shape->width == 8 && shape->scale_x == 1
					? look_at_row(pixels, 8, 1, bits, &row)
					: look_at_row(pixels, shape->width, shape->scale_x, bits, &row);
		if (!fine ||
		    (has_extra && !take_extra(pixels[shape->width * shape->scale_x], bits->corner, &second)))
			return FALSE;
		bits->rows[y] = (guint8)(row << (8 - shape->width));
	}
	return bits->kind == BITS_BLANK || second == bits->corner || second == bits->other;
}

static gboolean look_broad(const guint32 *pixels, int stride, const Shape *shape, CellBits *bits)
{
	guint8 *byte = bits->rows;
	guint row;

	for (int y = 0; y < shape->height; y++, pixels += (gsize)stride * (gsize)shape->scale_y)
		for (int x = 0; x < shape->width; x += 8) {
			int width = MIN(shape->width - x, 8);
			if (!look_at_row(pixels + x * shape->scale_x, width, shape->scale_x, bits, &row))
				return FALSE;
			*byte++ = (guint8)(row << (8 - width));
		}
	return TRUE;
}

void bits_look(const guint32 *pixels, int stride, const Shape *shape, CellBits *bits)
{
	gsize length = (gsize)(shape->width + 7) / 8 * (gsize)shape->height;

	bits->kind = BITS_BLANK;
	bits->corner = bits->other = pixels[0];
	memset(bits->rows + length, 0, -length & 7);
	if (!(shape->width <= 8 ? look_narrow : look_broad)(pixels, stride, shape, bits))
		bits->kind = BITS_PICTURE;
}

void bits_invert(const CellBits *bits, const Shape *shape, guint8 *rows)
{
	int stride = (shape->width + 7) / 8;
	gsize length = (gsize)stride * (gsize)shape->height;
	guint8 last = (guint8)(0xff << (stride * 8 - shape->width));

	for (gsize i = 0; i < length; i++)
		rows[i] = (guint8)(bits->rows[i] ^ ((int)i % stride == stride - 1 ? last : 0xff));
	memset(rows + length, 0, -length & 7);
}

guint bits_find(const GlyphBook *book, const Shape *shape, const CellBits *bits, guint32 *fg, guint32 *bg)
{
	guint8 inverse[GLYPH_BYTES_MAX];
	guint glyph = glyph_find(book, bits->rows);

	*fg = bits->other;
	*bg = bits->corner;
	if (glyph)
		return glyph;
	bits_invert(bits, shape, inverse);
	*fg = bits->corner;
	*bg = bits->other;
	return glyph_find(book, inverse);
}
