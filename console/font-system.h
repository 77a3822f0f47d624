/*
 * Bitmap fonts that are installed on this machine: those of Linux consoles, GRUB's, Unifont, and the user's own. Nothing is needed; nothing is read
 * before somebody asks, and then only files whose cells have the wanted size.
 *
 * Folders: paths_fonts_dir() (yours), the ones of console-setup, kbd, Unifont and GRUB. CARREL_FONT_PATH, a list with colons, replaces
 * all of them; empty: none.
 */
#pragma once

#include "console/font-load.h"

/* Cells for which there are fonts, 8x16 first where there are any; borrowed, for as long as the process lives. */
const FontSize *font_system_sizes(guint *count);

/* Families are the same design in several character sets (Lat15-Fixed16, CyrSlav-Fixed16): which one a screen is drawn with says what an
 * ambiguous glyph means. Numbers below FONT_FAMILIES, counted from @first. */
#define FONT_FAMILIES 64
typedef void (*FontSystemSink)(const guint8 *rows, gunichar character, guint family, gpointer data);

/* Every glyph of @size from all files that have them; also the double-width ones of fonts with cells of half the width. */
void font_system_load(FontSize size, FontSystemSink sink, gpointer data);
