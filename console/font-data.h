/* Bitmap fonts, compiled in: for console/glyphs.c to recognise and for a window's card to draw. */
#pragma once

#include <glib.h>

#define FONT_GLYPHS       256
#define FONT_ROWS         16
#define FONT_COLUMNS      8
#define FONT_LINUX_GLYPHS 42

typedef struct {
	guint8 code; /* code page 437 */
	guint8 rows[FONT_ROWS];
} FontGlyph;

extern const guint8 font_seabios[FONT_GLYPHS][FONT_ROWS];
extern const FontGlyph font_linux[FONT_LINUX_GLYPHS];
extern const guint16 font_cp437[FONT_GLYPHS];
