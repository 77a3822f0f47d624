#include "console/line-edit.h"

#include <string.h>

#include "console/keys.h"

void line_edit_open(LineEdit *edit, const char *text)
{
	edit->text = g_string_new(NULL);
	edit->cursor = 0;
	line_edit_insert(edit, text);
}

void line_edit_close(LineEdit *edit)
{
	if (edit->text)
		g_string_free(edit->text, TRUE);
	*edit = (LineEdit){ NULL, 0 };
}

void line_edit_insert(LineEdit *edit, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gsize length = (gsize)(g_utf8_next_char(p) - p);
		if (g_unichar_iscntrl(g_utf8_get_char(p)) || edit->text->len + length > LINE_EDIT_MAX)
			continue;
		g_string_insert_len(edit->text, (gssize)edit->cursor, p, (gssize)length);
		edit->cursor += length;
	}
}

static gsize before(const LineEdit *edit)
{
	const char *start = edit->text->str;
	const char *found = g_utf8_find_prev_char(start, start + edit->cursor);

	return found ? (gsize)(found - start) : 0;
}

static gsize after(const LineEdit *edit)
{
	const char *at = edit->text->str + edit->cursor;

	return *at ? (gsize)(g_utf8_next_char(at) - edit->text->str) : edit->cursor;
}

static void go_left(LineEdit *edit)
{
	edit->cursor = before(edit);
}

static void go_right(LineEdit *edit)
{
	edit->cursor = after(edit);
}

static void go_home(LineEdit *edit)
{
	edit->cursor = 0;
}

static void go_end(LineEdit *edit)
{
	edit->cursor = edit->text->len;
}

static void erase_right(LineEdit *edit)
{
	g_string_erase(edit->text, (gssize)edit->cursor, (gssize)(after(edit) - edit->cursor));
}

static void erase_left(LineEdit *edit)
{
	gsize from = before(edit);

	g_string_erase(edit->text, (gssize)from, (gssize)(edit->cursor - from));
	edit->cursor = from;
}

gboolean line_edit_key(LineEdit *edit, guint qnum)
{
	static const struct {
		const char *key;
		void (*run)(LineEdit *edit);
	} keys[] = {
		{"left",       go_left    },
                { "right",     go_right   },
                { "home",      go_home    },
		{ "end",       go_end     },
                { "delete",    erase_right},
                { "backspace", erase_left },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (key_by_name(keys[i].key) == qnum) {
			keys[i].run(edit);
			return TRUE;
		}
	return FALSE;
}

char *line_edit_view(const LineEdit *edit, int columns, int *at)
{
	glong cursor = g_utf8_strlen(edit->text->str, (gssize)edit->cursor);
	glong first = MAX(cursor - (columns - 1), 0);
	glong length = MIN(g_utf8_strlen(edit->text->str, -1) - first, columns);

	*at = (int)(cursor - first);
	return g_utf8_substring(edit->text->str, first, first + length);
}
