/* A guest agent's line, which a hostile guest may have written. */
#include <stdint.h>

#include "hv/qga-private.h"
#include "hv/qga.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qga_parse_answer((const char *)data, (gssize)size, &error);

	g_assert((node == NULL) != (error == NULL));
	g_autofree char *address = qga_first_address(node);
	g_assert(!address || g_hostname_is_ip_address(address));
	return 0;
}
