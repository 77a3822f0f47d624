/* Images in archives: which member is taken, and which archives are refused. */
#include "tests/unit/unpack-fixture.h"

#define DISK_SIZE 1000448

static const guint8 text[] = "Read this before you use the image.\n";

static const Packing zip = { .format = ARCHIVE_FORMAT_ZIP };
static const Packing stored = { .format = ARCHIVE_FORMAT_ZIP, .options = "zip:compression=store" };
static const Packing zip64 = { .format = ARCHIVE_FORMAT_ZIP, .options = "zip:zip64" };
static const Packing tar = { .format = ARCHIVE_FORMAT_TAR_USTAR };
static const Packing tar_xz = { .format = ARCHIVE_FORMAT_TAR_GNUTAR, .filter = ARCHIVE_FILTER_XZ };
static const Packing tar_gz = { .format = ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, .filter = ARCHIVE_FILTER_GZIP };
static const Packing tar_zst = { .format = ARCHIVE_FORMAT_TAR_USTAR, .filter = ARCHIVE_FILTER_ZSTD };

static const Packing *const packings[] = { &zip, &stored, &zip64, &tar, &tar_xz, &tar_gz, &tar_zst };

static Member file_member(const char *name, const guint8 *bytes, gsize length)
{
	return (Member){ name, bytes, length, NULL };
}

/* Some images that are told apart by their sizes. */
static guint8 *make_vhdx(gsize length)
{
	guint8 *bytes = g_malloc(length);

	fill_noise(bytes, length, (guint32)length);
	memcpy(bytes, "vhdxfile", 8);
	return bytes;
}

static void check_taken(const GByteArray *packed, const char *asked, const char *name, gsize length)
{
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	run_init(&run);
	run.request.member = asked;
	g_autoptr(UnpackResult) result = run_all(&run, packed->data, packed->len, 70000, &error);
	g_assert_no_error(error);
	g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, packed->data, packed->len);
	g_assert_cmpstr(result->digest + strlen("sha256:"), ==, digest);
	g_assert_cmpstr(result->member, ==, name);
	g_assert_cmpint(result->format, ==, IMAGE_VHDX);
	g_assert_cmpuint(result->size, ==, length);
	g_autofree char *sha256 = sha256_of(run.image);
	g_assert_cmpstr(result->sha256, ==, sha256);
	g_autofree guint8 *image = make_vhdx(length);
	gsize written_length;
	g_autofree guint8 *written = read_bytes(run.image, &written_length);
	g_assert_cmpuint(written_length, ==, length);
	g_assert_cmpint(memcmp(written, image, length), ==, 0);
}

static void test_members(void)
{
	g_autofree guint8 *first = make_vhdx(300001);
	g_autofree guint8 *second = make_vhdx(200002);
	const Member members[] = {
		file_member("README.txt", text, sizeof(text) - 1),
		file_member("Images/First.vhdx", first, 300001),
		file_member("Images/Second.vhdx", second, 200002),
		file_member("last", text, sizeof(text) - 1),
	};

	for (gsize i = 0; i < G_N_ELEMENTS(packings); i++) {
		g_autoptr(GByteArray) both = pack(packings[i], members, 4);
		g_autoptr(GByteArray) one = pack(packings[i], members, 2);
		/* As feeds for Hyper-V have it. */
		check_taken(both, "images\\second.VHDX", "Images/Second.vhdx", 200002);
		check_taken(both, ".\\Images/First.vhdx", "Images/First.vhdx", 300001);
		check_taken(one, NULL, "Images/First.vhdx", 300001);
		check_taken(one, "", "Images/First.vhdx", 300001);
		check_refused(both->data, both->len, "",
			      "more than one image: `Images/First.vhdx', `Images/Second.vhdx'");
		check_refused(both->data, both->len, "First.vhdx",
			      "has no file `First.vhdx', but `README.txt'");
		check_refused(both->data, both->len, "readme.txt", "it is a text");
	}
}

/* A raw disk in a tar, as Debian has it, becomes qcow2 on the way. */
static void test_disk_in_tar(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	const Member members[] = { file_member("disk.raw", disk, DISK_SIZE) };

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(packings); i++) {
		g_autoptr(GByteArray) packed = pack(packings[i], members, 1);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		g_autoptr(UnpackResult) result = run_all(&run, packed->data, packed->len, 3000, &error);
		g_assert_no_error(error);
		g_assert_cmpint(result->found, ==, IMAGE_RAW);
		check_disk_result(&run, result, disk, DISK_SIZE);
	}
}

