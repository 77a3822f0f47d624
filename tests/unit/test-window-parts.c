/* What the window is made of, without a window: layout, zoom, toolbar, drawing, the line that a person edits, cards. */
#include "console/keys.h"
#include "console/toolbar.h"
#include "console/window-box.h"
#include "console/window-layout.h"
#include "tests/unit/support.h"

#define assert_rect(rect, X, Y, W, H)                                                                        \
	G_STMT_START                                                                                         \
	{                                                                                                    \
		g_assert_cmpint((rect).x, ==, X);                                                            \
		g_assert_cmpint((rect).y, ==, Y);                                                            \
		g_assert_cmpint((rect).width, ==, W);                                                        \
		g_assert_cmpint((rect).height, ==, H);                                                       \
	}                                                                                                    \
	G_STMT_END

/* --- layout -------------------------------------------------------------------------------------------------------- */

static void test_zoom_words(void)
{
	static const struct {
		const char *text, *again; /* NULL: refused */
	} rows[] = {
		{"fit",                   "fit"    },
                { "integer",              "integer"},
		{ "100",                  "100%"   },
                { "50%",                  "50%"    },
		{ "400",                  "400%"   },
                { "49",                   NULL     },
		{ "401",                  NULL     },
                { "",                     NULL     },
		{ "100x",                 NULL     },
                { "100%%",                NULL     },
		{ "fitting",              NULL     },
                { "99999999999999999999", NULL     },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Zoom zoom;
		gboolean parsed = zoom_parse(rows[i].text, &zoom);
		g_autofree char *again = parsed ? zoom_text(&zoom) : NULL;
		g_assert_cmpstr(again, ==, rows[i].again);
	}
}

static void test_zoom_steps(void)
{
	Zoom zoom = { ZOOM_FIT, 100 };

	zoom = zoom_cycle(&zoom);
	g_assert_cmpint(zoom.mode, ==, ZOOM_INTEGER);
	zoom = zoom_cycle(&zoom);
	g_assert_cmpint(zoom.mode, ==, ZOOM_FIXED);
	g_assert_cmpint(zoom.percent, ==, 100);
	zoom = zoom_cycle(&zoom);
	g_assert_cmpint(zoom.mode, ==, ZOOM_FIT);
	g_assert_cmpint(zoom_step(100, 1).percent, ==, 125);
	g_assert_cmpint(zoom_step(100, -1).percent, ==, 75);
	g_assert_cmpint(zoom_step(113, 1).percent, ==, 125);
	g_assert_cmpint(zoom_step(113, -1).percent, ==, 100);
	g_assert_cmpint(zoom_step(400, 1).percent, ==, 400);
	g_assert_cmpint(zoom_step(20, -1).percent, ==, 50);
}

/* A window of 1000x648: bars of 28 and 20, 600 for the picture. */
static Frame frame_of(ZoomMode mode, int percent, int width, int height)
{
	return (Frame){
		.width = 1000,
		.height = 648,
		.toolbar = 28,
		.status = 20,
		.picture_width = width,
		.picture_height = height,
		.zoom = {mode, percent}
	};
}

