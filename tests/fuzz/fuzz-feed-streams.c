/* Products and indexes of simplestreams. */
#include <stdint.h>
#include <string.h>

#include "gallery/digest.h"
#include "gallery/feed-formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What becomes a path, a URL or words on a terminal. */
static void check_item(const GalleryItem *item)
{
	static const char *const schemes[] = { "http://", "https://", "file://" };
	g_autofree char *id = feed_make_id(item->id);
	gboolean known = FALSE;

	g_assert(g_str_equal(id, item->id) && strlen(id) <= 64);
	g_assert(g_utf8_validate(item->name, -1, NULL) && !strpbrk(item->name, "\033\n"));
	g_assert(item->urls && item->urls[0] && !item->urls[1]);
	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
		known = known || g_str_has_prefix(item->urls[0], schemes[i]);
	g_assert(known && !strpbrk(item->urls[0], " \n\r\033"));
	if (*item->digest) {
		g_autofree char *digest = digest_normalise(item->digest);
		g_assert(g_strcmp0(digest, item->digest) == 0);
	}
	g_assert(item->details->len % 2 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	const FeedContext context = { "feed", "https://example.org/streams/v1/feed.json", "fuzz", "x86_64",
				      warnings };
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = feed_streams_parse((const char *)data, size, &context, &error);

	g_assert((items == NULL) == (error != NULL));
	g_assert(!error || (g_str_has_prefix(error->message, "feed:") && g_ascii_isdigit(error->message[5])));
	for (guint i = 0; items && i < items->len; i++)
		check_item(items->pdata[i]);
	for (guint i = 0; i < warnings->len; i++)
		g_assert(g_str_has_prefix(warnings->pdata[i], "feed:"));
	g_auto(GStrv) paths = feed_streams_index((const char *)data, size, &context, NULL);
	for (guint i = 0; paths && paths[i]; i++)
		g_assert(*paths[i] != '/' && !g_str_has_prefix(paths[i], "../"));
	return 0;
}
