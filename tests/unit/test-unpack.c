/* Unpacking in one pass: every compression, pieces of every size, begun anew and gone on with at many places. */
#include <sched.h>
#include <sys/mount.h>

#include "gallery/digest.h"
#include "tests/unit/unpack-fixture.h"

/* No multiple of anything. */
#define DISK_SIZE 1500300

static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ,
			       ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2 };

static char *digest_of(GChecksumType type, const GByteArray *bytes)
{
	g_autofree char *hex = g_compute_checksum_for_data(type, bytes->data, bytes->len);

	return g_strdup_printf("%s:%s", digest_name(type), hex);
}

static void test_compressions(void)
{
	static const gsize pieces[] = { 100, 16384, 1000000 };
	g_autofree guint8 *disk = make_disk(DISK_SIZE);

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(filters) * G_N_ELEMENTS(pieces); i++) {
		g_auto(UnpackRun) run;
		g_autoptr(GByteArray) packed = compress(filters[i % G_N_ELEMENTS(filters)], disk, DISK_SIZE);
		g_autoptr(GError) error = NULL;
		run_init(&run);
		run.request.digest = i % 2 ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
		g_autofree char *digest = digest_of(run.request.digest, packed);
		g_autoptr(UnpackResult) result =
			run_all(&run, packed->data, packed->len, pieces[i / G_N_ELEMENTS(filters)], &error);
		g_assert_no_error(error);
		g_assert_cmpstr(result->digest, ==, digest);
		g_assert_cmpuint(result->download, ==, packed->len);
		g_assert_cmpint(result->found, ==, IMAGE_RAW);
		g_assert_cmpstr(result->member, ==, "");
		check_disk_result(&run, result, disk, DISK_SIZE);
		/* The download is kept as it came. */
		g_autofree char *kept = sha256_of(run.download);
		g_autofree char *came =
			g_compute_checksum_for_data(G_CHECKSUM_SHA256, packed->data, packed->len);
		g_assert_cmpstr(kept, ==, came);
	}
}

/* --- images that stay as they are ----------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *options;
	ImageFormat format;
} kinds[] = {
	{"qcow2", "compat=1.1",                 IMAGE_QCOW2},
        { "vhdx", "subformat=dynamic",          IMAGE_VHDX },
	{ "vpc",  "subformat=dynamic",          IMAGE_VHD  },
        { "vmdk", "subformat=monolithicSparse", IMAGE_VMDK },
	{ "vdi",  "static=off",                 IMAGE_VDI  },
};

static guint8 *make_image(const char *format, const char *options, gsize *length)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "raw", disk, DISK_SIZE);
	g_autofree char *image = g_build_filename(dir, "image", NULL);

	g_assert_cmpint(
		run_program("qemu-img", "convert", "-f", "raw", "-O", format, "-o", options, raw, image), ==,
		0);
	return read_bytes(image, length);
}

/* The file has these bytes, and the result says so. */
static void check_same(const UnpackRun *run, const UnpackResult *result, const guint8 *bytes, gsize length)
{
	gsize written_length;
	g_autofree guint8 *written = read_bytes(run->image, &written_length);
	g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, length);

	g_assert_cmpuint(written_length, ==, length);
	g_assert_cmpint(memcmp(written, bytes, length), ==, 0);
	g_assert_cmpstr(result->sha256, ==, sha256);
	g_assert_cmpuint(result->size, ==, length);
	g_assert_cmpint(result->format, ==, result->found);
}

static void test_bare(void)
{
	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(kinds); i++) {
		gsize kind = i / 2, length;
		g_autofree guint8 *bytes = make_image(kinds[kind].name, kinds[kind].options, &length);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		run.request.digest = i % 2 ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
		g_autoptr(UnpackResult) result = run_all(&run, bytes, length, 50000, &error);
		g_assert_no_error(error);
		g_assert_cmpint(result->found, ==, kinds[kind].format);
		check_same(&run, result, bytes, length);
		/* There was never a second file. */
		g_assert_false(g_file_test(run.download, G_FILE_TEST_EXISTS));
	}
}

