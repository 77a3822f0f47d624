/*
 * One delivery of one item: a table of steps. A stored image is checked; else one is assembled, or fetched and unpacked in one pass, verified and stored.
 * What a delivery that fails or is cancelled has made is gone before its result is given; what it has fetched stays for the next, unless it was wrong.
 */
#pragma once

#include "gallery/fetch.h"
#include "gallery/gallery.h"
#include "gallery/store.h"

/* @store, @fetcher and @item must live until the result is given, which is the path of the stored file; caller frees. @flags: GalleryFlags. */
void deliver_run(Store *store, Fetcher *fetcher, const GalleryItem *item, guint flags,
		 GalleryProgress progress, gpointer progress_data, GCancellable *cancellable,
		 GAsyncReadyCallback callback, gpointer data);
char *deliver_run_finish(GAsyncResult *result, GError **error);
