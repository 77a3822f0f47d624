#include "console/glyphs.h"

#include <string.h>

#include "console/font-data.h"

#define FIRST_SLOTS   1024 /* a power of two */
#define STEPS_TELLING 3
#define CODE_PHI      0xed /* in code page 437 */

/* Families of the fonts that are compiled in; console/font-system.c counts on. */
enum { FAMILY_SEABIOS, FAMILY_LINUX, FAMILY_EDK2 };

typedef struct {
	guint64 hash;
	guint32 meanings;   /* index + 1 of the first */
	gunichar character; /* the best of them */
	/* What follows from them, until there is another one: */
	gboolean is_known, is_telling;
	GUnicodeScript script;
	guint letter_rank;
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

/* --- a book ---------------------------------------------------------------------------------------------------------- */

static gboolean is_better(gunichar a, gunichar b)
{
	guint rank_a = glyph_rank(a), rank_b = glyph_rank(b);

	return rank_a < rank_b || (rank_a == rank_b && a < b);
}

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
	glyph->is_known = FALSE;
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
	if (glyph_twin(character))
		add_meaning(book, glyph, glyph_twin(character), family);
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

/* --- letters --------------------------------------------------------------------------------------------------------- */

/* Rows that are neither blank nor like the one above. */
static guint count_steps(const GlyphBook *book, const guint8 *rows)
{
	gsize stride = book->bytes / (gsize)book->size.height;
	guint steps = 0;

	for (gsize at = 0; at < book->bytes; at += stride)
		steps += !is_blank(rows + at, stride) &&
			 (at == 0 || memcmp(rows + at, rows + at - stride, stride) != 0);
	return steps;
}

/* Rows of a screen are full of the same few glyphs: what they may be is found out once. */
static const Glyph *know_glyph(const GlyphBook *book, guint number)
{
	Glyph *glyph = &g_array_index(book->glyphs, Glyph, number - 1);
	gboolean is_one = TRUE;

	if (glyph->is_known)
		return glyph;
	glyph->is_known = TRUE;
	glyph->is_telling = g_unichar_isalnum(glyph->character) && glyph_is_likely(glyph->character) &&
			    count_steps(book, glyph_rows(book, number)) >= STEPS_TELLING;
	glyph->script = G_UNICODE_SCRIPT_COMMON;
	glyph->letter_rank = G_MAXUINT;
	for (guint32 at = glyph->meanings; at; at = get_meaning(book, at)->next) {
		gunichar character = get_meaning(book, at)->character;
		gboolean is_letter = glyph_is_letter(character);
		GUnicodeScript script = g_unichar_get_script(character);
		if (!is_letter) {
			is_one = is_one && character > 0xff;
			continue;
		}
		glyph->letter_rank = MIN(glyph->letter_rank, glyph_rank(character));
		is_one = is_one && (!glyph_has_script(glyph->script) || glyph->script == script);
		glyph->script = script;
	}
	glyph->script = is_one ? glyph->script : G_UNICODE_SCRIPT_COMMON;
	return glyph;
}

gboolean glyph_is_telling(const GlyphBook *book, guint glyph)
{
	return know_glyph(book, glyph)->is_telling;
}

GUnicodeScript glyph_script(const GlyphBook *book, guint glyph)
{
	return know_glyph(book, glyph)->script;
}

guint glyph_letter_rank(const GlyphBook *book, guint glyph)
{
	return know_glyph(book, glyph)->letter_rank;
}
