/* Selecting text in lines of cells, searching in it, the bytes for the terminal's clipboard, and the page that looks back. */
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ui/clipboard.h"
#include "ui/past-page.h"

static Selection *make(const char *const *lines)
{
	Selection *selection = selection_new();

	for (; *lines; lines++)
		selection_add_text(selection, NULL, *lines);
	return selection;
}

/* A screen of @columns: each line is a row, filled up with blanks. */
static Selection *make_screen(int columns, const char *const *lines)
{
	int rows = (int)g_strv_length((char **)lines);
	g_autofree Cell *cells = g_new0(Cell, (gsize)columns * (gsize)rows);
	CellGrid grid = { .columns = columns, .rows = rows, .cells = cells };
	Selection *selection = selection_new();

	for (int i = 0; i < columns * rows; i++)
		cells[i].character = ' ';
	for (int y = 0; y < rows; y++) {
		Cell *cell = &cells[y * columns];
		for (const char *next = lines[y]; *next; next = g_utf8_next_char(next)) {
			cell++->character = g_utf8_get_char(next);
			if (g_unichar_iswide(cell[-1].character))
				cell++->character = 0;
		}
	}
	selection_add_grid(selection, &grid);
	return selection;
}

static void assert_cells(const Selection *selection, const char *expected)
{
	g_autoptr(GString) picture = g_string_new(NULL);

	for (guint y = 0; y < selection->rows->len; y++) {
		const SelectionRow *row = selection->rows->pdata[y];
		for (int x = 0; x < row->columns; x++)
			g_string_append_c(picture, selection_is_found(selection, x, (int)y) ? 'F'
						   : selection_has(selection, x, (int)y)    ? '#'
											    : '.');
		g_string_append_c(picture, '\n');
	}
	g_assert_cmpstr(picture->str, ==, expected);
}

static void assert_text(const Selection *selection, const char *expected)
{
	g_autofree char *text = selection_text(selection);

	g_assert_cmpstr(text, ==, expected);
}

static void select_from_to(Selection *selection, SelectionMode mode, int x1, int y1, int x2, int y2)
{
	selection->mode = SELECTION_NONE;
	selection_put(selection, x1, y1);
	selection_mark(selection, mode);
	selection_put(selection, x2, y2);
}

static void test_modes(void)
{
	static const char *const lines[] = { "login: root  ", "Password:", "  # ls", NULL };
	g_autoptr(Selection) selection = make(lines);

	assert_text(selection, "login: root");
	select_from_to(selection, SELECTION_FLOW, 7, 0, 3, 2);
	assert_cells(selection, ".......######\n#########\n####..\n");
	assert_text(selection, "root\nPassword:\n  #");
	selection_put(selection, 2, 0); /* backwards from the mark */
	assert_cells(selection, "..######.....\n.........\n......\n");
	assert_text(selection, "gin: r");
	selection_mark(selection, SELECTION_LINES);
	selection_put(selection, 99, 1);
	assert_cells(selection, "#############\n#########\n......\n");
	assert_text(selection, "login: root\nPassword:\n");
	selection_mark(selection, SELECTION_LINES);
	assert_cells(selection, ".............\n.........\n......\n");
	selection_put_end(selection);
	g_assert_cmpint(selection->x, ==, 8);
	select_from_to(selection, SELECTION_BLOCK, 4, 2, 2, 0);
	assert_cells(selection, "..###........\n..###....\n..###.\n");
	assert_text(selection, "gin\nssw\n# l");
}

/* The cursor stays inside, whatever is asked, and remembers its column over shorter lines; a double-width character is one. */
static void test_cursor(void)
{
	static const char *const lines[] = { "a漢z", "", "long enough", NULL };
	g_autoptr(Selection) selection = make(lines), empty = selection_new();

	selection_put(selection, -5, -5);
	g_assert_cmpint(selection->x, ==, 0);
	selection_put(selection, 1, 0);
	selection_put(selection, 2, 0);
	g_assert_cmpint(selection->x, ==, 3);
	selection_put(selection, 2, 0);
	g_assert_cmpint(selection->x, ==, 1);
	selection_put(selection, 3, 0);
	selection_put(selection, selection->wanted_x, 1);
	g_assert_cmpint(selection->x, ==, 0);
	selection_put(selection, selection->wanted_x, 2);
	g_assert_cmpint(selection->x, ==, 3);
	selection_put(selection, G_MAXINT, G_MAXINT);
	g_assert_cmpint(selection->y, ==, 2);
	g_assert_cmpint(selection->x, ==, 10);
	selection_put(empty, 3, 3);
	selection_put_end(empty);
	assert_text(empty, "");
	selection_mark(empty, SELECTION_LINES);
	assert_text(empty, "");
}

