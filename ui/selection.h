/* Lines of cells with a cursor, a mark and a search: what copying text out of a guest's screen needs. Pure: no terminal, no view. */
#pragma once

#include "console/cells.h"

typedef enum {
	SELECTION_NONE,
	SELECTION_FLOW,  /* from the mark to the cursor, both included, as text flows */
	SELECTION_LINES, /* whole lines, also those that the guest broke at the screen's edge */
	SELECTION_BLOCK  /* the columns between mark and cursor */
} SelectionMode;

typedef struct {
	Cell *cells; /* columns, owned; the left half of a double-width character is never alone */
	int columns;
	char *stamp;    /* when it appeared, for who draws it; NULL = none */
	gboolean wraps; /* it ran into the screen's edge, and the next row is the rest of it */
} SelectionRow;

typedef struct {
	GPtrArray *rows; /* of SelectionRow, owned */
	int x, y;        /* the cursor */
	int wanted_x;    /* where it would be if its line were long enough */
	int mark_x, mark_y;
	SelectionMode mode;
	gboolean has_found;   /* the last search did; any move ends it */
	int found_x, found_y; /* the last cell of what it found, the first one has the cursor */
} Selection;

Selection *selection_new(void);
void selection_free(Selection *selection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Selection, selection_free)

/* Rows of @grid, below those that are there; what is not text becomes blank. */
void selection_add_grid(Selection *selection, const CellGrid *grid);
/* One row. @text is UTF-8, @stamp may be NULL. */
void selection_add_text(Selection *selection, const char *stamp, const char *text);
/* The last two rows stood one below the other on a screen of @columns: the first may run over into the second. */
void selection_join_last(Selection *selection, int columns);
/* Moves the rows of @before in front; cursor, mark and what was found stay with their text. */
void selection_prepend(Selection *selection, Selection *before);

/* The cursor, kept inside; never on the right half of a double-width character. */
void selection_put(Selection *selection, int x, int y);
/* On the last character of the cursor's line that is not blank. */
void selection_put_end(Selection *selection);
/* Sets the mark at the cursor; the mode it has already ends it, another one keeps the mark. */
void selection_mark(Selection *selection, SelectionMode mode);

gboolean selection_has(const Selection *selection, int x, int y);
/* Whether the cell is part of what the last search found. */
gboolean selection_is_found(const Selection *selection, int x, int y);
/* What is selected, else the cursor's line: blanks at line ends cut, newlines between lines, none where the guest only broke a line that
 * did not fit (but in a block). Caller frees. */
char *selection_text(const Selection *selection);

/* Puts the cursor on the next place (on the one before with @backwards) where @words stand, also over the screen's edge; capital letters in
 * it make capitals count. Begins anew at the other end, *@wrapped tells so. FALSE: they stand nowhere. */
gboolean selection_find(Selection *selection, const char *words, gboolean backwards, gboolean *wrapped);
