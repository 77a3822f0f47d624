#include "console/glyphs.h"

#include <string.h>

#include "console/font-data.h"

#define FIRST_SLOTS 1024 /* a power of two */
#define CODE_PHI    0xed /* in code page 437 */

/* Families of the fonts that are compiled in; console/font-system.c counts on. */
enum { FAMILY_SEABIOS, FAMILY_LINUX, FAMILY_EDK2 };

typedef struct {
	guint64 hash;
	guint32 meanings;   /* index + 1 of the first */
	gunichar character; /* the best of them */
} Glyph;

struct GlyphBook {
	FontSize size;
	gsize bytes;    /* of a glyph's rows */
	gsize words;    /* the same in 8 bytes, rounded up */
	GArray *glyphs; /* Glyph; number 1 is the first */
	GByteArray *rows;
	GArray *meanings; /* GlyphMeaning */
	guint32 *slots;   /* numbers of glyphs, open addressing */
	guint slot_count;
	gboolean is_loaded;
};

static GPtrArray *books;

/* --- which character is meant ---------------------------------------------------------------------------------------- */

/* In the order of likelihood; what is in no range comes after all of them. */
static const struct {
	gunichar from, to;
} likely[] = {
	{0x0020,  0x007e}, /* ASCII */
	{ 0x00a1, 0x00ac}, /* Latin 1 without its soft hyphen */
	{ 0x00ae, 0x00ff},
        { 0x2500, 0x257f}, /* box drawing */
	{ 0x2580, 0x259f}, /* blocks */
	{ 0x2190, 0x21ff}, /* arrows */
	{ 0x25a0, 0x25ff}, /* geometric shapes */
	{ 0x0100, 0x017f}, /* Latin */
	{ 0x0180, 0x024f},
        { 0x0391, 0x03c9}, /* Greek */
	{ 0x0400, 0x045f}, /* Cyrillic */
	{ 0x0460, 0x04ff},
        { 0x05d0, 0x05ea}, /* Hebrew */
	{ 0x0620, 0x064a}, /* Arabic */
	{ 0x2013, 0x2014}, /* punctuation: dashes, quotation marks, bullet, ellipsis; the others */
	{ 0x2018, 0x201e},
        { 0x2022, 0x2022},
        { 0x2026, 0x2026},
	{ 0x2010, 0x205e},
        { 0x20a0, 0x20bf}, /* currencies */
	{ 0x2200, 0x22ff}, /* mathematics */
	{ 0x2600, 0x26ff}, /* symbols */
	{ 0x3000, 0x30ff}, /* kana */
	{ 0x4e00, 0x9fff}, /* Chinese characters */
	{ 0xac00, 0xd7a3}, /* hangul */
};

guint glyph_rank(gunichar character)
{
	for (guint i = 0; i < G_N_ELEMENTS(likely); i++)
		if (character >= likely[i].from && character <= likely[i].to)
			return i;
	if (character < 0x20 || (character >= 0xe000 && character <= 0xf8ff))
		return G_N_ELEMENTS(likely) + 2;
	return G_N_ELEMENTS(likely) + (g_unichar_isprint(character) && !g_unichar_ismark(character) ? 0 : 1);
}

gboolean glyph_is_likely(gunichar character)
{
	return glyph_rank(character) < G_N_ELEMENTS(likely);
}

static gboolean is_better(gunichar a, gunichar b)
{
	guint rank_a = glyph_rank(a), rank_b = glyph_rank(b);

	return rank_a < rank_b || (rank_a == rank_b && a < b);
}

/*
 * Letters that every font draws like a Latin one: whatever has the picture of the one may be the other, also where the font at hand has only one of
 * them, or a table that names only one.
 */
