#include "base/json.h"

#include <string.h>

#include "base/error.h"

#define DEPTH_MAX 64

/*
 * json-glib recurses; a deep nest from a hostile peer must not use up the stack. It also takes comments and strings in single
 * quotes, in which a double quote would hide brackets from this count; JSON has neither, so what is no JSON is refused first.
 * Of a second value behind the first it loses the memory of the first, which such a peer must not use either.
 */
static const char *check_shape(const char *text, gsize length)
{
	guint depth = 0;
	gboolean in_string = FALSE, begun = FALSE;

	for (gsize i = 0; i < length; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = FALSE;
		} else if (c == '"') {
			in_string = TRUE;
		} else if (c == '{' || c == '[') {
			if (depth == 0 && begun)
				return "JSON is malformed: it is more than one value";
			if (++depth > DEPTH_MAX)
				return "JSON is nested more than " G_STRINGIFY(DEPTH_MAX) " levels deep";
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		} else if (!g_ascii_isalnum(c) && !strchr("]}:,+-. \t\r\n", c)) {
			return "JSON is malformed: comments, single quotes and the like are no JSON";
		}
		begun = begun || !g_ascii_isspace(c);
	}
	return NULL;
}

/* Begin of each open object; the parser tells the object itself only at its end. */
typedef struct {
	GArray *open;
	GHashTable *starts;
} ObjectLines;

static void on_object_start(JsonParser *parser, ObjectLines *where)
{
	guint line = json_parser_get_current_line(parser);

	g_array_append_val(where->open, line);
}

static void on_object_end(JsonParser *parser, JsonObject *object, ObjectLines *where)
{
	guint line = g_array_index(where->open, guint, where->open->len - 1);

	g_array_set_size(where->open, where->open->len - 1);
	g_hash_table_insert(where->starts, object, GUINT_TO_POINTER(line));
}

JsonNode *json_parse_lines(const char *text, gssize length, JsonLines *lines, GError **error)
{
	gsize size = length < 0 ? strlen(text) : (gsize)length;
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) local = NULL;
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
	ObjectLines where = { open, NULL };
	const char *wrong =
		g_utf8_validate_len(text, size, NULL) ? check_shape(text, size) : "JSON is not valid UTF-8";

	if (lines) {
		*lines = (JsonLines){ 1, g_hash_table_new(NULL, NULL) };
		where.starts = lines->starts;
		g_signal_connect(parser, "object-start", G_CALLBACK(on_object_start), &where);
		g_signal_connect(parser, "object-end", G_CALLBACK(on_object_end), &where);
	}
	if (wrong) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "%s", wrong);
		return NULL;
	}
	if (!json_parser_load_from_data(parser, text, (gssize)size, &local)) {
		/* The parser forgets its place, but its message begins with it: "<data>:LINE:COLUMN: ". */
		const char *place = g_str_has_prefix(local->message, "<data>:")
					    ? local->message + strlen("<data>:")
					    : local->message;
		if (lines)
			lines->error_line = MAX((guint)g_ascii_strtoull(place, NULL, 10), 1);
		error_set(error, CARREL_ERROR_FAILED, NULL, "JSON is malformed: %s", place);
		return NULL;
	}
	JsonNode *root = json_parser_steal_root(parser);
	if (!root)
		error_set(error, CARREL_ERROR_FAILED, NULL, "JSON is empty");
	return root;
}

JsonNode *json_parse(const char *text, gssize length, GError **error)
{
	return json_parse_lines(text, length, NULL, error);
}

void json_lines_clear(JsonLines *lines)
{
	g_clear_pointer(&lines->starts, g_hash_table_unref);
}

JsonObject *json_as_object(JsonNode *node, const char *what, GError **error)
{
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return json_node_get_object(node);
	error_set(error, CARREL_ERROR_FAILED, NULL, "%s is not a JSON object", what);
	return NULL;
}

static JsonNode *typed_member(JsonObject *object, const char *key, JsonNodeType kind, GType value,
			      const char *type, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);

	if (node && json_node_get_node_type(node) == kind &&
	    (kind != JSON_NODE_VALUE || json_node_get_value_type(node) == value))
		return node;
	error_set(error, CARREL_ERROR_FAILED, NULL,
		  node ? "JSON key `%s' is not %s" : "JSON key `%s' (%s) is missing", key, type);
	return NULL;
}

