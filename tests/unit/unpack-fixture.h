/* Runs of gallery/unpack.h with bytes pushed in pieces, and the downloads for them, packed in memory by libarchive. */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "gallery/unpack.h"
#include "tests/unit/image-fixture.h"

/* --- downloads ------------------------------------------------------------------------------------------------------------ */

typedef struct {
	const char *name;
	const guint8 *bytes; /* NULL: a symbolic link to @link */
	gsize length;
	const char *link;
} Member;

typedef struct {
	int format;          /* ARCHIVE_FORMAT_RAW, _ZIP, _TAR_USTAR, _TAR_GNUTAR */
	int filter;          /* ARCHIVE_FILTER_NONE, ... */
	const char *options; /* archive_write_set_options(3), or NULL */
	const char *password;
} Packing;

static inline la_ssize_t append_packed(struct archive *archive, void *data, const void *bytes, size_t length)
{
	g_byte_array_append(data, bytes, (guint)length);
	return (la_ssize_t)length;
}

static inline void pack_member(struct archive *archive, const Member *member)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, member->name);
	archive_entry_set_filetype(entry, member->bytes ? AE_IFREG : AE_IFLNK);
	archive_entry_set_perm(entry, 0644);
	if (member->link)
		archive_entry_set_symlink(entry, member->link);
	/* Without a size a zip has it behind the data. */
	if (archive_format(archive) != ARCHIVE_FORMAT_ZIP || member->length % 2)
		archive_entry_set_size(entry, (la_int64_t)member->length);
	g_assert_cmpint(archive_write_header(archive, entry), ==, ARCHIVE_OK);
	if (member->bytes)
		g_assert_cmpint(archive_write_data(archive, member->bytes, member->length), ==,
				member->length);
	archive_entry_free(entry);
}

static inline GByteArray *pack(const Packing *packing, const Member *members, gsize count)
{
	struct archive *archive = archive_write_new();
	GByteArray *packed = g_byte_array_new();

	g_assert_cmpint(archive_write_set_format(archive, packing->format), ==, ARCHIVE_OK);
	g_assert_cmpint(archive_write_add_filter(archive, packing->filter), ==, ARCHIVE_OK);
	if (packing->options)
		g_assert_cmpint(archive_write_set_options(archive, packing->options), ==, ARCHIVE_OK);
	if (packing->password)
		archive_write_set_passphrase(archive, packing->password);
	archive_write_set_bytes_per_block(archive, 0);
	g_assert_cmpint(archive_write_open(archive, packed, NULL, append_packed, NULL), ==, ARCHIVE_OK);
	for (gsize i = 0; i < count; i++)
		pack_member(archive, &members[i]);
	g_assert_cmpint(archive_write_close(archive), ==, ARCHIVE_OK);
	archive_write_free(archive);
	return packed;
}

/* libarchive's writer of bare streams exists since 3.3 only for one member, which is what we want. */
static inline GByteArray *compress(int filter, const guint8 *bytes, gsize length)
{
	const Packing packing = { .format = ARCHIVE_FORMAT_RAW, .filter = filter };
	const Member member = { "data", bytes, length, NULL };

	return pack(&packing, &member, 1);
}

/* --- runs ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
	TempDir *dir;
	char *download, *image;
	UnpackRequest request;
	Unpack *unpack;
	gboolean room;
	GAsyncResult *result;
	GCancellable *cancellable;
} UnpackRun;

static inline void run_init(UnpackRun *run)
{
	*run = (UnpackRun){ .dir = temp_dir_new() };
	run->download = g_build_filename(run->dir, "download", NULL);
	run->image = g_build_filename(run->dir, "image", NULL);
	run->request = (UnpackRequest){ .download = run->download,
					.image = run->image,
					.digest = G_CHECKSUM_SHA256 };
}

static inline void run_clear(UnpackRun *run)
{
	temp_dir_remove(run->dir);
	g_free(run->download);
	g_free(run->image);
	g_clear_object(&run->result);
	g_clear_object(&run->cancellable);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnpackRun, run_clear)

static inline void on_room(gpointer data)
{
	UnpackRun *run = data;

	g_assert_null(run->result);
	run->room = TRUE;
}

static inline void run_start(UnpackRun *run, guint64 offset)
{
	g_clear_object(&run->result);
	run->unpack = unpack_start(&run->request, offset, on_room, run, run->cancellable, keep_result,
				   &run->result);
}

/* Pushes all of it in pieces of up to @most bytes, waiting where there is no room. */
static inline void run_push(UnpackRun *run, const guint8 *bytes, gsize length, gsize most)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)length);

	for (gsize at = 0; at < length;) {
		gsize wish = 1 + (gsize)(g_rand_double(random) * (gdouble)most);
		gsize part = MIN(length - at, wish);
		run->room = FALSE;
		if (unpack_push(run->unpack, bytes + at, part))
			at += part;
		else
			wait_until(run->room || run->result);
	}
}

static inline UnpackResult *run_finish(UnpackRun *run, GError **error)
{
	wait_until(run->result);
	return unpack_finish(run->result, error);
}

/* The whole of it in one go. */
static inline UnpackResult *run_all(UnpackRun *run, const guint8 *bytes, gsize length, gsize most,
				    GError **error)
{
	run_start(run, 0);
	run_push(run, bytes, length, most);
	unpack_end(run->unpack, TRUE);
	return run_finish(run, error);
}

/* It fails with CARREL_ERROR_VERIFY and these words, and leaves no image. */
static inline void check_refused(const guint8 *bytes, gsize length, const char *member, const char *words)
{
	g_auto(UnpackRun) run;
	g_autoptr(GError) error = NULL;

	run_init(&run);
	run.request.member = member;
	g_autoptr(UnpackResult) result = run_all(&run, bytes, length, 100000, &error);
	g_assert_null(result);
	assert_carrel_error(error, CARREL_ERROR_VERIFY, words);
	g_assert_false(g_file_test(run.image, G_FILE_TEST_EXISTS));
}

/* @result is the disk @raw as qcow2, and all that it says is right. */
static inline void check_disk_result(const UnpackRun *run, const UnpackResult *result, const guint8 *disk,
				     gsize size)
{
	g_autofree char *raw = write_bytes(run->dir, "raw", disk, size);
	g_autofree char *sha256 = sha256_of(run->image);
	struct stat st;

	g_assert_cmpint(result->format, ==, IMAGE_QCOW2);
	g_assert_cmpuint(result->virtual_size, ==, (size + 511) / 512 * 512);
	g_assert_cmpstr(result->sha256, ==, sha256);
	g_assert_cmpint(stat(run->image, &st), ==, 0);
	g_assert_cmpuint(result->size, ==, (guint64)st.st_size);
	check_qcow2(run->image, raw);
}
