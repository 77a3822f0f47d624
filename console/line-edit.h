/* One line of text that a person edits: characters, a cursor, the usual keys. Pure. */
#pragma once

#include <glib.h>

#define LINE_EDIT_MAX 4096 /* bytes: a path */

typedef struct {
	GString *text; /* UTF-8 */
	gsize cursor;  /* byte at which the next character goes in */
} LineEdit;

void line_edit_open(LineEdit *edit, const char *text);
void line_edit_close(LineEdit *edit);
/* At the cursor; control characters are left out, what is beyond LINE_EDIT_MAX too. */
void line_edit_insert(LineEdit *edit, const char *text);
/* A key by its qnum: arrows, Home, End, Backspace, Delete. FALSE: none of them. */
gboolean line_edit_key(LineEdit *edit, guint qnum);
/* The part of the text of at most @columns characters that shows the cursor; *@at is its column. Caller frees. */
char *line_edit_view(const LineEdit *edit, int columns, int *at);
