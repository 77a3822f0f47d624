/* Pictures and text as terminal cells, and both at once. What chafa draws differs between its versions, so pictures are judged by shape and colour. */
#include "console/cells-draw.h"

#include "console/font-data.h"
#include "tests/unit/console-util.h"

/* Columns and rows of a grid that are not blank margin. */
static void measure(const CellGrid *grid, int *left, int *top, int *columns, int *rows)
{
	int right = -1, bottom = -1;

	*left = grid->columns;
	*top = grid->rows;
	for (int y = 0; y < grid->rows; y++)
		for (int x = 0; x < grid->columns; x++) {
			const Cell *cell = &grid->cells[y * grid->columns + x];
			if (cell->bg == CELL_DEFAULT && cell->fg == CELL_DEFAULT)
				continue;
			*left = MIN(*left, x);
			*top = MIN(*top, y);
			right = MAX(right, x);
			bottom = MAX(bottom, y);
		}
	*columns = right - *left + 1;
	*rows = bottom - *top + 1;
}

/* A cell is twice as high as wide: 4:3 fills 64x24 cells, 16:5 80x12 (rounded down). */
static void test_shape(void)
{
	static const struct {
		int width, height, columns, rows, left, top;
	} cases[] = {
		{1024, 768,  64, 24, 8,  0},
		{ 640, 200,  80, 12, 0,  6},
		{ 100, 1600, 3,  24, 38, 0},
		{ 1,   1,    48, 24, 16, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Surface) surface = new_halves(cases[i].width, cases[i].height);
		g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
		const CellGrid *grid = cells_render(renderer, surface, 80, 24);
		int left, top, columns, rows;
		measure(grid, &left, &top, &columns, &rows);
		g_assert_cmpint(grid->columns, ==, 80);
		g_assert_cmpint(grid->rows, ==, 24);
		g_assert_cmpint(columns, ==, cases[i].columns);
		g_assert_cmpint(rows, ==, cases[i].rows);
		g_assert_cmpint(left, ==, cases[i].left);
		g_assert_cmpint(top, ==, cases[i].top);
		g_assert_false(grid->is_text);
	}
}

static gboolean is_near(guint32 a, guint32 b)
{
	for (int shift = 0; shift < 24; shift += 8)
		if (ABS((int)(a >> shift & 255) - (int)(b >> shift & 255)) > 24)
			return FALSE;
	return TRUE;
}

static void test_colours(void)
{
	static const CellsStyle styles[] = { CELLS_SYMBOLS, CELLS_ASCII };

	for (gsize i = 0; i < G_N_ELEMENTS(styles); i++) {
		g_autoptr(Surface) surface = new_halves(640, 480);
		g_autoptr(CellsRenderer) renderer = cells_renderer_new(styles[i]);
		const CellGrid *grid = cells_render(renderer, surface, 64, 24);
		const Cell *red = &grid->cells[12 * 64 + 5], *blue = &grid->cells[12 * 64 + 58];
		g_assert_true(is_near(red->bg, 0xff0000));
		g_assert_true(is_near(blue->bg, 0x0000ff));
		for (int k = 0; k < 64 * 24 && styles[i] == CELLS_ASCII; k++)
			g_assert_cmpuint(grid->cells[k].character, <, 0x7f);
	}
}

static void test_positions(void)
{
	g_autoptr(Surface) surface = new_halves(1024, 768);
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	int x, y;

	g_assert_false(cells_to_pixel(renderer, 0, 0, &x, &y));
	cells_render(renderer, surface, 80, 24);
	g_assert_true(cells_to_pixel(renderer, 8, 0, &x, &y));
	g_assert_cmpint(x, ==, 8);
	g_assert_cmpint(y, ==, 16);
	g_assert_true(cells_to_pixel(renderer, 71, 23, &x, &y));
	g_assert_cmpint(x, ==, 1016);
	g_assert_cmpint(y, ==, 752);
	g_assert_false(cells_to_pixel(renderer, 7, 0, &x, &y));
	g_assert_false(cells_to_pixel(renderer, 72, 0, &x, &y));
	g_assert_false(cells_to_pixel(renderer, 10, 24, &x, &y));
	g_assert_false(cells_to_pixel(renderer, -1, 3, &x, &y));
}

static char *row_text(const CellGrid *grid, int row)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int x = 0; x < grid->columns; x++)
		g_string_append_unichar(text, grid->cells[row * grid->columns + x].character);
	return g_strchomp(g_strdup(text->str));
}

/* A terminal as large as the screen shows it exactly at the top left; a pixel is the middle of a guest's cell. */
static void test_text_fits(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/linux-vga.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	const CellGrid *grid = cells_render(renderer, surface, 100, 30);
	g_autofree char *last = row_text(grid, 24);
	int x, y;

	g_assert_true(grid->is_text);
	g_assert_cmpstr(last, ==, "carrel-live:~#");
	g_assert_cmpint(grid->cursor_x, ==, 15);
	g_assert_cmpint(grid->cursor_y, ==, 24);
	g_assert_cmphex(grid->cells[29 * 100 + 99].bg, ==, CELL_DEFAULT);
	g_assert_true(cells_to_pixel(renderer, 2, 3, &x, &y));
	g_assert_cmpint(x, ==, 22);
	g_assert_cmpint(y, ==, 56);
	g_assert_false(cells_to_pixel(renderer, 80, 3, &x, &y));
}

