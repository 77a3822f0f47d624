/*
 * What is known about glyphs: for each size of cell one book, from bitmaps to characters. Books are shared by all readers of a process, made when
 * first asked for, and only grow: numbers of glyphs stay valid. The fonts that are compiled in are there from the start (console/font-data.h),
 * those of the system after glyph_book_load() (console/font-system.h).
 *
 * Rows of a glyph are (width + 7) / 8 bytes each, the leftmost pixel in bit 7 of the first, unused bits 0.
 */
#pragma once

#include "console/font-system.h"

#define GLYPH_WIDTH_MAX FONT_WIDTH_MAX
/* Rows of a glyph, and up to 7 more bytes that must be 0, because hashing takes 8 at a time. */
#define GLYPH_BYTES_MAX (FONT_HEIGHT_MAX * ((GLYPH_WIDTH_MAX + 7) / 8))

typedef struct GlyphBook GlyphBook;

/* The book for cells of a size; empty where no font is compiled in. Belongs to this module, never goes away. */
GlyphBook *glyph_book(int width, int height);
/* Adds the system's fonts of that size; once only. */
void glyph_book_load(GlyphBook *book);
gboolean glyph_book_is_loaded(const GlyphBook *book);
guint glyph_book_count(const GlyphBook *book);

/* The number of the glyph with these rows (in a buffer of GLYPH_BYTES_MAX, the rest 0); 0: none. Blank ones are in no book. */
guint glyph_find(const GlyphBook *book, const guint8 *rows);
/* Its rows; numbers from 1 to glyph_book_count(). */
const guint8 *glyph_rows(const GlyphBook *book, guint glyph);

/* The character that a glyph stands for unless something else is known: the first in glyph_rank(). */
gunichar glyph_character(const GlyphBook *book, guint glyph);

/* One of several characters with the same picture ("o" Latin, Greek, Cyrillic), and in which families of fonts it has it, a bit each. */
typedef struct {
	gunichar character;
	guint32 next; /* internal */
	guint64 families;
} GlyphMeaning;

/* The first (@meaning NULL) or next meaning; NULL at the end. */
const GlyphMeaning *glyph_meaning(const GlyphBook *book, guint glyph, const GlyphMeaning *meaning);
gboolean glyph_is_ambiguous(const GlyphBook *book, guint glyph);

/* Is it a letter or digit of a shape that nothing else has? A line is none, whatever it is called (Arabic has letters that are lines). */
gboolean glyph_is_telling(const GlyphBook *book, guint glyph);
/* The one script of all letters that a glyph may be, G_UNICODE_SCRIPT_COMMON where they are several or it may be a digit; and the rank of the likeliest
 * of them, G_MAXUINT: it is no letter. */
GUnicodeScript glyph_script(const GlyphBook *book, guint glyph);
guint glyph_letter_rank(const GlyphBook *book, guint glyph);

/* --- glyph-rank.c: what is likely ------------------------------------------------------------------------------------ */

/* Which character is more likely meant where several look the same; lower is better. */
guint glyph_rank(gunichar character);
/* Is it in a range of the ranking at all, that is in a script which consoles are used in? */
gboolean glyph_is_likely(gunichar character);
/* A letter of such a script: fonts have the picture of "V" for letters of Lisu and Cherokee as well, and that of "d" for a "d" in a circle. */
gboolean glyph_is_letter(gunichar character);
gboolean glyph_has_script(GUnicodeScript script);
/* The Latin letter or digit that every font draws in the same way; 0: there is none. */
gunichar glyph_twin(gunichar letter);
