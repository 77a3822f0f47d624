/* libarchive, in this file only: writing small ISO images. Reading what was published is in archive-read.h. */
#pragma once

#include <gio/gio.h>

/* ISO 9660 8.4.7: a volume's name has 32 characters. */
#define ARCHIVE_VOLUME_MAX 32

/*
 * Writes a small ISO 9660 image with Rock Ridge and Joliet names to @path (mode 0600): @names and @contents are parallel (GBytes). Made whole or
 * not at all. @volume is its label, at most ARCHIVE_VOLUME_MAX characters: "cidata". The same names, contents and label make the
 * same bytes, whenever it is done: files are of the first of January 1980. Names with a `/' make folders; CARREL_ERROR_USAGE for those that
 * lead elsewhere (absolute, "..") or stand there twice.
 */
gboolean archive_write_iso(const char *path, const char *volume, const char *const *names,
			   GPtrArray *contents, GError **error);
