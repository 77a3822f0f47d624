/* Getting an image, from the feed to the store: what is offered, how it goes well, and every way in which it does not. */
#include "gallery/gallery.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include "base/steps.h"
#include "tests/unit/gallery-fixture.h"

/* --- what is offered ----------------------------------------------------------------------------------------------------- */

static const char *source_error(Gallery *gallery)
{
	GallerySourceView view;

	g_assert_true(gallery_source_view(gallery, 0, &view));
	g_assert_true(view.builtin);
	return view.error;
}

static void test_items(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	const GalleryItem *item = gallery_find(gallery, "test-image");

	g_assert_cmpuint(count_starts(f), ==, 0);
	g_assert_cmpuint(gallery_items(gallery)->len, ==, 1);
	g_assert_cmpstr(source_error(gallery), ==, "");
	g_assert_cmpstr(item->source, ==, "carrel");
	g_assert_cmpstr(item->path, ==, "");
	g_assert_false(item->verified);
	g_assert_null(gallery_find(gallery, "none"));
}

static void test_no_items(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(GError) error = NULL;

	write_file(f->feed, "{\"format\": 1, \"items\": []}");
	g_autoptr(Gallery) gallery = gallery_new();
	g_assert_cmpuint(gallery_items(gallery)->len, ==, 0);
	g_assert_cmpstr(source_error(gallery), ==, "");
	g_assert_null(deliver(gallery, NULL, &error));
	g_assert_cmpint(error_exit_status(error), ==, 3);
	assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, "there is no image `test-image'");
}

static void test_broken_feed(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autofree char *place = g_strconcat(f->feed, ":4: ", NULL);

	write_file(f->feed, "{\"format\": 1,\n\"items\": [\n\n{\"id\": \"x\"}]}");
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*:4: *");
	g_autoptr(Gallery) gallery = gallery_new();
	g_test_assert_expected_messages();
	g_assert_cmpuint(gallery_items(gallery)->len, ==, 0);
	g_assert_nonnull(strstr(source_error(gallery), place));
}

/* --- success ------------------------------------------------------------------------------------------------------------- */

static void test_deliver(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *progress = NULL;
	g_autofree char *content = NULL;
	g_autofree char *path = deliver(gallery, &progress, &error);
	const GalleryItem *item = gallery_find(gallery, "test-image");
	struct stat st;

	g_assert_no_error(error);
	g_assert_cmpstr(progress, ==,
			"assemble 0/0 download 10/100 unpack 1/2 verify 0/9 verify 9/9 store 0/9 ");
	g_assert_true(g_path_is_absolute(path) && g_file_get_contents(path, &content, NULL, NULL));
	g_assert_cmpstr(content, ==, "image one");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0444);
	assert_images(f, STORED);
	g_assert_cmpstr(item->path, ==, path);
	g_assert_cmpstr(item->version, ==, "6.1");
	g_assert_cmpuint(item->size, ==, 9);
	g_assert_cmpint(item->updated, ==, 1795381080);
	g_assert_true(item->verified);
	/* Again: not built, not hashed. */
	g_autofree char *quick = NULL;
	g_autofree char *same = deliver(gallery, &quick, &error);
	g_assert_cmpstr(same, ==, path);
	g_assert_cmpstr(quick, ==, "verify 0/9 ");
	g_assert_cmpuint(count_starts(f), ==, 1);
}

static void test_after_restart(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) first = gallery_new();
	g_autofree char *path = deliver(first, NULL, NULL);
	g_autoptr(Gallery) second = gallery_new();
	g_autofree char *progress = NULL;

	g_assert_true(gallery_find(second, "test-image")->verified);
	g_autofree char *same = deliver(second, &progress, NULL);
	g_assert_cmpstr(same, ==, path);
	g_assert_cmpstr(progress, ==, "verify 0/9 verify 9/9 ");
	g_assert_cmpuint(count_starts(f), ==, 1);
}

/* A newer feed describes another image: it is built, and the old file stays for the VMs that use it. */
static void test_new_recipe(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) first = gallery_new();
	g_autofree char *old = deliver(first, NULL, NULL);
	g_autofree char *feed = g_strdup_printf(feed_text, "2");

	write_file(f->feed, feed);
	g_setenv("CONTENT", "two", TRUE);
	g_autoptr(Gallery) second = gallery_new();
	g_assert_cmpstr(gallery_find(second, "test-image")->path, ==, "");
	g_autofree char *path = deliver(second, NULL, NULL);
	g_assert_cmpstr(path, !=, old);
	g_assert_true(g_file_test(old, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(count_starts(f), ==, 2);
}

/* --- failure ------------------------------------------------------------------------------------------------------------- */

static void test_failures(void)
{
	static const struct {
		const char *fake;
		CarrelError code;
		const char *words;
	} rows[] = {
		{"fail",         CARREL_ERROR_FAILED,
                 "Test Image cannot be assembled: fake failed: the oven is cold; heat it"},
		{ "host",        CARREL_ERROR_HOST,   "xorriso is not installed"         },
		{ "wrong-hash",  CARREL_ERROR_VERIFY, "its SHA-256 is wrong"             },
		{ "wrong-size",  CARREL_ERROR_VERIFY, "its size is wrong"                },
		{ "no-note",     CARREL_ERROR_FAILED, "image.json"                       },
		{ "broken-note", CARREL_ERROR_FAILED, "image.json"                       },
		{ "no-image",    CARREL_ERROR_FAILED, "image"                            },
	};
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_setenv("FAKE", rows[i].fake, TRUE);
		g_assert_null(deliver(gallery, NULL, &error));
		assert_carrel_error(error, rows[i].code, rows[i].words);
		assert_images(f, "");
		g_assert_cmpstr(gallery_find(gallery, "test-image")->path, ==, "");
	}
	g_setenv("FAKE", "ok", TRUE);
	g_autofree char *path = deliver(gallery, NULL, &error);
	g_assert_no_error(error);
	g_assert_nonnull(path);
}

