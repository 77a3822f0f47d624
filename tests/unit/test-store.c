/* The parts below the gallery: hashing, copying, notes, places to work in, and the store's own rules. */
#include "gallery/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "gallery/copy.h"
#include "gallery/item.h"
#include "tests/unit/support.h"

/* FIPS 180-2, and sha256sum of nothing. */
#define SHA_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char *hash(const char *path, GCancellable *cancellable, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	verify_hash(path, NULL, NULL, cancellable, keep_result, &result);
	wait_until(result);
	return verify_hash_finish(result, error);
}

static void test_hash(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autofree char *missing = g_build_filename(dir, "none", NULL);
	g_autofree char *link = g_build_filename(dir, "link", NULL);
	g_autoptr(GError) error = NULL;

	write_file(path, "abc");
	g_autofree char *abc = hash(path, NULL, &error);
	g_assert_cmpstr(abc, ==, SHA_ABC);
	write_file(path, "");
	g_autofree char *empty = hash(path, NULL, &error);
	g_assert_cmpstr(empty, ==, SHA_EMPTY);
	g_assert_null(hash(missing, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, missing);
	g_assert_null(hash(dir, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "regular file");
	/* The store holds files, and a link could lead out of it. */
	g_assert_cmpint(symlink(path, link), ==, 0);
	g_assert_null(hash(link, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, link);
	g_assert_true(verify_is_sha256(SHA_ABC));
	g_assert_false(verify_is_sha256(""));
	g_assert_false(verify_is_sha256("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
	g_assert_false(verify_is_sha256(SHA_ABC "0"));
}

typedef struct {
	guint64 done, total;
	guint calls;
	gboolean over; /* the result was given */
} Seen;

static void on_progress(guint64 done, guint64 total, gpointer data)
{
	Seen *seen = data;

	g_assert_false(seen->over);
	g_assert_cmpuint(done, >, seen->done);
	g_assert_cmpuint(done, <=, total);
	seen->done = done;
	seen->total = total;
	seen->calls++;
}

static void on_hashed(GObject *source, GAsyncResult *result, gpointer data)
{
	((Seen *)data)->over = TRUE;
	g_autofree char *sha256 = verify_hash_finish(result, NULL);
	g_assert_nonnull(sha256);
}

/* In order, up to the end, and not after it. */
static void test_hash_progress(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	Seen seen = { 0 };

	write_file(path, "");
	g_assert_cmpint(truncate(path, 5 * 1024 * 1024 + 1), ==, 0);
	verify_hash(path, on_progress, &seen, NULL, on_hashed, &seen);
	wait_until(seen.over);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	g_assert_cmpuint(seen.calls, ==, 6);
	g_assert_cmpuint(seen.done, ==, 5 * 1024 * 1024 + 1);
	g_assert_cmpuint(seen.total, ==, seen.done);
}

static void test_hash_cancel(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	/* Sparse, and more than can be hashed before somebody notices. */
	write_file(path, "");
	g_assert_cmpint(truncate(path, G_GINT64_CONSTANT(1) << 40), ==, 0);
	g_cancellable_cancel(cancellable);
	g_assert_null(hash(path, cancellable, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
}

static gboolean copy(const char *from, const char *to, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	copy_file(from, to, NULL, keep_result, &result);
	wait_until(result);
	return copy_file_finish(result, error);
}

static void test_copy(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *from = g_build_filename(dir, "from", NULL);
	g_autofree char *to = g_build_filename(dir, "to", NULL);
	g_autofree char *big = g_strnfill(9 * 1000 * 1000, 'z');
	g_autofree char *got = NULL;
	g_autoptr(GError) error = NULL;

	write_file(from, big);
	g_assert_true(copy(from, to, &error));
	g_assert_true(g_file_get_contents(to, &got, NULL, NULL));
	g_assert_cmpstr(got, ==, big);
	g_assert_false(copy(from, to, &error)); /* never over something */
	assert_carrel_error(error, CARREL_ERROR_FAILED, to);
	g_assert_false(copy("/nonexistent/x", to, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "/nonexistent/x");
	g_assert_false(copy(dir, to, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "regular file");
}

static void test_note(void)
{
	static const char good[] = "{\"id\":\"x\",\"version\":\"6.1\",\"sha256\":\"" SHA_ABC "\",\"size\":3,"
				   "\"built\":\"2026-11-22T20:58:00Z\",\"packages\":[{\"name\":\"a\"}]}";
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"id\":\"x\",\"version\":\"1\",\"sha256\":\"" SHA_ABC "\"}",
		"{\"id\":\"x\",\"version\":\"1\",\"sha256\":\"../../x\",\"size\":3}",
		"{\"id\":\"x\",\"version\":\"1\",\"sha256\":\"" SHA_ABC "\",\"size\":0}",
		"{\"id\":\"x\",\"version\":\"1\",\"sha256\":\"" SHA_ABC "\",\"size\":-3}",
		"{\"id\":5,\"version\":\"1\",\"sha256\":\"" SHA_ABC "\",\"size\":3}",
	};
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "note", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(ImageNote) note = note_parse(good, strlen(good), "n", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(note->version, ==, "6.1");
	g_assert_cmpuint(note->size, ==, 3);
	g_assert_cmpint(note->built, ==, 1795381080);
	note->stamp = (FileStamp){ 1, 3, G_MAXINT64, -5 };
	g_assert_true(note_save(note, path, &error));
	g_autoptr(ImageNote) back = note_load(path, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(back->id, ==, "x");
	g_assert_cmpstr(back->sha256, ==, SHA_ABC);
	g_assert_cmpint(back->built, ==, note->built);
	g_assert_true(stamp_equal(&back->stamp, &note->stamp));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (note_parse(bad[i], strlen(bad[i]), "the-note", &error))
			g_error("this was taken for a note: %s", bad[i]);
		assert_carrel_error(error, CARREL_ERROR_FAILED, "the-note: ");
	}
}

static void test_stamp(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	FileStamp before, after;

	g_assert_false(stamp_get(path, &before));
	g_assert_false(stamp_get(dir, &before));
	write_file(path, "abc");
	g_assert_true(stamp_get(path, &before));
	g_assert_true(stamp_get(path, &after));
	g_assert_true(stamp_equal(&before, &after));
	write_file(path, "abd"); /* another inode */
	g_assert_true(stamp_get(path, &after));
	g_assert_false(stamp_equal(&before, &after));
}

/* Leftovers of the dead go, those of the living stay, and other things are not touched. */
static void test_parts(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *dead = g_build_filename(dir, "x-00000001.part", NULL);
	g_autofree char *dead_file = g_build_filename(dead, "work", NULL);
	g_autofree char *other = g_build_filename(dir, "x.json", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Part) alive = part_new(dir, "x", &error);
	g_autoptr(Part) second = part_new(dir, "x", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(alive->dir, !=, second->dir);
	g_assert_true(g_str_has_prefix(alive->image, alive->dir));
	write_file(alive->image, "half");
	g_assert_cmpint(g_mkdir_with_parents(dead_file, 0700), ==, 0);
	write_file(other, "{}");
	part_remove_dead(dir);
	g_assert_false(g_file_test(dead, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(alive->image, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
	fd_clear(&alive->lock); /* it dies */
	part_remove_dead(dir);
	g_assert_false(g_file_test(alive->dir, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(second->dir, G_FILE_TEST_EXISTS));
	g_assert_null(part_new("/nonexistent", "x", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "/nonexistent");
}

static GalleryItem *item_x(void)
{
	GalleryItem *item = item_new();

	item_set_text(&item->id, "x");
	item_set_text(&item->name, "X");
	item_set_text(&item->recipe, "1");
	return item;
}

/* Puts "abc" into the store as item x. */
static char *import_abc(Store *store, GalleryItem *item)
{
	ImageNote note = { .id = (char *)"other",
			   .version = (char *)"6.1",
			   .sha256 = (char *)SHA_ABC,
			   .size = 3,
			   .built = 7 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(Part) part = store_make_part(store, "x", &error);
	g_autoptr(GAsyncResult) removed = NULL;

	g_assert_no_error(error);
	write_file(part->image, "abc");
	store_import(store, item, part->image, &note, keep_result, &result);
	wait_until(result);
	char *path = store_import_finish(store, result, &error);
	g_assert_no_error(error);
	part_remove(part, keep_result, &removed);
	wait_until(removed);
	return path;
}

static void test_import(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *images = g_build_filename(dir, "images", NULL);
	g_autoptr(Store) store = store_open(images);
	g_autoptr(GalleryItem) item = item_x();
	struct stat st;

	store_look(store, item);
	g_assert_cmpstr(item->path, ==, "");
	g_autofree char *path = import_abc(store, item);
	g_autofree char *names = list_dir(images);
	g_assert_cmpstr(names, ==, "sha256-" SHA_ABC ".iso x.json");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0444);
	store_look(store, item);
	g_assert_cmpstr(item->path, ==, path);
	g_assert_cmpstr(item->sha256, ==, SHA_ABC);
	g_assert_cmpstr(item->version, ==, "6.1");
	g_assert_cmpuint(item->size, ==, 3);
	g_assert_cmpint(item->updated, ==, 7);
	g_assert_true(item->verified);
	/* A later process sees the same. */
	g_autoptr(Store) later = store_open(images);
	g_autoptr(GalleryItem) again = item_x();
	store_look(later, again);
	g_assert_cmpstr(again->path, ==, path);
	g_assert_true(again->verified);
	/* Another recipe does not take it, and another kind has another name. */
	item_set_text(&again->recipe, "2");
	store_look(later, again);
	g_assert_cmpstr(again->path, ==, "");
	g_assert_cmpstr(again->version, ==, "2");
	g_assert_false(again->verified);
	g_autoptr(GalleryItem) disk = item_x();
	disk->kind = GALLERY_DISK;
	store_look(later, disk);
	g_assert_cmpstr(disk->path, ==, "");
	g_autofree char *disk_path = import_abc(later, disk);
	g_assert_true(g_str_has_suffix(disk_path, "/sha256-" SHA_ABC ".qcow2"));
}

/* The kernel's clock for ctime moves in steps of some milliseconds: waits until it is past that of @path. */
static void wait_for_tick(const char *path)
{
	g_autofree char *probe = g_strconcat(path, ".probe", NULL);
	FileStamp then, now = { 0 };

	g_assert_true(stamp_get(path, &then));
	do {
		write_file(probe, "");
		g_assert_true(stamp_get(probe, &now));
	} while (now.ctime_ns <= then.ctime_ns);
	g_assert_cmpint(g_unlink(probe), ==, 0);
}

static char *check(Store *store, const GalleryItem *item, Seen *seen, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	*seen = (Seen){ 0 };
	store_check(store, item, on_progress, seen, NULL, keep_result, &result);
	wait_until(result);
	return store_check_finish(store, result, error);
}

/* One hash in the life of a process, unless the file was touched. */
static void test_check(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(Store) first = store_open(dir);
	g_autoptr(GalleryItem) item = item_x();
	g_autofree char *path = import_abc(first, item);
	g_autoptr(GError) error = NULL;
	Seen seen;

	store_look(first, item);
	g_autofree char *fresh = check(first, item, &seen, &error);
	g_assert_cmpstr(fresh, ==, path);
	g_assert_cmpuint(seen.calls, ==, 0);
	g_autoptr(Store) second = store_open(dir);
	g_autofree char *hashed = check(second, item, &seen, &error);
	g_assert_cmpstr(hashed, ==, path);
	g_assert_cmpuint(seen.calls, ==, 1);
	g_autofree char *known = check(second, item, &seen, &error);
	g_assert_cmpstr(known, ==, path);
	g_assert_cmpuint(seen.calls, ==, 0);
	/* Touched, and right all the same: hashed again. */
	wait_for_tick(path);
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	store_look(second, item);
	g_assert_false(item->verified);
	g_autofree char *touched = check(second, item, &seen, &error);
	g_assert_cmpstr(touched, ==, path);
	g_assert_no_error(error);
	g_assert_cmpuint(seen.calls, ==, 1);
	store_look(second, item);
	g_assert_true(item->verified);
}

/* Somebody who changes bytes and then sets the times back is found, and the bad file is out of the way. */
static void test_tampered(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(Store) store = store_open(dir);
	g_autoptr(GalleryItem) item = item_x();
	g_autofree char *path = import_abc(store, item);
	g_autoptr(GError) error = NULL;
	struct stat st;
	Seen seen;

	g_assert_cmpint(stat(path, &st), ==, 0);
	wait_for_tick(path);
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	autofd fd = open(path, O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(pwrite(fd, "X", 1, 1), ==, 1);
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	g_assert_cmpint(futimens(fd, times), ==, 0);
	g_assert_cmpint(fchmod(fd, 0444), ==, 0);
	store_look(store, item);
	g_assert_cmpstr(item->path, ==, path);
	g_assert_false(item->verified);
	g_assert_null(check(store, item, &seen, &error));
	g_assert_cmpint(error_exit_status(error), ==, 7);
	g_assert_nonnull(strstr(error_hint(error), ".bad"));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "its SHA-256 is wrong");
	g_autofree char *names = list_dir(dir);
	g_assert_cmpstr(names, ==, "sha256-" SHA_ABC ".iso.bad");
	store_look(store, item);
	g_assert_cmpstr(item->path, ==, "");
}

/* Notes that are broken, lie about what they belong to, or whose file is gone. */
static void test_bad_notes(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(Store) store = store_open(dir);
	g_autoptr(GalleryItem) item = item_x();
	g_autofree char *path = import_abc(store, item);
	g_autofree char *note = g_build_filename(dir, "x.json", NULL);

	write_file(note, "{");
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*x.json*");
	store_look(store, item);
	g_test_assert_expected_messages();
	g_assert_cmpstr(item->path, ==, "");
	write_file(note,
		   "{\"id\":\"y\",\"recipe\":\"1\",\"version\":\"1\",\"size\":3,\"sha256\":\"" SHA_ABC "\"}");
	store_look(store, item);
	g_assert_cmpstr(item->path, ==, "");
	write_file(note, "{\"id\":\"x\",\"recipe\":\"1\",\"version\":\"1\",\"size\":3,\"sha256\":\"" SHA_EMPTY
			 "\"}");
	store_look(store, item);
	g_assert_cmpstr(item->path, ==, "");
	/* The right one, without a stamp: there, but not verified yet. */
	write_file(note,
		   "{\"id\":\"x\",\"recipe\":\"1\",\"version\":\"1\",\"size\":3,\"sha256\":\"" SHA_ABC "\"}");
	g_autoptr(Store) later = store_open(dir);
	store_look(later, item);
	g_assert_cmpstr(item->path, ==, path);
	g_assert_false(item->verified);
}

static void test_no_place(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	g_autofree char *images = g_build_filename(file, "images", NULL);
	g_autoptr(GError) error = NULL;

	write_file(file, "");
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*images*");
	g_autoptr(Store) store = store_open(images);
	g_test_assert_expected_messages();
	g_assert_null(store_make_part(store, "x", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, images);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/hash", test_hash);
	g_test_add_func("/store/hash-progress", test_hash_progress);
	g_test_add_func("/store/hash-cancel", test_hash_cancel);
	g_test_add_func("/store/copy", test_copy);
	g_test_add_func("/store/note", test_note);
	g_test_add_func("/store/stamp", test_stamp);
	g_test_add_func("/store/parts", test_parts);
	g_test_add_func("/store/import", test_import);
	g_test_add_func("/store/check", test_check);
	g_test_add_func("/store/tampered", test_tampered);
	g_test_add_func("/store/bad-notes", test_bad_notes);
	g_test_add_func("/store/no-place", test_no_place);
	return g_test_run();
}