/* GNU tar's way to leave out holes, also the one at the end. */
static void test_sparse_tar(void)
{
	g_autofree guint8 *disk = make_disk(DISK_SIZE);
	gsize size = 200 * 1024 * 1024;
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (program_missing("qemu-img") || program_missing("tar"))
		return;
	run_init(&run);
	g_autofree char *raw = write_bytes(run.dir, "disk.raw", disk, DISK_SIZE);
	g_autofree char *archive = g_build_filename(run.dir, "disk.tar", NULL);
	g_assert_cmpint(truncate(raw, (off_t)size), ==, 0);
	g_assert_cmpint(run_program("tar", "-C", run.dir, "-S", "-cf", archive, "disk.raw"), ==, 0);
	g_autofree guint8 *packed = read_bytes(archive, &length);
	g_assert_cmpuint(length, <, 3 * 1024 * 1024);
	g_autoptr(UnpackResult) result = run_all(&run, packed, length, 30000, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(result->virtual_size, ==, size);
	check_qcow2(run.image, raw);
}

/* Names lead nowhere, because nothing is ever written to them. */
static void test_names(void)
{
	static const char *const names[] = { "../../image.vhdx", "/etc/image.vhdx", "a/../../image.vhdx",
					     "..\\image.vhdx", "C:\\image.vhdx" };
	g_autofree guint8 *image = make_vhdx(100000);

	for (gsize i = 0; i < G_N_ELEMENTS(names) * G_N_ELEMENTS(packings); i++) {
		const char *name = names[i % G_N_ELEMENTS(names)];
		const Member members[] = { file_member(name, image, 100000) };
		g_autoptr(GByteArray) packed = pack(packings[i / G_N_ELEMENTS(names)], members, 1);
		g_auto(UnpackRun) run;
		g_autoptr(GError) error = NULL;
		run_init(&run);
		g_autoptr(UnpackResult) result = run_all(&run, packed->data, packed->len, 30000, &error);
		g_assert_no_error(error);
		g_autofree char *left = list_dir(run.dir);
		g_assert_cmpstr(left, ==, "download image");
	}
}

/* In a zip that is read as a stream a link looks like a file that has the name of another in it. */
static void test_links(void)
{
	const Member link = { "disk.vhdx", NULL, 0, "/etc/passwd" };
	g_autoptr(GByteArray) in_tar = pack(&tar, &link, 1);
	g_autoptr(GByteArray) in_zip = pack(&zip, &link, 1);

	check_refused(in_tar->data, in_tar->len, "disk.vhdx", "is no file but a link");
	check_refused(in_tar->data, in_tar->len, NULL, "has no disk image and no ISO, but `disk.vhdx'");
	check_refused(in_zip->data, in_zip->len, "disk.vhdx", "it is a text");
	check_refused(in_zip->data, in_zip->len, NULL, "has no disk image and no ISO, but `disk.vhdx'");
}

static void test_nothing(void)
{
	const Member readme = file_member("README.txt", text, sizeof(text) - 1);

	for (gsize i = 0; i < G_N_ELEMENTS(packings); i++) {
		g_autoptr(GByteArray) packed = pack(packings[i], &readme, 1);
		check_refused(packed->data, packed->len, NULL, "but `README.txt'");
	}
	g_autoptr(GByteArray) empty = pack(&zip, &readme, 0);
	check_refused(empty->data, empty->len, NULL, "but nothing at all");
}

static void test_encrypted(void)
{
	static const Packing locked = { .format = ARCHIVE_FORMAT_ZIP,
					.options = "zip:encryption=traditional",
					.password = "secret" };
	g_autofree guint8 *image = make_vhdx(100001);
	const Member members[] = { file_member("disk.vhdx", image, 100001) };
	g_autoptr(GByteArray) packed = pack(&locked, members, 1);

	check_refused(packed->data, packed->len, NULL, "is encrypted");
	check_refused(packed->data, packed->len, "disk.vhdx", "is encrypted");
}

/* A backing file is refused before QEMU could open it. */
static void test_backing_file(void)
{
	guint8 image[512] = "QFI\xfb\0\0\0\3";
	const Member members[] = { file_member("disk.qcow2", image, sizeof(image)) };
	g_autoptr(GByteArray) packed = pack(&zip, members, 1);

	image[15] = 200;
	g_autoptr(GByteArray) backed = pack(&zip, members, 1);
	check_refused(backed->data, backed->len, NULL, "needs a backing file");
	check_refused(image, sizeof(image), NULL, "needs a backing file");
}

static void test_cut_short(void)
{
	g_autofree guint8 *image = make_vhdx(200001);
	const Member members[] = { file_member("disk.vhdx", image, 200001) };

	for (gsize i = 0; i < G_N_ELEMENTS(packings); i++) {
		g_autoptr(GByteArray) packed = pack(packings[i], members, 1);
		for (gsize k = 1; k < 10; k++)
			check_refused(packed->data, packed->len * k / 10 * 9 / 10, "disk.vhdx", "");
	}
}

/* The zip's own checksum tells. */
static void test_damaged(void)
{
	g_autofree guint8 *image = make_vhdx(200001);
	const Member members[] = { file_member("disk.vhdx", image, 200001) };
	static const Packing *const kinds[] = { &zip, &stored, &zip64 };

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(GByteArray) packed = pack(kinds[i], members, 1);
		packed->data[packed->len / 2] ^= 1;
		check_refused(packed->data, packed->len, "disk.vhdx", "damaged");
		check_refused(packed->data, packed->len, NULL, "damaged");
	}
}

