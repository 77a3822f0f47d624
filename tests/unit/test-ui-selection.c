/* Selections of text between two places, and finding words. */
#include "ui/selection.h"

static GPtrArray *new_lines(void)
{
	static const char *const lines[] = { "SeaBIOS (version 1.16)  ", "", "漢字 wide",
					     "Booting from DVD" };
	GPtrArray *array = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		g_ptr_array_add(array, (gpointer)lines[i]);
	return array;
}

static void test_text(void)
{
	/* clang-format off */
	static const struct {
		Place mark, cursor;
		const char *text;
	} rows[] = {
		{ { 0, 0 }, { 0, 6 }, "SeaBIOS" },
		{ { 0, 6 }, { 0, 0 }, "SeaBIOS" },
		{ { 0, 8 }, { 0, 99 }, "(version 1.16)" },
		{ { 0, 17 }, { 3, 6 }, "1.16)\n\n漢字 wide\nBooting" },
		{ { 2, 0 }, { 2, 1 }, "漢" },
		{ { 2, 2 }, { 2, 5 }, "字 w" },
		{ { 1, 0 }, { 1, 5 }, "" },
		{ { 9, 0 }, { 9, 5 }, "" },
	};
	/* clang-format on */
	g_autoptr(GPtrArray) lines = new_lines();

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Selection selection = { TRUE, rows[i].mark, rows[i].cursor };
		g_autofree char *text = selection_text(&selection, lines);
		g_assert_cmpstr(text, ==, rows[i].text);
	}
}

static void test_covers(void)
{
	Selection selection = {
		TRUE, {2,  4},
                 { 1, 3}
	};

	g_assert_false(selection_covers(&selection, 1, 2));
	g_assert_true(selection_covers(&selection, 1, 3));
	g_assert_true(selection_covers(&selection, 2, 4));
	g_assert_false(selection_covers(&selection, 2, 5));
	selection.is_on = FALSE;
	g_assert_false(selection_covers(&selection, 1, 3));
}

static void test_find(void)
{
	g_autoptr(GPtrArray) lines = new_lines();
	Place found;

	g_assert_true(selection_find(lines, "BOOT", 3, -1, &found));
	g_assert_cmpint(found.row, ==, 3);
	g_assert_true(selection_find(lines, "wide", 3, 1, &found)); /* around the end */
	g_assert_cmpint(found.row, ==, 2);
	g_assert_cmpint(found.column, ==, 5);
	g_assert_false(selection_find(lines, "panic", 0, 1, &found));
	g_assert_false(selection_find(lines, "", 0, 1, &found));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/selection/text", test_text);
	g_test_add_func("/ui/selection/covers", test_covers);
	g_test_add_func("/ui/selection/find", test_find);
	return g_test_run();
}
