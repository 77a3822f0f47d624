/* Bitmap fonts from files: PSF 1 and 2, Unifont's hex, PFF2. */
#include <stdint.h>

#include "console/font-load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint sum;

/* What a user of the parser relies on: a size in bounds, all of the rows readable, nothing set beyond the last column. */
static void take_glyph(int width, int height, const guint8 *rows, gunichar character, gpointer data)
{
	int stride = (width + 7) / 8;

	g_assert(data == &sum);
	g_assert(width >= FONT_WIDTH_MIN && width <= 2 * FONT_WIDTH_MAX);
	g_assert(height >= FONT_HEIGHT_MIN && height <= FONT_HEIGHT_MAX);
	for (int i = 0; i < stride * height; i++)
		sum += rows[i];
	for (int y = 0; y < height && width % 8; y++)
		g_assert((rows[y * stride + stride - 1] & 0xff >> width % 8) == 0);
	sum += character;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FontSize cell;

	if (font_head(data, size, &cell)) {
		g_assert(cell.width >= FONT_WIDTH_MIN && cell.width <= FONT_WIDTH_MAX);
		g_assert(cell.height >= FONT_HEIGHT_MIN && cell.height <= FONT_HEIGHT_MAX);
	}
	font_load(data, size, take_glyph, &sum);
	return 0;
}
