/*
 * Typed getters over json-glib for data that others wrote: a missing key or a wrong type is a GError that names the key,
 * never a crash. Strings point into the node and live as long as it does.
 */
#pragma once

#include <json-glib/json-glib.h>

/* Parses @text (a single JSON value, -1: NUL-terminated), at most 64 levels deep. Caller owns the node. */
JsonNode *json_parse(const char *text, gssize length, GError **error);

/* Where things stand, for messages about files that people write. */
typedef struct {
	guint error_line;   /* of a malformed text, from 1 */
	GHashTable *starts; /* JsonObject * -> line on which it begins, as GUINT_TO_POINTER */
} JsonLines;

/* The same, and fills @lines, which the caller clears with json_lines_clear(). */
JsonNode *json_parse_lines(const char *text, gssize length, JsonLines *lines, GError **error);
void json_lines_clear(JsonLines *lines);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JsonLines, json_lines_clear)

/* The object in @node; NULL with @error when it is none. Borrowed. */
JsonObject *json_as_object(JsonNode *node, const char *what, GError **error);

const char *json_get_string(JsonObject *object, const char *key, GError **error);
JsonObject *json_get_object(JsonObject *object, const char *key, GError **error);
JsonArray *json_get_array(JsonObject *object, const char *key, GError **error);
gboolean json_get_int(JsonObject *object, const char *key, gint64 *value, GError **error);
gboolean json_get_bool(JsonObject *object, const char *key, gboolean *value, GError **error);

/* The same for keys that may be absent: @fallback then, and also where the type is wrong. */
const char *json_string_or(JsonObject *object, const char *key, const char *fallback);
gint64 json_int_or(JsonObject *object, const char *key, gint64 fallback);
gboolean json_bool_or(JsonObject *object, const char *key, gboolean fallback);

/* Text of @node, with or without indentation. Caller frees. */
char *json_text(JsonNode *node, gboolean pretty);

/* The GVariant @value as JSON: a{sv} becomes an object (keys from CamelCase to snake_case when @snake), arrays arrays, numbers numbers. */
JsonNode *json_from_variant(GVariant *value, gboolean snake);

/* "MemoryStartup" -> "memory_startup". Caller frees. */
char *json_snake_case(const char *camel);
