/* Several screens side by side: where they stand, who gets the keys, what the wall of previews shows. */
#include <locale.h>
#include <string.h>

#include "base/error.h"
#include "ui-fixture.h"
#include "ui/tiles.h"
#include "ui/view-tiles.h"

#define COUNT(array) ((int)G_N_ELEMENTS(array))

/* --- places ------------------------------------------------------------------------------------------------------------ */

static gboolean overlap(const Rect *a, const Rect *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
	       b->y < a->y + a->height;
}

/* Inside, none over another, and what is free are the columns between neighbours. */
static void check_places(Rect area, const Rect *tiles, int count, int dividers)
{
	int cells = 0;

	for (int i = 0; i < count; i++) {
		const Rect *tile = &tiles[i];
		g_assert_cmpint(tile->x, >=, area.x);
		g_assert_cmpint(tile->y, >=, area.y);
		g_assert_cmpint(tile->x + tile->width, <=, area.x + area.width);
		g_assert_cmpint(tile->y + tile->height, <=, area.y + area.height);
		cells += tile->width * tile->height;
		for (int other = 0; other < i; other++)
			g_assert_false(overlap(tile, &tiles[other]));
	}
	g_assert_cmpint(cells + dividers, ==, area.width * area.height);
}

static void test_places(void)
{
	static const int shapes[][2] = {
		{1,  1},
                { 2, 1},
                { 2, 2},
                { 2, 2},
                { 3, 2},
                { 3, 2},
                { 3, 3},
                { 3, 3},
                { 3, 3}
	};
	Rect area = { 0, 3, 80, 23 }, tiles[TILES_MAX];

	for (int count = 1; count <= TILES_MAX; count++) {
		int columns, rows, dividers = 0;
		tiles_grid(count, &columns, &rows);
		g_assert_cmpint(columns, ==, shapes[count - 1][0]);
		g_assert_cmpint(rows, ==, shapes[count - 1][1]);
		tiles_place(area, columns, rows, TRUE, tiles, count);
		for (int i = 0; i < count; i++)
			if (tiles[i].x > area.x)
				dividers += tiles[i].height;
		check_places(area, tiles, count, dividers);
	}
}

/* No size, however small, gives a negative one. */
static void test_tiny(void)
{
	Rect tiles[TILES_MAX];

	for (int width = 0; width < 6; width++)
		for (int height = 0; height < 6; height++) {
			tiles_place((Rect){ 0, 0, width, height }, 3, 3, TRUE, tiles, TILES_MAX);
			for (int i = 0; i < TILES_MAX; i++)
				g_assert_true(tiles[i].width >= 0 && tiles[i].height >= 0);
		}
}

static void test_wall(void)
{
	static const struct {
		int count, width, height, columns, rows;
	} walls[] = {
		{0,   80,  21, 1,  1},
                { 1,  80,  21, 1,  1},
                { 2,  80,  21, 2,  1},
                { 4,  80,  21, 2,  2},
		{ 5,  80,  21, 3,  2},
                { 9,  80,  21, 3,  3},
                { 50, 80,  21, 3,  3},
                { 50, 240, 67, 8,  7},
		{ 50, 24,  50, 1,  7},
                { 50, 400, 7,  16, 1},
                { 3,  1,   1,  1,  1},
	};

	for (int i = 0; i < COUNT(walls); i++) {
		int columns, rows;
		tiles_wall(walls[i].count, walls[i].width, walls[i].height, &columns, &rows);
		g_assert_cmpint(columns, ==, walls[i].columns);
		g_assert_cmpint(rows, ==, walls[i].rows);
	}
}

