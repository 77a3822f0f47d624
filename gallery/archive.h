/* libarchive, in this file only: reading what was published, writing small ISO images. */
#pragma once

#include <gio/gio.h>

/* Writes a small ISO 9660 image with Rock Ridge and Joliet names to @path (mode 0600): @names and @contents are parallel (GBytes). Made whole or
 * not at all. @volume is its label, at most 32 characters: "cidata". */
gboolean archive_write_iso(const char *path, const char *volume, const char *const *names,
			   GPtrArray *contents, GError **error);