/* Half of a double-width character is none of it; a block through its middle takes it whole. */
static void test_wide(void)
{
	static const char *const lines[] = { "a漢字b", "xyz-uv", NULL };
	g_autoptr(Selection) selection = make_screen(6, lines);

	select_from_to(selection, SELECTION_FLOW, 1, 0, 3, 0);
	assert_cells(selection, ".####.\n......\n");
	assert_text(selection, "漢字");
	select_from_to(selection, SELECTION_BLOCK, 2, 1, 3, 1);
	selection_put(selection, 3, 0);
	assert_cells(selection, ".####.\n..##..\n");
	assert_text(selection, "漢字\nz-");
}

/* What the guest broke at the edge of its screen is one line; what only ends there is not. */
static void test_wraps(void)
{
	/* clang-format off */
	static const struct {
		const char *lines[4], *text;
	} rows[] = {
		{ { "0123456789", "abc", "next" }, "0123456789abc\nnext\n" },
		{ { "01234567", "abc" }, "01234567\nabc\n" },
		{ { "0123456789", "  abc" }, "0123456789\n  abc\n" },
		{ { "----------", "abc" }, "----------\nabc\n" },
		{ { "       ─┐ ", "abc" }, "       ─┐\nabc\n" },
		{ { "012345678│", "abc" }, "012345678│\nabc\n" },
		{ { "0123456789", "│bc" }, "0123456789\n│bc\n" },
		{ { "012345678", "漢字" }, "012345678漢字\n" },
		{ { "012345678", "abc" }, "012345678\nabc\n" },
	};
	/* clang-format on */
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Selection) selection = make_screen(10, rows[i].lines);
		select_from_to(selection, SELECTION_LINES, 0, 0, 0, 9);
		assert_text(selection, rows[i].text);
	}
}

static void test_wrapped_line(void)
{
	static const char *const lines[] = { "0123456789", "abcdefghij", "kl", "$", NULL };
	g_autoptr(Selection) selection = make_screen(10, lines);
	gboolean wrapped;

	select_from_to(selection, SELECTION_FLOW, 8, 0, 0, 2);
	assert_text(selection, "89abcdefghijk");
	select_from_to(selection, SELECTION_BLOCK, 0, 0, 1, 1);
	assert_text(selection, "01\nab");
	select_from_to(selection, SELECTION_LINES, 3, 1, 3, 1); /* all of it, wherever it is touched */
	assert_text(selection, "0123456789abcdefghijkl\n");
	assert_cells(selection, "##########\n##########\n##########\n..........\n");
	selection_mark(selection, SELECTION_LINES);
	assert_text(selection, "0123456789abcdefghijkl");
	selection_put(selection, 0, 0);
	g_assert_true(selection_find(selection, "9ab", FALSE, &wrapped));
	assert_cells(selection, ".........F\nFF........\n..........\n..........\n");
	g_assert_false(selection_find(selection, "l$", FALSE, &wrapped));
}

static void assert_found(Selection *selection, const char *words, gboolean backwards, int x, int y,
			 gboolean wraps)
{
	gboolean wrapped;

	g_assert_true(selection_find(selection, words, backwards, &wrapped));
	g_assert_cmpint(selection->x, ==, x);
	g_assert_cmpint(selection->y, ==, y);
	g_assert_cmpint(wrapped, ==, wraps);
}

