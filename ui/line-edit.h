/* One line of text that is being written: cursor, insertion, deletion. Pure. */
#pragma once

#include "ui/canvas.h"
#include "ui/term-keys.h"

typedef struct {
	GString *text; /* UTF-8 */
	gsize cursor;  /* in bytes, on a character's border */
} LineEdit;

void line_edit_init(LineEdit *edit, const char *text);
void line_edit_clear(LineEdit *edit);
void line_edit_set(LineEdit *edit, const char *text);

/* TRUE when the key was one for editing. Newlines are taken only from pastes and Alt-Enter, and only with @multiline;
 * otherwise they become blanks. */
gboolean line_edit_key(LineEdit *edit, const TermKey *key, gboolean multiline);

/* Draws it into @width columns, scrolled so that the cursor is seen; newlines show as an arrow. With @focus the terminal's
 * cursor stands in it. */
void line_edit_draw(const LineEdit *edit, Canvas *canvas, int x, int y, int width, Style style,
		    gboolean focus);
