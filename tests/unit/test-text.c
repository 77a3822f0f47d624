/* How text is read: glyphs, cursors, changes, characters that look the same. Screens of real guests are tests/unit/test-corpus.c's. */
#include "console/text.h"

#include "console/font-data.h"
#include "console/glyphs.h"
#include "tests/unit/console-util.h"

/* Draws a character as firmware does. */
static void draw(Surface *surface, int cell_width, int column, int row, const guint8 *glyph, guint32 fg,
		 guint32 bg)
{
	for (int y = 0; y < FONT_ROWS; y++)
		for (int x = 0; x < cell_width; x++) {
			gboolean on = x < FONT_COLUMNS && (glyph[y] & (0x80 >> x));
			*surface_row(surface, column * cell_width + x, row * FONT_ROWS + y) = on ? fg : bg;
		}
}

static void draw_text(Surface *surface, int row, const char *text)
{
	for (int i = 0; text[i]; i++)
		draw(surface, 9, i, row, font_seabios[(guint8)text[i]], 0xaaaaaa, 0);
}

static Surface *new_screen(void)
{
	Surface *surface = surface_new();

	g_assert_true(surface_resize(surface, 720, 400));
	return surface;
}

static void touch(Surface *surface)
{
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };

	surface_damage(surface, &all);
}

/* Each glyph of both fonts in each polarity comes back as its character, with its colours. */
static void test_every_glyph(void)
{
	g_autoptr(Surface) surface = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	draw_text(surface, 0, "some text that proves the screen to be one");
	for (int code = 0; code < FONT_GLYPHS; code++)
		draw(surface, 9, code % 80, 2 + code / 80, font_seabios[code], 0x55ff55, 0x0000aa);
	for (int i = 0; i < FONT_LINUX_GLYPHS; i++)
		draw(surface, 9, i, 8, font_linux[i].rows, 0xffff55, 0x00aa00);
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	for (int code = 0; code < FONT_GLYPHS; code++) {
		const Cell *cell = &grid->cells[(2 + code / 80) * 80 + code % 80];
		g_test_message("glyph 0x%02x: U+%04x %06x on %06x", code, cell->character, cell->fg,
			       cell->bg);
		if (code == 0 || code == 0x20 || code == 0xff) {
			g_assert_cmphex(cell->character, ==, ' ');
		} else if (code == 0xdb) { /* a full block is a blank in the other colour */
			g_assert_cmphex(cell->character, ==, ' ');
			g_assert_cmphex(cell->bg, ==, 0x55ff55);
		} else if (cell->character != font_cp437[code]) {
			/* pictures of each other, reversed: the same to the eye, with the colours the other way round */
			g_assert_cmphex(cell->fg, ==, 0x0000aa);
			g_assert_cmphex(cell->bg, ==, 0x55ff55);
		} else {
			g_assert_cmphex(cell->fg, ==, 0x55ff55);
			g_assert_cmphex(cell->bg, ==, 0x0000aa);
		}
	}
	for (int i = 0; i < FONT_LINUX_GLYPHS; i++)
		g_assert_cmphex(grid->cells[8 * 80 + i].character, ==, font_cp437[font_linux[i].code]);
}

static void draw_bar(Surface *surface, int column, int row, guint32 colour)
{
	for (int y = 13; y < 15; y++)
		for (int x = 0; x < 9; x++)
			*surface_row(surface, column * 9 + x, row * 16 + y) = colour;
}

static void test_cursor(void)
{
	g_autoptr(Surface) surface = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	draw_text(surface, 3, "login: root_");
	draw_bar(surface, 12, 3, 0xaaaaaa);
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpint(grid->cursor_x, ==, 12);
	g_assert_cmpint(grid->cursor_y, ==, 3);
	g_assert_cmphex(grid->cells[3 * 80 + 11].character, ==, '_'); /* an underscore is none */
	draw(surface, 9, 12, 3, font_seabios[' '], 0, 0);
	draw_bar(surface, 7, 3, 0xaaaaaa);
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpint(grid->cursor_x, ==, 7);
	g_assert_cmphex(grid->cells[3 * 80 + 7].character, ==, 'r');
}

/* Once text, a screen with two characters or none is still text; a new one of that kind is not. */
static void test_nearly_empty(void)
{
	g_autoptr(Surface) surface = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	g_assert_false(text_read(reader, surface, &grid));
	draw_text(surface, 0, "# ");
	touch(surface);
	g_assert_false(text_read(reader, surface, &grid));
	draw_text(surface, 0, "# clear the screen");
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	draw_text(surface, 0, "#                 ");
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_autofree char *text = text_from_grid(grid);
	g_assert_true(g_str_has_prefix(text, "#\n\n"));
}