static void test_packed(void)
{
	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		gsize length;
		g_autofree guint8 *bytes = make_image(kinds[i].name, kinds[i].options, &length);
		g_autoptr(GByteArray) packed = compress(filters[1 + i % 4], bytes, length);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		g_autoptr(UnpackResult) result = run_all(&run, packed->data, packed->len, 50000, &error);
		g_assert_no_error(error);
		g_assert_cmpint(result->found, ==, kinds[i].format);
		check_same(&run, result, bytes, length);
	}
}

/* Zeroes of an ISO take no room, and are part of its checksum. */
static void test_iso_with_holes(void)
{
	gsize length = 20 * 1024 * 1024 + 2048;
	g_autofree guint8 *iso = g_malloc0(length);
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	memcpy(iso + 32769, "CD001", 5);
	fill_noise(iso + 100000, 500000, 3);
	g_autoptr(GByteArray) packed = compress(ARCHIVE_FILTER_GZIP, iso, length);
	run_init(&run);
	g_autoptr(UnpackResult) result = run_all(&run, packed->data, packed->len, 50000, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result->found, ==, IMAGE_ISO);
	g_assert_cmpuint(result->virtual_size, ==, length);
	check_same(&run, result, iso, length);
	g_assert_cmpuint(blocks_of(run.image), <, 2 * 1024 * 1024);
}

