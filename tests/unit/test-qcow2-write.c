/* The qcow2 writer, judged by qemu-img: disks of many shapes, written in pieces of many sizes. */
#include "gallery/qcow2-write.h"

#include <fcntl.h>

#include "base/fd.h"
#include "tests/unit/image-fixture.h"

#define KIB G_GUINT64_CONSTANT(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static guint64 virtual_size(const char *image)
{
	g_autofree char *out = NULL;
	const char *at;

	g_assert_cmpint(run_words((const char *[]){ "qemu-img", "info", "--output=json", image, NULL }, &out),
			==, 0);
	at = strstr(out, "\"virtual-size\": ");
	g_assert_nonnull(at);
	return g_ascii_strtoull(at + strlen("\"virtual-size\": "), NULL, 10);
}

/* Pieces from one byte to more than all the writer's buffers. */
static void write_in_pieces(Qcow2Writer *writer, const guint8 *bytes, gsize length, guint32 seed)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	g_autoptr(GError) error = NULL;

	for (gsize at = 0; at < length;) {
		gsize most = (gsize)1 << g_rand_int_range(random, 0, 22);
		gsize wish = 1 + (gsize)(g_rand_double(random) * most);
		gsize part = MIN(length - at, wish);
		qcow2_writer_write(writer, at, bytes + at, part, &error);
		g_assert_no_error(error);
		at += part;
	}
}

static void check_disk(gsize size, guint32 seed)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autofree guint8 *disk = make_disk(MAX(size, 8192));
	g_autofree char *raw = write_bytes(dir, "raw", disk, size);
	g_autoptr(GError) error = NULL;
	OutputShare share = { 0 };
	autofd fd = make_file(image);
	Output output = { fd, image, &share };
	g_autoptr(Qcow2Writer) writer = qcow2_writer_new(&output);
	guint64 file_size;
	struct stat st;

	write_in_pieces(writer, disk, size, seed);
	qcow2_writer_finish(writer, size, &file_size, &error);
	g_assert_no_error(error);
	check_qcow2(image, raw);
	g_assert_cmpuint(virtual_size(image), ==, (size + 511) / 512 * 512);
	g_assert_cmpint(fstat(fd, &st), ==, 0);
	g_assert_cmpuint(file_size, ==, (guint64)st.st_size);
}

static void test_sizes(void)
{
	static const gsize sizes[] = { 512, 513, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 9999999 };

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (guint32 seed = 0; seed < 3; seed++)
			check_disk(sizes[i], seed);
}