static void test_many_members(void)
{
	guint count = UNPACK_MEMBERS_MAX + 1;
	g_autofree Member *members = g_new0(Member, count);

	for (guint i = 0; i < count; i++)
		members[i] = file_member("x", text, 1);
	g_autoptr(GByteArray) packed = pack(&tar_gz, members, count);
	check_refused(packed->data, packed->len, NULL, "more than 100000 files");
}

/* --- bombs ---------------------------------------------------------------------------------------------------------------- */

#define BOMB_PART  (16 * 1024 * 1024)
#define BOMB_PARTS 640 /* of 10 GiB */

/* Deflated zeroes, ended at a byte, so that it can be repeated. */
static GByteArray *deflate_part(gboolean last)
{
	g_autoptr(GZlibCompressor) deflate = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW, 9);
	g_autofree guint8 *zeroes = g_malloc0(BOMB_PART);
	g_autofree guint8 *out = g_malloc(BOMB_PART);
	GByteArray *part = g_byte_array_new();
	gsize used = 0, taken, written;
	GConverterResult result = G_CONVERTER_CONVERTED;

	for (gsize length = last ? 0 : BOMB_PART; result == G_CONVERTER_CONVERTED; used += taken) {
		result = g_converter_convert(G_CONVERTER(deflate), zeroes + used, length - used, out,
					     BOMB_PART, last ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_FLUSH,
					     &taken, &written, NULL);
		g_assert_cmpint(result, !=, G_CONVERTER_ERROR);
		g_byte_array_append(part, out, (guint)written);
	}
	return part;
}

/* A zip whose one file has ten gigabytes of zeroes; its sizes stand behind the data, as when it was made by a pipe. */
static GByteArray *make_bomb(const char *name)
{
	static const guint8 header[] = { 'P', 'K', 3, 4, 45, 0, 8, 0, 8, 0, 0, 0, 0x21, 0 };
	GByteArray *bomb = g_byte_array_new();
	g_autoptr(GByteArray) part = deflate_part(FALSE);
	g_autoptr(GByteArray) last = deflate_part(TRUE);
	guint8 rest[16] = { [12] = (guint8)strlen(name) };

	g_byte_array_append(bomb, header, sizeof(header));
	g_byte_array_append(bomb, rest, sizeof(rest));
	g_byte_array_append(bomb, (const guint8 *)name, (guint)strlen(name));
	for (guint i = 0; i < BOMB_PARTS; i++)
		g_byte_array_append(bomb, part->data, part->len);
	g_byte_array_append(bomb, last->data, last->len);
	return bomb;
}

/* Refused long before its end, and nothing of it is left. */
static void test_bomb(void)
{
	g_autoptr(GByteArray) bomb = make_bomb("disk.vhdx");

	g_assert_cmpuint(bomb->len, <, 12 * 1024 * 1024);
	check_refused(bomb->data, bomb->len, NULL, "is a bomb");
	check_refused(bomb->data, bomb->len, "disk.vhdx", "is");
}

/* The same as a raw disk that seems to be one: holes are no disk space, but time. */
static void test_disk_bomb(void)
{
	g_autofree guint8 *disk = make_disk(65536);
	g_autoptr(GByteArray) head = compress(ARCHIVE_FILTER_XZ, disk, 65536);
	g_autofree guint8 *zeroes = g_malloc0(BOMB_PART);
	g_autoptr(GByteArray) part = compress(ARCHIVE_FILTER_XZ, zeroes, BOMB_PART);

	for (guint i = 0; i < 200; i++)
		g_byte_array_append(head, part->data, part->len);
	check_refused(head->data, head->len, NULL, "is a bomb");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unpack-archives/members", test_members);
	g_test_add_func("/unpack-archives/disk-in-tar", test_disk_in_tar);
	g_test_add_func("/unpack-archives/sparse-tar", test_sparse_tar);
	g_test_add_func("/unpack-archives/names", test_names);
	g_test_add_func("/unpack-archives/links", test_links);
	g_test_add_func("/unpack-archives/nothing", test_nothing);
	g_test_add_func("/unpack-archives/encrypted", test_encrypted);
	g_test_add_func("/unpack-archives/backing-file", test_backing_file);
	g_test_add_func("/unpack-archives/cut-short", test_cut_short);
	g_test_add_func("/unpack-archives/damaged", test_damaged);
	g_test_add_func("/unpack-archives/many-members", test_many_members);
	g_test_add_func("/unpack-archives/bomb", test_bomb);
	g_test_add_func("/unpack-archives/disk-bomb", test_disk_bomb);
	return g_test_run();
}
