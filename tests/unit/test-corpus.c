/*
 * The corpus of screens: what real guests drew, with the text that it says; and pictures of many kinds, in which there is none. How it was made is told
 * in tests/golden/text/README.md.
 */
#include "console/text.h"
#include "tests/unit/console-util.h"

static const struct {
	const char *name;
	TextVerdict verdict;
} screens[] = {
	{"uninit",           TEXT_PURE }, /* QEMU's own words */
	{ "seabios",         TEXT_PURE },
	{ "ipxe",            TEXT_PURE },
	{ "isolinux",        TEXT_PURE },
	{ "grub-rescue",     TEXT_PURE }, /* GRUB in VGA text mode */
	{ "grub-gfxterm",
         TEXT_PURE		     }, /* in graphics, Unifont, cells that start at 2,10; Cyrillic and double width */
	{ "grub-background", TEXT_MIXED}, /* the same over a picture */
	{ "vesamenu",        TEXT_MIXED}, /* Syslinux's menu: half transparent, with shadows */
	{ "memtest",         TEXT_PURE },
	{ "ovmf-setup",      TEXT_PURE }, /* EDK2's font, 80x25 cells that start at 0,2 */
	{ "ovmf-boot",       TEXT_PURE },
	{ "uefi-shell",      TEXT_PURE }, /* 160x42 */
	{ "systemd-boot",    TEXT_PURE },
	{ "linux-vga",       TEXT_PURE }, /* vgacon */
	{ "linux-vga-50",    TEXT_PURE }, /* with 50 lines */
	{ "linux-efi",       TEXT_PURE }, /* fbcon */
	{ "linux-1024",      TEXT_PURE },
	{ "linux-8x8",       TEXT_PURE }, /* with another font, 128x96 */
	{ "linux-terminus",  TEXT_PURE },
	{ "linux-cyrillic",  TEXT_PURE },
	{ "linux-logo",      TEXT_MIXED}, /* with penguins */
	{ "installer",       TEXT_PURE }, /* Debian's, newt in Unifont */
	{ "languages",       TEXT_PURE }, /* in all scripts, double width */
};

static char *describe(TextReader *reader, const CellGrid *grid)
{
	g_autofree char *text = text_from_grid(grid);
	Rect cell = text_cell_rect(reader, 0, 0);

	return g_strdup_printf("%dx%d cells of %dx%d from %d,%d cursor %d,%d\n%s", grid->columns, grid->rows,
			       cell.width, cell.height, cell.x, cell.y, grid->cursor_x, grid->cursor_y, text);
}

/* Each cell with something in it is read; what it says is what stands in the text. */
static void test_screen(gconstpointer data)
{
	guint index = GPOINTER_TO_UINT(data);
	g_autofree char *png = g_strdup_printf("text/%s.png", screens[index].name);
	g_autofree char *txt = g_strdup_printf("text/%s.txt", screens[index].name);
	g_autoptr(Surface) surface = load_golden_png(png);
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid;

	g_assert_cmpint(text_look(reader, surface, &grid), ==, screens[index].verdict);
	g_assert_nonnull(grid);
	g_assert_cmpint(grid->is_text, ==, screens[index].verdict == TEXT_PURE);
	g_autofree char *all = describe(reader, grid);
	assert_golden(txt, all);
	for (int i = 0; i < grid->columns * grid->rows; i++)
		g_assert_cmphex(grid->cells[i].character, !=, 0xfffd);
}

/* --- pictures -------------------------------------------------------------------------------------------------------- */

typedef guint32 (*Painter)(int x, int y);

static guint32 hash(guint32 x, guint32 y)
{
	guint32 value = x * 374761393u + y * 668265263u;

	value = (value ^ value >> 13) * 1274126177u;
	return value ^ value >> 16;
}

