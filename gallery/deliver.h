/*
 * One delivery of one item: a table of steps. A stored image is checked; else one is assembled, verified and stored. What a delivery that
 * fails or is cancelled has made is gone before its result is given.
 */
#pragma once

#include "gallery/gallery.h"
#include "gallery/store.h"

/* @store and @item must live until the result is given, which is the path of the stored file; caller frees. */
void deliver_run(Store *store, const GalleryItem *item, GalleryProgress progress, gpointer progress_data,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
char *deliver_run_finish(GAsyncResult *result, GError **error);
