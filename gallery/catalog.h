/* The catalog: the items of all sources, in the order of the sources. */
#pragma once

#include "gallery/gallery.h"

typedef struct {
	GPtrArray *items; /* of GalleryItem, referenced */
	GHashTable *by_id;
} Catalog;

Catalog *catalog_new(void);
void catalog_free(Catalog *catalog);

/*
 * Adds the items of @own that this host can run. One whose id an earlier source has gets the source's name behind it; when that is taken too, it is left out, with a
 * sentence in @warnings (of char *, may be NULL).
 */
void catalog_add(Catalog *catalog, const char *source, GPtrArray *own, GPtrArray *warnings);

/* Item with @id, or NULL. Borrowed. */
GalleryItem *catalog_find(const Catalog *catalog, const char *id);