const char *json_get_string(JsonObject *object, const char *key, GError **error)
{
	JsonNode *node = typed_member(object, key, JSON_NODE_VALUE, G_TYPE_STRING, "a string", error);

	return node ? json_node_get_string(node) : NULL;
}

JsonObject *json_get_object(JsonObject *object, const char *key, GError **error)
{
	JsonNode *node = typed_member(object, key, JSON_NODE_OBJECT, 0, "an object", error);

	return node ? json_node_get_object(node) : NULL;
}

JsonArray *json_get_array(JsonObject *object, const char *key, GError **error)
{
	JsonNode *node = typed_member(object, key, JSON_NODE_ARRAY, 0, "an array", error);

	return node ? json_node_get_array(node) : NULL;
}

gboolean json_get_int(JsonObject *object, const char *key, gint64 *value, GError **error)
{
	JsonNode *node = typed_member(object, key, JSON_NODE_VALUE, G_TYPE_INT64, "an integer", error);

	if (node)
		*value = json_node_get_int(node);
	return node != NULL;
}

gboolean json_get_bool(JsonObject *object, const char *key, gboolean *value, GError **error)
{
	JsonNode *node = typed_member(object, key, JSON_NODE_VALUE, G_TYPE_BOOLEAN, "a boolean", error);

	if (node)
		*value = json_node_get_boolean(node);
	return node != NULL;
}

const char *json_string_or(JsonObject *object, const char *key, const char *fallback)
{
	const char *value = json_get_string(object, key, NULL);

	return value ? value : fallback;
}

gint64 json_int_or(JsonObject *object, const char *key, gint64 fallback)
{
	gint64 value = fallback;

	json_get_int(object, key, &value, NULL);
	return value;
}

gboolean json_bool_or(JsonObject *object, const char *key, gboolean fallback)
{
	gboolean value = fallback;

	json_get_bool(object, key, &value, NULL);
	return value;
}

char *json_text(JsonNode *node, gboolean pretty)
{
	return json_to_string(node, pretty);
}

char *json_snake_case(const char *camel)
{
	GString *snake = g_string_new(NULL);

	for (const char *p = camel; *p; p++) {
		if (g_ascii_isupper(*p) && p > camel)
			g_string_append_c(snake, '_');
		g_string_append_c(snake, g_ascii_tolower(*p));
	}
	return g_string_free(snake, FALSE);
}

static JsonNode *dict_to_json(GVariant *value, gboolean snake)
{
	JsonObject *object = json_object_new();
	GVariantIter iter;
	GVariant *entry;

	g_variant_iter_init(&iter, value);
	while ((entry = g_variant_iter_next_value(&iter))) {
		g_autoptr(GVariant) key = g_variant_get_child_value(entry, 0);
		g_autoptr(GVariant) member = g_variant_get_child_value(entry, 1);
		const char *name = g_variant_get_string(key, NULL);
		g_autofree char *converted = snake ? json_snake_case(name) : g_strdup(name);
		json_object_set_member(object, converted, json_from_variant(member, snake));
		g_variant_unref(entry);
	}
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	json_node_take_object(node, object);
	return node;
}

static JsonNode *list_to_json(GVariant *value, gboolean snake)
{
	JsonArray *array = json_array_new();
	gsize count = g_variant_n_children(value);

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
		json_array_add_element(array, json_from_variant(child, snake));
	}
	JsonNode *node = json_node_new(JSON_NODE_ARRAY);
	json_node_take_array(node, array);
	return node;
}

JsonNode *json_from_variant(GVariant *value, gboolean snake)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_VARIANT)) {
		g_autoptr(GVariant) inner = g_variant_get_variant(value);
		return json_from_variant(inner, snake);
	}
	if (g_variant_is_of_type(value, G_VARIANT_TYPE("a{s*}")) ||
	    g_variant_is_of_type(value, G_VARIANT_TYPE("a{o*}")))
		return dict_to_json(value, snake);
	if (g_variant_is_container(value))
		return list_to_json(value, snake);
	/* json_gvariant_serialize knows every basic type except handles, which have no meaning outside the message. */
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_HANDLE))
		return json_node_init_int(json_node_alloc(), g_variant_get_handle(value));
	return json_gvariant_serialize(value);
}
