#include "gallery/item.h"

#include <stddef.h>

/* Every owned text of an item: first those that its feed has said. */
const gsize item_texts[ITEM_TEXTS] = {
	offsetof(GalleryItem, id),
	offsetof(GalleryItem, name),
	offsetof(GalleryItem, publisher),
	offsetof(GalleryItem, description),
	offsetof(GalleryItem, os),
	offsetof(GalleryItem, architecture),
	offsetof(GalleryItem, recipe),
	offsetof(GalleryItem, digest),
	offsetof(GalleryItem, checksums),
	offsetof(GalleryItem, signature),
	offsetof(GalleryItem, checksums_name),
	offsetof(GalleryItem, keyring),
	offsetof(GalleryItem, member),
	offsetof(GalleryItem, locale),
	offsetof(GalleryItem, min_host),
	offsetof(GalleryItem, max_host),
	offsetof(GalleryItem, logo.url),
	offsetof(GalleryItem, logo.digest),
	offsetof(GalleryItem, symbol.url),
	offsetof(GalleryItem, symbol.digest),
	offsetof(GalleryItem, thumbnail.url),
	offsetof(GalleryItem, thumbnail.digest),
	offsetof(GalleryItem, feed_id),
	offsetof(GalleryItem, source),
	offsetof(GalleryItem, version),
	offsetof(GalleryItem, sha256),
	offsetof(GalleryItem, path),
	offsetof(GalleryItem, builder),
};

GalleryItem *item_new(void)
{
	GalleryItem *item = g_new0(GalleryItem, 1);

	for (gsize i = 0; i < ITEM_TEXTS; i++)
		G_STRUCT_MEMBER(char *, item, item_texts[i]) = g_strdup("");
	item->refs = 1;
	item->details = g_ptr_array_new_with_free_func(g_free);
	return item;
}

GalleryItem *gallery_item_ref(GalleryItem *item)
{
	g_atomic_int_inc(&item->refs);
	return item;
}

void gallery_item_free(GalleryItem *item)
{
	if (!item || !g_atomic_int_dec_and_test(&item->refs))
		return;
	for (gsize i = 0; i < ITEM_TEXTS; i++)
		g_free(G_STRUCT_MEMBER(char *, item, item_texts[i]));
	g_ptr_array_unref(item->details);
	g_strfreev(item->urls);
	g_free(item);
}

void item_set_text(char **text, const char *value)
{
	char *copy = g_strdup(value);

	g_free(*text);
	*text = copy;
}

gint64 item_parse_time(const char *text)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);

	return time ? MAX(g_date_time_to_unix(time), 0) : 0;
}

const char *gallery_trust_name(GalleryTrust trust)
{
	static const char *const names[TRUST_LAST] = { "none", "hash", "signature" };

	return names[trust];
}

GalleryTrust item_trust(const GalleryItem *item, gboolean feed_signed)
{
	if (*item->builder)
		return TRUST_HASH;
	if (*item->checksums && *item->keyring)
		return TRUST_SIGNATURE;
	if (*item->digest)
		return feed_signed ? TRUST_SIGNATURE : TRUST_HASH;
	return *item->checksums ? TRUST_HASH : TRUST_NONE;
}
