/* Quick Create: the filter, thousands of images, questions before it takes something, sources that are out of reach, progress. */
#include <locale.h>
#include <string.h>

#include "base/error.h"
#include "ui-fixture.h"
#include "ui/quick-image.h"
#include "ui/quick-sources.h"
#include "ui/transfer.h"
#include "ui/view-vms.h"

#define SECOND G_USEC_PER_SEC

/* --- pure parts ------------------------------------------------------------------------------------------------------------- */

static void test_transfer(void)
{
	ClientJob job = { .unit = (char *)"bytes", .done = 0, .total = 100 << 20 };
	Transfer transfer = { 0 };

	transfer_note(&transfer, &job, SECOND);
	g_autofree char *start = transfer_text(&transfer, &job);
	g_assert_cmpstr(start, ==, "0 B of 100 MiB");

	job.done = 10 << 20;
	transfer_note(&transfer, &job, SECOND + SECOND / 10); /* too soon to tell */
	g_assert_cmpfloat(transfer.rate, ==, 0);
	transfer_note(&transfer, &job, 2 * SECOND);
	g_autofree char *text = transfer_text(&transfer, &job);
	g_assert_cmpstr(text, ==, "10 MiB of 100 MiB, 10 MiB/s, 00:00:09 left");

	/* Nothing comes any more: the rate falls, and at last is not told. */
	for (int i = 3; i < 100; i++)
		transfer_note(&transfer, &job, i * SECOND);
	g_autofree char *stands = transfer_text(&transfer, &job);
	g_assert_cmpstr(stands, ==, "10 MiB of 100 MiB");

	/* The next step counts anew; one that counts no bytes says nothing. */
	job.done = 1;
	transfer_note(&transfer, &job, 200 * SECOND);
	g_assert_cmpfloat(transfer.rate, ==, 0);
	job.unit = (char *)"";
	transfer_note(&transfer, &job, 201 * SECOND);
	g_autofree char *none = transfer_text(&transfer, &job);
	g_assert_cmpstr(none, ==, "");
}

static void test_sources(void)
{
	gint64 fetched = g_get_real_time() / G_USEC_PER_SEC - 3 * 24 * 3600 - 60;
	g_autofree char *text = g_strdup_printf(
		"([{'name': <'own'>, 'builtin': <true>}, "
		"{'name': <'a'>, 'fetched': <int64 %" G_GINT64_FORMAT ">, 'error': <'no route\nto there'>}, "
		"{'name': <'b'>, 'error': <'b: line 3: no list'>}, {'name': <'c'>}, "
		"{'name': <'d'>, 'fetched': <int64 5>}], '')",
		fetched);
	g_autoptr(GVariant) reply = g_variant_ref_sink(g_variant_new_parsed(text));
	QuickSources *sources = quick_sources_new();
	const char *const expected[] = { "1 more list: Ctrl-R gets it", "a: copy of 3 days ago: no route",
					 "b: no list yet: line 3: no list" };

	quick_sources_take(sources, reply);
	g_autoptr(GPtrArray) lines = quick_sources_lines(sources);
	g_assert_cmpuint(lines->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < lines->len; i++)
		g_assert_cmpstr(lines->pdata[i], ==, expected[i]);
	quick_sources_free(sources);
}

/* --- the view --------------------------------------------------------------------------------------------------------------- */

/* Every word must be somewhere, whatever their order and case. */
static void test_words(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_type(f, "UBUNTU  deb");
	ui_assert_shows(f, "1 of 2");
	ui_assert_hides(f, "Ca carrel Live");
	ui_type(f, " carrel");
	ui_assert_shows(f, "No image matches.");
	ui_press(f, TERM_KEY_ESCAPE, 0);
	ui_assert_shows(f, "2 of 2");
}

/* "No" is an answer. */
static void test_unverified_refused(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_type(f, "debian");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "has no hash and no signature");
	ui_press(f, TERM_KEY_ESCAPE, 0);
	ui_assert_call(f, NULL);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "has no hash and no signature");
	ui_assert_call(f, NULL);
}

