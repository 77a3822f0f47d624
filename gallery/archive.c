#include "gallery/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "gallery/archive-read.h"
#include "gallery/iso-tidy.h"

/* Made in memory: a seed has some kilobytes. */
#define ISO_MAX     (64 * 1024 * 1024)
#define ISO_MTIME   315532800 /* 1980-01-01 */
#define ISO_OPTIONS "joliet=long,rockridge=useful,!pad"

typedef struct archive ArchiveWrite;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveWrite, archive_write_free)
typedef struct archive_entry ArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

static la_ssize_t append(struct archive *iso, void *data, const void *bytes, size_t length)
{
	GByteArray *image = data;

	if (length > ISO_MAX - image->len) {
		archive_set_error(iso, -1, "it has more than %d MiB", ISO_MAX >> 20);
		return -1;
	}
	g_byte_array_append(image, bytes, (guint)length);
	return (la_ssize_t)length;
}

static gboolean iso_failed(struct archive *iso, const char *path, GError **error)
{
	return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot make the ISO image `%s': %s", path,
			 archive_error_string(iso));
}

static gboolean name_is_inside(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);

	for (char **part = parts; *part; part++)
		if (!**part || g_str_equal(*part, ".") || g_str_equal(*part, ".."))
			return FALSE;
	return *name != '\0';
}

static gboolean names_are_good(const char *const *names, GError **error)
{
	for (guint i = 0; names[i]; i++) {
		if (!name_is_inside(names[i]))
			return error_set(error, CARREL_ERROR_USAGE, NULL,
					 "`%s' is no name of a file in an image", names[i]);
		for (guint k = 0; k < i; k++)
			if (g_str_equal(names[i], names[k]))
				return error_set(error, CARREL_ERROR_USAGE, NULL,
						 "the name `%s' stands twice in one image", names[i]);
	}
	return TRUE;
}

static gboolean add_file(struct archive *iso, const char *name, GBytes *content)
{
	g_autoptr(ArchiveEntry) entry = archive_entry_new();
	gsize size;
	const void *bytes = g_bytes_get_data(content, &size);

	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0444);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, ISO_MTIME, 0);
	return archive_write_header(iso, entry) == ARCHIVE_OK &&
	       (size == 0 || archive_write_data(iso, bytes, size) == (la_ssize_t)size);
}

/* Opens the image; its options are those of archive_write_set_options(3). */
static gboolean begin_iso(struct archive *iso, const char *volume, GByteArray *image)
{
	return archive_write_set_format_iso9660(iso) == ARCHIVE_OK &&
	       archive_write_set_format_option(iso, "iso9660", "volume-id", volume) == ARCHIVE_OK &&
	       archive_write_set_options(iso, ISO_OPTIONS) == ARCHIVE_OK &&
	       archive_write_set_bytes_per_block(iso, 0) == ARCHIVE_OK &&
	       archive_write_open(iso, image, NULL, append, NULL) == ARCHIVE_OK;
}

gboolean archive_write_iso(const char *path, const char *volume, const char *const *names,
			   GPtrArray *contents, GError **error)
{
	g_autoptr(ArchiveWrite) iso = archive_write_new();
	g_autoptr(GByteArray) image = g_byte_array_new();

	if (!*volume || strlen(volume) > ARCHIVE_VOLUME_MAX)
		return error_set(error, CARREL_ERROR_USAGE, NULL,
				 "the label `%s' of an image must have 1 to %d letters", volume,
				 ARCHIVE_VOLUME_MAX);
	if (!names_are_good(names, error))
		return FALSE;
	if (!begin_iso(iso, volume, image))
		return iso_failed(iso, path, error);
	for (guint i = 0; i < contents->len && names[i]; i++)
		if (!add_file(iso, names[i], contents->pdata[i]))
			return iso_failed(iso, path, error);
	if (archive_write_close(iso) != ARCHIVE_OK)
		return iso_failed(iso, path, error);
	iso_tidy(image->data, image->len, volume);
	return file_replace(path, (const char *)image->data, image->len, 0600, error);
}

/* --- reading -------------------------------------------------------------------------------------------------------------- */

struct ArchiveReader {
	struct archive *archive;
	ArchivePull pull;
	gpointer data;
	GError *pull_error;
};

static la_ssize_t on_read(struct archive *archive, void *data, const void **bytes)
{
	ArchiveReader *reader = data;
	gssize got = -1;

	if (!reader->pull_error)
		got = reader->pull(reader->data, (const guint8 **)bytes, &reader->pull_error);
	if (got < 0)
		archive_set_error(archive, -1, "its source failed");
	return got;
}

