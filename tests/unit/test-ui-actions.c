/* What keys, clicks and the daemon's events do to the screens and to the daemon. */
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#include "base/error.h"
#include "ui-fixture.h"
#include "ui/view-vms.h"

static void test_too_small(UiFixture *f, gconstpointer data)
{
	g_autofree char *screen = NULL;

	ui_show_vms(f);
	screen = ui_draw(f, 60, 20);
	g_assert_nonnull(strstr(screen, "carrel needs 80 columns and 24 rows; this terminal has 60"));
	g_free(ui_draw(f, 1, 1)); /* and nothing breaks however small it is */
	g_free(ui_draw(f, 500, 200));
}

/* The event of one VM changes what is seen of it, and nothing else. */
static void test_event(UiFixture *f, gconstpointer data)
{
	ClientVm *vm;
	int redraws;

	ui_show_vms(f);
	ui_assert_shows(f, "win11                 Saved");
	vm = client_find_vm(f->client, "/io/carrel/vm/win11");
	fake_set(&vm->state, "running");
	redraws = f->redraws;
	fake_tell(f->client, CLIENT_VM_CHANGED, vm);
	g_assert_cmpint(f->redraws, ==, redraws + 1);
	ui_assert_shows(f, "win11                 Running");
	fake_remove_vm(f->client, vm);
	ui_assert_hides(f, "win11");
}

/* The cursor stays on its VM when others come and go. */
static void test_cursor_follows(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_assert_shows(f, "\xe2\x94\x80 web "); /* the details' title */
	fake_tell(f->client, CLIENT_VM_ADDED, fake_add_vm(f->client, "aaa", "off"));
	ui_assert_shows(f, "\xe2\x94\x80 web ");
}

static void test_actions(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "p");
	ui_assert_call(f, "/io/carrel/vm/web Vm.Pause ()");
	fake_fail(f->client, error_new(CARREL_ERROR_STATE, "resume it first", "VM `web' is paused"));
	ui_assert_shows(f, "VM `web' is paused");
	ui_type(f, "r");
	ui_assert_shows(f, "VM `web' is running: `Resume' is not possible.");
	ui_assert_call(f, NULL);
}

/* Dangerous keys ask first; Esc does nothing. */
static void test_confirm(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "T");
	ui_assert_shows(f, "Turn Off VM `web'?");
	ui_press(f, TERM_KEY_ESCAPE, 0);
	ui_assert_hides(f, "Turn Off VM `web'?");
	ui_assert_call(f, NULL);
	ui_type(f, "T");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel/vm/web Vm.TurnOff ()");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
}

static void test_delete_by_name(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_press(f, TERM_KEY_END, 0);
	ui_type(f, "D");
	ui_type(f, "win1");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, NULL);
	ui_assert_shows(f, "This deletes VM `win11'");
	ui_type(f, "1");
	ui_press(f, TERM_KEY_TAB, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel/vm/win11 Vm.Delete ({'keep_disks': <true>},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
}

static void test_selection_applies(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "*s");
	ui_assert_shows(f, "Start 2 VMs");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel/vm/a-vm-whose-name-is-much-longer-than-its-column Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
	ui_assert_call(f, "/io/carrel/vm/win11 Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/2"));
	ui_assert_call(f, NULL);
}

static void test_rename(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "m/x"); /* a slash is not allowed */
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "contains `/'");
	ui_assert_call(f, NULL);
	ui_type(f, "m2");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel/vm/web Vm.Rename ('web2',)");
	fake_reply(f->client, NULL);
}

static void test_filter(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "/WIN");
	ui_assert_shows(f, "win11");
	ui_assert_hides(f, "database");
	ui_type(f, "q"); /* a character, not "quit" */
	g_assert_cmpint(f->quits, ==, 0);
	ui_assert_shows(f, "No VM matches the filter");
	ui_press(f, TERM_KEY_ESCAPE, 0);
	ui_assert_shows(f, "database");
}

static void test_mouse(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_assert_shows(f, "win11"); /* drawn: places are known */
	ui_click(f, 5, 8);
	ui_assert_shows(f, "\xe2\x94\x80 win11 ");
	ui_click(f, 27, 1); /* the head of State */
	ui_assert_shows(f, "State\xe2\x96\xbc");
	ui_click(f, 5, 2);
	ui_click(f, 5, 2); /* twice: connect */
	ui_assert_shows(f, "Ctrl-] menu");
}