/* A VHD of fixed size is a raw disk with a footer, which is told only at its end. */
static void test_fixed_vhd(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	gsize length;

	if (program_missing("qemu-img"))
		return;
	g_autofree guint8 *bytes = make_image("vpc", "subformat=fixed,force_size", &length);
	for (gsize i = 0; i < 3; i++) {
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		g_autoptr(UnpackResult) result =
			run_all(&run, bytes, length, i == 0 ? 100 : 100000 * i, &error);
		g_assert_no_error(error);
		g_assert_cmpint(result->found, ==, IMAGE_VHD);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

/* --- cuts ----------------------------------------------------------------------------------------------------------------- */

static void test_restart(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < 20; i++) {
		g_autoptr(GByteArray) packed = compress(filters[i % G_N_ELEMENTS(filters)], disk, DISK_SIZE);
		g_autofree char *digest = digest_of(G_CHECKSUM_SHA256, packed);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		run_start(&run, 0);
		/* Other bytes of the same kind, and then those that count. */
		run_push(&run, packed->data, packed->len * i / 20, 30000);
		if (i % 3 == 0)
			poll_until(unpack_done(run.unpack) == packed->len * i / 20);
		unpack_restart(run.unpack);
		if (i % 2) {
			run_push(&run, packed->data, 1000, 100);
			unpack_restart(run.unpack);
			unpack_restart(run.unpack);
		}
		run_push(&run, packed->data, packed->len, 30000);
		unpack_end(run.unpack, TRUE);
		g_autoptr(UnpackResult) result = run_finish(&run, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(result->digest, ==, digest);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

/* What was a qcow2 image is a raw disk when it begins anew. */
static void test_restart_with_another(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	gsize length;
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	if (program_missing("qemu-img"))
		return;
	g_autofree guint8 *image = make_image("qcow2", "compat=1.1", &length);
	run_init(&run);
	run_start(&run, 0);
	run_push(&run, image, length, 30000);
	unpack_restart(run.unpack);
	run_push(&run, disk, DISK_SIZE, 30000);
	unpack_restart(run.unpack);
	run_push(&run, image, length, 30000);
	unpack_end(run.unpack, TRUE);
	g_autoptr(UnpackResult) result = run_finish(&run, &error);
	g_assert_no_error(error);
	check_same(&run, result, image, length);
	g_autofree char *left = list_dir(run.dir);
	g_assert_cmpstr(left, ==, "image");
}

static void test_resume(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < 20; i++) {
		g_autoptr(GByteArray) packed = compress(filters[i % G_N_ELEMENTS(filters)], disk, DISK_SIZE);
		g_autofree char *digest = digest_of(G_CHECKSUM_SHA256, packed);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		gsize done = 0;
		run_init(&run);
		/* Three times it is stopped, at once. */
		for (gsize k = 1; k <= 3; k++) {
			gsize next = packed->len * (i + 1) * k / (20 * 3 + k);
			run_start(&run, done);
			run_push(&run, packed->data + done, next - done, 50000);
			unpack_end(run.unpack, FALSE);
			g_assert_null(run_finish(&run, &error));
			assert_carrel_error(error, CARREL_ERROR_CANCELLED, "stopped");
			struct stat st;
			g_assert_cmpint(stat(run.download, &st), ==, 0);
			g_assert_cmpuint((guint64)st.st_size, ==, next);
			g_assert_false(g_file_test(run.image, G_FILE_TEST_EXISTS));
			done = next;
		}
		/* What is behind the place where it goes on is not used. */
		done -= MIN(done, i * 100);
		run_start(&run, done);
		run_push(&run, packed->data + done, packed->len - done, 50000);
		unpack_end(run.unpack, TRUE);
		g_autoptr(UnpackResult) result = run_finish(&run, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(result->digest, ==, digest);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

static void test_resume_of_nothing(void)
{
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	run_init(&run);
	run_start(&run, 1000);
	g_assert_null(run_finish(&run, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "shorter");
}

static void test_cancel(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 2; i++) {
		run_init(&run);
		run.cancellable = g_cancellable_new();
		if (i == 0)
			g_cancellable_cancel(run.cancellable);
		run_start(&run, 0);
		run_push(&run, disk, DISK_SIZE / 2, 10000);
		g_cancellable_cancel(run.cancellable);
		g_assert_null(run_finish(&run, &error));
		assert_carrel_error(error, CARREL_ERROR_CANCELLED, "stopped");
		g_assert_false(g_file_test(run.image, G_FILE_TEST_EXISTS));
		if (i == 0)
			run_clear(&run);
	}
}

/* --- what cannot be ------------------------------------------------------------------------------------------------------- */

static void test_cut_short(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);

	for (gsize i = 1; i < G_N_ELEMENTS(filters); i++) {
		g_autoptr(GByteArray) packed = compress(filters[i], disk, DISK_SIZE);
		check_refused(packed->data, packed->len - 1, NULL, "damaged or cut short");
		for (gsize k = 1; k < 10; k++)
			check_refused(packed->data, packed->len * k / 10, NULL, "damaged or cut short");
	}
}

/* As `cat' puts them together, and filled up with zeroes as on a tape. */
static void test_gzip_members(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	static const guint8 zeroes[1000];

	if (program_missing("qemu-img"))
		return;
	for (int i = 0; i < 4; i++) {
		g_autoptr(GByteArray) packed = compress(ARCHIVE_FILTER_GZIP, disk, DISK_SIZE / 2);
		g_autoptr(GByteArray) second =
			compress(ARCHIVE_FILTER_GZIP, disk + DISK_SIZE / 2, DISK_SIZE - DISK_SIZE / 2);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		g_byte_array_append(packed, second->data, second->len);
		g_byte_array_append(packed, zeroes, i % 2 ? sizeof(zeroes) : 0);
		run_init(&run);
		g_autoptr(UnpackResult) result =
			run_all(&run, packed->data, packed->len, i < 2 ? 1 : 100000, &error);
		g_assert_no_error(error);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

/* By the program, since libarchive writes no checksum. */
static GByteArray *compress_zstd(const guint8 *bytes, gsize length)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = write_bytes(dir, "disk", bytes, length);
	g_autofree char *packed = g_strconcat(path, ".zst", NULL);
	gsize packed_length;

	g_assert_cmpint(run_program("zstd", "-q", path), ==, 0);
	guint8 *packed_bytes = read_bytes(packed, &packed_length);
	return g_byte_array_new_take(packed_bytes, packed_length);
}

/* Many blocks, which several processors decode, whole and with a bit of one of them changed. */
static void test_xz_blocks(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *raw = write_bytes(dir, "disk", disk, DISK_SIZE);
	g_autofree char *path = g_strconcat(raw, ".xz", NULL);
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;
	gsize length;

	run_init(&run);
	if (program_missing("qemu-img") || program_missing("xz"))
		return;
	g_assert_cmpint(run_program("xz", "-1", "-T2", "--block-size=65536", raw), ==, 0);
	g_autofree guint8 *packed = read_bytes(path, &length);
	g_autoptr(UnpackResult) result = run_all(&run, packed, length, 5000, &error);
	g_assert_no_error(error);
	check_disk_result(&run, result, disk, DISK_SIZE);
	for (gsize i = 1; i < 6; i++) {
		packed[length * i / 6] ^= 1;
		check_refused(packed, length, NULL, "damaged");
		packed[length * i / 6] ^= 1;
		check_refused(packed, length * i / 6, NULL, "damaged or cut short");
	}
}

/* One bit, in the middle of the noise, where only a checksum can tell. */
static void test_damaged(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autofree char *zstd = g_find_program_in_path("zstd");

	for (gsize i = 1; i < G_N_ELEMENTS(filters); i++) {
		gboolean is_zstd = filters[i] == ARCHIVE_FILTER_ZSTD;
		if (is_zstd && !zstd)
			continue;
		g_autoptr(GByteArray) packed =
			is_zstd ? compress_zstd(disk, DISK_SIZE) : compress(filters[i], disk, DISK_SIZE);
		packed->data[packed->len / 2] ^= 4;
		/* bzip2 shuffles a block of some 900 KB, so that it may be its beginning that is wrong. */
		check_refused(packed->data, packed->len, NULL, "the download is");
	}
}

static void test_no_image(void)
{
	static const struct {
		const char *bytes, *words;
	} rows[] = {
		{"<html><body>Please log in</body></html>", "it is a web page"},
		{ "404 not found",                          "it is a text"    },
		{ "",				       "is empty"        },
		{ "\1\2\3\4",			       "is no disk image"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const guint8 *bytes = (const guint8 *)rows[i].bytes;
		check_refused(bytes, strlen(rows[i].bytes), NULL, rows[i].words);
		if (i != 2) {
			g_autoptr(GByteArray) packed =
				compress(ARCHIVE_FILTER_XZ, bytes, strlen(rows[i].bytes));
			check_refused(packed->data, packed->len, NULL, rows[i].words);
		}
	}
}

/* It fails before the rest has come. */
static void test_early(void)
{
	g_autofree char *page = g_strnfill(IMAGE_FORMAT_HEAD, ' ');
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	memcpy(page, "<html>", 6);
	run_init(&run);
	run_start(&run, 0);
	run_push(&run, (const guint8 *)page, IMAGE_FORMAT_HEAD, 5000);
	g_assert_null(run_finish(&run, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "web page");
}

/* --- room ----------------------------------------------------------------------------------------------------------------- */

static void check_no_room(UnpackRun *run, const GByteArray *packed)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(run_all(run, packed->data, packed->len, 10000, &error));
	g_assert_nonnull(strstr(error_hint(error), "kept"));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "No space left");
	g_assert_false(g_file_test(run->image, G_FILE_TEST_EXISTS));
}

/* The part that came is of use when there is room again. */
static void test_no_room(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autoptr(GByteArray) packed = compress(ARCHIVE_FILTER_GZIP, disk, DISK_SIZE);
	static const guint64 rooms[] = { 100000, 200000, 350000, 500000 };

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(rooms); i++) {
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		struct stat st;
		run_init(&run);
		run.request.room = rooms[i];
		check_no_room(&run, packed);
		g_assert_cmpint(stat(run.download, &st), ==, 0);
		g_assert_cmpuint((guint64)st.st_size, >, 0);
		g_assert_cmpuint((guint64)st.st_size, <=, rooms[i]);
		run.request.room = 0;
		run_start(&run, (guint64)st.st_size);
		run_push(&run, packed->data + st.st_size, packed->len - (gsize)st.st_size, 10000);
		unpack_end(run.unpack, TRUE);
		g_autoptr(UnpackResult) result = run_finish(&run, &error);
		g_assert_no_error(error);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

/* A file system of half a mebibyte, for this process only. Others than root get the right to it by being root of a namespace. */
static gboolean mount_small(const char *dir)
{
	g_autofree char *map = g_strdup_printf("0 %d 1", (int)geteuid());
	gboolean root = geteuid() == 0;

	return unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) == 0 &&
	       (root || g_file_set_contents_full("/proc/self/uid_map", map, -1, G_FILE_SET_CONTENTS_NONE,
						 0600, NULL)) &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", dir, "tmpfs", 0, "size=500k") == 0;
}

/* The same on a file system that is really full, where we may make one. */
static void test_full_disk(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	g_autoptr(GByteArray) packed = compress(ARCHIVE_FILTER_GZIP, disk, DISK_SIZE);
	struct stat st;

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	g_auto(UnpackRun) run;
	run_init(&run);
	if (!mount_small(run.dir)) {
		g_test_skip("no file system can be mounted here");
		return;
	}
	check_no_room(&run, packed);
	g_assert_cmpint(stat(run.download, &st), ==, 0);
	g_assert_cmpuint((guint64)st.st_size, >, 0);
	g_assert_cmpint(umount(run.dir), ==, 0);
}

/* Far more than the queues hold, taken slowly: who pushes waits, and is told. */
static void test_large(void)
{
	gsize length = 64 * 1024 * 1024;
	g_autofree guint8 *bytes = g_malloc0(length);
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	memcpy(bytes, "QFI\xfb\0\0\0\3", 8);
	for (gsize i = 512; i < length; i += 4096)
		bytes[i] = 1;
	run_init(&run);
	run.request.digest = G_CHECKSUM_SHA512;
	g_autoptr(UnpackResult) result = run_all(&run, bytes, length, 5000000, &error);
	g_assert_no_error(error);
	check_same(&run, result, bytes, length);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unpack/full-disk", test_full_disk);
	g_test_add_func("/unpack/compressions", test_compressions);
	g_test_add_func("/unpack/bare", test_bare);
	g_test_add_func("/unpack/packed", test_packed);
	g_test_add_func("/unpack/iso-with-holes", test_iso_with_holes);
	g_test_add_func("/unpack/fixed-vhd", test_fixed_vhd);
	g_test_add_func("/unpack/restart", test_restart);
	g_test_add_func("/unpack/restart-with-another", test_restart_with_another);
	g_test_add_func("/unpack/resume", test_resume);
	g_test_add_func("/unpack/resume-of-nothing", test_resume_of_nothing);
	g_test_add_func("/unpack/cancel", test_cancel);
	g_test_add_func("/unpack/cut-short", test_cut_short);
	g_test_add_func("/unpack/gzip-members", test_gzip_members);
	g_test_add_func("/unpack/xz-blocks", test_xz_blocks);
	g_test_add_func("/unpack/damaged", test_damaged);
	g_test_add_func("/unpack/no-image", test_no_image);
	g_test_add_func("/unpack/early", test_early);
	g_test_add_func("/unpack/no-room", test_no_room);
	g_test_add_func("/unpack/large", test_large);
	return g_test_run();
}