/* The row behind the images. */
static void test_local_row(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_press(f, TERM_KEY_END, 0);
	ui_assert_shows(f, "A VM from a file of yours");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_shows(f, "\xe2\x94\x80 Local installation source");
	ui_type(f, "/nonexistent.iso");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, NULL);
	ui_assert_shows(f, "no file `/nonexistent.iso'");
	ui_type(f, "d"); /* a filter leads back to images */
	ui_assert_hides(f, "A VM from a file of yours");
}

static void test_refresh(UiFixture *f, gconstpointer data)
{
	ClientJob *job;

	ui_show_quick(f);
	ui_assert_shows(f, "ubuntu: no list yet: it is down");
	ui_press(f, 'r', TERM_CTRL);
	ui_assert_call(f, "/io/carrel Manager.RefreshGallery ('',)");
	job = fake_add_job(f->client, 7, "refresh", "gallery", "running");
	fake_set(&job->step, "ubuntu");
	fake_reply(f->client, g_variant_new("(o)", job->path));
	ui_assert_shows(f, "Refresh gallery: ubuntu");
	ui_press(f, 'r', TERM_CTRL); /* one is enough */
	ui_assert_call(f, NULL);
	ui_press(f, 'x', TERM_CTRL);
	ui_assert_call(f, "/io/carrel/job/7 Job.Cancel ()");
	fake_reply(f->client, NULL);
	fake_set(&job->state, "done");
	fake_tell(f->client, CLIENT_JOB_CHANGED, job);
	ui_assert_call(f, "/io/carrel Manager.ListSources ()");
	fake_reply(f->client, g_variant_new_parsed("(@aa{sv} [], '')"));
	ui_assert_hides(f, "it is down");
}

/* What the guest is told; only where it listens. */
static void test_guest_options(UiFixture *f, gconstpointer data)
{
	ui_show_quick(f);
	ui_press(f, TERM_KEY_TAB, 0);
	ui_assert_hides(f, "Password");
	ui_press(f, TERM_KEY_TAB, 0);
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_TAB, 0);
	ui_assert_shows(f, "Password");
	for (int i = 0; i < 9; i++)
		ui_press(f, TERM_KEY_DOWN, 0);
	ui_type(f, "db1");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_press(f, TERM_KEY_ENTER, 0); /* unverified, yes */
	g_autofree char *call = fake_next_call(f->client);
	g_assert_nonnull(strstr(call, "'hostname': <'db1'>"));
	g_assert_null(strstr(call, "'password'"));
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "not today"));
}

/* As many as a mirror of all systems has. */
static void test_thousands(UiFixture *f, gconstpointer data)
{
	for (guint i = 0; i < 2000; i++) {
		g_autofree char *id = g_strdup_printf("system-%04u", i);
		fake_add_image(f->client, id, id);
	}
	ui_show_quick(f);
	ui_assert_shows(f, "2002 of 2002");
	ui_press(f, TERM_KEY_END, 0);
	ui_assert_shows(f, "Local installation source");
	ui_press(f, TERM_KEY_HOME, 0);
	ui_type(f, "system-19 5");
	ui_assert_shows(f, "19 of 2002");
	ui_press(f, TERM_KEY_DOWN, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'system-1915'}, {'image': <'system-1915'>, "
			  "'instant': <true>})");
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "not today"));
	/* The cursor goes to the first that matches, but stays on its image while that does. */
	ui_press(f, TERM_KEY_BACKSPACE, 0);
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'system-1915'}, {'image': <'system-1915'>, "
			  "'instant': <true>})");
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "not today"));
	ui_press(f, 'u', TERM_CTRL);
	ui_type(f, "system-17");
	ui_press(f, TERM_KEY_ENTER, 0);
	ui_assert_call(f, "/io/carrel Manager.CreateVm ({'name': 'system-1700'}, {'image': <'system-1700'>, "
			  "'instant': <true>})");
	fake_fail(f->client, error_new(CARREL_ERROR_FAILED, NULL, "not today"));
}

static void add(const char *name, void (*test)(UiFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/ui/quick/", name, NULL);

	g_test_add(path, UiFixture, NULL, ui_set_up, test, ui_tear_down);
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/quick/transfer", test_transfer);
	g_test_add_func("/ui/quick/sources", test_sources);
	add("words", test_words);
	add("unverified-refused", test_unverified_refused);
	add("local-row", test_local_row);
	add("refresh", test_refresh);
	add("guest-options", test_guest_options);
	add("thousands", test_thousands);
	return g_test_run();
}