static void test_key_bar_click(UiFixture *f, gconstpointer data)
{
	g_autofree char *screen = NULL;
	g_auto(GStrv) rows = NULL;
	const char *place;

	ui_show_vms(f);
	screen = ui_draw(f, 80, 24);
	rows = g_strsplit(screen, "\n", -1);
	place = strstr(rows[23], "Quick Create");
	g_assert_nonnull(place);
	ui_click(f, (int)(place - rows[23]), 23);
	ui_assert_shows(f, "Select an image");
}

static void test_quick_create(UiFixture *f, gconstpointer data)
{
	ClientJob *job;
	ClientVm *vm;

	ui_show_quick(f); /* open by itself, there is no VM */
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'carrel-live'}, {'image': <'carrel-live'>, "
			  "'instant': <true>})");
	job = fake_add_job(f->client, 1, "create", "carrel-live", "running");
	fake_reply(f->client, g_variant_new("(o)", job->path));
	vm = fake_add_vm(f->client, "carrel-live", "off");
	fake_set(&job->state, "done");
	fake_set(&job->result, vm->path);
	fake_tell(f->client, CLIENT_JOB_CHANGED, job);
	/* The console waits before the VM is started. */
	ui_assert_call(f, "/io/carrel/vm/carrel-live Vm.OpenConsole ({'wait': <true>},)");
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "no screen in this test"));
	ui_assert_call(f, "/io/carrel/vm/carrel-live Vm.Start ({},)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/2"));
	ui_assert_shows(f, "VM `carrel-live' is off.");
	ui_press(f, ']', TERM_CTRL);
	ui_type(f, "d");
	ui_assert_shows(f, "Virtual Machines");
	g_assert_cmpint(f->quits, ==, 0);
}

static void test_quick_create_fails(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_type(f, "debi"); /* the filter */
	ui_press(f, TERM_KEY_TAB, 0);
	ui_type(f, "-a/b");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, NULL);
	ui_assert_shows(f, "contains `/'");
	ui_press(f, 'u', TERM_CTRL);
	ui_type(f, "deb");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, NULL); /* nobody can verify it: that is asked first */
	ui_assert_shows(f, "has no hash and no signature");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'deb'}, {'image': <'debian-12'>, "
			  "'instant': <true>, 'unverified': <true>})");
	fake_fail(f->client, error_new(CARREL_ERROR_EXISTS, "choose another", "VM `deb' exists already"));
	ui_assert_shows(f, "VM `deb' exists already");
	ui_press(f, TERM_KEY_ENTER, 0); /* nothing is lost: it can be tried again, and is not asked again */
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'deb'}, {'image': <'debian-12'>, "
			  "'instant': <true>, 'unverified': <true>})");
	fake_fail(f->client, error_new(CARREL_ERROR_EXISTS, NULL, "VM `deb' exists already"));
}

static void test_quick_sources(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_assert_shows(f, "ubuntu: no list yet: it is down");
	ui_press(f, 'r', TERM_CTRL);
	ui_assert_call(f, "/io/carrel Manager.RefreshGallery ('',)");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
	fake_tell(f->client, CLIENT_IMAGES_CHANGED, NULL);
	ui_assert_call(f, "/io/carrel Manager.ListSources ()");
	fake_reply(f->client,
		   g_variant_new_parsed("([{'name': <'ubuntu'>, 'error': <''>, 'builtin': <false>, "
					"'fetched': <int64 0>}], '')"));
	ui_assert_shows(f, "1 more list: Ctrl-R gets it");
}

static void test_quick_file(UiFixture *f, gconstpointer data)
{
	g_autofree char *disk = g_build_filename(g_get_tmp_dir(), "carrel-ui-disk.raw", NULL);
	g_autofree char *call = g_strdup_printf(
		"/io/carrel Manager.CreateVm ({'name': 'carrel-ui-disk'}, {'disk': <'%s'>})", disk);

	g_assert_true(g_file_set_contents(disk, "no system", -1, NULL));
	ui_show_quick(f);
	ui_press(f, 'o', TERM_CTRL);
	ui_type(f, "/nowhere.iso");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "there is no file `/nowhere.iso'");
	ui_press(f, 'o', TERM_CTRL);
	ui_type(f, disk);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, call);
	fake_fail(f->client, error_new(CARREL_ERROR_EXISTS, NULL, "VM `carrel-ui-disk' exists already"));
	ui_assert_shows(f, "exists already");
	g_remove(disk);
}

