/* The catalog: the items of all sources, in the order of the sources. */
#pragma once

#include "gallery/gallery.h"

typedef struct {
	const char *name; /* shown as the items' source: "carrel" */
	const char *path; /* of the feed */
} CatalogSource;

/*
 * Adds the items of @sources to @items (of GalleryItem, owned by it). A source that cannot be read adds one sentence to @errors (of
 * char *, owned by it) and hides nothing of the others; so does an item whose id an earlier source has.
 */
void catalog_load(const CatalogSource *sources, gsize count, GPtrArray *items, GPtrArray *errors);

/* Item with @id, or NULL. Borrowed. */
GalleryItem *catalog_find(GPtrArray *items, const char *id);
