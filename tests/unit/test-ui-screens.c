/*
 * Whole screens, drawn into memory with made-up VMs and compared with tests/golden/screens/NAME-WIDTHxHEIGHT.txt
 * (CARREL_GOLDEN=write rewrites them); and what keys and clicks do to them.
 */
#include <locale.h>
#include <stdlib.h>

#include "fake-client.h"
#include "ui/app.h"
#include "ui/dialog.h"
#include "ui/keys.h"
#include "ui/view-console.h"
#include "ui/view-form.h"
#include "ui/view-jobs.h"
#include "ui/view-quick.h"
#include "ui/view-vms.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

/* An app without a terminal. */
typedef struct {
	Client *client;
	App *app;
	int quits, redraws;
} Fixture;

static void count_redraw(gpointer data)
{
	((Fixture *)data)->redraws++;
}

static void count_quit(gpointer data)
{
	((Fixture *)data)->quits++;
}

static void nothing(gpointer data)
{
}

static void console_keys(gpointer data, gboolean on)
{
}

static const AppHost host = { count_redraw, count_redraw, nothing, count_quit, console_keys };

static void set_up(Fixture *f, gconstpointer data)
{
	f->client = client_new();
	f->app = app_new(f->client, &host, f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	app_free(f->app);
	client_free(f->client);
	fake_settle();
}

/* --- made-up data -------------------------------------------------------------------------------------------------------- */

static ClientVm *add_running(Client *client, const char *name, double cpu, gint64 age)
{
	ClientVm *vm = fake_add_vm(client, name, "running");

	vm->pid = 4711;
	vm->cpu_usage = cpu;
	vm->memory_assigned = 2 * GIB;
	vm->memory_demand = GIB / 2;
	vm->started = g_get_real_time() / G_USEC_PER_SEC - age;
	vm->created = 1795000000;
	fake_set(&vm->accelerator, "kvm");
	fake_set(&vm->os, "linux");
	return vm;
}

static void add_vms(Client *client)
{
	ClientVm *vm = add_running(client, "web", 12.4, 3 * 3600 + 305);

	fake_set(&vm->ip, "10.0.2.15");
	fake_set(&vm->heartbeat, "ok");
	fake_set(&vm->notes, "the shop's front end; ask before you turn it off");
	add_running(client, "build-\xc3\xa4\xe6\x9d\xb1\xe4\xba\xac", 187.9, 65);
	vm = fake_add_vm(client, "database", "paused");
	vm->pid = 1;
	vm->memory_assigned = 4 * GIB;
	vm->started = g_get_real_time() / G_USEC_PER_SEC - 3 * 86400 - 7300;
	vm = fake_add_vm(client, "broken", "critical");
	fake_set(&vm->status,
		 "vm.conf:3:1: there is no field `memroy'; write one of the fields in vm.conf(5)");
	fake_add_vm(client, "a-vm-whose-name-is-much-longer-than-its-column", "off");
	fake_add_vm(client, "installer", "starting");
	fake_add_vm(client, "win11", "saved");
}

static ClientJob *add_job(Client *client)
{
	ClientJob *job = fake_add_job(client, 7, "start", "installer", "running");

	fake_set(&job->step, "firmware");
	job->done = 2;
	job->total = 5;
	return job;
}

static void add_images(Client *client)
{
	ClientImage *live = fake_add_image(client, "carrel-live", "carrel Live"), *debian;
	GVariantBuilder details;

	live->verified = live->available = live->secure_boot = TRUE;
	live->size = 38 << 20;
	live->memory = GIB / 2;
	live->cpus = 1;
	fake_set(&live->description, "A small Linux that runs from its DVD: a shell on the screen and on the "
				     "serial port, tools to look at disks and "
				     "the network.\n\nIt needs no disk and keeps nothing.");
	g_variant_builder_init(&details, G_VARIANT_TYPE("a(ss)"));
	g_variant_builder_add(&details, "(ss)", "Edition", "made of the packages of this system");
	g_variant_builder_add(&details, "(ss)", "Login", "none needed");
	live->details = g_variant_ref_sink(g_variant_builder_end(&details));
	debian = fake_add_image(client, "debian-12", "Debian 12");
	fake_set(&debian->publisher, "Debian");
	fake_set(&debian->kind, "disk");
	debian->memory = 2 * GIB;
	fake_set(&debian->description, "The universal operating system.");
}

/* --- driving it ------------------------------------------------------------------------------------------------------------ */

static char *draw(Fixture *f, int columns, int rows)
{
	return canvas_dump(app_draw(f->app, columns, rows));
}

static void press(Fixture *f, guint code, guint mods)
{
	TermKey key = { .code = code, .mods = mods, .event = TERM_PRESS };

	app_key(f->app, &key);
}

static void type(Fixture *f, const char *text)
{
	for (; *text; text = g_utf8_next_char(text))
		press(f, g_utf8_get_char(text), 0);
}

static void click(Fixture *f, int x, int y)
{
	TermKey key = { .code = TERM_MOUSE, .event = TERM_PRESS, .button = TERM_BUTTON_LEFT, .x = x, .y = y };

	app_key(f->app, &key);
}

static void assert_shows(Fixture *f, const char *text)
{
	g_autofree char *screen = draw(f, 80, 24);

	if (!strstr(screen, text))
		g_error("`%s' is not on the screen:\n%s", text, screen);
}

static void assert_hides(Fixture *f, const char *text)
{
	g_autofree char *screen = draw(f, 80, 24);

	if (strstr(screen, text))
		g_error("`%s' is on the screen:\n%s", text, screen);
}

static void assert_call(Fixture *f, const char *expected)
{
	g_autofree char *call = fake_next_call(f->client);

	g_assert_cmpstr(call, ==, expected);
}

/* --- golden screens ---------------------------------------------------------------------------------------------------------- */

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

static void show_vms(Fixture *f)
{
	add_vms(f->client);
	add_job(f->client);
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	press(f, TERM_KEY_END, 0);
	press(f, TERM_KEY_UP, 0);
}

static void show_selection(Fixture *f)
{
	show_vms(f);
	type(f, "*/a");
	press(f, TERM_KEY_ENTER, 0);
}

static void show_empty(Fixture *f)
{
	view_vms_open(f->app, FALSE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
}

static void show_connecting(Fixture *f)
{
	view_vms_open(f->app, TRUE);
}

static void show_quick(Fixture *f)
{
	add_images(f->client);
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
}

static void show_quick_options(Fixture *f)
{
	show_quick(f);
	press(f, TERM_KEY_TAB, 0);
	press(f, TERM_KEY_DOWN, 0);
	type(f, "x");
}

static void show_quick_job(Fixture *f)
{
	ClientJob *job;

	show_quick(f);
	press(f, TERM_KEY_ENTER, 0);
	job = fake_add_job(f->client, 1, "create", "carrel-live", "running");
	fake_set(&job->step, "image");
	job->done = 30;
	job->total = 100;
	fake_reply(f->client, g_variant_new("(o)", job->path));
}

static void show_new(Fixture *f)
{
	view_vms_open(f->app, FALSE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	type(f, "n");
	type(f, "web");
	press(f, TERM_KEY_DOWN, 0);
	press(f, TERM_KEY_DOWN, 0);
	press(f, TERM_KEY_DOWN, 0);
	type(f, "0");
}

static void show_jobs(Fixture *f)
{
	ClientJob *job;

	show_vms(f);
	job = fake_add_job(f->client, 8, "shutdown", "web", "failed");
	job->started = 1795000000;
	job->ended = 1795000120;
	fake_set(&job->error_message, "VM `web' did not shut down within 120 s");
	fake_add_job(f->client, 9, "create", "win11", "done");
	type(f, "J");
	press(f, TERM_KEY_DOWN, 0);
}

static void show_help(Fixture *f)
{
	show_vms(f);
	type(f, "?");
}

static void show_delete(Fixture *f)
{
	show_vms(f);
	press(f, TERM_KEY_END, 0);
	type(f, "kk"); /* installer is starting; win11 is saved */
	press(f, TERM_KEY_HOME, 0);
	type(f, "D");
}

static void show_menu(Fixture *f)
{
	show_vms(f);
	press(f, TERM_KEY_END, 0);
	type(f, "a");
}

static void show_console(Fixture *f)
{
	show_vms(f);
	press(f, TERM_KEY_HOME, 0);
	press(f, TERM_KEY_ENTER, 0);
}

static void show_console_menu(Fixture *f)
{
	show_console(f);
	press(f, ']', TERM_CTRL);
}

static const struct {
	const char *name;
	void (*show)(Fixture *f);
} screens[] = {
	{"vms",            show_vms          },
	{ "selection",     show_selection    },
	{ "empty",         show_empty        },
	{ "connecting",    show_connecting   },
	{ "quick",         show_quick        },
	{ "quick-options", show_quick_options},
	{ "quick-job",     show_quick_job    },
	{ "new",           show_new          },
	{ "jobs",          show_jobs         },
	{ "help",          show_help         },
	{ "delete",        show_delete       },
	{ "menu",          show_menu         },
	{ "console",       show_console      },
	{ "console-menu",  show_console_menu },
};

static void test_golden(Fixture *f, gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *small = NULL, *large = NULL;

	g_free(draw(f, 80, 24)); /* lists know their height */
	screens[row].show(f);
	small = draw(f, 80, 24);
	large = draw(f, 120, 40);
	compare_golden(screens[row].name, 80, 24, small);
	compare_golden(screens[row].name, 120, 40, large);
}

/* --- what happens -------------------------------------------------------------------------------------------------------------- */

static void test_too_small(Fixture *f, gconstpointer data)
{
	g_autofree char *screen = NULL;

	show_vms(f);
	screen = draw(f, 60, 20);
	g_assert_nonnull(strstr(screen, "carrel needs 80 columns and 24 rows; this terminal has 60"));
	g_free(draw(f, 1, 1)); /* and nothing breaks however small it is */
	g_free(draw(f, 500, 200));
}

/* The event of one VM changes what is seen of it, and nothing else. */
static void test_event(Fixture *f, gconstpointer data)
{
	ClientVm *vm;
	int redraws;

	show_vms(f);
	assert_shows(f, "win11                 Saved");
	vm = client_find_vm(f->client, "/io/carrel/vm/win11");
	fake_set(&vm->state, "running");
	redraws = f->redraws;
	fake_tell(f->client, CLIENT_VM_CHANGED, vm);
	g_assert_cmpint(f->redraws, ==, redraws + 1);
	assert_shows(f, "win11                 Running");
	fake_remove_vm(f->client, vm);
	assert_hides(f, "win11");
}

/* The cursor stays on its VM when others come and go. */
static void test_cursor_follows(Fixture *f, gconstpointer data)
{
	show_vms(f);
	assert_shows(f, "\xe2\x94\x80 web "); /* the details' title */
	fake_tell(f->client, CLIENT_VM_ADDED, fake_add_vm(f->client, "aaa", "off"));
	assert_shows(f, "\xe2\x94\x80 web ");
}

static void test_actions(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "p");
	assert_call(f, "/io/carrel/vm/web Vm.Pause ()");
	fake_fail(f->client, error_new(CARREL_ERROR_STATE, "resume it first", "VM `web' is paused"));
	assert_shows(f, "VM `web' is paused");
	type(f, "r");
	assert_shows(f, "VM `web' is running: `Resume' is not possible.");
	assert_call(f, NULL);
}

/* Dangerous keys ask first; Esc does nothing. */
static void test_confirm(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "T");
	assert_shows(f, "Turn Off VM `web'?");
	press(f, TERM_KEY_ESCAPE, 0);
	assert_hides(f, "Turn Off VM `web'?");
	assert_call(f, NULL);
	type(f, "T");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel/vm/web Vm.TurnOff ()");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
}

static void test_delete_by_name(Fixture *f, gconstpointer data)
{
	show_vms(f);
	press(f, TERM_KEY_END, 0);
	type(f, "D");
	type(f, "win1");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, NULL);
	assert_shows(f, "This deletes VM `win11'");
	type(f, "1");
	press(f, TERM_KEY_TAB, 0);
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel/vm/win11 Vm.Delete ({'keep_disks': <true>},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
}

static void test_selection_applies(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "*s");
	assert_shows(f, "Start 2 VMs");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel/vm/a-vm-whose-name-is-much-longer-than-its-column Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
	assert_call(f, "/io/carrel/vm/win11 Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/2"));
	assert_call(f, NULL);
}

