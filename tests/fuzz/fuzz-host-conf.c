/* carrel.conf, which people edit: what is taken is written and read back as the same text. */
#include <stdint.h>

#include "spec/host-conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char shipped[] = "source one {\n\turl = \"https://one.example/\"\n}\n";
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(HostSpec) spec = host_conf_parse(text, "carrel.conf", shipped, &error);

	g_assert((spec == NULL) == (error != NULL));
	if (!spec)
		return 0;
	g_autofree char *written = host_conf_format(spec);
	g_autoptr(HostSpec) back = host_conf_parse(written, "carrel.conf", shipped, NULL);
	g_assert(back);
	g_autofree char *again = host_conf_format(back);
	g_assert(g_str_equal(written, again));
	return 0;
}
