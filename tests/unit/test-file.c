/* Files that must not be lost: replacement, bounded reading, locks, removal. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tests/unit/support.h"

static void assert_content(const char *path, const char *expected)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, expected);
}

static void test_replace(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;

	g_assert_true(file_replace(path, "one", -1, 0600, &error));
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	g_assert_true(file_replace(path, "two and more", 3, 0600, &error));
	assert_content(path, "two");
	g_assert_true(file_replace(path, "", -1, 0600, &error));
	assert_content(path, "");
	g_autofree char *names = list_dir(dir);
	g_assert_cmpstr(names, ==, "f");
}

static void test_replace_failures(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *nowhere = g_build_filename(dir, "none", "f", NULL);
	g_autofree char *folder = g_build_filename(dir, "folder", NULL);
	g_autofree char *inside = g_build_filename(folder, "x", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(file_replace(nowhere, "x", -1, 0600, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, nowhere);
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	write_file(inside, "x");
	g_assert_false(file_replace(folder, "x", -1, 0600, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, folder);
	g_autofree char *names = list_dir(dir);
	g_assert_cmpstr(names, ==, "folder");
}

static void test_replace_read_only(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autoptr(GError) error = NULL;

	if (geteuid() == 0) {
		g_test_skip("root writes everywhere");
		return;
	}
	write_file(path, "old");
	g_assert_cmpint(chmod(dir, 0500), ==, 0);
	gboolean replaced = file_replace(path, "new", -1, 0600, &error);
	g_assert_cmpint(chmod(dir, 0700), ==, 0);
	g_assert_false(replaced);
	g_assert_cmpstr(error_hint(error), ==, "check its owner and permissions");
	assert_carrel_error(error, CARREL_ERROR_FAILED, path);
	assert_content(path, "old");
}

/* A file system with no space: the old content stays, nothing is left beside it, and the hint says what to do. */
static void test_replace_no_space(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autofree char *much = g_strnfill(1024 * 1024, 'x');
	g_autoptr(GError) error = NULL;

	if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") < 0) {
		g_test_skip("a small file system cannot be mounted");
		return;
	}
	gboolean first = file_replace(path, "old", -1, 0600, NULL);
	gboolean second = file_replace(path, much, -1, 0600, &error);
	g_autofree char *names = list_dir(dir);
	g_autofree char *text = NULL;
	g_file_get_contents(path, &text, NULL, NULL);
	g_assert_cmpint(umount(dir), ==, 0);
	g_assert_true(first && !second);
	g_assert_nonnull(strstr(error_hint(error), "free some space"));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "No space left");
	g_assert_cmpstr(names, ==, "f");
	g_assert_cmpstr(text, ==, "old");
}