static void test_rename(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "m/x"); /* a slash is not allowed */
	press(f, TERM_KEY_ENTER, 0);
	assert_shows(f, "contains `/'");
	assert_call(f, NULL);
	type(f, "m2");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel/vm/web Vm.Rename ('web2',)");
	fake_reply(f->client, NULL);
}

static void test_filter(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "/WIN");
	assert_shows(f, "win11");
	assert_hides(f, "database");
	type(f, "q"); /* a character, not "quit" */
	g_assert_cmpint(f->quits, ==, 0);
	assert_shows(f, "No VM matches the filter");
	press(f, TERM_KEY_ESCAPE, 0);
	assert_shows(f, "database");
}

static void test_mouse(Fixture *f, gconstpointer data)
{
	show_vms(f);
	assert_shows(f, "win11"); /* drawn: places are known */
	click(f, 5, 8);
	assert_shows(f, "\xe2\x94\x80 win11 ");
	click(f, 27, 1); /* the head of State */
	assert_shows(f, "State\xe2\x96\xbc");
	click(f, 5, 2);
	click(f, 5, 2); /* twice: connect */
	assert_shows(f, "Ctrl-] menu");
}

static void test_key_bar_click(Fixture *f, gconstpointer data)
{
	g_autofree char *screen = NULL;
	g_auto(GStrv) rows = NULL;
	const char *place;

	show_vms(f);
	screen = draw(f, 80, 24);
	rows = g_strsplit(screen, "\n", -1);
	place = strstr(rows[23], "Quick Create");
	g_assert_nonnull(place);
	click(f, (int)(place - rows[23]), 23);
	assert_shows(f, "Select an image");
}

