/*
 * State "assemble": makes the image of an item and the note about it, in a part's folder. Two ways:
 *
 * - a ready-made file: named by the environment (item carrel-live: CARREL_LIVE_ISO), or data/images/carrel-live.iso where a packager ships
 *   it; FILE.json beside it is its note. It is copied.
 * - the item's builder, a program below data/: `BUILDER --debs DIR --work DIR --output FILE'. Its lines `progress STEP DONE TOTAL words'
 *   become progress; when it fails, its last line on stderr says why; exit status 5 means that this host cannot. It writes FILE and FILE.json.
 */
#pragma once

#include "gallery/gallery.h"
#include "gallery/part.h"

/* The ready-made file of @item, or NULL when there is none. One that the environment names need not exist. Caller frees. */
char *build_ready_file(const GalleryItem *item);

/* @ready as from build_ready_file(), or NULL to run the builder. Cancelling ends the builder and all that it started. */
void build_item(const GalleryItem *item, const char *ready, const Part *part, GalleryProgress progress,
		gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		gpointer data);
gboolean build_item_finish(GAsyncResult *result, GError **error);