/* A smaller terminal shows exact text too, cut so that the cursor is in sight. */
static void test_text_is_cut(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/linux-vga.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	const CellGrid *grid = cells_render(renderer, surface, 40, 10);
	g_autofree char *last = row_text(grid, 9);
	int x, y;

	g_assert_true(grid->is_text);
	g_assert_cmpstr(last, ==, "carrel-live:~#");
	g_assert_cmpint(grid->cursor_y, ==, 9);
	g_assert_true(cells_to_pixel(renderer, 0, 0, &x, &y));
	g_assert_cmpint(y, ==, 15 * 16 + 8);
	grid = cells_render(renderer, surface, 10, 3);
	g_assert_cmpint(grid->cursor_x, ==, 9);
	g_assert_cmpint(grid->cursor_y, ==, 2);
}

/* Without a cursor the last line that holds something is at the bottom. */
static void test_text_without_cursor(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/seabios.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	const CellGrid *grid = cells_render(renderer, surface, 80, 5);
	g_autofree char *last = row_text(grid, 4);

	g_assert_cmpint(grid->cursor_x, ==, -1);
	g_assert_cmpstr(last, ==, "No bootable device.");
}

static int find_row(const CellGrid *grid, const char *wanted)
{
	for (int row = 0; row < grid->rows; row++) {
		g_autofree char *text = row_text(grid, row);
		if (strstr(text, wanted))
			return row;
	}
	return -1;
}

static void assert_whole(const CellGrid *grid)
{
	for (int i = 0; i < grid->rows * grid->columns; i++)
		g_assert_cmphex(grid->cells[i].character, !=, CELL_NONE);
}

/* A boot menu over a photograph: the words can be read in any size, in their order, and the photograph is still there. */
static void test_text_over_picture(void)
{
	static const char *const words[] = { "Installer boot menu", "Graphical install",
					     "Install in text mode", "Advanced options ...",
					     "Press [Tab] to edit options" };
	static const struct {
		int columns, rows;
	} sizes[] = {
		{80,   30},
                { 80,  24},
                { 60,  20},
                { 40,  15},
                { 200, 60},
	};
	g_autoptr(Surface) surface = load_golden_png("text/vesamenu.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		const CellGrid *grid = cells_render(renderer, surface, sizes[i].columns, sizes[i].rows);
		int before = -1;
		g_assert_false(grid->is_text);
		assert_whole(grid);
		for (gsize k = 0; k < G_N_ELEMENTS(words); k++) {
			int row = find_row(grid, words[k]);
			g_test_message("%dx%d: `%s' in row %d", grid->columns, grid->rows, words[k], row);
			g_assert_cmpint(row, >, before);
			before = row;
		}
		/* the lower right corner is bright, and no text is near */
		const Cell *corner =
			&grid->cells[(grid->rows - 2) * grid->columns + grid->columns / 2 + grid->rows / 2];
		g_assert_cmphex(corner->bg, !=, 0);
	}
}

/* A console with a picture above: letters stand where they stand, and what is between them is drawn cell for cell. */
static void test_picture_among_text(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/linux-logo.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	const CellGrid *grid = cells_render(renderer, surface, 130, 50);
	g_autofree char *first = row_text(grid, 7);
	int x, y;

	g_assert_cmpstr(first, ==, "[    3.543162] evm: security.apparmor");
	assert_whole(grid);
	/* the gradient ends in orange in row 5 */
	g_assert_true(is_near(grid->cells[5 * 130 + 100].bg, 0xe0a040));
	g_assert_cmphex(grid->cells[7 * 130 + 100].bg, ==, 0);
	g_assert_true(cells_to_pixel(renderer, 0, 7, &x, &y));
	g_assert_cmpint(x, ==, 4);
	g_assert_cmpint(y, ==, 7 * 16 + 8);
	/* the kernel's cursor, behind the prompt */
	Rect bar = { 15 * 8, 35 * 16 + 14, 8, 2 };
	for (int i = 0; i < 16; i++)
		*surface_row(surface, bar.x + i % 8, bar.y + i / 8) = 0xaaaaaa;
	surface_damage(surface, &bar);
	grid = cells_render(renderer, surface, 130, 50);
	g_assert_cmpint(grid->cursor_x, ==, 15);
	g_assert_cmpint(grid->cursor_y, ==, 35);
}

/* Where the terminal ends in the middle of a double-width character there is no half of it. */
static void test_double_width_is_cut(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/languages.png");
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);

	for (int columns = 80; columns < 92; columns++) {
		const CellGrid *grid = cells_render(renderer, surface, columns, 50);
		int row = find_row(grid, "Japanese");
		g_assert_cmpint(row, >, 0);
		for (int i = row * columns; i < (row + 1) * columns; i++) {
			gboolean is_right = i + 1 < (row + 1) * columns && grid->cells[i + 1].character == 0;
			gboolean is_wide = g_unichar_iswide(grid->cells[i].character);
			g_assert_true(is_wide == is_right);
		}
	}
}

