#include "ui-fixture.h"

#include <string.h>

#include "base/error.h"
#include "ui/view-vms.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

static void count_redraw(gpointer data)
{
	((UiFixture *)data)->redraws++;
}

static void count_quit(gpointer data)
{
	((UiFixture *)data)->quits++;
}

static void nothing(gpointer data)
{
}

static void console_keys(gpointer data, gboolean on)
{
}

static const AppHost host = { count_redraw, count_redraw, nothing, count_quit, console_keys, NULL };

void ui_set_up(UiFixture *f, gconstpointer data)
{
	f->client = client_new();
	f->app = app_new(f->client, &host, f);
}

void ui_tear_down(UiFixture *f, gconstpointer data)
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
	debian->download_size = 330 << 20;
	debian->cloud_init = TRUE;
	debian->updated = g_get_real_time() / G_USEC_PER_SEC - 12 * 24 * 3600 - 60;
	fake_set(&debian->trust, "none");
	fake_set(&debian->source, "ubuntu");
	fake_set(&debian->description, "The universal operating system.");
}

/* --- driving it ------------------------------------------------------------------------------------------------------------ */

char *ui_draw(UiFixture *f, int columns, int rows)
{
	return canvas_dump(app_draw(f->app, columns, rows));
}

void ui_press(UiFixture *f, guint code, guint mods)
{
	TermKey key = { .code = code, .mods = mods, .event = TERM_PRESS };

	app_key(f->app, &key);
}

void ui_type(UiFixture *f, const char *text)
{
	for (; *text; text = g_utf8_next_char(text))
		ui_press(f, g_utf8_get_char(text), 0);
}

void ui_click(UiFixture *f, int x, int y)
{
	TermKey key = { .code = TERM_MOUSE, .event = TERM_PRESS, .button = TERM_BUTTON_LEFT, .x = x, .y = y };

	app_key(f->app, &key);
}

void ui_assert_shows(UiFixture *f, const char *text)
{
	g_autofree char *screen = ui_draw(f, 80, 24);

	if (!strstr(screen, text))
		g_error("`%s' is not on the screen:\n%s", text, screen);
}

void ui_assert_hides(UiFixture *f, const char *text)
{
	g_autofree char *screen = ui_draw(f, 80, 24);

	if (strstr(screen, text))
		g_error("`%s' is on the screen:\n%s", text, screen);
}

void ui_assert_call(UiFixture *f, const char *expected)
{
	g_autofree char *call = fake_next_call(f->client);

	g_assert_cmpstr(call, ==, expected);
}

/* --- screens that more than one test begins with --- */

void ui_show_vms(UiFixture *f)
{
	add_vms(f->client);
	add_job(f->client);
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	ui_press(f, TERM_KEY_END, 0);
	ui_press(f, TERM_KEY_UP, 0);
}

void ui_show_quick(UiFixture *f)
{
	add_images(f->client);
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	ui_assert_call(f, "/io/carrel Manager.ListSources ()");
	fake_reply(f->client,
		   g_variant_new_parsed(
			   "([{'name': <'built in'>, 'error': <''>, 'builtin': <true>, 'fetched': <int64 1>},"
			   " {'name': <'ubuntu'>, 'error': <'ubuntu: it is down'>, 'builtin': <false>, "
			   "'fetched': <int64 0>}], '')"));
}

void ui_show_new(UiFixture *f)
{
	view_vms_open(f->app, FALSE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	ui_type(f, "n");
	ui_type(f, "web");
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_type(f, "0");
}

void ui_show_jobs(UiFixture *f)
{
	ClientJob *job;

	ui_show_vms(f);
	job = fake_add_job(f->client, 8, "shutdown", "web", "failed");
	job->started = 1795000000;
	job->ended = 1795000120;
	fake_set(&job->error_message, "VM `web' did not shut down within 120 s");
	fake_add_job(f->client, 9, "create", "win11", "done");
	ui_type(f, "J");
	ui_press(f, TERM_KEY_DOWN, 0);
}

void ui_show_console(UiFixture *f)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_HOME, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
}

void ui_show_console_menu(UiFixture *f)
{
	ui_show_console(f);
	ui_press(f, ']', TERM_CTRL);
}
