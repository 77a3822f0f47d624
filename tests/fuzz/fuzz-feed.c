/* Feeds in our own format, shipped and from elsewhere, and the notes beside images. */
#include "gallery/feed.h"
#include "gallery/note.h"
#include "gallery/verify.h"
#include "tests/fuzz/feed-rules.h"

static void check_items(GPtrArray *items)
{
	g_assert(items->len <= FEED_ITEMS_MAX);
	for (guint i = 0; i < items->len; i++) {
		const GalleryItem *item = items->pdata[i];
		/* What becomes a path must not lead anywhere else. */
		g_assert(g_ascii_isalnum(*item->id) && !strpbrk(item->id, "/ \n"));
		g_assert(*item->builder != '/' && !g_str_has_prefix(item->builder, "../"));
		g_assert(item->details->len % 2 == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = feed_parse((const char *)data, size, "feed", "fuzz", &error);
	g_autoptr(ImageNote) note = note_parse((const char *)data, size, "note", NULL);

	g_assert((items == NULL) == (error != NULL));
	if (items)
		check_items(items);
	else
		g_assert(g_str_has_prefix(error->message, "feed:") && g_ascii_isdigit(error->message[5]));
	fuzz_feed(feed_carrel_parse, data, size);
	if (note)
		g_assert(verify_is_sha256(note->sha256) && note->size > 0);
	return 0;
}