/* Smooth noise of one size. */
static int noise(int x, int y, int size, guint32 seed)
{
	int left = x / size, top = y / size, dx = x % size, dy = y % size;
	int a = (int)(hash((guint32)left + seed, (guint32)top) & 255);
	int b = (int)(hash((guint32)left + 1 + seed, (guint32)top) & 255);
	int c = (int)(hash((guint32)left + seed, (guint32)top + 1) & 255);
	int d = (int)(hash((guint32)left + 1 + seed, (guint32)top + 1) & 255);
	int above = a * (size - dx) + b * dx, below = c * (size - dx) + d * dx;

	return (above * (size - dy) + below * dy) / (size * size);
}

/* Clouds, hills and grain: as rich in detail as a photograph. */
static guint32 photo_part(int x, int y, guint32 seed)
{
	int value = noise(x, y, 97, seed) * 8 + noise(x, y, 31, seed) * 4 + noise(x, y, 9, seed) * 3 +
		    (int)(hash((guint32)x + seed, (guint32)y) & 63) * 1;

	return (guint32)CLAMP(value / 15, 0, 255);
}

static guint32 paint_photo(int x, int y)
{
	return photo_part(x, y, 1) << 16 | photo_part(x, y, 100) << 8 | photo_part(x, y, 9000);
}

/* High contrast, hard edges: branches before a bright sky. */
static guint32 paint_branches(int x, int y)
{
	return noise(x, y, 13, 7) > 128 || noise(x, y, 5, 3) > 150 ? 0x101408 : 0xe8f0ff - (guint32)(y / 4);
}

static guint32 paint_gradient(int x, int y)
{
	return (guint32)(x * 255 / 800) << 16 | (guint32)(y * 255 / 600) << 8 |
	       (guint32)((x + y) * 255 / 1400);
}

/* As a display with few colours shows it. */
static guint32 paint_dither(int x, int y)
{
	static const int matrix[4][4] = {
		{0,   8,  2,  10},
                { 12, 4,  14, 6 },
                { 3,  11, 1,  9 },
                { 15, 7,  13, 5 }
	};

	return x * 16 / 800 > matrix[y % 4][x % 4] ? 0xffffff : 0x000000;
}

static guint32 paint_noise(int x, int y)
{
	return hash((guint32)x, (guint32)y) & 0xffffff;
}

static guint32 paint_black_white_noise(int x, int y)
{
	return hash((guint32)x, (guint32)y) & 1 ? 0xffffff : 0;
}

/* A picture of half blocks in two colours a cell, as `carrel' itself draws them. */
static guint32 paint_blocks(int x, int y)
{
	return hash((guint32)(x / 8), (guint32)(y / 8)) & 1 ? 0xffffff : 0x0000aa;
}

static guint32 paint_quarters(int x, int y)
{
	static const guint32 colours[] = { 0, 0xaa0000, 0x00aa00, 0xaa5500 };

	return colours[hash((guint32)(x / 4), (guint32)(y / 8)) & 3];
}

static guint32 paint_stripes(int x, int y)
{
	return (x + y) / 6 % 2 ? 0xffffff : 0;
}

static guint32 paint_lines(int x, int y)
{
	return x % 16 == 4 || y % 32 == 8 ? 0xffffff : 0;
}

/* A windowing system's screen: flat colour, frames, buttons, no letters. */
static guint32 paint_desktop(int x, int y)
{
	gboolean in_window = x > 100 && x < 600 && y > 80 && y < 400;

	if (!in_window)
		return y > 570 ? 0xc0c0c0 : 0x008080;
	if (y < 100)
		return x > 580 ? 0xc0c0c0 : 0x000080;
	return x == 101 || y == 101 ? 0xffffff : (x / 60 % 2 && y / 24 % 2 && y > 300) ? 0xd4d0c8 : 0xc0c0c0;
}