static ArchiveAnswer read_failed(ArchiveReader *reader, GError **error)
{
	const char *words = archive_error_string(reader->archive);

	if (reader->pull_error)
		g_propagate_error(error, g_steal_pointer(&reader->pull_error));
	else
		error_set(error, CARREL_ERROR_VERIFY,
			  "fetch it again; if that does not help, its publisher must repair it",
			  "the download is damaged or cut short: %s", words ? words : "no reason is given");
	return ARCHIVE_READ_FAILED;
}

typedef int (*Support)(struct archive *archive);

/* gzip and xz are undone before, see gunzip.h and unxz.h. */
static const Support stream_support[] = { archive_read_support_filter_zstd, archive_read_support_filter_bzip2,
					  archive_read_support_filter_lzma, archive_read_support_format_raw,
					  NULL };
static const Support member_support[] = { archive_read_support_format_zip_streamable,
					  archive_read_support_format_tar, NULL };

static gboolean open_reader(ArchiveReader *reader, ArchiveKind kind)
{
	for (const Support *support = kind == ARCHIVE_STREAM ? stream_support : member_support; *support;
	     support++)
		if ((*support)(reader->archive) != ARCHIVE_OK)
			return FALSE;
	return archive_read_open(reader->archive, reader, NULL, on_read, NULL) == ARCHIVE_OK;
}

ArchiveReader *archive_reader_open(ArchiveKind kind, ArchivePull pull, gpointer data, GError **error)
{
	g_autoptr(ArchiveReader) reader = g_new0(ArchiveReader, 1);
	ArchiveMember member;

	reader->archive = archive_read_new();
	reader->pull = pull;
	reader->data = data;
	if (!open_reader(reader, kind)) {
		read_failed(reader, error);
		return NULL;
	}
	if (kind == ARCHIVE_STREAM && archive_reader_next(reader, &member, error) != ARCHIVE_READ_MORE)
		return NULL;
	return g_steal_pointer(&reader);
}

void archive_reader_free(ArchiveReader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	g_clear_error(&reader->pull_error);
	g_free(reader);
}

/* The last filter is the one that reads. */
gboolean archive_reader_is_compressed(ArchiveReader *reader)
{
	return archive_filter_count(reader->archive) > 1;
}

static MemberKind kind_of(struct archive_entry *entry)
{
	static const struct {
		unsigned type;
		MemberKind kind;
	} kinds[] = {
		{AE_IFREG,  MEMBER_FILE  },
                { AE_IFDIR, MEMBER_FOLDER},
                { AE_IFLNK, MEMBER_LINK  }
	};

	if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
		return MEMBER_LINK;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].type == archive_entry_filetype(entry))
			return kinds[i].kind;
	return MEMBER_OTHER;
}

static void describe(struct archive_entry *entry, ArchiveMember *member)
{
	const char *path = archive_entry_pathname_utf8(entry);

	/* What is not UTF-8, in a zip of old programs, cannot be turned into it without knowing what it is. */
	path = path ? path : archive_entry_pathname(entry);
	*member = (ArchiveMember){
		.path = path ? path : "",
		.kind = kind_of(entry),
		.encrypted = archive_entry_is_encrypted(entry) != 0,
		.size = archive_entry_size_is_set(entry) ? (guint64)MAX(0, archive_entry_size(entry)) : 0,
	};
}

ArchiveAnswer archive_reader_next(ArchiveReader *reader, ArchiveMember *member, GError **error)
{
	struct archive_entry *entry;
	int status = archive_read_next_header(reader->archive, &entry);

	if (status == ARCHIVE_EOF)
		return ARCHIVE_READ_END;
	/* A warning is about names and times, which are of no use here. */
	if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
		return read_failed(reader, error);
	describe(entry, member);
	return ARCHIVE_READ_MORE;
}

ArchiveAnswer archive_reader_read(ArchiveReader *reader, ArchiveBlock *block, GError **error)
{
	const void *bytes = NULL;
	size_t length = 0;
	la_int64_t offset = 0;
	int status = archive_read_data_block(reader->archive, &bytes, &length, &offset);

	if (status == ARCHIVE_EOF)
		return ARCHIVE_READ_END;
	/* Here a warning is a checksum or a length that is wrong. */
	if (status != ARCHIVE_OK || offset < 0)
		return read_failed(reader, error);
	*block = (ArchiveBlock){ bytes, length, (guint64)offset };
	return ARCHIVE_READ_MORE;
}
