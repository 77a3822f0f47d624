/*
 * Text on a guest's screen by exact glyph match: screens of firmware, boot loaders, installers and text consoles are drawn with known bitmap
 * fonts on a grid, so what they say can be read without a doubt. A reader finds the grid and the font (compiled in or the system's, see
 * console/glyphs.h), and from then on looks only at cells in which something changed: it watches the surface.
 *
 * Text over pictures (boot menus with a background) is read where it stands out enough; see console/text-soft.c.
 */
#pragma once

#include "console/cells.h"

typedef enum {
	TEXT_GRAPHICS, /* no text that could be read */
	TEXT_MIXED,    /* some: cells of the grid that are neither text nor blank are CELL_NONE */
	TEXT_PURE      /* a text screen; the odd cell that no font has is U+FFFD */
} TextVerdict;

typedef struct TextReader TextReader;

TextReader *text_reader_new(void);
void text_reader_free(TextReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextReader, text_reader_free)

/* Reads the surface; costs nothing when it did not change since. @grid (owned by the reader, valid until the next call) is set for TEXT_PURE
 * and TEXT_MIXED, else NULL. Colours and cursor are exact. The reader holds a reference to the surface until it reads another one.
 *
 * Moving pictures are not searched for text all the time. Where a search was put off the reader damages one pixel of the surface when it is due, from
 * the default main context, so that who draws the screen looks again, also when nothing moves any more. */
TextVerdict text_look(TextReader *reader, Surface *surface, const CellGrid **grid);

/* For a view that people type into: searches that take long, for text over pictures, wait until the screen rests (60 ms), half a second at most. Off at
 * first: who looks once wants to know all. */
void text_reader_set_live(TextReader *reader, gboolean on);

/* After TEXT_MIXED: is it a text screen with pictures in it (a logo above the kernel's messages) rather than a picture with text in it? */
gboolean text_is_main(const TextReader *reader);

/* The same for those who want whole screens of text only: TRUE is TEXT_PURE. */
gboolean text_read(TextReader *reader, Surface *surface, const CellGrid **grid);

/* Middle of a cell of the grid that was read last, in pixels of the surface. */
void text_cell_to_pixel(const TextReader *reader, int column, int row, int *x, int *y);
/* All of that cell. */
Rect text_cell_rect(const TextReader *reader, int column, int row);

/* How many cells were looked at since the reader was made: what reading costs. */
guint64 text_cells_looked(const TextReader *reader);

/* Lines of @grid as UTF-8 text, trailing blanks cut, one newline a row; CELL_NONE is a blank. Caller frees. */
char *text_from_grid(const CellGrid *grid);
