/* What a terminal says of itself, and what it is sent: colours of 24 bits, kitty's images, sixels. */
#include <string.h>

#include "tests/unit/console-util.h"
#include "ui/graphics.h"
#include "ui/overlay.h"
#include "ui/picture.h"
#include "ui/pixels.h"
#include "ui/term-keys.h"
#include "ui/theme.h"

static gboolean changed;

static void on_key(const TermKey *key, gpointer data)
{
	changed = graphics_answer(key) || changed;
}

/* A terminal of 256 colours that answers @answers. */
static Graphics probe(const char *answers)
{
	g_autoptr(TermParser) parser = term_parser_new(on_key, NULL);

	g_unsetenv("COLORTERM");
	g_assert_true(graphics_choose(NULL));
	graphics_begin(256, TRUE);
	changed = FALSE;
	term_parser_expect_answers(parser);
	for (const char *byte = answers; *byte; byte++) /* answers come in pieces */
		term_parser_feed(parser, byte, 1);
	g_assert_false(term_parser_pending(parser));
	return graphics_level();
}

static void test_probe(void)
{
	static const char kitty[] = "\033P>|kitty(0.32.2)\033\\\033[6;20;9t\033_Gi=31;OK\033\\\033P1$r0;48:2:"
				    "1:2:3m\033\\\033[?62;c";
	int width, height;

	g_assert_cmpint(probe("\033[?1;2c"), ==, GRAPHICS_256);
	g_assert_false(changed);
	g_assert_cmpint(probe("\033P1$r0;48;2;1;2;3m\033\\\033[?65;1;9c"), ==, GRAPHICS_TRUECOLOR);
	g_assert_true(changed);
	g_assert_cmpint(probe(kitty), ==, GRAPHICS_KITTY);
	g_assert_true(graphics_has_placeholders());
	graphics_cell(&width, &height);
	g_assert_cmpint(width, ==, 9);
	g_assert_cmpint(height, ==, 20);
	g_assert_cmpint(probe("\033P>|kitty(0.26.5)\033\\\033_Gi=31;OK\033\\\033[?62;c"), ==, GRAPHICS_KITTY);
	g_assert_false(graphics_has_placeholders());
	g_assert_cmpint(probe("\033P>|XTerm(379)\a\033[?64;1;2;4;6;9;15;18;21;22c"), ==, GRAPHICS_SIXEL);
	/* a refusal, a lie, and an answer without end */
	g_assert_cmpint(probe("\033_Gi=31;ENOTSUPPORTED\033\\\033P0$r\033\\\033[?62;c"), ==, GRAPHICS_256);
}

static void test_choose(void)
{
	g_auto(GStrv) words = g_strsplit(GRAPHICS_CHOICES, "|", -1);

	for (char **word = words; *word; word++)
		g_assert_true(graphics_choose(*word));
	g_assert_cmpint(graphics_level(), ==, GRAPHICS_ASCII);
	g_assert_false(graphics_choose("pixels"));
	g_assert_true(graphics_choose("kitty"));
	g_assert_cmpint(graphics_level(), ==, GRAPHICS_KITTY);
	graphics_begin(2, FALSE);
	g_assert_true(graphics_choose("auto"));
	g_assert_cmpint(graphics_level(), ==, GRAPHICS_ASCII);
}

static void test_keys_stay_keys(void)
{
	g_autoptr(TermParser) parser = term_parser_new(on_key, NULL);

	/* nobody asked: ESC P is Alt+P */
	term_parser_feed(parser, "\033P", 2);
	g_assert_false(term_parser_pending(parser));
}

/* --- what is sent ------------------------------------------------------------------------------------------------------ */

static char *draw(Overlay *overlay, const Canvas *canvas)
{
	GString *bytes = g_string_new(NULL);

	overlay_draw(overlay, canvas, bytes);
	return g_string_free(bytes, FALSE);
}

static void test_truecolor(void)
{
	g_autoptr(Canvas) canvas = canvas_new(6, 2);
	Overlay *overlay = overlay_new();

	g_assert_true(graphics_choose("truecolor"));
	theme_set_level(THEME_COLORS_256);
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_put(canvas, 1, 0, 'A', (Style){ 0x123456, COLOR_DEFAULT, ATTR_NONE });
	canvas_put(canvas, 2, 0, 'B', (Style){ 0x123456, COLOR_DEFAULT, ATTR_NONE });
	canvas_put(canvas, 4, 1, 'C', (Style){ 0x123456, 0x010203, ATTR_BOLD });
	g_autofree char *first = draw(overlay, canvas);
	g_assert_cmpstr(
		first, ==,
		"\0337\033[1;2H\033[0;38;2;18;52;86;49mAB\033[2;5H\033[0;1;38;2;18;52;86;48;2;1;2;3mC\0338");
	g_autofree char *second = draw(overlay, canvas);
	g_assert_cmpstr(second, ==, "");
	canvas_put(canvas, 2, 0, 'b', (Style){ 0x123456, COLOR_DEFAULT, ATTR_NONE });
	g_autofree char *third = draw(overlay, canvas);
	g_assert_cmpstr(third, ==, "\0337\033[1;3H\033[0;38;2;18;52;86;49mb\0338");
	overlay_forget(overlay);
	g_autofree char *again = draw(overlay, canvas);
	g_assert_cmpuint(strlen(again), ==, strlen(first));
	overlay_free(overlay);
}

