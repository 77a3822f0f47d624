/* Bitmap fonts from files, and the books made of them: the files of the fuzzer's corpus, which are small and known. */
#include "console/font-load.h"
#include "console/glyphs.h"
#include "tests/unit/support.h"

/* Rows of the letter A in these files. */
static const guint8 letter_a[16] = { 0,    0,    0,    0,    0x18, 0x24, 0x24, 0x42,
				     0x7e, 0x42, 0x42, 0x42, 0x42, 0x42, 0,    0 };

typedef struct {
	int width, height;
	gunichar character;
	guint8 rows[GLYPH_BYTES_MAX];
} Taken;

static void take_glyph(int width, int height, const guint8 *rows, gunichar character, gpointer data)
{
	Taken taken = { width, height, character, { 0 } };

	memcpy(taken.rows, rows, (gsize)((width + 7) / 8 * height));
	g_array_append_val((GArray *)data, taken);
}

static GBytes *read_font(const char *name)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "fuzz", "corpus", "font", name, NULL);
	GBytes *bytes = font_read_file(path, FONT_FILE_MAX);

	g_assert_nonnull(bytes);
	return bytes;
}

static GArray *load_font(const char *name, int width, int height)
{
	g_autoptr(GBytes) bytes = read_font(name);
	GArray *glyphs = g_array_new(FALSE, FALSE, sizeof(Taken));
	FontSize cell = { 0 };
	gsize size;
	const guint8 *start = g_bytes_get_data(bytes, &size);

	g_assert_true(font_head(start, size, &cell));
	g_assert_cmpint(cell.width, ==, width);
	g_assert_cmpint(cell.height, ==, height);
	g_assert_true(font_load(start, size, take_glyph, glyphs));
	return glyphs;
}

static const Taken *find_taken(GArray *glyphs, gunichar character)
{
	for (guint i = 0; i < glyphs->len; i++)
		if (g_array_index(glyphs, Taken, i).character == character)
			return &g_array_index(glyphs, Taken, i);
	return NULL;
}

/* Without a table glyphs are code page 437's. */
static void test_psf1(void)
{
	g_autoptr(GArray) plain = load_font("psf1.psf", 8, 16);
	g_autoptr(GArray) tabled = load_font("psf1-table.psf", 8, 8);

	g_assert_cmpuint(plain->len, ==, 256);
	g_assert_cmpmem(find_taken(plain, 'A')->rows, 16, letter_a, 16);
	g_assert_nonnull(find_taken(plain, 0x2554));
	/* a Cyrillic one with the same picture; what is a sequence is not a character of its own */
	g_assert_cmpmem(find_taken(tabled, 0x410)->rows, 8, find_taken(tabled, 'A')->rows, 8);
	g_assert_null(find_taken(tabled, 0x301));
}

static void test_psf2(void)
{
	g_autoptr(GArray) broad = load_font("psf2-12x12.psf", 12, 12);
	g_autoptr(GArray) plain = load_font("psf2-no-table.psf", 8, 14);

	g_assert_cmpuint(broad->len, ==, 4);
	g_assert_nonnull(find_taken(broad, 'A'));
	g_assert_nonnull(find_taken(broad, 0x410));
	g_assert_nonnull(find_taken(broad, 0xe9));
	g_assert_cmpuint(plain->len, ==, 10);
}

/* Lines that are none are passed over; a long one is double width. */
static void test_hex(void)
{
	g_autoptr(GArray) glyphs = load_font("unifont.hex", 8, 16);

	g_assert_cmpuint(glyphs->len, ==, 3);
	g_assert_cmpmem(find_taken(glyphs, 'A')->rows, 16, letter_a, 16);
	g_assert_cmpint(find_taken(glyphs, 0x4e00)->width, ==, 16);
	g_assert_cmpint(find_taken(glyphs, 0x1f600)->width, ==, 16);
}

/* Glyphs stand in the cell as GRUB draws them: boxes placed on the baseline, which is 14 rows below the top here. */
static void test_pff2(void)
{
	g_autoptr(GArray) glyphs = load_font("pff2.pf2", 8, 16);
	const Taken *a = find_taken(glyphs, 'A'), *one = find_taken(glyphs, 0x4e00);

	g_assert_cmpuint(glyphs->len, ==, 4);
	g_assert_cmphex(a->rows[3], ==, 0);
	g_assert_cmphex(a->rows[4], ==, 0x18);
	g_assert_cmphex(a->rows[13], ==, 0);
	g_assert_cmpint(one->width, ==, 16);
	/* 15 pixels from the second column on, 6 above the baseline */
	g_assert_cmphex(one->rows[2 * 7], ==, 0x7f);
	g_assert_cmphex(one->rows[2 * 7 + 1], ==, 0xff);
}

static void test_not_fonts(void)
{
	static const char *const bytes[] = { "", "x", "0041", "0041:", "FILE", "\x36\x04\x00\x00" };
	FontSize cell;

	for (gsize i = 0; i < G_N_ELEMENTS(bytes); i++) {
		g_assert_false(font_head((const guint8 *)bytes[i], strlen(bytes[i]), &cell));
		g_assert_false(font_load((const guint8 *)bytes[i], strlen(bytes[i]), take_glyph, NULL));
	}
	g_assert_null(font_read_file("/dev/zero", 100));
	g_assert_null(font_read_file("/nonexistent", 100));
}

/* Cells of this size have no font but the corpus's, where A is also a Cyrillic letter. */
static void test_book(void)
{
	GlyphBook *book = glyph_book(12, 12);
	const GlyphMeaning *meaning;
	guint glyph, meanings = 0;

	g_assert_true(glyph_book(12, 12) == book);
	g_assert_cmpuint(glyph_book_count(book), ==, 0);
	glyph_book_load(book);
	g_assert_cmpuint(glyph_book_count(book), ==, 2); /* the blank one is in no book */
	g_autoptr(GArray) glyphs = load_font("psf2-12x12.psf", 12, 12);
	glyph = glyph_find(book, find_taken(glyphs, 0x410)->rows);
	g_assert_cmpuint(glyph, >, 0);
	g_assert_cmphex(glyph_character(book, glyph), ==, 'A');
	g_assert_true(glyph_is_ambiguous(book, glyph));
	for (meaning = glyph_meaning(book, glyph, NULL); meaning;
	     meaning = glyph_meaning(book, glyph, meaning))
		meanings++;
	g_assert_cmpuint(meanings, ==, 2);
}

static void test_ranks(void)
{
	static const gunichar order[] = { 'o', 0xe9, 0x2502, 0x2588, 0x03bf, 0x043e, 0x4e00, 0xe000 };

	for (gsize i = 1; i < G_N_ELEMENTS(order); i++)
		g_assert_cmpuint(glyph_rank(order[i - 1]), <, glyph_rank(order[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *corpus = g_test_build_filename(G_TEST_DIST, "fuzz", "corpus", "font", NULL);
	g_setenv("CARREL_FONT_PATH", corpus, TRUE);
	g_test_add_func("/fonts/psf1", test_psf1);
	g_test_add_func("/fonts/psf2", test_psf2);
	g_test_add_func("/fonts/hex", test_hex);
	g_test_add_func("/fonts/pff2", test_pff2);
	g_test_add_func("/fonts/not-fonts", test_not_fonts);
	g_test_add_func("/fonts/book", test_book);
	g_test_add_func("/fonts/ranks", test_ranks);
	return g_test_run();
}
