/*
 * Sixel graphics: rows of six pixels, a plane for each colour that is in them. The palette is fixed, a cube of 6 x 7 x 6 colours, because one that
 * changed from frame to frame would recolour what is on the screen already.
 */
#include "ui/pixels.h"

#define REDS      6
#define GREENS    7
#define BLUES     6
#define COLOURS   (REDS * GREENS * BLUES)
#define ROW       6 /* pixels */
#define RUN_LEAST 4 /* shorter runs are shorter without a count */
/* Where the cursor goes afterwards: below the picture it would scroll the screen at its last line. */
#define CURSOR_BESIDE "\033[?8452h"
#define CURSOR_BELOW  "\033[?8452l"

static guint8 nearest(guint32 pixel)
{
	guint red = ((pixel >> 16 & 255) * (REDS - 1) + 127) / 255;
	guint green = ((pixel >> 8 & 255) * (GREENS - 1) + 127) / 255;
	guint blue = ((pixel & 255) * (BLUES - 1) + 127) / 255;

	return (guint8)((red * GREENS + green) * BLUES + blue);
}

static void define(GString *bytes, guint colour)
{
	guint red = colour / (GREENS * BLUES), green = colour / BLUES % GREENS, blue = colour % BLUES;

	g_string_append_printf(bytes, "#%u;2;%u;%u;%u", colour, red * 100 / (REDS - 1),
			       green * 100 / (GREENS - 1), blue * 100 / (BLUES - 1));
}

/* The nearest pixel of the surface; @part is scaled to @width x @height. Rows below it belong to no colour. */
static void sample(Surface *surface, const Rect *part, int width, int height, int top, guint8 *indices,
		   int *rows)
{
	*rows = MIN(ROW, height - top);
	for (int y = 0; y < *rows; y++) {
		int row = part->y + (int)((gint64)(2 * (top + y) + 1) * part->height / (2 * height));
		for (int x = 0; x < width; x++) {
			int column = part->x + (int)((gint64)(2 * x + 1) * part->width / (2 * width));
			indices[y * width + x] = nearest(*surface_row(surface, column, row));
		}
	}
}

static void put_run(GString *bytes, char sixel, int count)
{
	if (count >= RUN_LEAST)
		g_string_append_printf(bytes, "!%d%c", count, sixel);
	else
		for (int i = 0; i < count; i++)
			g_string_append_c(bytes, sixel);
}

/* One colour of a row of sixels; blank ones at the end are left out. */
static void put_plane(GString *bytes, const guint8 *indices, int width, int rows, guint colour)
{
	char last = 0;
	int count = 0;

	g_string_append_printf(bytes, "#%u", colour);
	for (int x = 0; x < width; x++) {
		char sixel = 63;
		for (int y = 0; y < rows; y++)
			if (indices[y * width + x] == colour)
				sixel = (char)(sixel + (1 << y));
		if (sixel != last && count) {
			put_run(bytes, last, count);
			count = 0;
		}
		last = sixel;
		count++;
	}
	if (last != 63)
		put_run(bytes, last, count);
}

static void put_row(GString *bytes, const guint8 *indices, int width, int rows)
{
	gboolean has[COLOURS] = { FALSE };
	gboolean first = TRUE;

	for (int i = 0; i < width * rows; i++)
		has[indices[i]] = TRUE;
	for (guint colour = 0; colour < COLOURS; colour++) {
		if (!has[colour])
			continue;
		if (!first)
			g_string_append_c(bytes, '$'); /* back to the row's beginning */
		first = FALSE;
		put_plane(bytes, indices, width, rows, colour);
	}
}

void sixel_send(GString *bytes, Surface *surface, const Rect *part, int width, int height)
{
	g_autofree guint8 *indices = g_malloc((gsize)width * ROW);
	int rows;

	g_string_append_printf(bytes, CURSOR_BESIDE "\033P0;1q\"1;1;%d;%d", width, height);
	for (guint colour = 0; colour < COLOURS; colour++)
		define(bytes, colour);
	for (int top = 0; top < height; top += ROW) {
		sample(surface, part, width, height, top, indices, &rows);
		if (top > 0)
			g_string_append_c(bytes, '-');
		put_row(bytes, indices, width, rows);
	}
	g_string_append(bytes, "\033\\" CURSOR_BELOW);
}
