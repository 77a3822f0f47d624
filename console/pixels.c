#include "console/pixels.h"

#include <string.h>

#include "console/font-data.h"

/* Positions in a picture that is stretched: 16 bits before, 16 behind the point. */
#define ONE  65536
#define HALF (ONE / 2)

void pixels_resize(Pixels *pixels, int width, int height)
{
	if (pixels->width == width && pixels->height == height && pixels->data)
		return;
	g_free(pixels->data);
	*pixels = (Pixels){ width, height, width, g_new0(guint32, (gsize)width * (gsize)height) };
}

void pixels_clear(Pixels *pixels)
{
	g_free(pixels->data);
	*pixels = (Pixels){ 0 };
}

static guint32 *row_at(const Pixels *pixels, int y)
{
	return pixels->data + (gsize)y * (gsize)pixels->stride;
}

void pixels_fill(Pixels *pixels, const Rect *rect, guint32 colour)
{
	Rect part = *rect;

	if (!rect_clip(&part, pixels->width, pixels->height))
		return;
	for (int y = part.y; y < part.y + part.height; y++) {
		guint32 *row = row_at(pixels, y);
		for (int x = part.x; x < part.x + part.width; x++)
			row[x] = colour;
	}
}

void pixels_frame(Pixels *pixels, const Rect *rect, int thick, guint32 colour)
{
	const Rect sides[] = {
		{rect->x,                        rect->y,                        rect->width, thick       },
		{ rect->x,                       rect->y + rect->height - thick, rect->width, thick       },
		{ rect->x,                       rect->y,                        thick,       rect->height},
		{ rect->x + rect->width - thick, rect->y,                        thick,       rect->height},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sides); i++)
		pixels_fill(pixels, &sides[i], colour);
}

static const guint8 *glyph_of(gunichar character)
{
	for (guint code = 0; code < FONT_GLYPHS; code++)
		if (font_cp437[code] == character)
			return font_seabios[code];
	return font_seabios['?'];
}

static void draw_glyph(Pixels *pixels, int x, int y, int scale, guint32 colour, const guint8 *glyph)
{
	for (int row = 0; row < FONT_ROWS; row++)
		for (int column = 0; column < FONT_COLUMNS; column++)
			if (glyph[row] & (0x80 >> column))
				pixels_fill(pixels,
					    &(Rect){ x + column * scale, y + row * scale, scale, scale },
					    colour);
}

int pixels_text(Pixels *pixels, int x, int y, int scale, int columns, guint32 colour, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	int count = 0;

	for (const char *p = valid; *p && count < columns; p = g_utf8_next_char(p), count++)
		draw_glyph(pixels, x + count * PIXELS_FONT_WIDTH * scale, y, scale, colour,
			   glyph_of(g_utf8_get_char(p)));
	return count;
}

/* A dark grey of its brightness. */
static guint32 dimmed(guint32 colour)
{
	guint32 grey = ((colour >> 16 & 0xff) * 3 + (colour >> 8 & 0xff) * 6 + (colour & 0xff)) / 10;

	grey = 0x30 + grey / 6;
	return grey << 16 | grey << 8 | grey;
}

void pixels_icon(Pixels *pixels, int x, int y, int scale, Icon icon, gboolean dim)
{
	for (int row = 0; row < ICON_SIZE; row++)
		for (int column = 0; column < ICON_SIZE; column++) {
			guint32 colour = icon_pixel(icon, column, row);
			if (colour == ICON_CLEAR)
				continue;
			pixels_fill(pixels, &(Rect){ x + column * scale, y + row * scale, scale, scale },
				    dim ? dimmed(colour) : colour);
		}
}

gboolean rect_common(const Rect *a, const Rect *b, Rect *common)
{
	int right = MIN(a->x + a->width, b->x + b->width), bottom = MIN(a->y + a->height, b->y + b->height);

	common->x = MAX(a->x, b->x);
	common->y = MAX(a->y, b->y);
	common->width = MAX(right - common->x, 0);
	common->height = MAX(bottom - common->y, 0);
	return common->width > 0 && common->height > 0;
}

void pixels_put(Pixels *pixels, int x, int y, const Rect *clip, const Pixels *from)
{
	Rect part;

	if (!from->data || !rect_common(&(Rect){ x, y, from->width, from->height }, clip, &part) ||
	    !rect_clip(&part, pixels->width, pixels->height))
		return;
	for (int row = part.y; row < part.y + part.height; row++)
		memcpy(row_at(pixels, row) + part.x, row_at(from, row - y) + (part.x - x),
		       (gsize)part.width * 4);
}

