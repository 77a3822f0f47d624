/* What must hold of the items of any feed, whoever wrote it. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "gallery/digest.h"
#include "gallery/feed-formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What becomes a path, a URL or words on a terminal. */
static inline void check_feed_item(const GalleryItem *item)
{
	static const char *const schemes[] = { "http://", "https://", "file://" };
	gboolean known = FALSE;

	g_assert(g_ascii_isalnum(*item->id) && strlen(item->id) <= 64);
	g_assert(strspn(item->id, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(item->id));
	g_assert(g_utf8_validate(item->name, -1, NULL) && !strpbrk(item->name, "\033\n"));
	g_assert(item->urls && item->urls[0]);
	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
		known = known || g_str_has_prefix(item->urls[0], schemes[i]);
	g_assert(known && !strpbrk(item->urls[0], " \n\r\033"));
	if (*item->digest) {
		g_autofree char *digest = digest_normalise(item->digest);
		g_assert(g_strcmp0(digest, item->digest) == 0);
	}
	g_assert(item->details->len % 2 == 0);
}

typedef GPtrArray *(*FeedParser)(const char *text, gsize length, const FeedContext *context, GError **error);

#define FUZZ_FEED_CONTEXT(warnings)                                                                          \
	{                                                                                                    \
		"feed", "https://example.org/streams/v1/feed.json", "fuzz", "x86_64", warnings               \
	}

static inline void fuzz_feed(FeedParser parse, const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	const FeedContext context = FUZZ_FEED_CONTEXT(warnings);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = parse((const char *)data, size, &context, &error);

	g_assert((items == NULL) == (error != NULL));
	g_assert(!error || (g_str_has_prefix(error->message, "feed:") && g_ascii_isdigit(error->message[5])));
	for (guint i = 0; items && i < items->len; i++)
		check_feed_item(items->pdata[i]);
	for (guint i = 0; i < warnings->len; i++)
		g_assert(g_str_has_prefix(warnings->pdata[i], "feed:"));
}