static void test_nothing(void)
{
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	const CellGrid *grid = cells_render(renderer, surface, 20, 5);

	g_assert_cmphex(grid->cells[0].character, ==, ' ');
	g_assert_cmpint(cells_render(renderer, surface, 0, 0)->columns, ==, 0);
	surface_resize(surface, 320, 200);
	g_assert_cmpint(cells_render(renderer, surface, 1, 1)->rows, ==, 1);
}

/* What was drawn on a reused canvas is not seen in the next picture. */
static void test_reuse(void)
{
	g_autoptr(Surface) surface = new_halves(640, 480);
	g_autoptr(CellsRenderer) renderer = cells_renderer_new(CELLS_SYMBOLS);
	Rect all = { 0, 0, 640, 480 };

	cells_render(renderer, surface, 64, 24);
	memset(surface_row(surface, 0, 0), 0, 640 * 480 * 4);
	surface_damage(surface, &all);
	const CellGrid *grid = cells_render(renderer, surface, 64, 24);
	for (int i = 0; i < 64 * 24; i++)
		g_assert_true(is_near(grid->cells[i].bg, 0));
}

static void paint(Surface *surface, const Rect *area, guint32 colour)
{
	for (int y = area->y; y < area->y + area->height; y++)
		for (int x = area->x; x < area->x + area->width; x++)
			*surface_row(surface, x, y) = colour;
	surface_damage(surface, area);
}

/* Nobody sees the colour of the letter in a blank, nor the last bits of others. */
static gboolean looks_like(const Cell *a, const Cell *b)
{
	return a->character == b->character && is_near(a->bg, b->bg) &&
	       (a->character == ' ' || is_near(a->fg, b->fg));
}

/* Only what changed is drawn, and the cells look the same as when all is drawn. */
static void test_changes(void)
{
	/* clang-format off */
	static const struct {
		int width, height, columns, rows;
		Rect change;
		gboolean is_part;
	} cases[] = {
		{ 1024, 768, 104, 39, { 384, 256, 256, 256 }, TRUE },
		{ 1024, 768, 104, 39, { 1023, 767, 1, 1 },    TRUE },
		{ 1280, 800, 120, 37, { 0, 100, 7, 9 },       TRUE },
		{ 1366, 768, 120, 33, { 700, 300, 50, 20 },   TRUE },
		{ 640, 480, 64, 24,   { 0, 0, 640, 480 },     FALSE },
		{ 320, 200, 104, 32,  { 100, 90, 20, 20 },    FALSE },
		{ 13, 7, 80, 21,      { 12, 6, 1, 1 },        FALSE },
		{ 1, 1, 48, 24,       { 0, 0, 1, 1 },         FALSE },
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		int columns = cases[i].columns, rows = cases[i].rows;
		Rect all = { 0, 0, cases[i].width, cases[i].height };
		g_autoptr(Surface) surface = new_halves(all.width, all.height);
		CellsDrawing *drawing = cells_drawing_new(CELLS_SYMBOLS),
			     *fresh = cells_drawing_new(CELLS_SYMBOLS);
		guint64 whole = (guint64)columns * (guint64)rows;
		g_test_message("%dx%d", all.width, all.height);
		cells_drawing_draw(drawing, surface, &all, columns, rows);
		cells_drawing_draw(drawing, surface, &all, columns, rows);
		g_assert_cmpuint(cells_drawing_count(drawing), ==, whole);
		paint(surface, &cases[i].change, 0x00ff00);
		const Cell *cells = cells_drawing_draw(drawing, surface, &all, columns, rows);
		const Cell *expected = cells_drawing_draw(fresh, surface, &all, columns, rows);
		for (guint64 k = 0; k < whole; k++)
			g_assert_true(looks_like(&cells[k], &expected[k]));
		if (cases[i].is_part)
			g_assert_cmpuint(cells_drawing_count(drawing), <, whole * 3 / 2);
		cells_drawing_free(drawing);
		cells_drawing_free(fresh);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *fonts = g_test_build_filename(G_TEST_DIST, "golden", "text", "fonts", NULL);
	g_setenv("CARREL_FONT_PATH", fonts, TRUE);
	g_test_add_func("/cells/shape", test_shape);
	g_test_add_func("/cells/colours", test_colours);
	g_test_add_func("/cells/positions", test_positions);
	g_test_add_func("/cells/text-fits", test_text_fits);
	g_test_add_func("/cells/text-is-cut", test_text_is_cut);
	g_test_add_func("/cells/text-without-cursor", test_text_without_cursor);
	g_test_add_func("/cells/text-over-picture", test_text_over_picture);
	g_test_add_func("/cells/picture-among-text", test_picture_among_text);
	g_test_add_func("/cells/double-width-is-cut", test_double_width_is_cut);
	g_test_add_func("/cells/nothing", test_nothing);
	g_test_add_func("/cells/reuse", test_reuse);
	g_test_add_func("/cells/changes", test_changes);
	return g_test_run();
}
