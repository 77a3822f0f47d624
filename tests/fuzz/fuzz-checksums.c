/* Vendors' checksum files and armoured keyrings. The first line of the input is the name that is asked for. */
#include <stdint.h>
#include <string.h>

#include "gallery/checksums.h"
#include "gallery/digest.h"
#include "gallery/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t first = newline ? (size_t)(newline - data) : 0;
	g_autofree char *name = g_strndup((const char *)data, first);
	g_autofree char *found = NULL;
	g_autoptr(GError) error = NULL;
	const char *text = (const char *)data + first;
	g_autofree char *digest = checksums_find(text, size - first, "SUMS", name, &found, &error);
	g_autoptr(GByteArray) keys = keyring_dearmour((const char *)data, size);

	g_assert((digest == NULL) == (error != NULL) && (digest == NULL) == (found == NULL));
	if (digest) {
		g_autofree char *again = digest_normalise(digest);
		g_assert(g_str_equal(digest, again));
		/* It becomes the end of a URL. */
		g_assert(!strpbrk(found, "/\n\r\033") && *found != '.');
	}
	g_assert(!keys || (keys->len > 0 && keys->len <= size));
	return 0;
}
