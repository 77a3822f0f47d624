#include "gallery/catalog.h"

#include <sys/utsname.h>

#include "gallery/item.h"

Catalog *catalog_new(void)
{
	Catalog *catalog = g_new0(Catalog, 1);

	catalog->items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	catalog->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	return catalog;
}

void catalog_free(Catalog *catalog)
{
	if (!catalog)
		return;
	g_hash_table_unref(catalog->by_id);
	g_ptr_array_unref(catalog->items);
	g_free(catalog);
}

GalleryItem *catalog_find(const Catalog *catalog, const char *id)
{
	return g_hash_table_lookup(catalog->by_id, id);
}

/* What is fetched is for one architecture; a builder makes what this host can run. */
static gboolean runs_here(const GalleryItem *item, const char *machine)
{
	return !item->urls || !*item->architecture || g_str_equal(item->architecture, machine);
}

static gboolean add_as(Catalog *catalog, GalleryItem *item, const char *id)
{
	if (catalog_find(catalog, id))
		return FALSE;
	if (!g_str_equal(item->id, id))
		item_set_text(&item->id, id);
	g_ptr_array_add(catalog->items, gallery_item_ref(item));
	g_hash_table_insert(catalog->by_id, item->id, item);
	return TRUE;
}

void catalog_add(Catalog *catalog, const char *source, GPtrArray *own, GPtrArray *warnings)
{
	struct utsname host = { 0 };
	g_autofree char *suffix = g_ascii_strdown(source, -1);

	uname(&host);
	for (guint i = 0; i < own->len; i++) {
		GalleryItem *item = own->pdata[i];
		if (!*item->feed_id)
			item_set_text(&item->feed_id, item->id);
		if (!runs_here(item, host.machine) || add_as(catalog, item, item->feed_id))
			continue;
		g_autofree char *longer = g_strdup_printf("%s-%s", item->feed_id, suffix);
		if (!add_as(catalog, item, longer) && warnings)
			g_ptr_array_add(warnings,
					g_strdup_printf("`%s' is left out: another source has it already",
							item->feed_id));
	}
}
