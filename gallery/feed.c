#include "gallery/feed.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/units.h"
#include "gallery/digest.h"
#include "gallery/feed-common.h"
#include "gallery/fetch.h"
#include "gallery/item.h"

/* Texts of an item: each row is a key and the member that it fills. */
typedef struct {
	const char *key;
	gsize offset;
	gboolean required;
	gboolean paragraphs; /* may hold newlines */
} TextRow;

static const TextRow text_rows[] = {
	{"id",              offsetof(GalleryItem, id),             TRUE,  FALSE},
	{ "name",           offsetof(GalleryItem, name),           TRUE,  FALSE},
	{ "publisher",      offsetof(GalleryItem, publisher),      TRUE,  FALSE},
	{ "version",        offsetof(GalleryItem, recipe),         TRUE,  FALSE},
	{ "description",    offsetof(GalleryItem, description),    TRUE,  TRUE },
	{ "builder",        offsetof(GalleryItem, builder),        FALSE, FALSE},
	{ "os",             offsetof(GalleryItem, os),             FALSE, FALSE},
	{ "architecture",   offsetof(GalleryItem, architecture),   FALSE, FALSE},
	{ "checksums",      offsetof(GalleryItem, checksums),      FALSE, FALSE},
	{ "checksums_name", offsetof(GalleryItem, checksums_name), FALSE, FALSE},
	{ "signature",      offsetof(GalleryItem, signature),      FALSE, FALSE},
	{ "keyring",        offsetof(GalleryItem, keyring),        FALSE, FALSE},
	{ "member",         offsetof(GalleryItem, member),         FALSE, FALSE},
	{ "locale",         offsetof(GalleryItem, locale),         FALSE, FALSE},
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
	item->updated = item->published = item_parse_time(text);
	return item->published > 0 ||
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

static gboolean is_address(const char *text)
{
	return g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://") ||
	       g_str_has_prefix(text, "file:///");
}

/* Absolute, or relative to where the feed came from. NULL with @error when it is no address. Caller frees. */
static char *address(const char *text, const char *base, GError **error)
{
	char *url = base ? fetch_join_url(base, text) : is_address(text) ? g_strdup(text) : NULL;

	if (!url || !text_ok(url, FALSE)) {
		g_clear_pointer(&url, g_free);
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "`%s' is no address of the kind http, https or file", text);
	}
	return url;
}

/* "url": one, or a list of mirrors. */
static gboolean take_urls(GalleryItem *item, JsonObject *object, const char *base, GError **error)
{
	JsonNode *node = json_object_get_member(object, "url");
	JsonArray *list = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	guint count = list ? json_array_get_length(list) : 1;

	if (!node)
		return TRUE;
	if (count == 0 || count > FEED_MIRRORS_MAX)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "JSON key `url' has none, or more than %d addresses", FEED_MIRRORS_MAX);
	item->urls = g_new0(char *, count + 1);
	for (guint i = 0; i < count; i++) {
		JsonNode *one = list ? json_array_get_element(list, i) : node;
		if (json_node_get_value_type(one) != G_TYPE_STRING)
			return error_set(error, CARREL_ERROR_FAILED, NULL,
					 "JSON key `url' is no text, or list of texts");
		if (!(item->urls[i] = address(json_node_get_string(one), base, error)))
			return FALSE;
	}
	return TRUE;
}

/* The texts that are addresses are made absolute, too. */
static gboolean take_addresses(GalleryItem *item, const char *base, GError **error)
{
	char **const places[] = { &item->checksums, &item->signature };

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		char *url = **places[i] ? address(*places[i], base, error) : g_strdup("");
		if (!url)
			return FALSE;
		g_free(*places[i]);
		*places[i] = url;
	}
	return TRUE;
}

static gboolean take_digest(char **place, JsonObject *object, GError **error)
{
	const char *text = json_string_or(object, "hash", "");
	char *digest = *text ? digest_normalise(text) : g_strdup("");

	if (!digest)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "JSON key `hash' is no SHA-256, SHA-384 or SHA-512");
	g_free(*place);
	*place = digest;
	return TRUE;
}

static gboolean take_picture(GalleryPicture *picture, JsonObject *object, const char *key, const char *base,
			     GError **error)
{
	JsonObject *one = json_object_has_member(object, key) ? json_get_object(object, key, error) : NULL;

	if (!json_object_has_member(object, key))
		return TRUE;
	const char *text = one ? json_get_string(one, "url", error) : NULL;
	char *url = text ? address(text, base, error) : NULL;
	if (!url)
		return FALSE;
	g_free(picture->url);
	picture->url = url;
	return take_digest(&picture->digest, one, error);
}

