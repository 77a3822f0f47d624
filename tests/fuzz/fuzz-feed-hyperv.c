/* Galleries of Hyper-V, and the lenient JSON under them. */
#include "tests/fuzz/feed-rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_feed(feed_hyperv_parse, data, size);
	return 0;
}
