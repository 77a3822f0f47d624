/* A dictionary of bitmap glyphs: rows of pixels to characters, from the fonts that are compiled in (console/font-data.h). */
#pragma once

#include "console/font-data.h"

/* Finds the character drawn by FONT_ROWS rows of FONT_COLUMNS pixels (leftmost in bit 7); 0 when no font has it. */
gunichar glyph_find(const guint8 *rows);

/* The same for a glyph over which a cursor was drawn, solid or inverted: some of the lowest rows do not count. Slow
 * (a scan): for the odd cell only. */
gunichar glyph_find_under_cursor(const guint8 *rows);