static void test_quick_create(Fixture *f, gconstpointer data)
{
	ClientJob *job;
	ClientVm *vm;

	show_quick(f); /* open by itself, there is no VM */
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'carrel-live'}, {'image': <'carrel-live'>})");
	job = fake_add_job(f->client, 1, "create", "carrel-live", "running");
	fake_reply(f->client, g_variant_new("(o)", job->path));
	vm = fake_add_vm(f->client, "carrel-live", "off");
	fake_set(&job->state, "done");
	fake_set(&job->result, vm->path);
	fake_tell(f->client, CLIENT_JOB_CHANGED, job);
	/* The console waits before the VM is started. */
	assert_call(f, "/io/carrel/vm/carrel-live Vm.OpenConsole ({'wait': <true>},)");
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "no screen in this test"));
	assert_call(f, "/io/carrel/vm/carrel-live Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/2"));
	assert_shows(f, "VM `carrel-live' is off.");
	press(f, ']', TERM_CTRL);
	type(f, "d");
	assert_shows(f, "Virtual Machines");
	g_assert_cmpint(f->quits, ==, 0);
}

static void test_quick_create_fails(Fixture *f, gconstpointer data)
{
	show_quick(f);
	type(f, "debi"); /* the filter */
	press(f, TERM_KEY_TAB, 0);
	type(f, "-a/b");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, NULL);
	assert_shows(f, "contains `/'");
	press(f, 'u', TERM_CTRL);
	type(f, "deb");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'deb'}, {'image': <'debian-12'>})");
	fake_fail(f->client, error_new(CARREL_ERROR_EXISTS, "choose another", "VM `deb' exists already"));
	assert_shows(f, "VM `deb' exists already");
	press(f, TERM_KEY_ENTER, 0); /* nothing is lost: it can be tried again */
	assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'deb'}, {'image': <'debian-12'>})");
	fake_fail(f->client, error_new(CARREL_ERROR_EXISTS, NULL, "VM `deb' exists already"));
}

