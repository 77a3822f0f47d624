/* Recognised text: screens of real guests against golden files, and what is no text. */
#include "console/text.h"

#include "console/font-data.h"
#include "tests/unit/console-util.h"

/* Taken from QEMU 7.2 by QMP or VNC: SeaBIOS without a disk, GRUB's rescue CD, Memtest86+, carrel Live with VGA text and with efifb. */
static const char *const screens[] = {
	"uninit", "seabios", "grub-rescue", "memtest", "linux-vga", "linux-efi"
};

static void test_screen(gconstpointer data)
{
	g_autofree char *png = g_strdup_printf("text/%s.png", (const char *)data);
	g_autofree char *txt = g_strdup_printf("text/%s.txt", (const char *)data);
	g_autoptr(Surface) surface = load_golden_png(png);
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	g_assert_true(text_read(reader, surface, &grid));
	g_assert_true(grid->is_text);
	g_autofree char *text = text_from_grid(grid);
	g_autofree char *all = g_strdup_printf("%dx%d cursor %d,%d\n%s", grid->columns, grid->rows,
					       grid->cursor_x, grid->cursor_y, text);
	assert_golden(txt, all);
}

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(screens); i++) {
		g_autofree char *path = g_strconcat("/text/screen/", screens[i], NULL);
		g_test_add_data_func(path, screens[i], test_screen);
	}
	g_test_add_func("/text/every-glyph", test_every_glyph);
	g_test_add_func("/text/cursor", test_cursor);
	g_test_add_func("/text/nearly-empty", test_nearly_empty);
	g_test_add_func("/text/pictures", test_pictures);
	g_test_add_func("/text/tiny", test_tiny);
	return g_test_run();
}
