#include "gallery/item-cache.h"

#include <stddef.h>

#include "base/error.h"
#include "base/file.h"
#include "gallery/item.h"

/* Raised when rows change, so that an old file is not misread. */
#define CACHE_VERSION 2
#define CACHE_TYPE    "(ua(asatauabasas))"

/* Besides its texts, what of an item comes from its feed; the rest is the store's. */
static const gsize sizes[] = { offsetof(GalleryItem, memory), offsetof(GalleryItem, download_size),
			       offsetof(GalleryItem, disk_size) };
static const gsize flags[] = { offsetof(GalleryItem, secure_boot), offsetof(GalleryItem, cloud_init) };

static GVariant *item_pack(const GalleryItem *item)
{
	const guint numbers[] = { item->kind, item->cpus };
	const guint64 updated = (guint64)item->published;
	static const char *const none[] = { NULL };
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("(asatauabasas)"));
	g_variant_builder_open(&builder, G_VARIANT_TYPE("as"));
	for (gsize i = 0; i < ITEM_FEED_TEXTS; i++)
		g_variant_builder_add(&builder, "s", G_STRUCT_MEMBER(char *, item, item_texts[i]));
	g_variant_builder_close(&builder);
	g_variant_builder_open(&builder, G_VARIANT_TYPE("at"));
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		g_variant_builder_add(&builder, "t", G_STRUCT_MEMBER(guint64, item, sizes[i]));
	g_variant_builder_add(&builder, "t", updated);
	g_variant_builder_close(&builder);
	g_variant_builder_add_value(&builder,
				    g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, numbers,
							      G_N_ELEMENTS(numbers), sizeof *numbers));
	g_variant_builder_open(&builder, G_VARIANT_TYPE("ab"));
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		g_variant_builder_add(&builder, "b", G_STRUCT_MEMBER(gboolean, item, flags[i]));
	g_variant_builder_close(&builder);
	g_variant_builder_add(&builder, "^as", item->urls ? (char **)item->urls : (char **)none);
	g_variant_builder_add_value(
		&builder, g_variant_new_strv((const char *const *)item->details->pdata, item->details->len));
	return g_variant_builder_end(&builder);
}

gboolean item_cache_save(GPtrArray *items, const char *path, GError **error)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE(CACHE_TYPE));
	g_variant_builder_add(&builder, "u", CACHE_VERSION);
	g_variant_builder_open(&builder, G_VARIANT_TYPE("a(asatauabasas)"));
	for (guint i = 0; i < items->len; i++)
		g_variant_builder_add_value(&builder, item_pack(items->pdata[i]));
	g_variant_builder_close(&builder);
	g_autoptr(GVariant) all = g_variant_ref_sink(g_variant_builder_end(&builder));
	return file_replace(path, g_variant_get_data(all), (gssize)g_variant_get_size(all), 0600, error);
}

static GalleryItem *item_unpack(GVariant *row, const char *source)
{
	g_autoptr(GalleryItem) item = item_new();
	g_autoptr(GVariant) words = g_variant_get_child_value(row, 0);
	g_autoptr(GVariant) bytes = g_variant_get_child_value(row, 1);
	g_autoptr(GVariant) numbers = g_variant_get_child_value(row, 2);
	g_autoptr(GVariant) bits = g_variant_get_child_value(row, 3);
	g_autoptr(GVariant) details = g_variant_get_child_value(row, 5);
	const char *text;
	guint kind;

	if (g_variant_n_children(words) != ITEM_FEED_TEXTS || g_variant_n_children(numbers) != 2 ||
	    g_variant_n_children(bytes) != G_N_ELEMENTS(sizes) + 1 ||
	    g_variant_n_children(bits) != G_N_ELEMENTS(flags))
		return NULL;
	for (gsize i = 0; i < ITEM_FEED_TEXTS; i++) {
		g_variant_get_child(words, i, "&s", &text);
		item_set_text(&G_STRUCT_MEMBER(char *, item, item_texts[i]), text);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		g_variant_get_child(bytes, i, "t", &G_STRUCT_MEMBER(guint64, item, sizes[i]));
	g_variant_get_child(bytes, G_N_ELEMENTS(sizes), "t", &item->published);
	g_variant_get_child(numbers, 0, "u", &kind);
	g_variant_get_child(numbers, 1, "u", &item->cpus);
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		g_variant_get_child(bits, i, "b", &G_STRUCT_MEMBER(gboolean, item, flags[i]));
	g_variant_get_child(row, 4, "^as", &item->urls);
	if (!item->urls[0])
		g_clear_pointer(&item->urls, g_strfreev);
	for (gsize i = 0; i < g_variant_n_children(details); i++) {
		g_variant_get_child(details, i, "&s", &text);
		g_ptr_array_add(item->details, g_strdup(text));
	}
	item->kind = kind == GALLERY_ISO ? GALLERY_ISO : GALLERY_DISK;
	item->updated = item->published;
	item_set_text(&item->version, item->recipe);
	item_set_text(&item->source, source);
	return g_steal_pointer(&item);
}

GPtrArray *item_cache_load(const char *path, const char *source, GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);

	if (!file)
		return NULL;
	g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
	g_autoptr(GVariant) all =
		g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(CACHE_TYPE), bytes, FALSE));
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	guint version;

	g_variant_get_child(all, 0, "u", &version);
	if (!g_variant_is_normal_form(all) || version != CACHE_VERSION) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is of another version of carrel", path);
		return NULL;
	}
	g_autoptr(GVariant) rows = g_variant_get_child_value(all, 1);
	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);
		GalleryItem *item = item_unpack(row, source);
		if (!item) {
			error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is damaged", path);
			return NULL;
		}
		g_ptr_array_add(items, item);
	}
	return g_steal_pointer(&items);
}
