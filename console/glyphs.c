#include "console/glyphs.h"

#include <string.h>

#define SLOTS      1024 /* a power of two, more than three times the glyphs */
#define GLYPHS_MAX (FONT_GLYPHS + FONT_LINUX_GLYPHS)

/* A text cursor is a bar of at most CURSOR_ROWS rows among the lowest CURSOR_ZONE: VGA draws rows 13 and 14, fbcon 14 and 15. */
#define CURSOR_ZONE 6
#define CURSOR_ROWS 4

typedef struct {
	const guint8 *rows;
	gunichar character;
} Glyph;

typedef struct {
	Glyph glyphs[GLYPHS_MAX];
	guint count;
	guint16 slots[SLOTS]; /* index into glyphs + 1 */
} Dictionary;

static guint hash_rows(const guint8 *rows)
{
	guint64 top, bottom;

	memcpy(&top, rows, 8);
	memcpy(&bottom, rows + 8, 8);
	top = (top ^ (bottom * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15))) *
	      G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
	return (guint)(top >> 40) & (SLOTS - 1);
}

/* Where @rows stand, or the empty slot where they belong. */
static guint find_slot(const Dictionary *dictionary, const guint8 *rows)
{
	guint slot = hash_rows(rows);

	while (dictionary->slots[slot] &&
	       memcmp(dictionary->glyphs[dictionary->slots[slot] - 1].rows, rows, FONT_ROWS) != 0)
		slot = (slot + 1) & (SLOTS - 1);
	return slot;
}

/* The first of equal glyphs stays: of those that look like a blank, the blank itself comes first. */
static void add(Dictionary *dictionary, const guint8 *rows, guint code)
{
	guint slot = find_slot(dictionary, rows);

	if (dictionary->slots[slot])
		return;
	dictionary->glyphs[dictionary->count++] = (Glyph){ rows, font_cp437[code] };
	dictionary->slots[slot] = (guint16)dictionary->count;
}

static const Dictionary *get_dictionary(void)
{
	static Dictionary dictionary;
	static gsize built;

	if (g_once_init_enter(&built)) {
		for (guint i = 0; i < FONT_GLYPHS; i++)
			add(&dictionary, font_seabios[i], i);
		for (guint i = 0; i < FONT_LINUX_GLYPHS; i++)
			add(&dictionary, font_linux[i].rows, font_linux[i].code);
		g_once_init_leave(&built, 1);
	}
	return &dictionary;
}

gunichar glyph_find(const guint8 *rows)
{
	const Dictionary *dictionary = get_dictionary();
	guint index = dictionary->slots[find_slot(dictionary, rows)];

	return index ? dictionary->glyphs[index - 1].character : 0;
}

/* Do @rows equal @glyph but for one bar of solid or inverted rows near the bottom? */
static gboolean differs_by_cursor(const guint8 *rows, const guint8 *glyph)
{
	int from = -1, to = -1;

	for (int y = 0; y < FONT_ROWS; y++) {
		if (rows[y] == glyph[y])
			continue;
		if (y < FONT_ROWS - CURSOR_ZONE || (rows[y] != 0xff && (rows[y] ^ glyph[y]) != 0xff))
			return FALSE;
		from = from < 0 ? y : from;
		to = y;
	}
	return from >= 0 && to - from < CURSOR_ROWS;
}

gunichar glyph_find_under_cursor(const guint8 *rows)
{
	const Dictionary *dictionary = get_dictionary();

	for (guint i = 0; i < dictionary->count; i++)
		if (differs_by_cursor(rows, dictionary->glyphs[i].rows))
			return dictionary->glyphs[i].character;
	return 0;
}