static void test_layout(void)
{
	static const struct {
		ZoomMode mode;
		int percent, width, height;
		Rect picture;
		int shown;
	} rows[] = {
		{ZOOM_FIT,      0,   800,  600, { 100, 28, 800, 600 },  100},
		{ ZOOM_FIT,     0,   400,  300, { 100, 28, 800, 600 },  200},
		{ ZOOM_FIT,     0,   320,  200, { 20, 28, 960, 600 },   300},
		{ ZOOM_FIT,     0,   2000, 600, { 0, 178, 1000, 300 },  50 },
		{ ZOOM_INTEGER, 0,   720,  400, { 140, 128, 720, 400 }, 100},
		{ ZOOM_INTEGER, 0,   320,  200, { 20, 28, 960, 600 },   300},
		{ ZOOM_INTEGER, 0,   330,  200, { 5, 28, 990, 600 },    300},
		{ ZOOM_INTEGER, 0,   340,  200, { 160, 128, 680, 400 }, 200},
		{ ZOOM_INTEGER, 0,   2000, 600, { 0, 178, 1000, 300 },  50 },
		{ ZOOM_FIXED,   50,  800,  600, { 300, 178, 400, 300 }, 50 },
		{ ZOOM_FIXED,   150, 800,  600, { 0, 28, 1200, 900 },   150},
		{ ZOOM_FIXED,   100, 1,    1,   { 499, 327, 1, 1 },     100},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Frame frame = frame_of(rows[i].mode, rows[i].percent, rows[i].width, rows[i].height);
		WindowLayout layout;
		frame_layout(&frame, &layout);
		assert_rect(layout.toolbar, 0, 0, 1000, 28);
		assert_rect(layout.status, 0, 628, 1000, 20);
		assert_rect(layout.room, 0, 28, 1000, 600);
		assert_rect(layout.picture, rows[i].picture.x, rows[i].picture.y, rows[i].picture.width,
			    rows[i].picture.height);
		g_assert_cmpint(layout.percent, ==, rows[i].shown);
		g_assert_cmpint(layout.seen.width, <=, 1000);
		g_assert_cmpint(layout.seen.height, <=, 600);
	}
}

/* Full screen: the bars take nothing from the picture. */
static void test_layout_over(void)
{
	Frame frame = frame_of(ZOOM_FIT, 0, 1000, 648);
	WindowLayout layout;

	frame.over = TRUE;
	frame_layout(&frame, &layout);
	assert_rect(layout.room, 0, 0, 1000, 648);
	assert_rect(layout.picture, 0, 0, 1000, 648);
	assert_rect(layout.toolbar, 0, 0, 1000, 28);
}

static void test_layout_scroll(void)
{
	Frame frame = frame_of(ZOOM_FIXED, 200, 1000, 600);
	WindowLayout layout;
	int x, y;

	frame.scroll_x = 5000;
	frame.scroll_y = -3;
	frame_layout(&frame, &layout);
	g_assert_cmpint(layout.scroll_x, ==, 1000);
	g_assert_cmpint(layout.scroll_y, ==, 0);
	assert_rect(layout.picture, -1000, 28, 2000, 1200);
	assert_rect(layout.seen, 0, 28, 1000, 600);
	g_assert_true(frame_to_guest(&layout, &frame, 0, 28, &x, &y));
	g_assert_cmpint(x, ==, 500);
	g_assert_cmpint(y, ==, 0);
	g_assert_true(frame_to_guest(&layout, &frame, 999, 627, &x, &y));
	g_assert_cmpint(x, ==, 999);
	g_assert_cmpint(y, ==, 299);
	frame_pan(&layout, 5, 600, &x, &y);
	g_assert_cmpint(x, <, 0);
	g_assert_cmpint(y, ==, 0);
	frame_pan(&layout, 995, 620, &x, &y);
	g_assert_cmpint(x, ==, 0); /* nothing is left at the right */
	g_assert_cmpint(y, >, 0);
	frame_pan(&layout, 500, 300, &x, &y);
	g_assert_cmpint(x, ==, 0);
	g_assert_cmpint(y, ==, 0);
}

/* Every pixel of the window belongs to the guest's pixel that is drawn there, and outside to the nearest. */
static void test_points(void)
{
	Frame frame = frame_of(ZOOM_FIT, 0, 320, 200);
	WindowLayout layout;
	int x, y;

	frame_layout(&frame, &layout); /* 3 times, at 20, 28 */
	g_assert_true(frame_to_guest(&layout, &frame, 20, 28, &x, &y));
	g_assert_cmpint(x + y, ==, 0);
	g_assert_true(frame_to_guest(&layout, &frame, 20 + 3 * 100 + 2, 28 + 3 * 50, &x, &y));
	g_assert_cmpint(x, ==, 100);
	g_assert_cmpint(y, ==, 50);
	g_assert_false(frame_to_guest(&layout, &frame, -50, 5000, &x, &y));
	g_assert_cmpint(x, ==, 0);
	g_assert_cmpint(y, ==, 199);
	frame.picture_width = 0;
	frame_layout(&frame, &layout);
	g_assert_false(frame_to_guest(&layout, &frame, 5, 5, &x, &y));
}

