#include "gallery/feed.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/units.h"
#include "gallery/item.h"

/* Texts of an item: each row is a key and the member that it fills. */
typedef struct {
	const char *key;
	gsize offset;
	gboolean required;
	gboolean paragraphs; /* may hold newlines */
} TextRow;

static const TextRow text_rows[] = {
	{"id",            offsetof(GalleryItem, id),           TRUE,  FALSE},
	{ "name",         offsetof(GalleryItem, name),         TRUE,  FALSE},
	{ "publisher",    offsetof(GalleryItem, publisher),    TRUE,  FALSE},
	{ "version",      offsetof(GalleryItem, recipe),       TRUE,  FALSE},
	{ "description",  offsetof(GalleryItem, description),  TRUE,  TRUE },
	{ "builder",      offsetof(GalleryItem, builder),      TRUE,  FALSE},
	{ "os",           offsetof(GalleryItem, os),           FALSE, FALSE},
	{ "architecture", offsetof(GalleryItem, architecture), FALSE, FALSE},
};

/* They are shown on terminals: no control characters, no endless lines. */
static gboolean text_ok(const char *text, gboolean paragraphs)
{
	if (strlen(text) > FEED_TEXT_MAX)
		return FALSE;
	for (const char *p = text; *p; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)) && !(paragraphs && *p == '\n'))
			return FALSE;
	return TRUE;
}

static gboolean take_texts(GalleryItem *item, JsonObject *object, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(text_rows); i++) {
		const TextRow *row = &text_rows[i];
		const char *text = "";
		if (row->required || json_object_has_member(object, row->key))
			text = json_get_string(object, row->key, error);
		if (!text)
			return FALSE;
		if (!text_ok(text, row->paragraphs) || (row->required && !*text))
			return error_set(
				error, CARREL_ERROR_FAILED, NULL,
				"JSON key `%s' is empty, longer than %d bytes or has control characters",
				row->key, FEED_TEXT_MAX);
		item_set_text(&G_STRUCT_MEMBER(char *, item, row->offset), text);
	}
	item_set_text(&item->version, item->recipe);
	return TRUE;
}

/* The id becomes part of file names and of an environment variable. */
static gboolean check_id(const char *id, GError **error)
{
	gboolean good = g_ascii_isalnum(*id) && strlen(id) <= 64;

	for (const char *p = id; good && *p; p++)
		good = g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-' || *p == '.';
	return good || error_set(error, CARREL_ERROR_FAILED, NULL,
				 "the id `%s' is not 1 to 64 lower-case letters, digits, `.' and `-'", id);
}

/* A feed may name a program of ours, never one from elsewhere. */
static gboolean check_builder(const char *builder, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(builder, "/", -1);

	if (!g_strv_contains((const char *const *)parts, "..") && *builder != '/')
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL,
			 "the builder `%s' is not a path below carrel's data", builder);
}

static gboolean take_kind(GalleryItem *item, JsonObject *object, GError **error)
{
	const char *kind = json_get_string(object, "kind", error);

	if (!kind)
		return FALSE;
	item->kind = g_str_equal(kind, "iso") ? GALLERY_ISO : GALLERY_DISK;
	return item->kind == GALLERY_ISO || g_str_equal(kind, "disk") ||
	       error_set(error, CARREL_ERROR_FAILED, NULL, "the kind `%s' is neither iso nor disk", kind);
}

static gboolean take_hardware(GalleryItem *item, JsonObject *object, GError **error)
{
	const char *memory = "0";
	gint64 cpus = 0;

	if (json_object_has_member(object, "memory") && !(memory = json_get_string(object, "memory", error)))
		return FALSE;
	if (!units_parse_size(memory, &item->memory, error))
		return FALSE;
	if (json_object_has_member(object, "cpus") && !json_get_int(object, "cpus", &cpus, error))
		return FALSE;
	if (cpus < 0 || cpus > 288)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "JSON key `cpus' is not a number from 0 to 288");
	item->cpus = (guint)cpus;
	if (json_object_has_member(object, "cloud_init") &&
	    !json_get_bool(object, "cloud_init", &item->cloud_init, error))
		return FALSE;
	return !json_object_has_member(object, "secure_boot") ||
	       json_get_bool(object, "secure_boot", &item->secure_boot, error);
}