static guint count(const char *text, const char *what)
{
	guint found = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

/* The whole picture once, then what changed; a popup takes cells away and gives them back. */
static void test_kitty(void)
{
	static const char placeholder[] = "\364\216\273\256";
	g_autoptr(Surface) surface = new_halves(8, 8);
	g_autoptr(Canvas) canvas = canvas_new(6, 3);
	Rect none = { 0 }, part = { 1, 2, 3, 4 };
	Overlay *overlay = overlay_new();

	probe("\033P>|kitty(0.32.2)\033\\\033_Gi=31;OK\033\\\033[?62;c");
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, (Rect){ 1, 0, 4, 2 }, surface, &none);
	g_autofree char *first = draw(overlay, canvas);
	g_assert_nonnull(strstr(first, "\033_Ga=T,U=1,i="));
	g_assert_nonnull(strstr(first, "s=8,v=8,c=4,r=2"));
	g_assert_cmpuint(count(first, placeholder), ==, 8);
	g_autofree char *second = draw(overlay, canvas);
	g_assert_cmpstr(second, ==, "");
	canvas_image(canvas, (Rect){ 1, 0, 4, 2 }, surface, &part);
	g_autofree char *third = draw(overlay, canvas);
	g_assert_nonnull(strstr(third, "a=f,"));
	g_assert_nonnull(strstr(third, "x=1,y=2,s=3,v=4"));
	g_assert_cmpuint(count(third, placeholder), ==, 0);
	canvas_clear(canvas, theme(ROLE_NORMAL));
	g_autofree char *gone = draw(overlay, canvas);
	g_assert_nonnull(strstr(gone, "a=d,d=I"));
	overlay_free(overlay);
}

static void test_sixel(void)
{
	g_autoptr(Surface) surface = new_halves(8, 8);
	g_autoptr(GString) bytes = g_string_new(NULL);
	Rect all = { 0, 0, 8, 8 };

	sixel_send(bytes, surface, &all, 16, 8);
	g_assert_nonnull(strstr(bytes->str, "\033P0;1q\"1;1;16;8#0;2;0;0;0"));
	/* red on the left, blue on the right; six rows, then two */
	g_assert_nonnull(strstr(bytes->str, "#5!8?!8~$#210!8~-#5!8?!8B$#210!8B\033\\"));
}

static void test_sixel_bands(void)
{
	g_autoptr(Surface) surface = new_halves(80, 80);
	g_autoptr(Canvas) canvas = canvas_new(20, 20);
	Rect none = { 0 };
	Overlay *overlay = overlay_new();

	g_assert_true(graphics_choose("sixel"));
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, (Rect){ 0, 0, 16, 16 }, surface, &none);
	g_autofree char *first = draw(overlay, canvas);
	g_assert_cmpuint(count(first, "\033P0;1q"), ==, 8);
	*surface_row(surface, 3, 40) = 0x00ff00;
	g_autofree char *second = draw(overlay, canvas);
	g_assert_cmpuint(count(second, "\033P0;1q"), ==, 1);
	canvas_put(canvas, 3, 0, 'x', theme(ROLE_NORMAL));
	g_autofree char *covered = draw(overlay, canvas);
	g_assert_cmpuint(count(covered, "\033P0;1q"), ==, 0);
	canvas_image(canvas, (Rect){ 0, 0, 16, 16 }, surface, &none);
	g_autofree char *free = draw(overlay, canvas);
	g_assert_cmpuint(count(free, "\033P0;1q"), ==, 1);
	overlay_free(overlay);
}