static void test_window_size(void)
{
	const Rect room = { 0, 0, 1200, 1000 };
	Frame frame = frame_of(ZOOM_FIT, 0, 800, 600);
	int width, height;

	frame_window_size(&frame, &room, &width, &height);
	g_assert_cmpint(width, ==, 800);
	g_assert_cmpint(height, ==, 648);
	frame.zoom = (Zoom){ ZOOM_FIXED, 200 };
	frame_window_size(&frame, &room, &width, &height);
	g_assert_cmpint(width, ==, 1200);
	g_assert_cmpint(height, ==, 1000);
}

/* --- drawing ------------------------------------------------------------------------------------------------------- */

static guint32 point(const Pixels *pixels, int x, int y)
{
	return pixels->data[y * pixels->stride + x];
}

/* Drawing damage alone gives the same pixels as drawing all: damage of any place, any zoom, smooth or not. */
static void test_stretch_parts(void)
{
	Pixels from = { 0 }, all = { 0 }, parts = { 0 };

	pixels_resize(&from, 37, 23);
	for (int i = 0; i < 37 * 23; i++)
		from.data[i] = g_test_rand_int() & 0xffffff;
	for (int round = 0; round < 200; round++) {
		Frame frame = {
			.width = g_test_rand_int_range(20, 200),
			.height = g_test_rand_int_range(60, 200),
			.toolbar = 28,
			.picture_width = 37,
			.picture_height = 23,
			.zoom = {round % 3, g_test_rand_int_range(50, 400)}
		};
		Rect damage = { g_test_rand_int_range(0, 37), g_test_rand_int_range(0, 23), 1, 1 }, part;
		WindowLayout layout;
		frame_layout(&frame, &layout);
		pixels_resize(&all, frame.width, frame.height);
		pixels_resize(&parts, frame.width, frame.height);
		pixels_fill(&all, &(Rect){ 0, 0, frame.width, frame.height }, 0);
		pixels_stretch(&all, &layout.picture, &layout.seen, &from, round & 1);
		memcpy(parts.data, all.data, (gsize)frame.width * (gsize)frame.height * 4);
		from.data[damage.y * 37 + damage.x] ^= 0xff00ff;
		pixels_stretch(&all, &layout.picture, &layout.seen, &from, round & 1);
		if (frame_to_window(&layout, &frame, &damage, &part))
			pixels_stretch(&parts, &layout.picture, &part, &from, round & 1);
		g_assert_cmpmem(parts.data, (gsize)frame.width * (gsize)frame.height * 4, all.data,
				(gsize)frame.width * (gsize)frame.height * 4);
	}
	pixels_clear(&from);
	pixels_clear(&all);
	pixels_clear(&parts);
}

static void test_stretch_colours(void)
{
	guint32 data[] = { 0x000000, 0xffffff, 0xff0000, 0x0000ff };
	const Pixels from = { 2, 2, 2, data };
	const Rect all = { 0, 0, 8, 8 };
	Pixels to = { 0 };

	pixels_resize(&to, 8, 8);
	pixels_stretch(&to, &all, &all, &from, FALSE);
	g_assert_cmphex(point(&to, 0, 0), ==, 0x000000);
	g_assert_cmphex(point(&to, 3, 3), ==, 0x000000);
	g_assert_cmphex(point(&to, 4, 3), ==, 0xffffff);
	g_assert_cmphex(point(&to, 3, 4), ==, 0xff0000);
	g_assert_cmphex(point(&to, 7, 7), ==, 0x0000ff);
	pixels_stretch(&to, &all, &all, &from, TRUE);
	g_assert_cmphex(point(&to, 0, 0), ==, 0x000000); /* corners keep their colour */
	g_assert_cmphex(point(&to, 7, 0), ==, 0xffffff);
	g_assert_cmpuint(point(&to, 3, 0) & 0xff, >, 0x20); /* between black and white */
	g_assert_cmpuint(point(&to, 3, 0) & 0xff, <, 0xe0);
	pixels_clear(&to);
}