static void test_new_vm(Fixture *f, gconstpointer data)
{
	show_new(f);
	press(f, TERM_KEY_BACKSPACE, 0); /* 20 is still there: 2 again */
	press(f, TERM_KEY_DOWN, 0);
	type(f, "x");
	assert_shows(f, "`2Gx'");
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, NULL);
	press(f, TERM_KEY_BACKSPACE, 0);
	press(f, TERM_KEY_HOME, 0);
	type(f, "1"); /* 12G */
	press(f, TERM_KEY_UP, 0);
	press(f, TERM_KEY_UP, 0);
	press(f, TERM_KEY_UP, 0);
	type(f, " "); /* generation 1 */
	press(f, TERM_KEY_ENTER, 0);
	assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'web', 'generation': '1', 'memory': '12G'}, "
		       "{'disk_size': <uint64 21474836480>})");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
	assert_shows(f, "VM `web' is being made.");
}

/* Esc and a key so fast that they come as one: "\033e". */
static void test_hasty_escape(Fixture *f, gconstpointer data)
{
	show_jobs(f);
	press(f, 'm', TERM_ALT);
	assert_shows(f, "New name of VM `web'");
}

static void test_job_cancel(Fixture *f, gconstpointer data)
{
	show_vms(f);
	type(f, "J");
	assert_shows(f, "40%  firmware");
	type(f, "x");
	assert_call(f, "/io/carrel/job/7 Job.Cancel ()");
	fake_reply(f->client, NULL);
}