static const struct {
	gunichar letter, latin;
} twins[] = {
	{0x0391,  'A'},
        { 0x0392, 'B'},
        { 0x0395, 'E'},
        { 0x0396, 'Z'},
        { 0x0397, 'H'},
        { 0x0399, 'I'},
	{ 0x039a, 'K'},
        { 0x039c, 'M'},
        { 0x039d, 'N'},
        { 0x039f, 'O'},
        { 0x03a1, 'P'},
        { 0x03a4, 'T'},
	{ 0x03a5, 'Y'},
        { 0x03a7, 'X'},
        { 0x03bf, 'o'},
        { 0x0405, 'S'},
        { 0x0406, 'I'},
        { 0x0408, 'J'},
	{ 0x0410, 'A'},
        { 0x0412, 'B'},
        { 0x0415, 'E'},
        { 0x041a, 'K'},
        { 0x041c, 'M'},
        { 0x041d, 'H'},
	{ 0x041e, 'O'},
        { 0x0420, 'P'},
        { 0x0421, 'C'},
        { 0x0422, 'T'},
        { 0x0425, 'X'},
        { 0x0430, 'a'},
	{ 0x0435, 'e'},
        { 0x043e, 'o'},
        { 0x0440, 'p'},
        { 0x0441, 'c'},
        { 0x0443, 'y'},
        { 0x0445, 'x'},
	{ 0x0455, 's'},
        { 0x0456, 'i'},
        { 0x0458, 'j'},
        { 0x0417, '3'},
};

static gunichar twin_of(gunichar letter)
{
	for (gsize i = 0; i < G_N_ELEMENTS(twins); i++)
		if (twins[i].letter == letter)
			return twins[i].latin;
	return 0;
}

/* --- a book ---------------------------------------------------------------------------------------------------------- */