static void test_new_vm(UiFixture *f, gconstpointer data)
{
	ui_show_new(f);
	ui_press(f, TERM_KEY_BACKSPACE, 0); /* 20 is still there: 2 again */
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_type(f, "x");
	ui_assert_shows(f, "`2Gx'");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, NULL);
	ui_press(f, TERM_KEY_BACKSPACE, 0);
	ui_press(f, TERM_KEY_HOME, 0);
	ui_type(f, "1"); /* 12G */
	ui_press(f, TERM_KEY_UP, 0);
	ui_press(f, TERM_KEY_UP, 0);
	ui_press(f, TERM_KEY_UP, 0);
	ui_type(f, " "); /* generation 1 */
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'web', 'generation': '1', 'memory': '12G'}, "
			  "{'disk_size': <uint64 21474836480>})");
	fake_reply(f->client, g_variant_new("(o)", "/io/carrel/job/1"));
	ui_assert_shows(f, "VM `web' is being made.");
}

/* Esc and a key so fast that they come as one: "\033e". */
static void test_hasty_escape(UiFixture *f, gconstpointer data)
{
	ui_show_jobs(f);
	ui_press(f, 'm', TERM_ALT);
	ui_assert_shows(f, "New name of VM `web'");
}

static void test_job_cancel(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	ui_type(f, "J");
	ui_assert_shows(f, "40%  firmware");
	ui_type(f, "x");
	ui_assert_call(f, "/io/carrel/job/7 Job.Cancel ()");
	fake_reply(f->client, NULL);
}

static void test_job_failure_is_told(UiFixture *f, gconstpointer data)
{
	ClientJob *job;

	ui_show_vms(f);
	job = client_find_job(f->client, "/io/carrel/job/7");
	fake_set(&job->state, "failed");
	fake_set(&job->error_message, "QEMU ended at once: no such machine");
	fake_tell(f->client, CLIENT_JOB_CHANGED, job);
	ui_assert_shows(f, "QEMU ended at once: no such machine");
}

static void test_reconnect(UiFixture *f, gconstpointer data)
{
	ui_show_vms(f);
	fake_tell(f->client, CLIENT_DISCONNECTED, NULL);
	ui_assert_shows(f, "Connecting to carreld");
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	ui_assert_hides(f, "Connecting to carreld");
}

/* A VM that is deleted takes its console and the console's menu along. */
static void test_console_of_deleted(UiFixture *f, gconstpointer data)
{
	ui_show_console_menu(f);
	fake_remove_vm(
		f->client,
		client_find_vm(f->client, "/io/carrel/vm/a-vm-whose-name-is-much-longer-than-its-column"));
	ui_assert_shows(f, "was deleted");
	ui_assert_shows(f, "Virtual Machines");
}

static void test_thousand(UiFixture *f, gconstpointer data)
{
	for (int i = 0; i < 1000; i++) {
		g_autofree char *name = g_strdup_printf("vm-%04d", i);
		fake_add_vm(f->client, name, i % 3 ? "off" : "paused");
	}
	view_vms_open(f->app, TRUE);
	fake_tell(f->client, CLIENT_CONNECTED, NULL);
	ui_assert_shows(f, "1000 VMs, 0 running");
	ui_press(f, TERM_KEY_END, 0);
	ui_assert_shows(f, "vm-0999");
	ui_press(f, TERM_KEY_PGUP, 0);
	ui_assert_hides(f, "vm-0999");
	ui_type(f, "oo*");
	ui_assert_shows(f, "1000 selected");
}

static void add(const char *name, void (*test)(UiFixture *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/ui/actions/", name, NULL);

	g_test_add(path, UiFixture, data, ui_set_up, test, ui_tear_down);
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
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
	add("quick-sources", test_quick_sources, NULL);
	add("quick-file", test_quick_file, NULL);
	add("new-vm", test_new_vm, NULL);
	add("hasty-escape", test_hasty_escape, NULL);
	add("job-cancel", test_job_cancel, NULL);
	add("job-failure", test_job_failure_is_told, NULL);
	add("reconnect", test_reconnect, NULL);
	add("console-of-deleted", test_console_of_deleted, NULL);
	add("thousand", test_thousand, NULL);
	return g_test_run();
}