/* Five tiles: three above, two wide ones below. */
static void test_beside(void)
{
	static const struct {
		int from;
		TilesDirection direction;
		int to;
	} moves[] = {
		{0,  TILES_RIGHT, 1},
                { 1, TILES_RIGHT, 2},
                { 2, TILES_RIGHT, 2},
                { 2, TILES_LEFT,  1},
		{ 0, TILES_LEFT,  0},
                { 0, TILES_UP,    0},
                { 0, TILES_DOWN,  3},
                { 2, TILES_DOWN,  4},
		{ 3, TILES_UP,    0},
                { 4, TILES_UP,    1},
                { 3, TILES_RIGHT, 4},
                { 4, TILES_LEFT,  3},
		{ 4, TILES_DOWN,  4},
	};
	Rect tiles[5];

	tiles_place((Rect){ 0, 0, 80, 24 }, 3, 2, TRUE, tiles, 5);
	for (int i = 0; i < COUNT(moves); i++)
		g_assert_cmpint(tiles_beside(tiles, 5, moves[i].from, moves[i].direction), ==, moves[i].to);
	for (int i = 0; i < 5; i++)
		g_assert_cmpint(tiles_at(tiles, 5, tiles[i].x, tiles[i].y + tiles[i].height - 1), ==, i);
	g_assert_cmpint(tiles_at(tiles, 5, 80, 0), ==, -1);
}

/* --- the views --------------------------------------------------------------------------------------------------------- */

/* Of four VMs that are selected in the list, as the calls on the daemon tell. */
static void show_four(UiFixture *f)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_HOME, 0);
	ui_type(f, "    ");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, " Keys go to a-vm-whose-name");
}

/* Refuses all calls that wait; how many of them wanted a screen. */
static int drain(UiFixture *f)
{
	int opened = 0;
	char *call;

	while ((call = fake_next_call(f->client))) {
		opened += strstr(call, "OpenConsole") != NULL;
		g_free(call);
		fake_fail(f->client, error_new(CARREL_ERROR_STATE, NULL, "not now"));
	}
	return opened;
}

static void prefix(UiFixture *f, guint code)
{
	ui_press(f, ']', TERM_CTRL);
	ui_press(f, code, 0);
}

static void test_focus(UiFixture *f, gconstpointer data)
{
	show_four(f);
	prefix(f, TERM_KEY_TAB);
	ui_assert_shows(f, " Keys go to broken");
	prefix(f, '4');
	ui_assert_shows(f, " Keys go to database");
	prefix(f, TERM_KEY_UP);
	ui_assert_shows(f, " Keys go to broken");
	prefix(f, TERM_KEY_LEFT);
	ui_assert_shows(f, " Keys go to a-vm-whose-name");
	prefix(f, '9'); /* there is none */
	ui_assert_shows(f, " Keys go to a-vm-whose-name");
	ui_click(f, 60, 18);
	ui_assert_shows(f, " Keys go to database");
	prefix(f, TERM_KEY_TAB); /* around */
	ui_assert_shows(f, " Keys go to a-vm-whose-name");
}

static void test_zoom(UiFixture *f, gconstpointer data)
{
	show_four(f);
	prefix(f, '2');
	ui_assert_shows(f, " 4 database");
	prefix(f, 'z');
	ui_assert_shows(f, " 2 broken");
	ui_assert_shows(f, "zoomed");
	ui_assert_hides(f, " 4 database");
	prefix(f, '4');
	ui_assert_shows(f, " 4 database");
	ui_assert_hides(f, " 2 broken");
	prefix(f, 'z');
	ui_assert_shows(f, " 2 broken");
	prefix(f, 'd');
	ui_assert_shows(f, "Virtual Machines (4 selected)");
}

/* Actions of the menu are done to the VM that has the focus. */
static void test_action(UiFixture *f, gconstpointer data)
{
	show_four(f);
	g_assert_cmpint(drain(f), ==, 4);
	prefix(f, '4');
	prefix(f, 'r');
	ui_assert_call(f, "/io/carrel/vm/database Vm.Resume ()");
	drain(f);
}