static void test_pictures(void)
{
	g_autoptr(Surface) logo = load_golden_png("cells/uefi-logo.png");
	g_autoptr(Surface) noise = new_screen();
	g_autoptr(Surface) stripes = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	const CellGrid *grid;

	for (int y = 0; y < 400; y++)
		for (int x = 0; x < 720; x++) {
			*surface_row(noise, x, y) = g_rand_int(random) & 0xffffff;
			*surface_row(stripes, x, y) = y % 16 < 8 ? 0 : 0xffffff; /* half blocks everywhere */
		}
	g_assert_false(text_read(reader, logo, &grid));
	g_assert_false(text_read(reader, noise, &grid));
	g_assert_false(text_read(reader, stripes, &grid));
}

static void touch_cell(Surface *surface, int column, int row)
{
	Rect cell = { column * 9, row * 16, 9, 16 };

	surface_damage(surface, &cell);
}

/* Only cells in which something changed are looked at; without a change none. */
static void test_changes(void)
{
	g_autoptr(Surface) surface = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	for (int row = 0; row < 20; row++)
		draw_text(surface, row, "the quick brown fox jumps over the lazy dog");
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	guint64 before = text_cells_looked(reader);
	g_assert_cmpuint(before, >=, 80 * 25);
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpuint(text_cells_looked(reader), ==, before);
	draw(surface, 9, 4, 7, font_seabios['Q'], 0xaaaaaa, 0);
	touch_cell(surface, 4, 7);
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpuint(text_cells_looked(reader), ==, before + 1);
	g_assert_cmphex(grid->cells[7 * 80 + 4].character, ==, 'Q');
}

static void draw_block(Surface *surface, int column, int row, char below)
{
	draw(surface, 9, column, row, font_seabios[(guint8)below], 0, 0xaaaaaa);
	for (int y = 0; y < 16; y++)
		*surface_row(surface, column * 9 + 8, row * 16 + y) = 0xaaaaaa;
	touch_cell(surface, column, row);
}

/* A full block is a cursor when it comes alone; what stands below it stays readable, and it goes where it goes. */
static void test_block_cursor(void)
{
	g_autoptr(Surface) surface = new_screen();
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	draw_text(surface, 3, "a full block for a cursor");
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpint(grid->cursor_x, ==, -1);
	draw_block(surface, 2, 3, 'f');
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpint(grid->cursor_x, ==, 2);
	g_assert_cmpint(grid->cursor_y, ==, 3);
	g_assert_cmphex(grid->cells[3 * 80 + 2].character, ==, 'f');
	g_assert_cmphex(grid->cells[3 * 80 + 2].fg, ==, 0xaaaaaa);
	draw(surface, 9, 2, 3, font_seabios['f'], 0xaaaaaa, 0);
	touch_cell(surface, 2, 3);
	draw_block(surface, 30, 3, ' ');
	g_assert_true(text_read(reader, surface, &grid));
	g_assert_cmpint(grid->cursor_x, ==, 30);
	g_assert_cmphex(grid->cells[3 * 80 + 30].bg, ==, 0);
}

/* A glyph of 8 columns, each pixel drawn @wide times @high. */
static void draw_scaled(Surface *surface, int x, int y, const guint8 *rows, int height, int wide, int high)
{
	for (int i = 0; i < height * high; i++)
		for (int k = 0; k < 8 * wide; k++)
			if (rows[i / high] & 0x80 >> k / wide)
				*surface_row(surface, x + k, y + i) = 0x00aa00;
}

/* VGA's 40 columns, and modes whose lines are doubled. */
static void test_scaled(void)
{
	static const struct {
		int height, wide, high;
	} cases[] = {
		{16,  2, 1},
                { 8,  2, 1},
                { 8,  1, 2},
                { 8,  2, 2},
                { 14, 1, 1},
                { 8,  1, 1},
	};
	static const char text[] = "FORTY COLUMNS: enough for everybody, 1981";

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Surface) surface = surface_new();
		g_autoptr(TextReader) reader = text_reader_new();
		const CellGrid *grid;
		surface_resize(surface, 672, cases[i].height * cases[i].high * 25);
		for (int k = 0; text[k]; k++) {
			guint8 code = (guint8)text[k];
			const guint8 *rows = cases[i].height == 16   ? font_seabios[code]
					     : cases[i].height == 14 ? font_seabios_14[code]
								     : font_seabios_8[code];
			draw_scaled(surface, k * 8 * cases[i].wide, 2 * cases[i].height * cases[i].high, rows,
				    cases[i].height, cases[i].wide, cases[i].high);
		}
		touch(surface);
		g_assert_true(text_read(reader, surface, &grid));
		g_autofree char *read = text_from_grid(grid);
		g_assert_cmpstr(g_strstrip(read), ==, text);
		g_assert_cmpint(grid->columns, ==, 672 / 8 / cases[i].wide);
	}
}

