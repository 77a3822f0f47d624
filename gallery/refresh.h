/*
 * Getting the feed of one source anew: fetch each document (only if it changed), check its signature where the source has a keyring, read it in a thread. What it
 * gets replaces the kept copy whole, or not at all.
 */
#pragma once

#include "gallery/fetch.h"
#include "gallery/source.h"

/* Finish always gives the source as it is now, which the caller owns: new, or as it was with what went wrong noted in it; *@error is that error. Nothing but a
 * cancelled refresh is left unnoted. */
void refresh_source(Fetcher *fetcher, const GallerySourceSpec *spec, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data);
GallerySource *refresh_source_finish(GAsyncResult *result, GError **error);
