/* JSON of peers that are not trusted: parsed within bounds, read by typed getters, written. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each getter on each member: the value or an error, never both. */
static void read_members(JsonObject *object)
{
	g_autoptr(GList) keys = json_object_get_members(object);

	for (GList *key = keys; key; key = key->next) {
		GError *errors[5] = { NULL };
		gint64 number;
		gboolean truth;
		guint good = 0;
		good += json_get_string(object, key->data, &errors[0]) != NULL;
		good += json_get_object(object, key->data, &errors[1]) != NULL;
		good += json_get_array(object, key->data, &errors[2]) != NULL;
		good += json_get_int(object, key->data, &number, &errors[3]);
		good += json_get_bool(object, key->data, &truth, &errors[4]);
		g_assert(good <= 1);
		for (guint i = 0; i < G_N_ELEMENTS(errors); i++) {
			good += errors[i] != NULL;
			g_clear_error(&errors[i]);
		}
		g_assert(good == G_N_ELEMENTS(errors));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_auto(JsonLines) lines = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = json_parse_lines((const char *)data, (gssize)size, &lines, &error);

	g_assert((node == NULL) == (error != NULL));
	if (!node)
		return 0;
	JsonObject *object = json_as_object(node, "it", NULL);
	if (object) {
		g_assert(g_hash_table_contains(lines.starts, object));
		read_members(object);
	}
	/* Not read again: a number beyond a double's range is written as one that JSON has not. */
	g_autofree char *text = json_text(node, TRUE);
	g_assert(g_utf8_validate(text, -1, NULL));
	return 0;
}
