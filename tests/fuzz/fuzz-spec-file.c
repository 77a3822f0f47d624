/* vm.conf, which a folder from elsewhere may bring: what is taken is written and read back as the same. */
#include <stdint.h>

#include "spec/spec-fields.h"
#include "spec/spec-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmSpec) spec = spec_file_parse(text, "vm.conf", &error);

	g_assert((spec == NULL) == (error != NULL));
	if (!spec) {
		g_assert(g_str_has_prefix(error->message, "vm.conf:"));
		return 0;
	}
	g_autofree char *written = spec_file_format(spec);
	g_autoptr(VmSpec) back = spec_file_parse(written, "vm.conf", NULL);
	g_assert(back);
	g_autoptr(GVariant) left = g_variant_ref_sink(vm_spec_to_variant(spec));
	g_autoptr(GVariant) right = g_variant_ref_sink(vm_spec_to_variant(back));
	g_assert(g_variant_equal(left, right));
	return 0;
}
