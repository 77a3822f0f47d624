/* Products and indexes of simplestreams. */
#include "tests/fuzz/feed-rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const FeedContext context = FUZZ_FEED_CONTEXT(NULL);

	fuzz_feed(feed_streams_parse, data, size);
	g_auto(GStrv) paths = feed_streams_index((const char *)data, size, &context, NULL);
	for (guint i = 0; paths && paths[i]; i++)
		g_assert(*paths[i] != '/' && !g_str_has_prefix(paths[i], "../"));
	return 0;
}