/* EDK2 puts a small mode in the middle of a large screen; and its cursor turns pixels over, which gives colours that the text has not. */
static void test_edk2(void)
{
	static const char text[] = "Shell> map -r, and wait";
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();
	int left = (1280 - 80 * 8) / 2, top = (800 - 25 * 19) / 2;
	const CellGrid *grid;

	surface_resize(surface, 1280, 800);
	for (int k = 0; text[k]; k++)
		for (int i = 0; i < FONT_EDK2_GLYPHS; i++)
			if (font_edk2[i].character == (guint8)text[k])
				draw_scaled(surface, left + k * 8, top + 3 * 19, font_edk2[i].rows,
					    FONT_EDK2_ROWS, 1, 1);
	for (int i = 0; i < 2 * 8; i++)
		*surface_row(surface, left + 7 * 8 + i % 8, top + 3 * 19 + 16 + i / 8) ^= 0x989898;
	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_autofree char *read = text_from_grid(grid);
	g_assert_cmpstr(g_strstrip(read), ==, text);
	g_assert_cmpint(grid->columns, ==, 80);
	g_assert_cmpint(grid->rows, ==, 25);
	g_assert_cmpint(grid->cursor_x, ==, 7);
	g_assert_cmpint(grid->cursor_y, ==, 3);
}

/* --- the test's fonts: part of Unifont --------------------------------------------------------------------------------- */

static const guint8 *rows_of(GlyphBook *book, gunichar character)
{
	for (guint glyph = 1; glyph <= glyph_book_count(book); glyph++)
		for (const GlyphMeaning *at = glyph_meaning(book, glyph, NULL); at;
		     at = glyph_meaning(book, glyph, at))
			if (at->character == character)
				return glyph_rows(book, glyph);
	return NULL;
}

static const guint8 *unifont_rows(gunichar character, gboolean *is_wide)
{
	GlyphBook *single = glyph_book(8, 16), *wide = glyph_book(16, 16);

	glyph_book_load(single);
	glyph_book_load(wide);
	*is_wide = !rows_of(single, character);
	return rows_of(*is_wide ? wide : single, character);
}

/* Text on cells that start at @x,@y, as GRUB and installers draw it. */
static void draw_unifont(Surface *surface, int x, int y, const char *text)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);
		gboolean is_wide = FALSE;
		const guint8 *rows = character == ' ' ? NULL : unifont_rows(character, &is_wide);
		g_assert_true(rows || character == ' ');
		for (int i = 0; rows && i < 16 * (is_wide ? 16 : 8); i++) {
			int column = i % (is_wide ? 16 : 8), row = i / (is_wide ? 16 : 8);
			if (rows[row * (is_wide ? 2 : 1) + column / 8] & 0x80 >> column % 8)
				*surface_row(surface, x + column, y + row) = 0xaaaaaa;
		}
		x += is_wide ? 16 : 8;
	}
}

static char *read_lines(Surface *surface, TextReader *reader)
{
	const CellGrid *grid;

	touch(surface);
	g_assert_true(text_read(reader, surface, &grid));
	g_autofree char *text = text_from_grid(grid);
	return g_strdup(g_strstrip(text));
}

/* Letters that look the same are those of the word around them, else of the line, else Latin. */
static void test_same_pictures(void)
{
	static const char text[] = "\u041f\u0440\u0438\u0432\u0435\u0442, \u043e\u0441\u0430!\n"
				   "Hello, ocean! A_C 3 | 0x3f\n"
				   "COP\n"
				   "\u0420\u043e\u0441\u0441\u0438\u044f = Russia, EXPO";
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	surface_resize(surface, 640, 480);
	for (int i = 0; lines[i]; i++)
		draw_unifont(surface, 0, i * 16, lines[i]);
	g_autofree char *read = read_lines(surface, reader);
	g_assert_cmpstr(read, ==, text);
}

/* Double width, on any origin. */
static void test_wide(void)
{
	static const char text[] = "Japanese - \u65e5\u672c\u8a9e";
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();

	surface_resize(surface, 650, 490);
	draw_unifont(surface, 5 + 8 * 4, 7 + 16 * 3, text);
	g_autofree char *read = read_lines(surface, reader);
	g_assert_cmpstr(read, ==, text);
	Rect cell = text_cell_rect(reader, 0, 0);
	g_assert_cmpint(cell.x, ==, 5);
	g_assert_cmpint(cell.y, ==, 7);
}

