#include "console/card.h"

#include <string.h>

#include "console/font-data.h"

#define COLUMNS    80
#define ROWS       25
#define MARGIN     8 /* columns left free at both sides */
#define FOREGROUND 0x00aaaaaa

static guint code_of(gunichar character)
{
	for (guint code = 0; code < FONT_GLYPHS; code++)
		if (font_cp437[code] == character)
			return code;
	return '?';
}

static void draw_character(Surface *surface, int column, int row, gunichar character)
{
	const guint8 *glyph = font_seabios[code_of(character)];

	for (int y = 0; y < FONT_ROWS; y++) {
		guint32 *pixels = surface_row(surface, column * FONT_COLUMNS, row * FONT_ROWS + y);
		for (int x = 0; x < FONT_COLUMNS; x++)
			pixels[x] = glyph[y] & (0x80 >> x) ? FOREGROUND : 0;
	}
}

/* Breaks into lines of at most @width characters; a longer word is cut. */
static GPtrArray *break_lines(const char *text, glong width)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
	g_autoptr(GString) line = g_string_new(NULL);

	for (char **word = words; *word; word++) {
		if (line->len && g_utf8_strlen(line->str, -1) + 1 + g_utf8_strlen(*word, -1) > width) {
			g_ptr_array_add(lines, g_strdup(line->str));
			g_string_truncate(line, 0);
		}
		g_string_append_printf(line, "%s%s", line->len ? " " : "", *word);
	}
	g_ptr_array_add(lines, g_strdup(line->str));
	return lines;
}

static void draw_line(Surface *surface, int row, const char *line)
{
	int length = (int)MIN(g_utf8_strlen(line, -1), COLUMNS);
	int column = (COLUMNS - length) / 2;

	for (int i = 0; i < length; i++, line = g_utf8_next_char(line))
		draw_character(surface, column + i, row, g_utf8_get_char(line));
}

void card_draw(Surface *surface, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GPtrArray) lines = break_lines(valid, COLUMNS - 2 * MARGIN);
	int count = (int)MIN(lines->len, ROWS);
	Rect all = { 0, 0, COLUMNS * FONT_COLUMNS, ROWS * FONT_ROWS };

	surface_resize(surface, all.width, all.height);
	for (int i = 0; i < count; i++)
		draw_line(surface, (ROWS - count) / 2 + i, g_ptr_array_index(lines, (guint)i));
	surface_damage(surface, &all);
}