static void test_find(void)
{
	static const char *const lines[] = { "Booting from Disk", "boot: 漢字 boot", "done", NULL };
	g_autoptr(Selection) selection = make(lines);
	gboolean wrapped;

	assert_found(selection, "boot", FALSE, 0, 1, FALSE);
	assert_cells(selection, ".................\nFFFF...........\n....\n");
	assert_found(selection, "boot", FALSE, 11, 1, FALSE);
	assert_found(selection, "boot", FALSE, 0, 0, TRUE);
	assert_found(selection, "boot", TRUE, 11, 1, TRUE);
	assert_found(selection, "boot", TRUE, 0, 1, FALSE);
	assert_found(selection, "Boot", TRUE, 0, 0, FALSE); /* capitals count */
	assert_found(selection, "Boot", FALSE, 0, 0, TRUE); /* the only place is found again */
	assert_found(selection, "漢字", FALSE, 6, 1, FALSE);
	assert_cells(selection, ".................\n......FFFF.....\n....\n");
	g_assert_false(selection_find(selection, "panic", FALSE, &wrapped));
	g_assert_cmpint(selection->x, ==, 6);
	g_assert_false(selection_find(selection, "", FALSE, &wrapped));
	selection_put(selection, 0, 0);
	assert_cells(selection, ".................\n...............\n....\n");
}

/* The record comes when the eye is on the screen already. */
static void test_prepend(void)
{
	static const char *const lines[] = { "one", "two", NULL }, *const past[] = { "zero", NULL };
	g_autoptr(Selection) selection = make(lines), before = make(past);
	gboolean wrapped;

	select_from_to(selection, SELECTION_FLOW, 1, 0, 1, 1);
	selection_prepend(selection, before);
	assert_text(selection, "ne\ntw");
	assert_cells(selection, "....\n.##\n##.\n");
	g_assert_true(selection_find(selection, "zero", TRUE, &wrapped));
	g_assert_cmpuint(before->rows->len, ==, 0);
}

static void test_record(void)
{
	static const char bytes[] = "{\"start\":\"2026-01-31T12:00:00Z\"}\n"
				    "{\"t\":120,\"mode\":\"text\",\"columns\":10,\"rows\":25}\n"
				    "{\"id\":1,\"t\":120,\"row\":0,\"text\":\"0123456789\"}\n"
				    "{\"id\":2,\"t\":120,\"row\":1,\"text\":\"the rest\"}\n"
				    "{\"id\":3,\"t\":200,\"row\":2,\"text\":\"full line!\"}\n"
				    "{\"id\":4,\"t\":9000,\"row\":3,\"text\":\"much later\"}\n"
				    "{\"dropped\":7}\n"
				    "{\"t\":65000,\"mode\":\"picture\",\"width\":640,\"height\":480}\n";
	g_autoptr(Selection) page = selection_new();
	g_autofree char *path = NULL;
	autofd fd = g_file_open_tmp(NULL, &path, NULL);

	g_assert_cmpint(write(fd, bytes, strlen(bytes)), ==, (gssize)strlen(bytes));
	g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
	past_page_add_record(page, fd);
	unlink(path);
	select_from_to(page, SELECTION_LINES, 0, 0, 0, G_MAXINT);
	assert_text(page, "[text of 10x25]\n0123456789the rest\nfull line!\nmuch later\n"
			  "[7 lines are left out]\n[picture of 640x480]\n");
	g_assert_cmpstr(((SelectionRow *)page->rows->pdata[4])->stamp, ==, "    9.000");
}

static void test_clipboard(void)
{
	g_autofree char *plain = clipboard_sequence("hä\n", FALSE);
	g_autofree char *tmux = clipboard_sequence("x", TRUE);
	g_autofree char *most = g_strnfill(CLIPBOARD_MAX, 'a'), *more = g_strnfill(CLIPBOARD_MAX + 1, 'a');
	g_autofree char *long_one = clipboard_sequence(most, FALSE);

	g_assert_cmpstr(plain, ==, "\033]52;c;aMOkCg==\a");
	g_assert_cmpstr(tmux, ==, "\033]52;c;eA==\a\033Ptmux;\033\033]52;c;eA==\a\033\\");
	g_assert_nonnull(long_one);
	g_assert_null(clipboard_sequence(more, FALSE));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/selection/modes", test_modes);
	g_test_add_func("/ui/selection/cursor", test_cursor);
	g_test_add_func("/ui/selection/wide", test_wide);
	g_test_add_func("/ui/selection/wraps", test_wraps);
	g_test_add_func("/ui/selection/wrapped-line", test_wrapped_line);
	g_test_add_func("/ui/selection/find", test_find);
	g_test_add_func("/ui/selection/prepend", test_prepend);
	g_test_add_func("/ui/selection/record", test_record);
	g_test_add_func("/ui/selection/clipboard", test_clipboard);
	return g_test_run();
}
