#include "ui/selection.h"

#include <string.h>

static int cell_width(gunichar character)
{
	return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

static gboolean is_before(Place a, Place b)
{
	return a.row != b.row ? a.row < b.row : a.column < b.column;
}

static void ends(const Selection *selection, Place *first, Place *last)
{
	gboolean forward = is_before(selection->mark, selection->cursor);

	*first = forward ? selection->mark : selection->cursor;
	*last = forward ? selection->cursor : selection->mark;
}

gboolean selection_covers(const Selection *selection, int row, int column)
{
	Place first, last, place = { row, column };

	if (!selection->is_on)
		return FALSE;
	ends(selection, &first, &last);
	return !is_before(place, first) && !is_before(last, place);
}

static void add_line(GString *text, const char *line, int from, int to)
{
	gsize kept = text->len;
	int column = 0;

	for (; *line; line = g_utf8_next_char(line)) {
		gunichar character = g_utf8_get_char(line);
		int width = cell_width(character);
		if (column + MAX(width, 1) > from && column <= to) {
			g_string_append_unichar(text, character);
			kept = character == ' ' ? kept : text->len;
		}
		column += width;
	}
	g_string_truncate(text, kept);
}

char *selection_text(const Selection *selection, const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);
	Place first, last;

	ends(selection, &first, &last);
	for (int row = MAX(first.row, 0); row <= last.row && row < (int)lines->len; row++) {
		if (row > first.row)
			g_string_append_c(text, '\n');
		add_line(text, lines->pdata[row], row == first.row ? first.column : 0,
			 row == last.row ? last.column : G_MAXINT);
	}
	return g_string_free(text, FALSE);
}

int selection_column(const char *line, gsize byte)
{
	int column = 0;

	for (const char *p = line; *p && p < line + byte; p = g_utf8_next_char(p))
		column += cell_width(g_utf8_get_char(p));
	return column;
}

gboolean selection_find(const GPtrArray *lines, const char *words, int row, int step, Place *found)
{
	g_autofree char *wanted = g_utf8_strdown(words, -1);
	int count = (int)lines->len;

	for (int i = 0; i < count && *wanted; i++) {
		int at = ((row + i * step) % count + count) % count;
		g_autofree char *line = g_utf8_strdown(lines->pdata[at], -1);
		const char *hit = strstr(line, wanted);
		if (hit) {
			*found = (Place){ at, selection_column(line, (gsize)(hit - line)) };
			return TRUE;
		}
	}
	return FALSE;
}