/* A page as a browser shows it from afar: rules, underlines, frames. Arabic has a letter that is such a line. */
static guint32 paint_page(int x, int y)
{
	gboolean is_rule = y % 20 == 9 && hash((guint32)x / 64, (guint32)y / 20) & 1;
	gboolean is_underline = y % 16 == 14 && hash((guint32)x / 40 + 7, (guint32)y / 16) % 3 == 0;

	return is_rule ? 0x808080 : is_underline ? 0x0000ee : x % 200 == 3 ? 0xcccccc : 0xffffff;
}

static guint32 paint_circles(int x, int y)
{
	int dx = x - 400, dy = y - 300;

	return (dx * dx + dy * dy) / 3000 % 2 ? 0xffcc00 : 0x202020;
}

static const struct {
	const char *name;
	Painter painter;
} pictures[] = {
	{"photo",              paint_photo            },
        { "branches",          paint_branches         },
	{ "gradient",          paint_gradient         },
        { "dither",            paint_dither           },
	{ "noise",             paint_noise            },
        { "black-white-noise", paint_black_white_noise},
	{ "blocks",            paint_blocks           },
        { "quarters",          paint_quarters         },
	{ "stripes",           paint_stripes          },
        { "lines",             paint_lines            },
	{ "desktop",           paint_desktop          },
        { "page",              paint_page             },
	{ "circles",           paint_circles          },
};

static void paint(Surface *surface, Painter painter)
{
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };

	for (int y = 0; y < all.height; y++)
		for (int x = 0; x < all.width; x++)
			*surface_row(surface, x, y) = painter(x, y) & 0xffffff;
	surface_damage(surface, &all);
}

static void test_picture(gconstpointer data)
{
	static const struct {
		int width, height;
	} sizes[] = {
		{720,   400},
		{ 640,  480},
		{ 1024, 768},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(Surface) surface = surface_new();
		g_autoptr(TextReader) reader = text_reader_new();
		const CellGrid *grid;
		surface_resize(surface, sizes[i].width, sizes[i].height);
		paint(surface, pictures[GPOINTER_TO_UINT(data)].painter);
		TextVerdict verdict = text_look(reader, surface, &grid);
		g_autofree char *text = grid ? text_from_grid(grid) : g_strdup("");
		g_test_message("%dx%d: %s", sizes[i].width, sizes[i].height, g_strstrip(text));
		g_assert_cmpint(verdict, ==, TEXT_GRAPHICS);
	}
}

/* A text screen that becomes a picture, without a change of size, is none any more; and back. */
static void test_text_to_picture(gconstpointer data)
{
	Painter painter = pictures[GPOINTER_TO_UINT(data)].painter;
	g_autoptr(Surface) text = load_golden_png("text/seabios.png");
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(TextReader) reader = text_reader_new();
	Rect all = { 0, 0, surface_width(text), surface_height(text) };
	const CellGrid *grid;

	surface_resize(surface, all.width, all.height);
	for (int round = 0; round < 2; round++) {
		memcpy(surface_row(surface, 0, 0), surface_pixels(text),
		       (gsize)all.width * (gsize)all.height * sizeof(guint32));
		surface_damage(surface, &all);
		g_assert_cmpint(text_look(reader, surface, &grid), ==, TEXT_PURE);
		paint(surface, painter);
		g_assert_cmpint(text_look(reader, surface, &grid), ==, TEXT_GRAPHICS);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *fonts = g_test_build_filename(G_TEST_DIST, "golden", "text", "fonts", NULL);
	g_setenv("CARREL_FONT_PATH", fonts, TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(screens); i++) {
		g_autofree char *path = g_strconcat("/corpus/screen/", screens[i].name, NULL);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_screen);
	}
	for (guint i = 0; i < G_N_ELEMENTS(pictures); i++) {
		g_autofree char *path = g_strconcat("/corpus/picture/", pictures[i].name, NULL);
		g_autofree char *after = g_strconcat("/corpus/text-to-picture/", pictures[i].name, NULL);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_picture);
		g_test_add_data_func(after, GUINT_TO_POINTER(i), test_text_to_picture);
	}
	return g_test_run();
}