/* Two pictures on a screen; the first goes, the other one is not sent again. */
static void test_two_pictures(void)
{
	g_autoptr(Surface) one = new_halves(8, 8), two = new_halves(16, 16);
	g_autoptr(Canvas) canvas = canvas_new(12, 4);
	Rect none = { 0 }, left = { 0, 0, 5, 4 }, right = { 6, 1, 5, 2 };
	Overlay *overlay = overlay_new();

	probe("\033P>|kitty(0.32.2)\033\\\033_Gi=31;OK\033\\\033[?62;c");
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, left, one, &none);
	canvas_image(canvas, right, two, &none);
	g_autofree char *first = draw(overlay, canvas);
	g_assert_cmpuint(count(first, "\033_Ga=T,U=1,i="), ==, 2);
	g_assert_nonnull(strstr(first, "i=6517248,p=1,f=24,o=z,s=8,v=8,c=5,r=4"));
	g_assert_nonnull(strstr(first, "i=6517249,p=1,f=24,o=z,s=16,v=16,c=5,r=2"));
	g_assert_cmpuint(count(first, "38;2;99;114;0"), >=, 1); /* the placeholders' colours name them */
	g_assert_cmpuint(count(first, "38;2;99;114;1"), >=, 1);
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, right, two, &none);
	g_autofree char *second = draw(overlay, canvas);
	g_assert_cmpstr(second, ==, "\0337\033_Ga=d,d=I,i=6517248,q=2\033\\\0338");
	canvas_image(canvas, left, one, &none); /* it comes back, behind the other now */
	g_autofree char *third = draw(overlay, canvas);
	g_assert_cmpuint(count(third, "\033_Ga=T,U=1,i="), ==, 1);
	g_assert_nonnull(strstr(third, "i=6517248,p=1"));
	overlay_free(overlay);
}

/* All pictures together have no more bands than xterm remembers, and one that stays is not sent again because another one changed. */
static void test_sixel_pictures(void)
{
	g_autoptr(Surface) one = new_halves(80, 80), two = new_halves(80, 80);
	g_autoptr(Canvas) canvas = canvas_new(40, 20);
	Rect none = { 0 };
	Overlay *overlay = overlay_new();

	g_assert_true(graphics_choose("sixel"));
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, (Rect){ 0, 0, 16, 16 }, one, &none);
	canvas_image(canvas, (Rect){ 20, 0, 16, 16 }, two, &none);
	g_autofree char *first = draw(overlay, canvas);
	g_assert_cmpuint(count(first, "\033P0;1q"), ==, 8);
	*surface_row(two, 3, 79) = 0x00ff00;
	canvas_clear(canvas, theme(ROLE_NORMAL));
	canvas_image(canvas, (Rect){ 20, 0, 16, 16 }, two, &none); /* their order changes */
	canvas_image(canvas, (Rect){ 0, 0, 16, 16 }, one, &none);
	g_autofree char *second = draw(overlay, canvas);
	g_assert_cmpuint(count(second, "\033P0;1q"), ==, 1);
	overlay_free(overlay);
}

/* More than there is room for are left out, without a trace. */
static void test_too_many(void)
{
	g_autoptr(GPtrArray) surfaces = g_ptr_array_new_with_free_func((GDestroyNotify)surface_unref);
	g_autoptr(Canvas) canvas = canvas_new(40, 4);
	Rect none = { 0 };

	canvas_clear(canvas, theme(ROLE_NORMAL));
	for (int i = 0; i <= CANVAS_IMAGES_MAX; i++) {
		g_ptr_array_add(surfaces, new_halves(4, 4));
		canvas_image(canvas, (Rect){ i * 3, 0, 2, 2 }, surfaces->pdata[i], &none);
	}
	g_assert_cmpint(canvas->image_count, ==, CANVAS_IMAGES_MAX);
	g_assert_cmpuint(canvas->cells[CANVAS_IMAGES_MAX * 3].character, ==, ' ');
}

/* Blanks have no colour of their own between letters: each change of it is twenty bytes to the terminal. */
static void test_blanks(void)
{
	g_autoptr(Surface) surface = load_golden_png("text/linux-vga-50.png");
	Picture *picture = picture_new(CELLS_SYMBOLS);
	Canvas *canvas = canvas_new(100, 60);
	guint letters = 0, changes = 0;

	canvas_clear(canvas, theme(ROLE_NORMAL));
	picture_draw(picture, surface, canvas, (Rect){ 0, 0, 100, 60 });
	for (int i = 0; i < 80 * 50; i++) {
		const CanvasCell *cell = &canvas->cells[i / 80 * 100 + i % 80];
		letters += cell->character != ' ';
		if (i % 80 > 0)
			changes += cell->style.bg == cell[-1].style.bg && cell->style.fg != cell[-1].style.fg;
	}
	g_assert_cmpuint(letters, >, 200);
	g_assert_cmpuint(changes, <, letters / 20);
	canvas_free(canvas);
	picture_free(picture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/graphics/probe", test_probe);
	g_test_add_func("/ui/graphics/choose", test_choose);
	g_test_add_func("/ui/graphics/keys-stay-keys", test_keys_stay_keys);
	g_test_add_func("/ui/graphics/truecolor", test_truecolor);
	g_test_add_func("/ui/graphics/kitty", test_kitty);
	g_test_add_func("/ui/graphics/sixel", test_sixel);
	g_test_add_func("/ui/graphics/sixel-bands", test_sixel_bands);
	g_test_add_func("/ui/graphics/two-pictures", test_two_pictures);
	g_test_add_func("/ui/graphics/sixel-pictures", test_sixel_pictures);
	g_test_add_func("/ui/graphics/too-many", test_too_many);
	g_test_add_func("/graphics/blanks", test_blanks);
	return g_test_run();
}
