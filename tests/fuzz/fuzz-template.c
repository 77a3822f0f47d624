/* The note of a warm template, which lies where others may write. What is read must be written and read again as the same. */
#include <stdint.h>
#include <string.h>

#include "model/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(Template) template = template_parse((const char *)data, (gssize)size, NULL);

	if (!template)
		return 0;
	g_autofree char *text = template_format(template);
	g_autoptr(Template) again = template_parse(text, -1, NULL);
	g_assert_nonnull(again);
	g_autofree char *second = template_format(again);
	g_assert_cmpstr(text, ==, second);
	for (guint i = 0; i < template->files->len; i++)
		g_assert_null(strchr(((TemplateFile *)template->files->pdata[i])->name, '/'));
	return 0;
}
