/* What gallery.c and runs.c share. Nobody else includes this. */
#pragma once

#include "gallery/catalog.h"
#include "gallery/fetch.h"
#include "gallery/gallery.h"
#include "gallery/source.h"
#include "gallery/store.h"

struct Gallery {
	gatomicrefcount refs; /* the owner, each run, and each refresh */
	GPtrArray *sources;   /* of GallerySource, in their order */
	Catalog *catalog;
	GHashTable *runs; /* id -> Run to which others may attach, not owned */
	Fetcher *fetcher;
	Store *store;
};

Gallery *gallery_ref(Gallery *gallery);
void gallery_unref(Gallery *gallery);

/* Cancels all runs. */
void runs_cancel(Gallery *gallery);
