/* Bitmap fonts, compiled in: for console/glyphs.c to recognise and for a window's card to draw. */
#pragma once

#include <glib.h>

#define FONT_GLYPHS       256
#define FONT_ROWS         16
#define FONT_COLUMNS      8
#define FONT_LINUX_GLYPHS 42
#define FONT_EDK2_GLYPHS  239
#define FONT_EDK2_ROWS    19

typedef struct {
	guint8 code; /* code page 437 */
	guint8 rows[FONT_ROWS];
} FontGlyph;

typedef struct {
	guint16 character;
	guint8 rows[FONT_EDK2_ROWS];
} FontEdk2Glyph;

extern const guint8 font_seabios[FONT_GLYPHS][FONT_ROWS];
extern const guint8 font_seabios_14[FONT_GLYPHS][14];
extern const guint8 font_seabios_8[FONT_GLYPHS][8];
extern const FontGlyph font_linux[FONT_LINUX_GLYPHS];
extern const FontEdk2Glyph font_edk2[FONT_EDK2_GLYPHS];
extern const guint16 font_cp437[FONT_GLYPHS];
