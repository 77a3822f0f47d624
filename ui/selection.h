/* A stretch of text between two places of a page of lines; pure. Columns are cells. */
#pragma once

#include <glib.h>

typedef struct {
	int row, column;
} Place;

typedef struct {
	gboolean is_on;
	Place mark, cursor; /* in any order; both ends belong to it */
} Selection;

gboolean selection_covers(const Selection *selection, int row, int column);
/* The text of it, blanks at line ends cut, lines joined by newlines. @lines are UTF-8. Caller frees. */
char *selection_text(const Selection *selection, const GPtrArray *lines);
/* The next line from @row on (@step 1 or -1, around the ends) that holds @words in any case, and the column; FALSE: none does. */
gboolean selection_find(const GPtrArray *lines, const char *words, int row, int step, Place *found);
/* The column of a byte of @line. */
int selection_column(const char *line, gsize byte);