static void test_read(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);
	g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
	g_autofree char *missing = g_build_filename(dir, "none", NULL);
	g_autoptr(GError) error = NULL;
	gsize length = 0;

	g_assert_true(g_file_set_contents(path, "ab\0cd", 5, NULL));
	g_autofree char *text = file_read(path, 5, &length, &error);
	g_assert_no_error(error);
	g_assert_cmpmem(text, length + 1, "ab\0cd\0", 6);
	g_assert_null(file_read(path, 4, &length, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "at most 4 bytes");
	g_assert_null(file_read(missing, 100, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, missing);
	/* What would block or never end. */
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_null(file_read(fifo, 100, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "not a regular file");
	g_assert_null(file_read("/dev/zero", 100, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "not a regular file");
	g_assert_null(file_read(dir, 1 << 20, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "not a regular file");
}

static void test_lock(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	g_autofree char *nowhere = g_build_filename(dir, "none", "lock", NULL);
	g_autoptr(GError) error = NULL;
	int holder = -1;

	int fd = file_lock(path, &holder, &error);
	g_assert_no_error(error);
	g_assert_cmpint(holder, ==, 0);
	g_assert_cmpint(file_lock(path, &holder, &error), ==, -1);
	g_assert_cmpint(holder, ==, getpid());
	assert_carrel_error(error, CARREL_ERROR_FAILED, "locked by another process");
	g_assert_cmpint(close(fd), ==, 0);
	fd = file_lock(path, &holder, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
	g_assert_cmpint(close(fd), ==, 0);
	g_assert_cmpint(file_lock(nowhere, &holder, &error), ==, -1);
	assert_carrel_error(error, CARREL_ERROR_FAILED, nowhere);
}

/* A longer pid from before leaves no digits behind ours. */
static void test_lock_rewrites_pid(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	g_autofree char *expected = g_strdup_printf("%d\n", (int)getpid());
	int holder = 0;

	write_file(path, "99999999999999\n");
	autofd fd = file_lock(path, &holder, NULL);
	g_assert_cmpint(fd, >=, 0);
	assert_content(path, expected);
}

static void test_remove_tree(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *tree = g_build_filename(dir, "tree", NULL);
	g_autofree char *deep = g_build_filename(tree, "a", "b", "c", NULL);
	g_autofree char *file = g_build_filename(deep, "f", NULL);
	g_autofree char *outside = g_build_filename(dir, "outside", NULL);
	g_autofree char *kept = g_build_filename(outside, "kept", NULL);
	g_autofree char *link = g_build_filename(tree, "link", NULL);
	g_autofree char *broken = g_build_filename(tree, "broken", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir_with_parents(deep, 0700), ==, 0);
	g_assert_cmpint(g_mkdir_with_parents(outside, 0700), ==, 0);
	write_file(file, "x");
	write_file(kept, "x");
	g_assert_cmpint(chmod(file, 0400), ==, 0);
	g_assert_cmpint(symlink(outside, link), ==, 0);
	g_assert_cmpint(symlink("/nonexistent/x", broken), ==, 0);
	g_assert_true(file_remove_tree(tree, &error));
	g_assert_no_error(error);
	g_assert_false(g_file_test(tree, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
	g_assert_true(file_remove_tree(tree, &error)); /* again: it is not there */
}

/* Folders that their owner may not write to, as packages bring them; root never notices. */
static void test_remove_closed(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *tree = g_build_filename(dir, "tree", NULL);
	g_autofree char *deep = g_build_filename(tree, "a", "b", NULL);
	g_autofree char *file = g_build_filename(deep, "f", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir_with_parents(deep, 0700), ==, 0);
	write_file(file, "x");
	g_assert_cmpint(chmod(deep, 0500), ==, 0);
	g_assert_cmpint(chmod(tree, 0500), ==, 0);
	g_assert_true(file_remove_tree(tree, &error));
	g_assert_no_error(error);
	g_assert_false(g_file_test(tree, G_FILE_TEST_EXISTS));
}

static void test_tail(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "f", NULL);

	g_assert_null(file_tail(path, 10));
	g_assert_null(file_tail(dir, 10));
	write_file(path, "first\nlast words");
	g_autofree char *end = file_tail(path, 10);
	g_assert_cmpstr(end, ==, "last words");
	g_autofree char *all = file_tail(path, 1000);
	g_assert_cmpstr(all, ==, "first\nlast words");
	/* Cut inside a character, and bytes that are none. */
	write_file(path, "\303\274\xff!");
	g_autofree char *repaired = file_tail(path, 3);
	g_assert_true(g_utf8_validate(repaired, -1, NULL));
	g_assert_true(g_str_has_suffix(repaired, "!"));
}

static void test_error_hints(void)
{
	static const int full[] = { ENOSPC, EDQUOT }, denied[] = { EACCES, EPERM, EROFS };
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(full); i++) {
		g_assert_false(file_error(&error, full[i], "write", "/x"));
		g_assert_nonnull(strstr(error_hint(error), "free some space"));
		assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot write `/x': ");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(denied); i++) {
		file_error(&error, denied[i], "write", "/x");
		g_assert_nonnull(strstr(error_hint(error), "permissions"));
		g_clear_error(&error);
	}
	file_error(&error, EIO, "write", "/x");
	g_assert_null(error_hint(error));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file/replace", test_replace);
	g_test_add_func("/file/replace-failures", test_replace_failures);
	g_test_add_func("/file/replace-read-only", test_replace_read_only);
	g_test_add_func("/file/replace-no-space", test_replace_no_space);
	g_test_add_func("/file/read", test_read);
	g_test_add_func("/file/lock", test_lock);
	g_test_add_func("/file/lock-rewrites-pid", test_lock_rewrites_pid);
	g_test_add_func("/file/remove-tree", test_remove_tree);
	g_test_add_func("/file/remove-closed", test_remove_closed);
	g_test_add_func("/file/tail", test_tail);
	g_test_add_func("/file/error-hints", test_error_hints);
	return g_test_run();
}
