/* Conversion by qemu-img, and the images that are not given to it. */
#include "gallery/convert.h"

#include "tests/unit/image-fixture.h"

#define DISK_SIZE (3 * 1024 * 1024)

typedef struct {
	const char *name, *options;
	ImageFormat format;
} Kind;

static const Kind kinds[] = {
	{"vhdx",   "subformat=dynamic",            IMAGE_VHDX },
	{ "vhdx",  "subformat=fixed",              IMAGE_VHDX },
	{ "vpc",   "subformat=dynamic,force_size", IMAGE_VHD  },
	{ "vmdk",  "subformat=monolithicSparse",   IMAGE_VMDK },
	{ "vmdk",  "subformat=streamOptimized",    IMAGE_VMDK },
	{ "vdi",   "static=off",                   IMAGE_VDI  },
	{ "vdi",   "static=on",                    IMAGE_VDI  },
	{ "qcow2", "compat=0.10",                  IMAGE_QCOW2},
};

static gboolean check(const char *path, ImageFormat format, guint64 *size, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	convert_check(path, format, NULL, keep_result, &result);
	wait_until(result);
	return convert_check_finish(result, size, error);
}

typedef struct {
	guint calls;
	guint64 done;
} Seen;

static void on_progress(guint64 done, guint64 total, gpointer data)
{
	Seen *seen = data;

	g_assert_cmpuint(total, ==, 1000);
	g_assert_cmpuint(done, <=, total);
	g_assert_cmpuint(done, >=, seen->done);
	seen->done = done;
	seen->calls++;
}

static gboolean convert(const char *from, ImageFormat format, const char *to, Seen *seen, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	convert_image(from, format, to, seen ? on_progress : NULL, seen, NULL, keep_result, &result);
	wait_until(result);
	return convert_image_finish(result, error);
}

static void test_kinds(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *from = g_build_filename(dir, "image: of=a,kind", NULL);
	g_autofree char *to = g_build_filename(dir, "converted", NULL);
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "raw", disk, DISK_SIZE);
	g_autoptr(GError) error = NULL;

	if (program_missing("qemu-img") || program_missing("prlimit"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		guint64 size;
		Seen seen = { 0 };
		g_assert_cmpint(run_program("qemu-img", "convert", "-f", "raw", "-O", kinds[i].name, "-o",
					    kinds[i].options, raw, from),
				==, 0);
		g_assert_true(check(from, kinds[i].format, &size, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(size, ==, DISK_SIZE);
		g_assert_true(convert(from, kinds[i].format, to, &seen, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(seen.done, ==, 1000);
		g_assert_cmpuint(seen.calls, >, 2);
		check_qcow2(to, raw);
		g_unlink(from);
		g_unlink(to);
	}
}

/* ISO and raw are what they are. */
static void test_plain(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "raw", disk, DISK_SIZE);
	g_autofree char *to = g_build_filename(dir, "converted", NULL);
	g_autoptr(GError) error = NULL;
	guint64 size;

	if (program_missing("qemu-img") || program_missing("prlimit"))
		return;
	g_assert_true(check(raw, IMAGE_RAW, &size, &error));
	g_assert_cmpuint(size, ==, DISK_SIZE);
	g_assert_true(convert(raw, IMAGE_RAW, to, NULL, &error));
	check_qcow2(to, raw);
	g_assert_false(check(raw, IMAGE_ISO, &size, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "should be iso and is raw");
}

static void check_refused(const char *path, ImageFormat format, const char *words)
{
	g_autofree char *to = g_strconcat(path, ".qcow2", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(check(path, format, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, words);
	g_assert_false(convert(path, format, to, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, words);
	g_assert_false(g_file_test(to, G_FILE_TEST_EXISTS));
}

static void test_refused(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *base = g_build_filename(dir, "base", NULL);
	g_autofree char *image = g_build_filename(dir, "image", NULL);

	if (program_missing("qemu-img") || program_missing("prlimit"))
		return;
	/* Backing files of qcow2 and of VMDK; the latter is not in the first bytes, and QEMU says it. */
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "vmdk", base, "8M"), ==, 0);
	g_assert_cmpint(
		run_program("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "vmdk", image), ==,
		0);
	check_refused(image, IMAGE_QCOW2, "needs a backing file");
	g_unlink(image);
	g_assert_cmpint(
		run_program("qemu-img", "create", "-q", "-f", "vmdk", "-b", base, "-F", "vmdk", image), ==,
		0);
	check_refused(image, IMAGE_VMDK, "needs a backing file");
	g_unlink(image);
	/* The description of a disk whose data lies elsewhere. */
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "vmdk", "-o",
				    "subformat=monolithicFlat", image, "8M"),
			==, 0);
	check_refused(image, IMAGE_VMDK, "should be vmdk and is unknown");
	g_unlink(image);
	/* Larger than any disk. */
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "qcow2", image, "17T"), ==, 0);
	check_refused(image, IMAGE_QCOW2, "a size that no disk has");
}

/* QEMU's own complaint. */
static void test_damaged(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	gsize length;

	if (program_missing("qemu-img") || program_missing("prlimit"))
		return;
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "vhdx", image, "8M"), ==, 0);
	g_autofree guint8 *bytes = read_bytes(image, &length);
	g_autofree char *broken = write_bytes(dir, "broken", bytes, 512);
	check_refused(broken, IMAGE_VHDX, "/broken' cannot be read: No");
}

/* Snapshots inside are no other file. */
static void test_snapshots(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autoptr(GError) error = NULL;

	if (program_missing("qemu-img") || program_missing("prlimit"))
		return;
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "qcow2", image, "8M"), ==, 0);
	g_assert_cmpint(run_program("qemu-img", "snapshot", "-c", "first", image), ==, 0);
	g_assert_true(check(image, IMAGE_QCOW2, NULL, &error));
	g_assert_no_error(error);
}

static void test_missing(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "raw", disk, DISK_SIZE);
	g_autofree char *to = g_build_filename(dir, "converted", NULL);
	g_autofree char *none = g_build_filename(dir, "none", NULL);
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autoptr(GError) error = NULL;

	g_assert_false(check(none, IMAGE_QCOW2, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, none);
	g_assert_false(check(dir, IMAGE_QCOW2, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "not a regular file");
	g_setenv("PATH", "/nonexistent", TRUE);
	g_assert_false(convert(raw, IMAGE_RAW, to, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_HOST, "`qemu-img' is missing");
	g_setenv("PATH", path, TRUE);
}

static void test_cancel(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "raw", disk, DISK_SIZE);
	g_autofree char *to = g_build_filename(dir, "converted", NULL);
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	convert_image(raw, IMAGE_RAW, to, NULL, NULL, cancellable, keep_result, &result);
	wait_until(result);
	g_assert_false(convert_image_finish(result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "");
	g_assert_false(g_file_test(to, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/convert/kinds", test_kinds);
	g_test_add_func("/convert/plain", test_plain);
	g_test_add_func("/convert/refused", test_refused);
	g_test_add_func("/convert/damaged", test_damaged);
	g_test_add_func("/convert/snapshots", test_snapshots);
	g_test_add_func("/convert/missing", test_missing);
	g_test_add_func("/convert/cancel", test_cancel);
	return g_test_run();
}
