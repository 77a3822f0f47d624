/*
 * Text on a guest's screen by exact glyph match: screens of firmware, boot loaders and text consoles are drawn with few, known
 * bitmap fonts on a grid. Here: the VGA fonts (SeaBIOS, Linux 8x16 and 9x16) and what the system has; facts/console.md 4 describes the full plan.
 */
#pragma once

#include "console/cells.h"

typedef struct TextReader TextReader;

TextReader *text_reader_new(void);
void text_reader_free(TextReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextReader, text_reader_free)

/* Tries to read the surface. TRUE: a text screen, @grid (owned by the reader) holds it exactly with colours and cursor. */
gboolean text_read(TextReader *reader, Surface *surface, const CellGrid **grid);

/* Middle of a cell of the grid that was read last, in pixels of the surface. */
void text_cell_to_pixel(const TextReader *reader, int column, int row, int *x, int *y);

/* Lines of @grid as UTF-8 text, trailing blanks cut, one newline a row. Caller frees. */
char *text_from_grid(const CellGrid *grid);