/* A little data in a large disk: at table borders, and at its very end. */
static void check_holes(guint64 size)
{
	const guint64 places[] = { 0,         64 * KIB - 1,     512 * MIB - 5, 512 * MIB, 512 * MIB + 1,
				   GIB + 100, size / 2 + 12345, size - 4096 };
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autofree char *raw = g_build_filename(dir, "raw", NULL);
	g_autoptr(GError) error = NULL;
	OutputShare share = { 0 };
	autofd fd = make_file(image);
	autofd raw_fd = make_file(raw);
	Output output = { fd, image, &share };
	g_autoptr(Qcow2Writer) writer = qcow2_writer_new(&output);
	guint64 file_size, end = 0;

	g_assert_cmpint(ftruncate(raw_fd, (off_t)size), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		guint8 bytes[300];
		guint64 at = MAX(places[i], end);
		fill_noise(bytes, sizeof(bytes), (guint32)i);
		g_assert_cmpint(pwrite(raw_fd, bytes, sizeof(bytes), (off_t)at), ==, sizeof(bytes));
		qcow2_writer_write(writer, at, bytes, sizeof(bytes), &error);
		g_assert_no_error(error);
		end = at + sizeof(bytes);
	}
	qcow2_writer_finish(writer, size, &file_size, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(file_size, <, 4 * MIB);
	check_qcow2(image, raw);
	g_assert_cmpuint(virtual_size(image), ==, size);
}

static void test_holes(void)
{
	if (program_missing("qemu-img"))
		return;
	check_holes(3 * GIB);
	check_holes(5 * GIB + 512);
}

/* The largest disk: only its ends can be compared in time. */
static void test_largest(void)
{
	guint64 size = 16 * 1024 * GIB;
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autoptr(GError) error = NULL;
	OutputShare share = { 0 };
	autofd fd = make_file(image);
	Output output = { fd, image, &share };
	g_autoptr(Qcow2Writer) writer = qcow2_writer_new(&output);
	guint64 file_size;

	if (program_missing("qemu-img"))
		return;
	g_assert_true(qcow2_writer_write(writer, 0, (const guint8 *)"first", 5, &error));
	g_assert_true(qcow2_writer_write(writer, size - 4, (const guint8 *)"last", 4, &error));
	qcow2_writer_finish(writer, size, &file_size, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(virtual_size(image), ==, size);
	g_assert_cmpint(run_program("qemu-img", "check", "-q", "-f", "qcow2", image), ==, 0);
	g_autofree char *part = g_build_filename(dir, "part", NULL);
	g_autofree char *from = g_strdup_printf("if=%s", image);
	g_autofree char *to = g_strdup_printf("of=%s", part);
	g_autofree char *skip = g_strdup_printf("skip=%" G_GUINT64_FORMAT, size / MIB - 1);
	g_assert_cmpint(run_program("qemu-img", "dd", "-f", "qcow2", "-O", "raw", "bs=1M", from, to, skip),
			==, 0);
	gsize length;
	g_autofree guint8 *bytes = read_bytes(part, &length);
	g_assert_cmpuint(length, ==, MIB);
	g_assert_cmpmem(bytes + MIB - 4, 4, "last", 4);
}

/* More clusters than one block of counts has. */
static void test_many_clusters(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autofree guint8 *bytes = g_malloc0(64 * KIB);
	g_autoptr(GError) error = NULL;
	OutputShare share = { 0 };
	autofd fd = make_file(image);
	Output output = { fd, image, &share };
	g_autoptr(Qcow2Writer) writer = qcow2_writer_new(&output);
	guint64 count = 33000, file_size;

	if (program_missing("qemu-img") || !g_getenv("CARREL_SLOW")) {
		g_test_skip("slow: writes 2 GiB");
		return;
	}
	for (guint64 i = 0; i < count; i++) {
		memcpy(bytes + 100, &i, sizeof(i));
		bytes[0] = 1;
		g_assert_true(qcow2_writer_write(writer, i * 64 * KIB, bytes, 64 * KIB, &error));
	}
	qcow2_writer_finish(writer, count * 64 * KIB, &file_size, &error);
	g_assert_no_error(error);
	g_assert_cmpint(run_program("qemu-img", "check", "-q", "-f", "qcow2", image), ==, 0);
}

/* What was not finished is no image, and what has no room is an error that says what to do. */
static void test_unfinished(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autofree guint8 *disk = make_disk(4 * MIB);
	g_autoptr(GError) error = NULL;
	OutputShare share = { .limit = 2 * MIB };
	autofd fd = make_file(image);
	Output output = { fd, image, &share };
	g_autoptr(Qcow2Writer) writer = qcow2_writer_new(&output);

	for (guint64 at = 0; !error; at += 4 * MIB)
		qcow2_writer_write(writer, at, disk, 4 * MIB, &error);
	g_assert_nonnull(error_hint(error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "No space left");
	char magic[4] = "none";
	g_assert_cmpint(pread(fd, magic, sizeof(magic), 0), ==, sizeof(magic));
	g_assert_cmpmem(magic, 4, "\0\0\0\0", 4);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qcow2-write/sizes", test_sizes);
	g_test_add_func("/qcow2-write/holes", test_holes);
	g_test_add_func("/qcow2-write/largest", test_largest);
	g_test_add_func("/qcow2-write/many-clusters", test_many_clusters);
	g_test_add_func("/qcow2-write/unfinished", test_unfinished);
	return g_test_run();
}
