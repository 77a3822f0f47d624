#include "gallery/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
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
	for (guint i = 0; names[i] && i < contents->len; i++)
		if (!add_file(iso, names[i], contents->pdata[i]))
			return iso_failed(iso, path, error);
	if (archive_write_close(iso) != ARCHIVE_OK)
		return iso_failed(iso, path, error);
	iso_tidy(image->data, image->len, volume);
	return file_replace(path, (const char *)image->data, image->len, 0600, error);
}