/* Where it comes from: a program of ours, or somewhere to fetch it. */
static gboolean check_origin(const GalleryItem *item, gboolean builders, GError **error)
{
	if (*item->builder && !builders)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "only carrel's own feed may name a `builder'");
	if (!*item->builder == !item->urls)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "it has neither, or both, of `builder' and `url'");
	for (char **url = item->urls; url && *url; url++)
		if (g_str_has_suffix(*url, "/") && !(*item->checksums && *item->checksums_name))
			return error_set(error, CARREL_ERROR_FAILED, NULL,
					 "a `url' that is a folder needs `checksums' and `checksums_name'");
	return TRUE;
}

static gboolean take_origin(GalleryItem *item, JsonObject *object, const char *base, GError **error)
{
	item->download_size = (guint64)MAX(json_int_or(object, "download_size", 0), 0);
	item->disk_size = (guint64)MAX(json_int_or(object, "disk_size", 0), 0);
	return take_urls(item, object, base, error) && take_addresses(item, base, error) &&
	       take_digest(&item->digest, object, error) &&
	       take_picture(&item->logo, object, "logo", base, error) &&
	       take_picture(&item->symbol, object, "symbol", base, error) &&
	       take_picture(&item->thumbnail, object, "thumbnail", base, error);
}

/* @base: where the feed came from, NULL for our own, which alone may name builders. */
static gboolean take_item(GalleryItem *item, JsonObject *object, const char *base, GError **error)
{
	return take_texts(item, object, error) && check_id(item->id, error) &&
	       check_builder(item->builder, error) && take_kind(item, object, error) &&
	       take_hardware(item, object, error) && take_updated(item, object, error) &&
	       take_details(item, object, error) && take_origin(item, object, base, error) &&
	       check_origin(item, !base, error);
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
		if (!take_item(item, object, NULL, error))
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

/* --- our format, from elsewhere -------------------------------------------------------------------------------------------- */

/* One bad item does not take the others with it. */
static void take_other(FeedBuild *build, JsonNode *node, const JsonLines *lines)
{
	g_autoptr(GError) error = NULL;
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	g_autoptr(GalleryItem) item = item_new();

	if (object && take_item(item, object, build->context->url, &error) &&
	    (!g_hash_table_contains(build->ids, item->id) ||
	     error_set(&error, CARREL_ERROR_FAILED, NULL, "the item `%s' is there twice", item->id))) {
		feed_build_take(build, g_steal_pointer(&item));
		return;
	}
	g_autofree char *sentence = object ? error_message(error) : g_strdup("an item is no object");
	feed_warn(build->context, object ? GPOINTER_TO_UINT(g_hash_table_lookup(lines->starts, object)) : 1,
		  "%s", sentence);
}

/* Its `items'; NULL with @error when it is no feed of ours. */
static JsonArray *other_items(JsonNode *root, GError **error)
{
	JsonObject *feed = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	JsonArray *array = feed ? json_get_array(feed, "items", NULL) : NULL;

	if (array && json_int_or(feed, "format", 0) == 1 && json_array_get_length(array) <= FEED_FORMAT_ITEMS)
		return array;
	error_set(error, CARREL_ERROR_FAILED, NULL, "it is no feed of format 1 with at most %d `items'",
		  FEED_FORMAT_ITEMS);
	return NULL;
}

GPtrArray *feed_carrel_parse(const char *text, gsize length, const FeedContext *context, GError **error)
{
	g_auto(JsonLines) lines = { 0 };
	g_auto(FeedBuild) build = { 0 };
	g_autoptr(GError) local = NULL;
	g_autoptr(JsonNode) root = json_parse_lines(text, (gssize)length, &lines, &local);
	JsonArray *array = root ? other_items(root, &local) : NULL;

	if (!array) {
		g_autofree char *message = error_message(local);
		error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: %s", context->name,
			  root ? 1 : lines.error_line, message);
		return NULL;
	}
	feed_build_init(&build, context);
	for (guint i = 0; i < json_array_get_length(array); i++)
		take_other(&build, json_array_get_element(array, i), &lines);
	return g_steal_pointer(&build.items);
}
