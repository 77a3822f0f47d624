#include "console/font-pff2.h"

#include <string.h>

/*
 * PFF2: sections of a name (4 bytes), a length (32 bits, big endian) and content; numbers are big endian. CHIX is the index (character, flags,
 * offset of the glyph from the beginning of the file), DATA comes last and has no length. A glyph has its own box, placed by its offset from the
 * pen on the baseline; here it is drawn into the cell that GRUB's gfxterm gives it.
 */
#define SECTION_HEADER 8
#define INDEX_ENTRY    9
#define GLYPH_HEADER   10

typedef struct {
	const guint8 *bytes;
	gsize size;
	guint max_width, max_height, ascent; /* pixels */
	const guint8 *index;
	guint count;
} Pff2;

typedef struct {
	int width, height, x, y, advance;
	const guint8 *bits; /* rows follow each other without padding */
} Pff2Glyph;

static guint get_be16(const guint8 *bytes)
{
	return (guint)bytes[0] << 8 | bytes[1];
}

static guint32 get_be32(const guint8 *bytes)
{
	return (guint32)get_be16(bytes) << 16 | get_be16(bytes + 2);
}

static void take_section(Pff2 *font, const guint8 *name, const guint8 *content, gsize length)
{
	if (length >= 2 && memcmp(name, "MAXW", 4) == 0)
		font->max_width = get_be16(content);
	else if (length >= 2 && memcmp(name, "MAXH", 4) == 0)
		font->max_height = get_be16(content);
	else if (length >= 2 && memcmp(name, "ASCE", 4) == 0)
		font->ascent = get_be16(content);
	else if (memcmp(name, "CHIX", 4) == 0) {
		font->index = content;
		font->count = (guint)(length / INDEX_ENTRY);
	}
}

/* The sections up to the glyphs, as far as @size reaches; the index may be cut. */
static gboolean read_sections(Pff2 *font, const guint8 *bytes, gsize size)
{
	gsize at = 0;

	*font = (Pff2){ .bytes = bytes, .size = size };
	if (size < 12 || memcmp(bytes, "FILE", 4) != 0 || memcmp(bytes + 8, "PFF2", 4) != 0)
		return FALSE;
	while (size - at >= SECTION_HEADER && memcmp(bytes + at, "DATA", 4) != 0) {
		gsize length = get_be32(bytes + at + 4), room = size - at - SECTION_HEADER;
		take_section(font, bytes + at, bytes + at + SECTION_HEADER, MIN(length, room));
		if (length > room)
			break;
		at += SECTION_HEADER + length;
	}
	return font->max_height >= FONT_HEIGHT_MIN && font->max_height <= FONT_HEIGHT_MAX &&
	       font->ascent <= font->max_height;
}

static gboolean read_glyph(const Pff2 *font, guint32 offset, Pff2Glyph *glyph)
{
	const guint8 *at = font->bytes + offset;

	if (font->size < GLYPH_HEADER || offset > font->size - GLYPH_HEADER)
		return FALSE;
	glyph->width = (int)get_be16(at);
	glyph->height = (int)get_be16(at + 2);
	glyph->x = (gint16)get_be16(at + 4);
	glyph->y = (gint16)get_be16(at + 6);
	glyph->advance = (gint16)get_be16(at + 8);
	glyph->bits = at + GLYPH_HEADER;
	return glyph->width <= 2 * FONT_WIDTH_MAX && glyph->height <= FONT_HEIGHT_MAX &&
	       (gsize)(glyph->width * glyph->height + 7) / 8 <= font->size - offset - GLYPH_HEADER;
}

/* gfxterm's cells are as wide as the widest ASCII character. */
static int cell_width(const Pff2 *font)
{
	int width = 0;

	for (guint i = 0; i < font->count; i++) {
		const guint8 *entry = font->index + (gsize)i * INDEX_ENTRY;
		gunichar character = get_be32(entry);
		Pff2Glyph glyph;
		if (character > 0x7e)
			break; /* the index is sorted */
		if (character >= 0x20 && read_glyph(font, get_be32(entry + 5), &glyph))
			width = MAX(width, glyph.advance);
	}
	return width;
}

/* Up to 8 of a glyph's pixels from bit @at on, at the left of a byte. */
static guint8 take_bits(const Pff2Glyph *glyph, gsize at, int count)
{
	gsize last = ((gsize)glyph->width * (gsize)glyph->height - 1) / 8;
	guint word = (guint)glyph->bits[at / 8] << 8 | (at / 8 < last ? glyph->bits[at / 8 + 1] : 0);

	return (guint8)(word << at % 8 >> 8 & 0xff << (8 - count));
}

static void draw_row(const Pff2Glyph *glyph, gsize at, guint8 *row)
{
	for (int done = 0; done < glyph->width; done += 8) {
		int count = MIN(glyph->width - done, 8), x = glyph->x + done;
		guint8 bits = take_bits(glyph, at + (gsize)done, count);
		row[x / 8] |= bits >> x % 8;
		if (x % 8 + count > 8)
			row[x / 8 + 1] |= (guint8)(bits << (8 - x % 8));
	}
}

static gboolean draw_glyph(const Pff2 *font, const Pff2Glyph *glyph, int width, guint8 *rows)
{
	int top = (int)font->ascent - glyph->y - glyph->height, stride = (width + 7) / 8;

	memset(rows, 0, (gsize)stride * font->max_height);
	if (glyph->x < 0 || glyph->x + glyph->width > width || top < 0 ||
	    top + glyph->height > (int)font->max_height)
		return FALSE;
	for (int y = 0; y < glyph->height && glyph->width > 0; y++)
		draw_row(glyph, (gsize)y * (gsize)glyph->width, rows + (top + y) * stride);
	return TRUE;
}

gboolean pff2_head(const guint8 *bytes, gsize size, FontSize *cell)
{
	Pff2 font;

	if (!read_sections(&font, bytes, size))
		return FALSE;
	/* where the glyphs are out of reach the widest of all is a guess: GRUB's have double-width ones */
	*cell = (FontSize){ cell_width(&font), (int)font.max_height };
	if (!cell->width)
		cell->width = (int)font.max_width > (int)font.max_height / 2 + 1 ? (int)font.max_width / 2
										 : (int)font.max_width;
	return cell->width >= FONT_WIDTH_MIN && cell->width <= FONT_WIDTH_MAX;
}

gboolean pff2_load(const guint8 *bytes, gsize size, FontSink sink, gpointer data)
{
	guint8 rows[FONT_HEIGHT_MAX * (2 * FONT_WIDTH_MAX / 8)];
	Pff2 font;
	int width;

	if (!read_sections(&font, bytes, size))
		return FALSE;
	width = cell_width(&font);
	if (width < FONT_WIDTH_MIN || width > FONT_WIDTH_MAX)
		return FALSE;
	for (guint i = 0; i < font.count; i++) {
		const guint8 *entry = font.index + (gsize)i * INDEX_ENTRY;
		Pff2Glyph glyph;
		if (!read_glyph(&font, get_be32(entry + 5), &glyph))
			continue;
		int cells = glyph.advance > width ? 2 : 1;
		if (draw_glyph(&font, &glyph, cells * width, rows))
			sink(cells * width, (int)font.max_height, rows, get_be32(entry), data);
	}
	return TRUE;
}
