#include "gallery/catalog.h"

#include "base/error.h"
#include "gallery/feed.h"

GalleryItem *catalog_find(GPtrArray *items, const char *id)
{
	for (guint i = 0; i < items->len; i++)
		if (g_str_equal(((GalleryItem *)items->pdata[i])->id, id))
			return items->pdata[i];
	return NULL;
}

static void load_source(const CatalogSource *source, GPtrArray *items, GPtrArray *errors)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) own = feed_load(source->path, source->name, &error);

	if (!own) {
		g_autofree char *sentence = error_sentence(error);
		g_ptr_array_add(errors, g_strdup_printf("gallery source `%s' cannot be used: %s",
							source->name, sentence));
		return;
	}
	while (own->len > 0) {
		g_autoptr(GalleryItem) item = g_ptr_array_steal_index(own, 0);
		const GalleryItem *earlier = catalog_find(items, item->id);
		if (earlier)
			g_ptr_array_add(
				errors,
				g_strdup_printf("gallery source `%s' offers `%s', which `%s' has already.",
						source->name, item->id, earlier->source));
		else
			g_ptr_array_add(items, g_steal_pointer(&item));
	}
}

void catalog_load(const CatalogSource *sources, gsize count, GPtrArray *items, GPtrArray *errors)
{
	for (gsize i = 0; i < count; i++)
		load_source(&sources[i], items, errors);
}