static void test_job_failure_is_told(Fixture *f, gconstpointer data)
{
	ClientJob *job;

	show_vms(f);
	job = client_find_job(f->client, "/io/carrel/job/7");
	fake_set(&job->state, "failed");
	fake_set(&job->error_message, "QEMU ended at once: no such machine");
	fake_tell(f->client, CLIENT_JOB_CHANGED, job);
	assert_shows(f, "QEMU ended at once: no such machine");
}

static void test_reconnect(Fixture *f, gconstpointer data)
{
	show_vms(f);
	fake_tell(f->client, CLIENT_DISCONNECTED, NULL);
	assert_shows(f, "Connecting to carreld");
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	assert_hides(f, "Connecting to carreld");
}

/* A VM that is deleted takes its console and the console's menu along. */
static void test_console_of_deleted(Fixture *f, gconstpointer data)
{
	show_console_menu(f);
	fake_remove_vm(
		f->client,
		client_find_vm(f->client, "/io/carrel/vm/a-vm-whose-name-is-much-longer-than-its-column"));
	assert_shows(f, "was deleted");
	assert_shows(f, "Virtual Machines");
}

static void test_thousand(Fixture *f, gconstpointer data)
{
	for (int i = 0; i < 1000; i++) {
		g_autofree char *name = g_strdup_printf("vm-%04d", i);
		fake_add_vm(f->client, name, i % 3 ? "off" : "paused");
	}
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	assert_shows(f, "1000 VMs, 0 running");
	press(f, TERM_KEY_END, 0);
	assert_shows(f, "vm-0999");
	press(f, TERM_KEY_PGUP, 0);
	assert_hides(f, "vm-0999");
	type(f, "oo*");
	assert_shows(f, "1000 selected");
}

static void add(const char *name, void (*test)(Fixture *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/ui/screens/", name, NULL);

	g_test_add(path, Fixture, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(screens); i++)
		add(screens[i].name, test_golden, GUINT_TO_POINTER(i));
	add("too-small", test_too_small, NULL);
	add("event", test_event, NULL);
	add("cursor-follows", test_cursor_follows, NULL);
	add("actions", test_actions, NULL);
	add("confirm", test_confirm, NULL);
	add("delete-by-name", test_delete_by_name, NULL);
	add("selection-applies", test_selection_applies, NULL);
	add("rename", test_rename, NULL);
	add("filter-keys", test_filter, NULL);
	add("mouse", test_mouse, NULL);
	add("key-bar-click", test_key_bar_click, NULL);
	add("quick-create", test_quick_create, NULL);
	add("quick-create-fails", test_quick_create_fails, NULL);
	add("new-vm", test_new_vm, NULL);
	add("hasty-escape", test_hasty_escape, NULL);
	add("job-cancel", test_job_cancel, NULL);
	add("job-failure", test_job_failure_is_told, NULL);
	add("reconnect", test_reconnect, NULL);
	add("console-of-deleted", test_console_of_deleted, NULL);
	add("thousand", test_thousand, NULL);
	return g_test_run();
}
