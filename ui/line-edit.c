#include "ui/line-edit.h"

#include <string.h>

#define RETURN_SIGN "\xe2\x86\xb5"

void line_edit_init(LineEdit *edit, const char *text)
{
	edit->text = g_string_new(text);
	edit->cursor = edit->text->len;
}

void line_edit_clear(LineEdit *edit)
{
	if (edit->text)
		g_string_free(edit->text, TRUE);
	edit->text = NULL;
}

void line_edit_set(LineEdit *edit, const char *text)
{
	g_string_assign(edit->text, text);
	edit->cursor = edit->text->len;
}

static void insert(LineEdit *edit, const char *text, gboolean multiline)
{
	for (; *text; text = g_utf8_next_char(text)) {
		gunichar character = g_utf8_get_char(text);
		if (character == '\r' || character == '\n')
			character = multiline ? '\n' : ' ';
		else if (g_unichar_iscntrl(character))
			continue;
		char bytes[6];
		int length = g_unichar_to_utf8(character, bytes);
		g_string_insert_len(edit->text, (gssize)edit->cursor, bytes, length);
		edit->cursor += (gsize)length;
	}
}

static gsize before(const LineEdit *edit)
{
	const char *start = edit->text->str;

	return edit->cursor ? (gsize)(g_utf8_prev_char(start + edit->cursor) - start) : 0;
}

static gsize after(const LineEdit *edit)
{
	const char *start = edit->text->str;

	return edit->cursor < edit->text->len ? (gsize)(g_utf8_next_char(start + edit->cursor) - start)
					      : edit->cursor;
}

/* Removes what lies between @from and @to and puts the cursor there. */
static void cut(LineEdit *edit, gsize from, gsize to)
{
	g_string_erase(edit->text, (gssize)from, (gssize)(to - from));
	edit->cursor = from;
}

static gsize word_start(const LineEdit *edit)
{
	gsize at = edit->cursor;

	while (at > 0 && edit->text->str[at - 1] == ' ')
		at--;
	while (at > 0 && edit->text->str[at - 1] != ' ')
		at--;
	return at;
}

static gboolean control_key(LineEdit *edit, guint code)
{
	switch (code) {
	case 'a':
		edit->cursor = 0;
		return TRUE;
	case 'e':
		edit->cursor = edit->text->len;
		return TRUE;
	case 'h':
		cut(edit, before(edit), edit->cursor);
		return TRUE;
	case 'k':
		cut(edit, edit->cursor, edit->text->len);
		return TRUE;
	case 'u':
		cut(edit, 0, edit->cursor);
		return TRUE;
	case 'w':
		cut(edit, word_start(edit), edit->cursor);
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean special_key(LineEdit *edit, guint code)
{
	switch (code) {
	case TERM_KEY_LEFT:
		edit->cursor = before(edit);
		return TRUE;
	case TERM_KEY_RIGHT:
		edit->cursor = after(edit);
		return TRUE;
	case TERM_KEY_HOME:
		edit->cursor = 0;
		return TRUE;
	case TERM_KEY_END:
		edit->cursor = edit->text->len;
		return TRUE;
	case TERM_KEY_BACKSPACE:
		cut(edit, before(edit), edit->cursor);
		return TRUE;
	case TERM_KEY_DELETE:
		cut(edit, edit->cursor, after(edit));
		return TRUE;
	default:
		return FALSE;
	}
}

gboolean line_edit_key(LineEdit *edit, const TermKey *key, gboolean multiline)
{
	char character[8] = "";

	if (key->code == TERM_PASTE) {
		insert(edit, key->text, multiline);
		return TRUE;
	}
	if (key->code == TERM_KEY_ENTER && key->mods & TERM_ALT && multiline) {
		insert(edit, "\n", TRUE);
		return TRUE;
	}
	if (key->code >= TERM_KEY_UP)
		return special_key(edit, key->code);
	if (key->mods & TERM_CTRL)
		return control_key(edit, key->code);
	if (key->mods & TERM_ALT)
		return FALSE;
	character[g_unichar_to_utf8(key->code, character)] = 0;
	insert(edit, character, multiline);
	return TRUE;
}

/* Text as shown: one character for one. */
static char *visible(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	return g_strjoinv(RETURN_SIGN, lines);
}

void line_edit_draw(const LineEdit *edit, Canvas *canvas, int x, int y, int width, Style style,
		    gboolean focus)
{
	g_autofree char *head = g_strndup(edit->text->str, edit->cursor);
	g_autofree char *shown_head = visible(head), *shown = visible(edit->text->str);
	int cursor = canvas_text_width(shown_head);
	const char *from = shown;

	if (!focus) {
		canvas_field(canvas, x, y, width, style, shown, FALSE);
		return;
	}
	while (cursor >= width) { /* scroll: cut characters off the left */
		const char *next = g_utf8_next_char(from);
		g_autofree char *first = g_strndup(from, (gsize)(next - from));
		cursor -= canvas_text_width(first);
		from = next;
	}
	canvas_field(canvas, x, y, width, style, from, FALSE);
	canvas_cursor(canvas, x + cursor, y);
}