static void copy_surface(Surface *to, const Surface *from)
{
	memcpy(surface_row(to, 0, 0), surface_pixels(from),
	       (gsize)surface_width(to) * (gsize)surface_height(to) * sizeof(guint32));
	touch(to);
}

/* Text over a picture that comes while the reader is tired of searching pictures is found as soon as it looks again, and then followed. */
static void test_late_text(void)
{
	g_autoptr(Surface) menu = load_golden_png("text/grub-background.png");
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	const CellGrid *grid;

	surface_resize(surface, 800, 600);
	for (int i = 0; i < 800 * 600; i++)
		*surface_row(surface, i % 800, i / 800) = g_rand_int(random) & 0xffffff;
	touch(surface);
	g_assert_cmpint(text_look(reader, surface, &grid), ==, TEXT_GRAPHICS);
	copy_surface(surface, menu);
	while (text_look(reader, surface, &grid) != TEXT_MIXED)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmphex(grid->cells[1 * grid->columns + 33].character, ==, 'G');
	g_assert_false(text_is_main(reader));
	guint64 before = text_cells_looked(reader);
	Rect cell = text_cell_rect(reader, 33, 1);
	surface_damage(surface, &cell);
	g_assert_cmpint(text_look(reader, surface, &grid), ==, TEXT_MIXED);
	/* the cell, and what is beside the letters of its line */
	g_assert_cmpuint(text_cells_looked(reader), <, before + 300);
}

static void test_tiny(void)
{
	g_autoptr(TextReader) reader = text_reader_new();
	g_autoptr(Surface) surface = surface_new();
	const CellGrid *grid;

	g_assert_false(text_read(reader, surface, &grid));
	for (int size = 1; size < 40; size++) {
		surface_resize(surface, size, 40 - size);
		g_assert_false(text_read(reader, surface, &grid));
	}
}

/* A view that somebody types into shows the change first, and finds the text when the screen rests. */
static void test_live(void)
{
	g_autoptr(Surface) menu = load_golden_png("text/grub-background.png");

	for (int live = 0; live < 2; live++) {
		g_autoptr(Surface) surface = surface_new();
		g_autoptr(TextReader) reader = text_reader_new();
		const CellGrid *grid;
		text_reader_set_live(reader, live);
		surface_resize(surface, 800, 600);
		touch(surface);
		g_assert_cmpint(text_look(reader, surface, &grid), ==, TEXT_GRAPHICS);
		copy_surface(surface, menu);
		g_assert_cmpint(text_look(reader, surface, &grid), ==, live ? TEXT_GRAPHICS : TEXT_MIXED);
		while (text_look(reader, surface, &grid) != TEXT_MIXED)
			g_main_context_iteration(NULL, TRUE);
	}
}

/* Nor does it wait for ever on a screen that never rests. */
static void test_live_and_busy(void)
{
	g_autoptr(Surface) menu = load_golden_png("text/grub-background.png");
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();
	const Rect corner = { 790, 590, 10, 10 };
	const CellGrid *grid;

	text_reader_set_live(reader, TRUE);
	surface_resize(surface, 800, 600);
	touch(surface);
	text_look(reader, surface, &grid);
	copy_surface(surface, menu);
	while (text_look(reader, surface, &grid) != TEXT_MIXED)
		surface_damage(surface, &corner);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *fonts = g_test_build_filename(G_TEST_DIST, "golden", "text", "fonts", NULL);
	g_setenv("CARREL_FONT_PATH", fonts, TRUE);
	g_test_add_func("/text/every-glyph", test_every_glyph);
	g_test_add_func("/text/cursor", test_cursor);
	g_test_add_func("/text/nearly-empty", test_nearly_empty);
	g_test_add_func("/text/pictures", test_pictures);
	g_test_add_func("/text/changes", test_changes);
	g_test_add_func("/text/block-cursor", test_block_cursor);
	g_test_add_func("/text/scaled", test_scaled);
	g_test_add_func("/text/edk2", test_edk2);
	g_test_add_func("/text/same-pictures", test_same_pictures);
	g_test_add_func("/text/wide", test_wide);
	g_test_add_func("/text/late-text", test_late_text);
	g_test_add_func("/text/live", test_live);
	g_test_add_func("/text/live-and-busy", test_live_and_busy);
	g_test_add_func("/text/tiny", test_tiny);
	return g_test_run();
}