/* Nothing is written beside the buffer, whatever is asked for (the sanitizers watch). */
static void test_clipping(void)
{
	guint32 data[6 * 4 + 2] = { [24] = 0x12345678, [25] = 0x12345678 };
	Pixels pixels = { 6, 4, 6, data }, small = { 0 };

	pixels_resize(&small, 3, 3);
	for (int x = -40; x < 40; x += 3)
		for (int y = -40; y < 40; y += 3) {
			const Rect rect = { x, y, 9, 9 };
			pixels_fill(&pixels, &rect, 1);
			pixels_frame(&pixels, &rect, 2, 2);
			pixels_text(&pixels, x, y, 1, 5, 3, "\xffö漢x");
			pixels_icon(&pixels, x, y, 1, ICON_START, FALSE);
			pixels_put(&pixels, x, y, &rect, &small);
			pixels_stretch(&pixels, &rect, &rect, &small, TRUE);
		}
	g_assert_cmphex(data[24], ==, 0x12345678);
	g_assert_cmphex(data[25], ==, 0x12345678);
	pixels_clear(&small);
}

static void test_text(void)
{
	Pixels pixels = { 0 };
	guint lit = 0;

	pixels_resize(&pixels, 64, 16);
	g_assert_cmpint(pixels_text(&pixels, 0, 0, 1, 3, 0xffffff, "öäüß"), ==, 3);
	for (int i = 0; i < 64 * 16; i++)
		lit += pixels.data[i] != 0;
	g_assert_cmpuint(lit, >, 20);
	for (int y = 0; y < 16; y++)
		g_assert_cmphex(point(&pixels, 30, y), ==, 0); /* the fourth is not drawn */
	pixels_clear(&pixels);
}

static void test_icons(void)
{
	for (int icon = 0; icon < ICON_COUNT; icon++) {
		guint lit = 0;
		for (int i = 0; i < ICON_SIZE * ICON_SIZE; i++)
			lit += icon_pixel((Icon)icon, i % ICON_SIZE, i / ICON_SIZE) != ICON_CLEAR;
		g_assert_cmpuint(lit, >, 20);
	}
}

static void test_toolbar(void)
{
	g_autoptr(GArray) buttons = g_array_new(FALSE, TRUE, sizeof(Button));
	Pixels pixels = { 0 };

	g_array_set_size(buttons, 4);
	g_array_index(buttons, Button, 2).group = TRUE;
	g_array_index(buttons, Button, 1).possible = TRUE;
	toolbar_place(buttons, 100, 1);
	g_assert_cmpint(toolbar_hit(buttons, 5, 5), ==, 0);
	g_assert_cmpint(toolbar_hit(buttons, 30, 5), ==, 1);
	g_assert_cmpint(toolbar_hit(buttons, 56, 5), ==, -1); /* between groups */
	g_assert_cmpint(toolbar_hit(buttons, 70, 5), ==, 2);
	g_assert_cmpint(toolbar_hit(buttons, 95, 5), ==, -1); /* no room for the fourth */
	g_assert_cmpint(toolbar_hit(buttons, 5, 60), ==, -1);
	pixels_resize(&pixels, 100, TOOLBAR_HEIGHT);
	toolbar_draw(&pixels, buttons, -1, 1);
	guint32 cold = point(&pixels, 28, 3);
	toolbar_draw(&pixels, buttons, 1, 1);
	g_assert_cmphex(point(&pixels, 28, 3), !=, cold);
	pixels_clear(&pixels);
}