static void test_deleted(UiFixture *f, gconstpointer data)
{
	show_four(f);
	prefix(f, '4');
	fake_remove_vm(f->client, client_find_vm(f->client, "/io/carrel/vm/broken"));
	ui_assert_shows(f, "VM `broken' was deleted.");
	ui_assert_shows(f, " 3 database");
	prefix(f, TERM_KEY_TAB);
	fake_remove_vm(f->client, client_find_vm(f->client, "/io/carrel/vm/database"));
	ui_assert_hides(f, " 3 ");
	fake_remove_vm(f->client,
		       client_find_vm(f->client, "/io/carrel/vm/build-\xc3\xa4\xe6\x9d\xb1\xe4\xba\xac"));
	fake_remove_vm(f->client,
		       client_find_vm(f->client, "/io/carrel/vm/"
						 "a-vm-whose-name-is-much-longer-than-its-column"));
	ui_assert_shows(f, "carrel \xc2\xb7 Virtual Machines");
}

static void test_too_many(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	for (int i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("more%d", i);
		fake_tell(f->client, CLIENT_VM_ADDED, fake_add_vm(f->client, name, "off"));
	}
	ui_type(f, "*");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "11 VMs are selected, and at most 9 have room side by side; deselect some.");
}

/* What is not seen on the previews draws nothing: a VM's load is none of it, its state is. */
static void test_previews(UiFixture *f, gconstpointer data)
{
	ClientVm *vm;
	int redraws;

	ui_show_vms(f);
	ui_type(f, "P");
	ui_assert_shows(f, "carrel \xc2\xb7 Previews");
	ui_assert_shows(f, " database");
	ui_assert_shows(f, " web");
	ui_assert_hides(f, "win11");
	vm = client_find_vm(f->client, "/io/carrel/vm/web");
	redraws = f->redraws;
	vm->cpu_usage = 99;
	fake_tell(f->client, CLIENT_VM_CHANGED, vm);
	g_assert_cmpint(f->redraws, ==, redraws);
	fake_set(&vm->state, "paused");
	fake_tell(f->client, CLIENT_VM_CHANGED, vm);
	g_assert_cmpint(f->redraws, ==, redraws + 1);
	vm->pid = 0;
	fake_set(&vm->state, "off");
	fake_tell(f->client, CLIENT_VM_CHANGED, vm);
	ui_assert_hides(f, " web");
	ui_press(f, TERM_KEY_END, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, " database \xc2\xb7 Paused");
	prefix(f, 'd');
	ui_press(f, TERM_KEY_ESCAPE, 0);
	ui_assert_shows(f, "Virtual Machines");
}

/* Thirty VMs on 80x24: nine on a page, and only these are connected. */
static void test_pages(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	for (int i = 0; i < 30; i++) {
		g_autofree char *name = g_strdup_printf("a%02d", i);
		fake_add_vm(f->client, name, "running")->pid = 1;
	}
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	drain(f);
	ui_type(f, "P");
	ui_assert_shows(f, "Previews (page 1 of 4)");
	g_assert_cmpint(drain(f), ==, 9);
	ui_press(f, TERM_KEY_PGDN, 0);
	ui_assert_shows(f, "Previews (page 2 of 4)");
	ui_assert_shows(f, " a09");
	ui_assert_hides(f, " a08");
	ui_press(f, TERM_KEY_LEFT, 0);
	ui_assert_shows(f, " a08");
	ui_press(f, TERM_KEY_END, 0);
	ui_assert_shows(f, "Previews (page 4 of 4)");
}

static void add(const char *name, void (*test)(UiFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/ui/tiles/", name, NULL);

	g_test_add(path, UiFixture, NULL, ui_set_up, test, ui_tear_down);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/tiles/places", test_places);
	g_test_add_func("/ui/tiles/tiny", test_tiny);
	g_test_add_func("/ui/tiles/wall", test_wall);
	g_test_add_func("/ui/tiles/beside", test_beside);
	add("focus", test_focus);
	add("zoom", test_zoom);
	add("action", test_action);
	add("deleted", test_deleted);
	add("too-many", test_too_many);
	add("previews", test_previews);
	add("pages", test_pages);
	return g_test_run();
}
