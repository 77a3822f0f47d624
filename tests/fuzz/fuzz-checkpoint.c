/* Notes of checkpoints, in folders that may come from elsewhere. */
#include <stdint.h>
#include <string.h>

#include "model/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Checkpoint) checkpoint = checkpoint_parse((const char *)data, size, "0123abcd", &error);

	g_assert((checkpoint == NULL) == (error != NULL));
	if (!checkpoint)
		return 0;
	/* It is shown on terminals, and its parent becomes part of a path. */
	g_assert(checkpoint_check_name(checkpoint->name, NULL));
	g_assert(!*checkpoint->parent || strspn(checkpoint->parent, "0123456789abcdef") == 8);
	return 0;
}
