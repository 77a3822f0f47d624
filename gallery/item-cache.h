/*
 * Items of a source as one file of ours: what was read once of a feed with megabytes of JSON is mapped and there. Only what gallery_refresh() has checked is
 * written; a file that is damaged or of another version of carrel gives nothing, and the source counts as never fetched.
 */
#pragma once

#include "gallery/gallery.h"

gboolean item_cache_save(GPtrArray *items, const char *path, GError **error);

/* Array of GalleryItem, owned by the caller, each with @source noted; NULL with an error of CARREL_ERROR_FAILED. */
GPtrArray *item_cache_load(const char *path, const char *source, GError **error);
