/* Disk images, by the real qemu-img. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "hv-util.h"
#include "hv/disk.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

typedef struct {
	char *dir;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer name)
{
	g_autofree char *top = g_dir_make_tmp("carrel-disk-XXXXXX", NULL);

	/* Names that a careless caller of qemu-img would stumble over. */
	fixture->dir = g_build_filename(top, name, NULL);
	g_assert_cmpint(g_mkdir_with_parents(fixture->dir, 0700), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer name)
{
	g_autofree char *top = g_path_get_dirname(fixture->dir);

	g_assert_true(file_remove_tree(top, NULL));
	g_free(fixture->dir);
}

static gboolean create(const char *path, guint64 size, const char *backing, GError **error)
{
	Caught caught = { NULL };

	disk_create(path, size, backing, backing ? "qcow2" : NULL, NULL, test_catch, &caught);
	gboolean made = disk_finish(test_await(&caught), error);
	test_forget(&caught);
	return made;
}

static DiskInfo *info(const char *path, const char *format, GError **error)
{
	Caught caught = { NULL };

	disk_info(path, format, NULL, test_catch, &caught);
	DiskInfo *found = disk_info_finish(test_await(&caught), error);
	test_forget(&caught);
	return found;
}

static void test_life(Fixture *fixture, gconstpointer name)
{
	g_autofree char *base = g_build_filename(fixture->dir, "base.qcow2", NULL);
	g_autofree char *overlay = g_build_filename(fixture->dir, "over,lay.qcow2", NULL);
	g_autofree char *grown = g_build_filename(fixture->dir, "grown.qcow2", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(create(base, 10 * MIB, NULL, &error));
	g_autoptr(DiskInfo) plain = info(base, "qcow2", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(plain->format, ==, "qcow2");
	g_assert_cmpuint(plain->size, ==, 10 * MIB);
	g_assert_cmpuint(plain->used, <, MIB);
	g_assert_null(plain->backing);

	g_assert_true(create(overlay, 0, base, &error));
	g_autoptr(DiskInfo) top = info(overlay, "qcow2", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(top->size, ==, 10 * MIB);
	g_assert_true(g_str_has_suffix(top->backing, "base.qcow2"));

	g_assert_true(create(grown, 20 * MIB, base, &error));
	g_autoptr(DiskInfo) more = info(grown, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(more->size, ==, 20 * MIB);
}

static void test_exists(Fixture *fixture, gconstpointer name)
{
	g_autofree char *path = g_build_filename(fixture->dir, "disk.qcow2", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
	g_assert_false(create(path, MIB, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_EXISTS);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "precious");
}

/* A failure leaves nothing. */
static void test_fails(Fixture *fixture, gconstpointer name)
{
	g_autofree char *path = g_build_filename(fixture->dir, "disk.qcow2", NULL);
	g_autofree char *missing = g_build_filename(fixture->dir, "missing.qcow2", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(create(path, 0, missing, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "missing.qcow2"));
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_clear_error(&error);
	g_assert_null(info(missing, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
}

/* Cancelled before qemu-img had a chance: nothing is left either. */
static void test_cancelled(Fixture *fixture, gconstpointer name)
{
	g_autofree char *path = g_build_filename(fixture->dir, "disk.qcow2", NULL);
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	g_cancellable_cancel(cancellable);
	disk_create(path, MIB, NULL, NULL, cancellable, test_catch, &caught);
	g_assert_false(disk_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	test_forget(&caught);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* NVRAM: a raw template becomes a qcow2 of the same size. */
static void test_convert(Fixture *fixture, gconstpointer name)
{
	g_autofree char *from = g_build_filename(fixture->dir, "vars.fd", NULL);
	g_autofree char *to = g_build_filename(fixture->dir, "nvram.qcow2", NULL);
	g_autofree char *content = g_strnfill(540672, 'v');
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	g_assert_true(g_file_set_contents(from, content, -1, NULL));
	disk_convert(from, "raw", to, NULL, test_catch, &caught);
	g_assert_true(disk_finish(test_await(&caught), &error));
	test_forget(&caught);
	g_autoptr(DiskInfo) made = info(to, "qcow2", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(made->size, ==, 540672);
}

/* A raw disk whose guest wrote a qcow2 header into it stays raw when the format is said. */
static void test_no_guess(Fixture *fixture, gconstpointer name)
{
	g_autofree char *path = g_build_filename(fixture->dir, "disk.raw", NULL);
	g_autofree char *content = g_malloc0(64 * 1024);
	g_autoptr(GError) error = NULL;

	memcpy(content, "QFI\373\0\0\0\3", 8);
	g_assert_true(g_file_set_contents(path, content, 64 * 1024, NULL));
	g_autoptr(DiskInfo) found = info(path, "raw", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(found->format, ==, "raw");
	g_assert_cmpuint(found->size, ==, 64 * 1024);
}

int main(int argc, char **argv)
{
	g_autofree char *program = g_find_program_in_path("qemu-img");

	g_test_init(&argc, &argv, NULL);
	if (!program)
		return 77; /* skipped */
#define ADD(path, name, function) g_test_add(path, Fixture, name, set_up, function, tear_down)
	ADD("/disk/life", "plain", test_life);
	ADD("/disk/life-odd", "a:b, \"c\" caf\303\251", test_life);
	ADD("/disk/exists", "plain", test_exists);
	ADD("/disk/fails", "plain", test_fails);
	ADD("/disk/cancelled", "plain", test_cancelled);
	ADD("/disk/convert", "plain", test_convert);
	ADD("/disk/convert-odd", "json:{}", test_convert);
	ADD("/disk/no-guess", "plain", test_no_guess);
	return g_test_run();
}
