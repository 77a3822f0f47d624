/*
 * Whole screens, drawn into memory with made-up VMs and compared with tests/golden/screens/NAME-WIDTHxHEIGHT.txt
 * (CARREL_GOLDEN=write rewrites them).
 */
#include <locale.h>

#include "ui-fixture.h"
#include "ui/view-vms.h"

static void compare_golden(const char *name, int columns, int rows, const char *screen)
{
	g_autofree char *file = g_strdup_printf("%s-%dx%d.txt", name, columns, rows);
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", "screens", file, NULL);
	g_autofree char *expected = NULL;

	if (g_strcmp0(g_getenv("CARREL_GOLDEN"), "write") == 0)
		g_assert_true(g_file_set_contents(path, screen, -1, NULL));
	g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	if (!g_str_equal(screen, expected))
		g_error("%s differs; CARREL_GOLDEN=write rewrites it. Drawn:\n%s", path, screen);
}

static void show_selection(UiFixture *f)
{
	ui_show_vms(f);
	ui_type(f, "*/a");
	ui_press(f, TERM_KEY_ENTER, 0);
}

static void show_empty(UiFixture *f)
{
	view_vms_open(f->app, FALSE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
}

static void show_connecting(UiFixture *f)
{
	view_vms_open(f->app, TRUE);
}

static void show_quick_options(UiFixture *f)
{
	ui_show_quick(f);
	ui_press(f, TERM_KEY_TAB, 0);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_type(f, "x");
}

static void show_quick_job(UiFixture *f)
{
	ClientJob *job;

	ui_show_quick(f);
	ui_press(f, TERM_KEY_ENTER, 0);
	job = fake_add_job(f->client, 1, "create", "carrel-live", "running");
	fake_set(&job->step, "image");
	job->done = 30;
	job->total = 100;
	fake_reply(f->client, g_variant_new("(o)", job->path));
}

static void show_quick_local(UiFixture *f)
{
	ui_show_quick(f);
	ui_press(f, TERM_KEY_END, 0);
}

static void show_quick_unverified(UiFixture *f)
{
	ui_show_quick(f);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
}

static void show_quick_download(UiFixture *f)
{
	ClientJob *job;

	ui_show_quick(f);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_press(f, TERM_KEY_ENTER, 0); /* unverified, yes */
	job = fake_add_job(f->client, 1, "create", "debian-12", "running");
	fake_set(&job->step, "download");
	fake_set(&job->unit, "bytes");
	job->done = 34 << 20;
	job->total = 327 << 20;
	fake_reply(f->client, g_variant_new("(o)", job->path));
}

static void show_help(UiFixture *f)
{
	ui_show_vms(f);
	ui_type(f, "?");
}

static void show_delete(UiFixture *f)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_END, 0);
	ui_type(f, "kk"); /* installer is starting; win11 is saved */
	ui_press(f, TERM_KEY_HOME, 0);
	ui_type(f, "D");
}

static void show_menu(UiFixture *f)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_END, 0);
	ui_type(f, "a");
}

static void show_tiles(UiFixture *f)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_HOME, 0);
	ui_type(f, "     ");
	ui_press(f, TERM_KEY_ENTER, 0);
}

static void show_tiles_menu(UiFixture *f)
{
	show_tiles(f);
	ui_press(f, ']', TERM_CTRL);
}

static void show_previews(UiFixture *f)
{
	ui_show_vms(f);
	ui_type(f, "P");
}

/* clang-format off */
static const struct {
	const char *name;
	void (*show)(UiFixture *f);
} screens[] = {
	{ "vms", ui_show_vms },
	{ "selection", show_selection },
	{ "empty", show_empty },
	{ "connecting", show_connecting },
	{ "quick", ui_show_quick },
	{ "quick-options", show_quick_options },
	{ "quick-job", show_quick_job },
	{ "quick-local", show_quick_local },
	{ "quick-unverified", show_quick_unverified },
	{ "quick-download", show_quick_download },
	{ "new", ui_show_new },
	{ "jobs", ui_show_jobs },
	{ "help", show_help },
	{ "delete", show_delete },
	{ "menu", show_menu },
	{ "console", ui_show_console },
	{ "console-menu", ui_show_console_menu },
	{ "tiles", show_tiles },
	{ "tiles-menu", show_tiles_menu },
	{ "previews", show_previews },
};
/* clang-format on */

static void test_golden(UiFixture *f, gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *small = NULL, *large = NULL;

	g_free(ui_draw(f, 80, 24)); /* lists know their height */
	screens[row].show(f);
	small = ui_draw(f, 80, 24);
	large = ui_draw(f, 120, 40);
	compare_golden(screens[row].name, 80, 24, small);
	compare_golden(screens[row].name, 120, 40, large);
}

static void add(const char *name, void (*test)(UiFixture *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/ui/screens/", name, NULL);

	g_test_add(path, UiFixture, data, ui_set_up, test, ui_tear_down);
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(screens); i++)
		add(screens[i].name, test_golden, GUINT_TO_POINTER(i));
	return g_test_run();
}
