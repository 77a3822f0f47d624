/*
 * Bitmap fonts from files, by their first bytes: PSF 1 and 2 (Linux consoles), Unifont's hex, PFF2 (GRUB); gzip is unpacked.
 *
 * Sources: psf(5)-style headers as kbd's documentation gives them; Unifont's "hex format" page; GRUB's developer manual, "PFF2 font format".
 * A file may be anything: every length is checked, a font that is damaged gives the glyphs before the damage.
 */
#pragma once

#include <glib.h>

/* Larger or smaller cells are no text consoles. */
#define FONT_WIDTH_MIN  4
#define FONT_WIDTH_MAX  32
#define FONT_HEIGHT_MIN 6
#define FONT_HEIGHT_MAX 64
/* A file, and what it unpacks to, in bytes: Unifont has 4 MB. */
#define FONT_FILE_MAX (16 * 1024 * 1024)

typedef struct {
	int width, height; /* of a cell, pixels */
} FontSize;

/* A glyph: @height rows of (width + 7) / 8 bytes, the leftmost pixel in bit 7 of the first, unused bits 0. Called once for each
 * character that it stands for; @rows is valid during the call. A double-width glyph comes with its own, double @width. */
typedef void (*FontSink)(int width, int height, const guint8 *rows, gunichar character, gpointer data);

/* The cell's size by the first bytes of a file (FONT_HEAD of them, unpacked, are enough); FALSE: no font that is known here. */
#define FONT_HEAD 512
gboolean font_head(const guint8 *bytes, gsize size, FontSize *cell);

/* Gives every glyph to @sink; FALSE: no font. */
gboolean font_load(const guint8 *bytes, gsize size, FontSink sink, gpointer data);

/* The first @max bytes of a file, unpacked when it is gzip's; NULL when there is none that can be read. */
GBytes *font_read_file(const char *path, gsize max);
