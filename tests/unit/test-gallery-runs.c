/* Getting an image: cancelling, several who ask at once, and ready-made files. */
#include "gallery/gallery.h"

#include "tests/unit/gallery-fixture.h"

/* --- cancelling, and several who ask --------------------------------------------------------------------------------------- */

static void test_cancel(void)
{
	g_autoptr(Fixture) f = fixture_new("hang");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	Asked *asked = ask(gallery, "test-image");

	wait_for_file(f->pid);
	g_cancellable_cancel(asked->cancellable);
	g_assert_null(answer(gallery, asked, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	assert_images(f, "");
	wait_until_gone(f->pid);
}

static void test_cancelled_before(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	gallery_deliver(gallery, "test-image", 0, NULL, NULL, cancellable, keep_result, &result);
	wait_until(result);
	g_assert_null(gallery_deliver_finish(gallery, result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	g_assert_cmpuint(count_starts(f), ==, 0);
}

static void open_gate(const Fixture *f)
{
	g_autofree char *go = g_strconcat(f->pid, ".go", NULL);

	write_file(go, "");
}

static void test_two(void)
{
	g_autoptr(Fixture) f = fixture_new("gate");
	g_autoptr(Gallery) gallery = gallery_new();
	Asked *one = ask(gallery, "test-image"), *two = NULL;

	wait_for_file(f->pid);
	two = ask(gallery, "test-image");
	open_gate(f);
	g_autofree char *late = NULL;
	g_autofree char *first = answer(gallery, one, NULL, NULL);
	g_autofree char *second = answer(gallery, two, &late, NULL);
	g_assert_nonnull(first);
	g_assert_cmpstr(first, ==, second);
	g_assert_cmpstr(late, ==, "verify 0/9 verify 9/9 store 0/9 ");
	g_assert_cmpuint(count_starts(f), ==, 1);
}

/* One of two gives up, whichever: the other gets its image. */
static void test_one_of_two_cancels(void)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(Fixture) f = fixture_new("gate");
		g_autoptr(Gallery) gallery = gallery_new();
		g_autoptr(GError) error = NULL;
		Asked *asked[2] = { ask(gallery, "test-image"), ask(gallery, "test-image") };
		wait_for_file(f->pid);
		g_cancellable_cancel(asked[i]->cancellable);
		g_assert_null(answer(gallery, asked[i], NULL, &error));
		assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
		open_gate(f);
		g_autofree char *path = answer(gallery, asked[1 - i], NULL, &error);
		g_assert_no_error(error);
		g_assert_nonnull(path);
		g_assert_cmpuint(count_starts(f), ==, 1);
		assert_images(f, STORED);
	}
}

static void test_both_cancel(void)
{
	g_autoptr(Fixture) f = fixture_new("hang");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	Asked *asked[2] = { ask(gallery, "test-image"), ask(gallery, "test-image") };

	wait_for_file(f->pid);
	for (guint i = 0; i < 2; i++)
		g_cancellable_cancel(asked[i]->cancellable);
	for (guint i = 0; i < 2; i++) {
		g_assert_null(answer(gallery, asked[i], NULL, &error));
		assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	}
	assert_images(f, "");
	wait_until_gone(f->pid);
}

/* Who asks while a cancelled run ends gets a run of its own. */
static void test_ask_again_at_once(void)
{
	g_autoptr(Fixture) f = fixture_new("hang");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	Asked *first = ask(gallery, "test-image"), *second = NULL;

	wait_for_file(f->pid);
	g_cancellable_cancel(first->cancellable);
	g_setenv("FAKE", "ok", TRUE);
	second = ask(gallery, "test-image");
	g_autofree char *path = answer(gallery, second, NULL, &error);
	g_assert_no_error(error);
	g_assert_nonnull(path);
	g_assert_null(answer(gallery, first, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	assert_images(f, STORED);
}

/* The daemon lets go of the gallery while somebody waits. */
static void test_free_while_running(void)
{
	g_autoptr(Fixture) f = fixture_new("hang");
	Gallery *gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	Asked *asked = ask(gallery, "test-image");

	wait_for_file(f->pid);
	gallery_free(gallery);
	g_assert_null(answer(gallery, asked, NULL, &error)); /* finish does not look into it */
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	assert_images(f, "");
	wait_until_gone(f->pid);
}

/* --- ready-made files ------------------------------------------------------------------------------------------------------ */

static void make_ready(const Fixture *f, const char *path, const char *content, const char *promised)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, promised, -1);
	g_autofree char *note_path = g_strconcat(path, ".json", NULL);
	g_autofree char *note = g_strdup_printf(
		"{\"id\":\"test-image\",\"version\":\"7\",\"size\":%" G_GSIZE_FORMAT ",\"sha256\":\"%s\"}",
		strlen(content), sum);

	write_file(path, content);
	write_file(note_path, note);
}

static void test_ready(void)
{
	g_autoptr(Fixture) f = fixture_new("fail");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *progress = NULL;
	g_autofree char *content = NULL;

	make_ready(f, f->ready, "ready", "ready");
	g_setenv("TEST_IMAGE_ISO", f->ready, TRUE);
	g_autofree char *path = deliver(gallery, &progress, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(progress, ==, "assemble 0/0 verify 0/5 verify 5/5 store 0/5 ");
	g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
	g_assert_cmpstr(content, ==, "ready");
	g_assert_cmpstr(gallery_find(gallery, "test-image")->version, ==, "7");
	g_assert_true(g_file_test(f->ready, G_FILE_TEST_EXISTS));
	/* Another one is taken in its place; the same one is not copied again. */
	make_ready(f, f->ready, "newer", "newer");
	g_autofree char *newer = deliver(gallery, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(newer, !=, path);
	g_autofree char *again = NULL;
	g_autofree char *same = deliver(gallery, &again, &error);
	g_assert_cmpstr(same, ==, newer);
	g_assert_cmpstr(again, ==, "verify 0/5 ");
	g_assert_cmpuint(count_starts(f), ==, 0);
}

static void test_ready_wrong(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;

	g_setenv("TEST_IMAGE_ISO", f->ready, TRUE);
	g_assert_null(deliver(gallery, NULL, &error));
	g_assert_cmpint(error_exit_status(error), ==, 7);
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "without its note");
	make_ready(f, f->ready, "ready", "other");
	g_assert_null(deliver(gallery, NULL, &error));
	g_assert_nonnull(strstr(error->message, f->ready));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "its SHA-256 is wrong");
	assert_images(f, "");
	g_assert_cmpint(g_unlink(f->ready), ==, 0);
	g_assert_null(deliver(gallery, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, f->ready);
	assert_images(f, "");
	g_assert_cmpuint(count_starts(f), ==, 0);
}

/* What a packager ships below data/images. */
static void test_shipped(void)
{
	g_autoptr(Fixture) f = fixture_new("fail");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_build_filename(f->dir, "data", "images", NULL);
	g_autofree char *shipped = g_build_filename(folder, "test-image.iso", NULL);

	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	make_ready(f, shipped, "shipped", "shipped");
	g_autofree char *path = deliver(gallery, NULL, &error);
	g_assert_no_error(error);
	g_assert_nonnull(path);
	g_assert_cmpuint(count_starts(f), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gallery-runs//cancel", test_cancel);
	g_test_add_func("/gallery-runs//cancelled-before", test_cancelled_before);
	g_test_add_func("/gallery-runs//two", test_two);
	g_test_add_func("/gallery-runs//one-of-two-cancels", test_one_of_two_cancels);
	g_test_add_func("/gallery-runs//both-cancel", test_both_cancel);
	g_test_add_func("/gallery-runs//ask-again-at-once", test_ask_again_at_once);
	g_test_add_func("/gallery-runs//free-while-running", test_free_while_running);
	g_test_add_func("/gallery-runs//ready", test_ready);
	g_test_add_func("/gallery-runs//ready-wrong", test_ready_wrong);
	g_test_add_func("/gallery-runs//shipped", test_shipped);
	return g_test_run();
}
