#include "gallery/input.h"

#include <string.h>

#include "base/error.h"

void input_init(Input *input, ArchivePull pull, gpointer data)
{
	*input = (Input){ .pull = pull, .data = data, .head = g_byte_array_new() };
}

void input_clear(Input *input)
{
	g_byte_array_unref(input->head);
}

static gboolean pull_more(Input *input, GError **error)
{
	gssize got = input->pull(input->data, &input->bytes, error);

	input->length = got > 0 ? (gsize)got : 0;
	input->ended = got == 0;
	return got >= 0;
}

gboolean input_fill(Input *input, GError **error)
{
	return input->length > 0 || input->ended || pull_more(input, error);
}

gboolean input_begins(Input *input, const char *magic, gsize length, gboolean *yes, GError **error)
{
	while (input->head->len < length && !input->ended) {
		if (!pull_more(input, error))
			return FALSE;
		g_byte_array_append(input->head, input->bytes, (guint)input->length);
	}
	input->bytes = input->head->data;
	input->length = input->head->len;
	*yes = input->length >= length && memcmp(input->bytes, magic, length) == 0;
	return TRUE;
}

gssize input_pass(Input *input, const guint8 **bytes, GError **error)
{
	gsize length;

	if (!input_fill(input, error))
		return -1;
	length = input->length;
	*bytes = input->bytes;
	input->length = 0;
	return (gssize)length;
}

gboolean input_damaged(GError **error, const char *how)
{
	return error_set(error, CARREL_ERROR_VERIFY,
			 "fetch it again; if that does not help, its publisher must repair it",
			 "the download is damaged or cut short: %s", how);
}