static void test_no_builder(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autofree char *builder = g_build_filename(f->dir, "data", "live", "fake", NULL);
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_unlink(builder), ==, 0);
	g_assert_null(deliver(gallery, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_HOST, builder);
	assert_images(f, "");
}

/* Each step of the pipeline fails in turn; nothing but what is stored already is left. */
static void test_fail_each_step(void)
{
	for (gint i = 0; i < 5; i++) {
		g_autoptr(Fixture) f = fixture_new("ok");
		g_autoptr(Gallery) gallery = gallery_new();
		g_autoptr(GError) error = NULL;
		steps_fail_at(i);
		g_assert_null(deliver(gallery, NULL, &error));
		assert_carrel_error(error, CARREL_ERROR_FAILED, "was told to fail");
		assert_images(f, i < 4 ? "" : STORED);
		g_autofree char *path = deliver(gallery, NULL, &error);
		g_assert_no_error(error);
		g_assert_nonnull(path);
		assert_images(f, STORED);
	}
}

static void tamper(const char *path)
{
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	g_assert_cmpint(truncate(path, 8), ==, 0);
	g_assert_cmpint(chmod(path, 0444), ==, 0);
}

/* The bad file is moved away and said so; who asks again gets a good one. */
static void test_tampered(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) gallery = gallery_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *path = deliver(gallery, NULL, NULL);

	tamper(path);
	g_assert_null(deliver(gallery, NULL, &error));
	g_assert_cmpint(error_exit_status(error), ==, 7);
	g_assert_nonnull(error_hint(error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "Test Image is not what it was");
	assert_images(f, "sha256-*.iso.bad");
	g_assert_cmpstr(gallery_find(gallery, "test-image")->path, ==, "");
	g_autofree char *again = deliver(gallery, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(again, ==, path);
	g_assert_cmpuint(count_starts(f), ==, 2);
}

static void test_tampered_while_down(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autoptr(Gallery) first = gallery_new();
	g_autofree char *path = deliver(first, NULL, NULL);
	g_autoptr(GError) error = NULL;

	tamper(path);
	g_assert_cmpuint(count_starts(f), ==, 1);
	g_autoptr(Gallery) second = gallery_new();
	g_assert_false(gallery_find(second, "test-image")->verified);
	g_assert_null(deliver(second, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "not what it was");
}

/* A store on a small file system; only root can make one. */
static void test_no_space(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autofree char *big = g_strnfill(1024 * 1024, 'b');
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, big, -1);
	g_autofree char *note =
		g_strdup_printf("{\"id\":\"x\",\"version\":\"1\",\"size\":1048576,\"sha256\":\"%s\"}", sum);
	g_autofree char *note_path = g_strconcat(f->ready, ".json", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir_with_parents(f->images, 0700), ==, 0);
	if (mount("tmpfs", f->images, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0700") < 0) {
		g_test_skip("a small file system cannot be mounted");
		return;
	}
	write_file(f->ready, big);
	write_file(note_path, note);
	g_setenv("TEST_IMAGE_ISO", f->ready, TRUE);
	{
		g_autoptr(Gallery) gallery = gallery_new();
		g_assert_null(deliver(gallery, NULL, &error));
	}
	g_autofree char *names = list_dir(f->images);
	g_assert_cmpint(umount(f->images), ==, 0);
	g_assert_cmpstr(names, ==, "");
	g_assert_nonnull(strstr(error_hint(error), "free some space"));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "No space left");
}

static void test_leftovers(void)
{
	g_autoptr(Fixture) f = fixture_new("ok");
	g_autofree char *dead = g_build_filename(f->images, "test-image-12345678.part", "work", NULL);

	g_assert_cmpint(g_mkdir_with_parents(dead, 0700), ==, 0);
	g_autoptr(Gallery) gallery = gallery_new();
	g_assert_nonnull(gallery);
	assert_images(f, "");
}

static void test_step_units(void)
{
	g_assert_true(gallery_step_is_bytes("download"));
	g_assert_true(gallery_step_is_bytes("verify"));
	g_assert_true(gallery_step_is_bytes("store"));
	g_assert_false(gallery_step_is_bytes("unpack"));
	g_assert_false(gallery_step_is_bytes("assemble"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gallery//items", test_items);
	g_test_add_func("/gallery//no-items", test_no_items);
	g_test_add_func("/gallery//broken-feed", test_broken_feed);
	g_test_add_func("/gallery//deliver", test_deliver);
	g_test_add_func("/gallery//after-restart", test_after_restart);
	g_test_add_func("/gallery//new-recipe", test_new_recipe);
	g_test_add_func("/gallery//failures", test_failures);
	g_test_add_func("/gallery//no-builder", test_no_builder);
	g_test_add_func("/gallery//fail-each-step", test_fail_each_step);
	g_test_add_func("/gallery//tampered", test_tampered);
	g_test_add_func("/gallery//tampered-while-down", test_tampered_while_down);
	g_test_add_func("/gallery//no-space", test_no_space);
	g_test_add_func("/gallery//leftovers", test_leftovers);
	g_test_add_func("/gallery//step-units", test_step_units);
	return g_test_run();
}
