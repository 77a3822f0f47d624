/* What cloud-init says about itself, which a hostile guest may have written. */
#include <stdint.h>
#include <string.h>

#include "model/vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *words = vm_guest_result(text);

	/* It is shown on terminals. */
	g_assert(!words || g_utf8_validate(words, -1, NULL));
	g_assert(!words || !strpbrk(words, "\r\n\t\033"));
	return 0;
}
