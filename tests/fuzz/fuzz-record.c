/* Boot records, whose files may be cut or damaged. */
#include <stdint.h>

#include "console/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read((const char *)data, size, &start);
	gint64 before = 0;

	g_assert(start != NULL);
	for (guint i = 0; i < entries->len; i++) {
		const RecordEntry *entry = entries->pdata[i];
		g_assert((entry->kind == RECORD_LINE) == (entry->text != NULL));
		g_assert(entry->t >= before && entry->row >= 0 && entry->width >= 0 && entry->height >= 0);
		before = entry->t;
	}
	return 0;
}