static gboolean take_updated(GalleryItem *item, JsonObject *object, GError **error)
{
	const char *text = "";

	if (!json_object_has_member(object, "updated"))
		return TRUE;
	if (!(text = json_get_string(object, "updated", error)))
		return FALSE;
	item->updated = item_parse_time(text);
	return item->updated > 0 ||
	       error_set(error, CARREL_ERROR_FAILED, NULL, "JSON key `updated' is not a time of RFC 3339");
}

static gboolean take_details(GalleryItem *item, JsonObject *object, GError **error)
{
	JsonArray *rows = NULL;

	if (!json_object_has_member(object, "details"))
		return TRUE;
	if (!(rows = json_get_array(object, "details", error)))
		return FALSE;
	for (guint i = 0; i < json_array_get_length(rows); i++) {
		JsonNode *node = json_array_get_element(rows, i);
		JsonArray *row = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
		for (guint k = 0; k < 2; k++) {
			JsonNode *cell = row && json_array_get_length(row) == 2
						 ? json_array_get_element(row, k)
						 : NULL;
			if (!cell || json_node_get_value_type(cell) != G_TYPE_STRING ||
			    !text_ok(json_node_get_string(cell), FALSE))
				return error_set(error, CARREL_ERROR_FAILED, NULL,
						 "row %u of `details' is not a pair of short texts", i + 1);
			g_ptr_array_add(item->details, json_node_dup_string(cell));
		}
	}
	return TRUE;
}

static gboolean take_item(GalleryItem *item, JsonObject *object, GError **error)
{
	return take_texts(item, object, error) && check_id(item->id, error) &&
	       check_builder(item->builder, error) && take_kind(item, object, error) &&
	       take_hardware(item, object, error) && take_updated(item, object, error) &&
	       take_details(item, object, error);
}

static gboolean is_listed(GPtrArray *items, const char *id)
{
	for (guint i = 0; i < items->len; i++)
		if (g_str_equal(((GalleryItem *)items->pdata[i])->id, id))
			return TRUE;
	return FALSE;
}

/* *@line is where the thing begins that an error is about. */
static gboolean take_items(GPtrArray *items, JsonNode *root, const char *source, JsonLines *lines,
			   guint *line, GError **error)
{
	JsonObject *feed = json_as_object(root, "the feed", error);
	gint64 format = 0;
	JsonArray *array = NULL;

	if (!feed || !json_get_int(feed, "format", &format, error) ||
	    !(array = json_get_array(feed, "items", error)))
		return FALSE;
	if (format != 1)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "the feed has format %" G_GINT64_FORMAT ", not 1", format);
	if (json_array_get_length(array) > FEED_ITEMS_MAX)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "the feed has more than %d items",
				 FEED_ITEMS_MAX);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonObject *object = json_as_object(json_array_get_element(array, i), "an item", error);
		if (!object)
			return FALSE;
		*line = GPOINTER_TO_UINT(g_hash_table_lookup(lines->starts, object));
		g_autoptr(GalleryItem) item = item_new();
		if (!take_item(item, object, error))
			return FALSE;
		if (is_listed(items, item->id))
			return error_set(error, CARREL_ERROR_FAILED, NULL, "the item `%s' is there twice",
					 item->id);
		item_set_text(&item->source, source);
		g_ptr_array_add(items, g_steal_pointer(&item));
	}
	return TRUE;
}

GPtrArray *feed_parse(const char *text, gsize length, const char *name, const char *source, GError **error)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	g_auto(JsonLines) lines = { 0 };
	g_autoptr(GError) local = NULL;
	guint line = 1;

	if (length > FEED_MAX) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "%s:1: has more than %d bytes", name, FEED_MAX);
		return NULL;
	}
	g_autoptr(JsonNode) root = json_parse_lines(text, (gssize)length, &lines, &local);
	if (!root)
		line = lines.error_line;
	else if (take_items(items, root, source, &lines, &line, &local))
		return g_steal_pointer(&items);
	g_autofree char *message = error_message(local);
	error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: %s", name, line, message);
	return NULL;
}

GPtrArray *feed_load(const char *path, const char *source, GError **error)
{
	gsize length = 0;
	g_autofree char *text = file_read(path, FEED_MAX, &length, error);

	return text ? feed_parse(text, length, path, source, error) : NULL;
}
