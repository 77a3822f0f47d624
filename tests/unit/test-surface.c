/* The surface: sizes, rectangles, watchers that come and go. */
#include "console/surface.h"

#include <string.h>

typedef struct {
	Surface *surface;
	guint id, calls;
	Rect last;
	SurfaceEvent event;
	gboolean leaves; /* unwatches itself when told */
} Watcher;

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Watcher *watcher = data;

	watcher->calls++;
	watcher->event = event;
	if (damage)
		watcher->last = *damage;
	if (watcher->leaves)
		surface_unwatch(surface, watcher->id);
}

static void test_sizes(void)
{
	static const struct {
		int width, height;
		gboolean good;
	} cases[] = {
		{1,         1,        TRUE },
                { 720,      400,      TRUE },
		{ 4096,     4096,     TRUE },
                { 0,        10,       FALSE},
		{ 10,       -1,       FALSE},
                { 65535,    65535,    FALSE},
		{ 4097,     4096,     FALSE},
                { G_MAXINT, G_MAXINT, FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Surface) surface = surface_new();
		g_assert_cmpint(surface_resize(surface, cases[i].width, cases[i].height), ==, cases[i].good);
		g_assert_cmpint(surface_width(surface), ==, cases[i].good ? cases[i].width : 0);
		g_assert_cmpint(surface_pixels(surface) != NULL, ==, cases[i].good);
	}
}

static void test_damage_is_clipped(void)
{
	g_autoptr(Surface) surface = surface_new();
	Watcher watcher = { 0 };
	Rect outside = { 100, 0, 5, 5 }, across = { -10, 15, 30, 30 };

	surface_resize(surface, 64, 20);
	surface_watch(surface, on_surface, &watcher);
	guint64 before = surface_generation(surface);
	surface_damage(surface, &outside);
	g_assert_cmpuint(watcher.calls, ==, 0);
	g_assert_cmpuint(surface_generation(surface), ==, before);
	surface_damage(surface, &across);
	g_assert_cmpuint(watcher.calls, ==, 1);
	g_assert_cmpuint(surface_generation(surface), ==, before + 1);
	g_assert_cmpint(watcher.last.x, ==, 0);
	g_assert_cmpint(watcher.last.y, ==, 15);
	g_assert_cmpint(watcher.last.width, ==, 20);
	g_assert_cmpint(watcher.last.height, ==, 5);
}

static void test_watchers_leave_while_told(void)
{
	g_autoptr(Surface) surface = surface_new();
	Watcher first = { .leaves = TRUE }, second = { 0 };

	first.id = surface_watch(surface, on_surface, &first);
	second.id = surface_watch(surface, on_surface, &second);
	surface_resize(surface, 2, 2);
	surface_resize(surface, 3, 3);
	g_assert_cmpuint(first.calls, ==, 1);
	g_assert_cmpuint(second.calls, ==, 2);
	g_assert_cmpint(second.event, ==, SURFACE_RESIZED);
	surface_unwatch(surface, second.id);
	surface_resize(surface, 4, 4);
	g_assert_cmpuint(second.calls, ==, 2);
}

static void on_last(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	surface_unref(surface);
}

static void test_last_reference_in_watch(void)
{
	Surface *surface = surface_new();

	surface_watch(surface, on_last, NULL);
	surface_resize(surface, 2, 2); /* the sanitizers see what is wrong */
}

static void test_union(void)
{
	Rect none = { 0, 0, 0, 0 }, a = { 5, 5, 10, 2 }, b = { 2, 6, 4, 10 };
	Rect both = rect_union(&a, &b), only = rect_union(&none, &b);

	g_assert_cmpint(both.x, ==, 2);
	g_assert_cmpint(both.y, ==, 5);
	g_assert_cmpint(both.width, ==, 13);
	g_assert_cmpint(both.height, ==, 11);
	g_assert_cmpmem(&only, sizeof(only), &b, sizeof(b));
}

static void test_rows(void)
{
	g_autoptr(Surface) surface = surface_new();

	surface_resize(surface, 7, 3);
	*surface_row(surface, 6, 2) = 0x123456;
	g_assert_cmphex(surface_pixels(surface)[20], ==, 0x123456);
	surface_resize(surface, 7, 3);
	g_assert_cmphex(surface_pixels(surface)[20], ==, 0);
}

static void test_cursor(void)
{
	g_autoptr(Surface) surface = surface_new();
	guint32 pixels[2] = { 0xff112233, 0 };
	SurfaceCursor cursor = { 2, 1, 1, 0, pixels }, huge = { SURFACE_CURSOR_MAX + 1, 1, 0, 0, pixels };

	g_assert_null(surface_cursor(surface));
	surface_set_cursor(surface, &cursor);
	pixels[0] = 0;
	g_assert_cmphex(surface_cursor(surface)->pixels[0], ==, 0xff112233);
	g_assert_cmpint(surface_cursor(surface)->hot_x, ==, 1);
	surface_set_cursor(surface, &huge);
	g_assert_null(surface_cursor(surface));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/surface/sizes", test_sizes);
	g_test_add_func("/surface/damage-is-clipped", test_damage_is_clipped);
	g_test_add_func("/surface/watchers-leave-while-told", test_watchers_leave_while_told);
	g_test_add_func("/surface/last-reference-in-watch", test_last_reference_in_watch);
	g_test_add_func("/surface/union", test_union);
	g_test_add_func("/surface/rows", test_rows);
	g_test_add_func("/surface/cursor", test_cursor);
	return g_test_run();
}
