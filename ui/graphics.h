/*
 * How pictures get onto this terminal: what it can is asked once, when the first console opens, and a person may choose (--graphics,
 * CARREL_GRAPHICS). Until the answers are there pictures are drawn with characters, so nothing waits.
 *
 * Sources: the kitty graphics protocol's page; ctlseqs of xterm (DA1, DECRQSS, XTVERSION, window operations); VT330/340 manual, "Sixel
 * Graphics".
 */
#pragma once

#include "ui/term-keys.h"

typedef enum {
	GRAPHICS_ASCII,     /* characters without colours or with those that there are */
	GRAPHICS_16,        /* symbols, 16 colours */
	GRAPHICS_256,       /* symbols, 256 colours */
	GRAPHICS_TRUECOLOR, /* symbols, all colours */
	GRAPHICS_SIXEL,     /* pixels */
	GRAPHICS_KITTY /* pixels, by placeholders that are text or, where the terminal is older, placed on the screen */
} Graphics;

/* "kitty|sixel|truecolor|256|16|ascii" */
#define GRAPHICS_CHOICES "auto|kitty|sixel|truecolor|256|16|ascii"
/* FALSE for a word that is none of them; "auto" and NULL: by what is found. */
gboolean graphics_choose(const char *word);

/* What the terminal's description and environment say, before it was asked: @colors of terminfo, @utf8 of the locale. */
void graphics_begin(int colors, gboolean utf8);

/* To be sent to the terminal; it must understand escape sequences at all. */
const char *graphics_query(void);
/* An answer of the terminal; TRUE when graphics_level() changed by it. */
gboolean graphics_answer(const TermKey *key);

Graphics graphics_level(void);
gboolean graphics_has_placeholders(void);
/* Pixels of a cell. */
void graphics_set_cell(int width, int height);
void graphics_cell(int *width, int *height);