static guint64 hash_rows(const GlyphBook *book, const guint8 *rows)
{
	guint64 hash = 0;

	for (gsize i = 0; i < book->words; i++) {
		guint64 word;
		memcpy(&word, rows + i * 8, 8);
		hash = (hash ^ word) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash;
}

const guint8 *glyph_rows(const GlyphBook *book, guint glyph)
{
	return book->rows->data + (glyph - 1) * book->bytes;
}

static const Glyph *get_glyph(const GlyphBook *book, guint glyph)
{
	return &g_array_index(book->glyphs, Glyph, glyph - 1);
}

/* Where @rows stand, or the empty slot where they belong. */
static guint find_slot(const GlyphBook *book, guint64 hash, const guint8 *rows)
{
	guint slot = (guint)hash & (book->slot_count - 1);

	while (book->slots[slot] && (get_glyph(book, book->slots[slot])->hash != hash ||
				     memcmp(glyph_rows(book, book->slots[slot]), rows, book->bytes) != 0))
		slot = (slot + 1) & (book->slot_count - 1);
	return slot;
}

static void grow_slots(GlyphBook *book)
{
	book->slot_count *= 2;
	g_free(book->slots);
	book->slots = g_new0(guint32, book->slot_count);
	for (guint i = 1; i <= book->glyphs->len; i++) {
		guint slot = (guint)get_glyph(book, i)->hash & (book->slot_count - 1);
		while (book->slots[slot])
			slot = (slot + 1) & (book->slot_count - 1);
		book->slots[slot] = i;
	}
}

static GlyphMeaning *get_meaning(const GlyphBook *book, guint32 index)
{
	return &g_array_index(book->meanings, GlyphMeaning, index - 1);
}

static void add_meaning(GlyphBook *book, Glyph *glyph, gunichar character, guint family)
{
	GlyphMeaning meaning = { character, glyph->meanings, G_GUINT64_CONSTANT(1) << family };

	for (guint32 at = glyph->meanings; at; at = get_meaning(book, at)->next)
		if (get_meaning(book, at)->character == character) {
			get_meaning(book, at)->families |= meaning.families;
			return;
		}
	g_array_append_val(book->meanings, meaning);
	glyph->meanings = book->meanings->len;
	if (!glyph->character || is_better(character, glyph->character))
		glyph->character = character;
}

static gboolean is_blank(const guint8 *rows, gsize bytes)
{
	for (gsize i = 0; i < bytes; i++)
		if (rows[i])
			return FALSE;
	return TRUE;
}

static void add_glyph(const guint8 *rows, gunichar character, guint family, gpointer data)
{
	guint8 padded[GLYPH_BYTES_MAX] = { 0 };
	GlyphBook *book = data;
	guint64 hash;
	guint slot;

	if (is_blank(rows, book->bytes) || !g_unichar_validate(character) || g_unichar_iscntrl(character))
		return;
	memcpy(padded, rows, book->bytes);
	hash = hash_rows(book, padded);
	slot = find_slot(book, hash, padded);
	if (!book->slots[slot]) {
		Glyph glyph = { .hash = hash };
		g_array_append_val(book->glyphs, glyph);
		g_byte_array_append(book->rows, rows, (guint)book->bytes);
		book->slots[slot] = book->glyphs->len;
	}
	Glyph *glyph = &g_array_index(book->glyphs, Glyph, book->slots[slot] - 1);
	add_meaning(book, glyph, character, family);
	if (twin_of(character))
		add_meaning(book, glyph, twin_of(character), family);
	if (book->glyphs->len * 2 > book->slot_count)
		grow_slots(book);
}

/* --- the fonts that are compiled in ---------------------------------------------------------------------------------- */

static void add_cp437(GlyphBook *book, guint8 code, const guint8 *rows, guint family)
{
	add_glyph(rows, font_cp437[code], family, book);
	/* Linux has no other glyph for it than the Greek letter */
	if (code == CODE_PHI)
		add_glyph(rows, 0x00f8, family, book);
}

static void add_8x16(GlyphBook *book)
{
	for (guint i = 0; i < FONT_GLYPHS; i++)
		add_cp437(book, (guint8)i, font_seabios[i], FAMILY_SEABIOS);
	/* Linux's font is the same but for these */
	for (guint i = 0; i < FONT_LINUX_GLYPHS; i++)
		add_cp437(book, font_linux[i].code, font_linux[i].rows, FAMILY_LINUX);
}

static void add_8x14(GlyphBook *book)
{
	for (guint i = 0; i < FONT_GLYPHS; i++)
		add_cp437(book, (guint8)i, font_seabios_14[i], FAMILY_SEABIOS);
}

static void add_8x8(GlyphBook *book)
{
	for (guint i = 0; i < FONT_GLYPHS; i++)
		add_cp437(book, (guint8)i, font_seabios_8[i], FAMILY_SEABIOS);
}

static void add_8x19(GlyphBook *book)
{
	for (guint i = 0; i < FONT_EDK2_GLYPHS; i++)
		add_glyph(font_edk2[i].rows, font_edk2[i].character, FAMILY_EDK2, book);
}

static const struct {
	FontSize size;
	void (*add)(GlyphBook *book);
} built_in[] = {
	{{ 8, 16 },  add_8x16},
	{ { 8, 14 }, add_8x14},
	{ { 8, 8 },  add_8x8 },
	{ { 8, 19 }, add_8x19},
};

static GlyphBook *new_book(int width, int height)
{
	GlyphBook *book = g_new0(GlyphBook, 1);

	book->size = (FontSize){ width, height };
	book->bytes = (gsize)(width + 7) / 8 * (gsize)height;
	book->words = (book->bytes + 7) / 8;
	book->glyphs = g_array_new(FALSE, FALSE, sizeof(Glyph));
	book->rows = g_byte_array_new();
	book->meanings = g_array_new(FALSE, FALSE, sizeof(GlyphMeaning));
	book->slot_count = FIRST_SLOTS;
	book->slots = g_new0(guint32, FIRST_SLOTS);
	for (gsize i = 0; i < G_N_ELEMENTS(built_in); i++)
		if (built_in[i].size.width == width && built_in[i].size.height == height)
			built_in[i].add(book);
	return book;
}

GlyphBook *glyph_book(int width, int height)
{
	if (!books)
		books = g_ptr_array_new();
	for (guint i = 0; i < books->len; i++) {
		GlyphBook *book = g_ptr_array_index(books, i);
		if (book->size.width == width && book->size.height == height)
			return book;
	}
	GlyphBook *book = new_book(width, height);
	g_ptr_array_add(books, book);
	return book;
}

void glyph_book_load(GlyphBook *book)
{
	if (book->is_loaded)
		return;
	book->is_loaded = TRUE;
	font_system_load(book->size, add_glyph, book);
}

gboolean glyph_book_is_loaded(const GlyphBook *book)
{
	return book->is_loaded;
}

guint glyph_book_count(const GlyphBook *book)
{
	return book->glyphs->len;
}

guint glyph_find(const GlyphBook *book, const guint8 *rows)
{
	return book->slots[find_slot(book, hash_rows(book, rows), rows)];
}

gunichar glyph_character(const GlyphBook *book, guint glyph)
{
	return get_glyph(book, glyph)->character;
}

const GlyphMeaning *glyph_meaning(const GlyphBook *book, guint glyph, const GlyphMeaning *meaning)
{
	guint32 index = meaning ? meaning->next : get_glyph(book, glyph)->meanings;

	return index ? get_meaning(book, index) : NULL;
}

gboolean glyph_is_ambiguous(const GlyphBook *book, guint glyph)
{
	return get_meaning(book, get_glyph(book, glyph)->meanings)->next != 0;
}