/* --- stretching ---------------------------------------------------------------------------------------------------- */

/* Red and blue in one multiplication, green in another; @part of 256. */
static guint32 mix(guint32 a, guint32 b, guint32 part)
{
	guint32 rb = a & 0xff00ff, g = a & 0xff00;

	rb = (rb + (((b & 0xff00ff) - rb) * part >> 8)) & 0xff00ff;
	g = (g + (((b & 0xff00) - g) * part >> 8)) & 0xff00;
	return rb | g;
}

/* Where the middle of pixel @at of @size lies among @count pixels, as the one before it and how far it is
 * to the next. */
static void locate(int at, int size, int count, int *before, guint32 *part)
{
	gint64 position = ((gint64)at * 2 + 1) * count * HALF / size - HALF;

	position = CLAMP(position, 0, (gint64)(count - 1) * ONE);
	*before = (int)(position >> 16);
	*part = (guint32)(position & (ONE - 1)) >> 8;
}

static int nearest(int at, int size, int count)
{
	return (int)(((gint64)at * 2 + 1) * count / (2 * (gint64)size));
}

typedef struct {
	int before, next;
	guint32 part;
} Tap;

/* Two rows of the source, stretched in width: each serves several rows of the target. */
typedef struct {
	const Tap *taps;
	int count;
	guint32 *rows[2];
	int held[2]; /* which; -1 = none */
} Lines;

/* Neighbours differ in their last bit, so that both are kept. */
static const guint32 *line_at(Lines *lines, const Pixels *from, int y)
{
	int slot = y & 1;
	const guint32 *row = row_at(from, y);
	guint32 *to = lines->rows[slot];

	if (lines->held[slot] == y)
		return to;
	for (int i = 0; i < lines->count; i++) {
		const Tap *tap = &lines->taps[i];
		to[i] = mix(row[tap->before], row[tap->next], tap->part);
	}
	lines->held[slot] = y;
	return to;
}

static void mix_rows(guint32 *to, const guint32 *upper, const guint32 *lower, int count, guint32 part)
{
	for (int i = 0; i < count; i++)
		to[i] = mix(upper[i], lower[i], part);
}

static void stretch_smooth(Pixels *pixels, const Rect *target, const Rect *part, const Pixels *from)
{
	g_autofree Tap *taps = g_new(Tap, part->width);
	g_autofree guint32 *rows = g_new(guint32, 2 * (gsize)part->width);
	Lines lines = {
		taps, part->width, {rows, rows + part->width},
                  { -1,  -1                }
	};

	for (int i = 0; i < part->width; i++) {
		Tap *tap = &taps[i];
		locate(part->x + i - target->x, target->width, from->width, &tap->before, &tap->part);
		tap->next = MIN(tap->before + 1, from->width - 1);
	}
	for (int y = part->y; y < part->y + part->height; y++) {
		int upper;
		guint32 share;
		locate(y - target->y, target->height, from->height, &upper, &share);
		mix_rows(row_at(pixels, y) + part->x, line_at(&lines, from, upper),
			 line_at(&lines, from, MIN(upper + 1, from->height - 1)), part->width, share);
	}
}

static void stretch_nearest(Pixels *pixels, const Rect *target, const Rect *part, const Pixels *from)
{
	g_autofree int *columns = g_new(int, part->width);
	int last = -1;

	for (int i = 0; i < part->width; i++)
		columns[i] = nearest(part->x + i - target->x, target->width, from->width);
	for (int y = part->y; y < part->y + part->height; y++) {
		int source = nearest(y - target->y, target->height, from->height);
		guint32 *to = row_at(pixels, y) + part->x;
		const guint32 *row = row_at(from, source);
		if (source == last)
			memcpy(to, row_at(pixels, y - 1) + part->x, (gsize)part->width * 4);
		else if (target->width == from->width)
			memcpy(to, row + columns[0], (gsize)part->width * 4);
		else
			for (int i = 0; i < part->width; i++)
				to[i] = row[columns[i]];
		last = source;
	}
}

void pixels_stretch(Pixels *pixels, const Rect *target, const Rect *clip, const Pixels *from, gboolean smooth)
{
	Rect part;
	gboolean same = target->width == from->width && target->height == from->height;

	if (from->width < 1 || from->height < 1 || !rect_common(target, clip, &part) ||
	    !rect_clip(&part, pixels->width, pixels->height))
		return;
	if (smooth && !same)
		stretch_smooth(pixels, target, &part, from);
	else
		stretch_nearest(pixels, target, &part, from);
}