/* --- what a person edits and reads --------------------------------------------------------------------------------- */

static void press(LineEdit *edit, const char *key)
{
	g_assert_true(line_edit_key(edit, key_by_name(key)));
}

static void test_line_edit(void)
{
	g_autofree char *view = NULL, *end = NULL;
	LineEdit edit;
	int at;

	line_edit_open(&edit, "aö\nc");
	g_assert_cmpstr(edit.text->str, ==, "aöc");
	press(&edit, "left");
	press(&edit, "backspace");
	g_assert_cmpstr(edit.text->str, ==, "ac");
	line_edit_insert(&edit, "\xff漢");
	g_assert_cmpstr(edit.text->str, ==, "a\xef\xbf\xbd漢c");
	press(&edit, "home");
	press(&edit, "left");
	press(&edit, "delete");
	press(&edit, "right");
	press(&edit, "delete");
	g_assert_cmpstr(edit.text->str, ==,
			"\xef\xbf\xbd"
			"c");
	press(&edit, "end");
	press(&edit, "delete");
	g_assert_false(line_edit_key(&edit, key_by_name("f1")));
	line_edit_insert(&edit, "0123456789");
	end = line_edit_view(&edit, 5, &at);
	g_assert_cmpstr(end, ==, "6789");
	g_assert_cmpint(at, ==, 4);
	press(&edit, "home");
	view = line_edit_view(&edit, 5, &at);
	g_assert_cmpint(at, ==, 0);
	g_assert_cmpint(g_utf8_strlen(view, -1), ==, 5);
	for (int i = 0; i < 5000; i++)
		line_edit_insert(&edit, "漢");
	g_assert_cmpuint(edit.text->len, <=, LINE_EDIT_MAX);
	line_edit_close(&edit);
}

static void test_box(void)
{
	const char *lines[] = { "one", "two lines", NULL };
	BoxText text = {
		"Title", (char **)lines, NULL, {"Yes", "No"},
                    50
	};
	Rect choices[BOX_CHOICES];
	Pixels pixels = { 0 };

	for (int scale = 1; scale <= 3; scale++) {
		box_draw(&pixels, &text, 2000, 2000, scale, choices);
		for (int i = 0; i < BOX_CHOICES; i++) {
			g_assert_cmpint(choices[i].width, >, 0);
			g_assert_cmpint(choices[i].x + choices[i].width, <=, pixels.width);
			g_assert_cmpint(choices[i].y + choices[i].height, <=, pixels.height);
		}
		g_assert_cmpint(choices[0].x + choices[0].width, <=, choices[1].x);
	}
	box_draw(&pixels, &text, 30, 20, 1, choices); /* a window that is much too small */
	g_assert_cmpint(pixels.height, <=, 20);
	box_draw(&pixels, &text, 0, 0, 2, choices);
	pixels_clear(&pixels);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/window-parts/zoom/words", test_zoom_words);
	g_test_add_func("/window-parts/zoom/steps", test_zoom_steps);
	g_test_add_func("/window-parts/layout/sizes", test_layout);
	g_test_add_func("/window-parts/layout/over", test_layout_over);
	g_test_add_func("/window-parts/layout/scroll", test_layout_scroll);
	g_test_add_func("/window-parts/layout/points", test_points);
	g_test_add_func("/window-parts/layout/window-size", test_window_size);
	g_test_add_func("/window-parts/pixels/parts", test_stretch_parts);
	g_test_add_func("/window-parts/pixels/colours", test_stretch_colours);
	g_test_add_func("/window-parts/pixels/clipping", test_clipping);
	g_test_add_func("/window-parts/pixels/text", test_text);
	g_test_add_func("/window-parts/icons", test_icons);
	g_test_add_func("/window-parts/toolbar", test_toolbar);
	g_test_add_func("/window-parts/line-edit", test_line_edit);
	g_test_add_func("/window-parts/box", test_box);
	return g_test_run();
}
