#include "gallery/source.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/units.h"
#include "gallery/feed.h"
#include "gallery/fetch.h"
#include "gallery/item-cache.h"
#include "gallery/item.h"

#define STATE_MAX     (4 * 1024 * 1024)
#define DATA_PREFIX   "data:"
#define WARNINGS_SHOW 100

static const char *const type_names[] = {
	[SOURCE_AUTO] = "auto",     [SOURCE_CARREL] = "carrel",
	[SOURCE_HYPERV] = "hyperv", [SOURCE_STREAMS] = "simplestreams",
	[SOURCE_OSINFO] = "osinfo",
};

G_STATIC_ASSERT(G_N_ELEMENTS(type_names) == SOURCE_TYPES);

const char *source_type_name(SourceType type)
{
	return type_names[type];
}

SourceType source_type_find(const char *name)
{
	for (guint i = 0; i < SOURCE_TYPES; i++)
		if (g_str_equal(type_names[i], name))
			return (SourceType)i;
	return SOURCE_AUTO;
}

static char *source_dir(const char *name)
{
	g_autofree char *cache = paths_cache_dir();

	return g_build_filename(cache, "gallery", name, NULL);
}

static char *source_file(const GallerySource *source, const char *file)
{
	g_autofree char *dir = source_dir(source->name);

	return g_build_filename(dir, file, NULL);
}

char *source_document_path(const GallerySource *source, const char *url)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
	g_autofree char *file = g_strconcat(hash, ".doc", NULL);

	return source_file(source, file);
}

void source_forget(const char *name)
{
	g_autofree char *dir = source_dir(name);
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(dir, &error))
		g_warning("%s", error->message);
}

static void validators_free(gpointer data)
{
	fetch_validators_clear(data);
	g_free(data);
}

/* --- what is kept ------------------------------------------------------------------------------------------------------- */

static void take_validators(GallerySource *source, JsonObject *object)
{
	JsonObject *documents = json_get_object(object, "documents", NULL);
	g_autoptr(GList) urls = documents ? json_object_get_members(documents) : NULL;

	for (GList *l = urls; l; l = l->next) {
		JsonObject *one = json_get_object(documents, l->data, NULL);
		if (!one)
			continue;
		FetchValidators *validators = g_new0(FetchValidators, 1);
		validators->etag = g_strdup(json_string_or(one, "etag", ""));
		validators->last_modified = g_strdup(json_string_or(one, "last_modified", ""));
		g_hash_table_replace(source->validators, g_strdup(l->data), validators);
	}
}

static void take_warnings(GallerySource *source, JsonObject *object)
{
	JsonArray *array = json_get_array(object, "warnings", NULL);

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		if (json_node_get_value_type(node) == G_TYPE_STRING)
			g_ptr_array_add(source->warnings, json_node_dup_string(node));
	}
}

static SignatureState signature_find(const char *name)
{
	for (guint i = 0; i < SIGNATURE_LAST; i++)
		if (g_str_equal(signature_state_name((SignatureState)i), name))
			return (SignatureState)i;
	return SIGNATURE_NONE;
}

/* Is the copy that of this source, as it is set up now? */
static gboolean is_of(const GallerySource *source, JsonObject *object)
{
	return g_str_equal(json_string_or(object, "url", ""), source->url) &&
	       g_str_equal(json_string_or(object, "type", ""), source_type_name(source->type)) &&
	       g_str_equal(json_string_or(object, "keyring", ""), source->keyring);
}

static gboolean take_state(GallerySource *source, JsonObject *object)
{
	if (!is_of(source, object))
		return FALSE;
	source->fetched = item_parse_time(json_string_or(object, "fetched", ""));
	source->checked = item_parse_time(json_string_or(object, "checked", ""));
	source->signature = signature_find(json_string_or(object, "signature", ""));
	item_set_text(&source->error, json_string_or(object, "error", ""));
	item_set_text(&source->signer, json_string_or(object, "signer", ""));
	take_warnings(source, object);
	take_validators(source, object);
	return TRUE;
}

static void load_copy(GallerySource *source)
{
	g_autofree char *state = source_file(source, "state.json");
	g_autofree char *items = source_file(source, "items");
	g_autoptr(GError) error = NULL;
	gsize length = 0;

	if (!g_file_test(state, G_FILE_TEST_EXISTS))
		return;
	g_autofree char *text = file_read(state, STATE_MAX, &length, &error);
	g_autoptr(JsonNode) root = text ? json_parse(text, (gssize)length, &error) : NULL;
	JsonObject *object = root ? json_as_object(root, "the state", &error) : NULL;
	if (object && take_state(source, object) && source->fetched) {
		GPtrArray *loaded = item_cache_load(items, source->name, &error);
		if (loaded) {
			g_ptr_array_unref(source->items);
			source->items = loaded;
			return;
		}
		source->fetched = 0;
		g_hash_table_remove_all(source->validators);
	}
	if (error)
		g_warning("what was kept of gallery source `%s' is not used: %s", source->name,
			  error->message);
}

/* Ours: read at each start, taken whole. */
static void load_builtin(GallerySource *source)
{
	g_autofree char *path = paths_data_file(source->url + strlen(DATA_PREFIX));
	g_autoptr(GError) error = NULL;
	GPtrArray *items = feed_load(path, source->name, &error);

	if (!items) {
		item_set_text(&source->error, error->message);
		g_autofree char *sentence = error_sentence(error);
		g_warning("gallery source `%s' cannot be used: %s", source->name, sentence);
		return;
	}
	g_ptr_array_unref(source->items);
	source->items = items;
}

GallerySource *source_new(const GallerySourceSpec *spec)
{
	GallerySource *source = g_new0(GallerySource, 1);

	source->name = g_strdup(spec->name);
	source->url = g_strdup(spec->url);
	source->keyring = g_strdup(spec->keyring);
	source->type = source_type_find(spec->type);
	source->error = g_strdup("");
	source->signer = g_strdup("");
	source->builtin = g_str_has_prefix(spec->url, DATA_PREFIX);
	source->items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	source->warnings = g_ptr_array_new_with_free_func(g_free);
	source->validators = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, validators_free);
	if (source->builtin)
		load_builtin(source);
	else
		load_copy(source);
	return source;
}

void source_free(GallerySource *source)
{
	if (!source)
		return;
	g_free(source->name);
	g_free(source->url);
	g_free(source->keyring);
	g_free(source->error);
	g_free(source->signer);
	g_ptr_array_unref(source->items);
	g_ptr_array_unref(source->warnings);
	g_hash_table_unref(source->validators);
	g_free(source);
}

/* --- keeping it --------------------------------------------------------------------------------------------------------- */

static JsonArray *warnings_json(const GallerySource *source)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < MIN(source->warnings->len, WARNINGS_SHOW); i++)
		json_array_add_string_element(array, source->warnings->pdata[i]);
	return array;
}

static JsonObject *documents_json(const GallerySource *source)
{
	JsonObject *documents = json_object_new();
	GHashTableIter iter;
	gpointer url, value;

	g_hash_table_iter_init(&iter, source->validators);
	while (g_hash_table_iter_next(&iter, &url, &value)) {
		JsonObject *one = json_object_new();
		json_object_set_string_member(one, "etag", ((FetchValidators *)value)->etag);
		json_object_set_string_member(one, "last_modified",
					      ((FetchValidators *)value)->last_modified);
		json_object_set_object_member(documents, url, one);
	}
	return documents;
}

gboolean source_save_state(const GallerySource *source, GError **error)
{
	g_autofree char *dir = source_dir(source->name);
	g_autofree char *path = source_file(source, "state.json");
	g_autofree char *fetched = units_format_time(source->fetched);
	g_autofree char *checked = units_format_time(source->checked);
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	const char *const rows[][2] = {
		{"url",        source->url                            },
		{ "type",      source_type_name(source->type)         },
		{ "keyring",   source->keyring                        },
		{ "fetched",   fetched ? fetched : ""                 },
		{ "checked",   checked ? checked : ""                 },
		{ "error",     source->error                          },
		{ "signature", signature_state_name(source->signature)},
		{ "signer",    source->signer                         },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		json_object_set_string_member(object, rows[i][0], rows[i][1]);
	json_object_set_array_member(object, "warnings", warnings_json(source));
	json_object_set_object_member(object, "documents", documents_json(source));
	g_autofree char *text = json_text(node, TRUE);
	return paths_ensure_private(dir, error) && file_replace(path, text, -1, 0600, error);
}

gboolean source_save(const GallerySource *source, GError **error)
{
	g_autofree char *dir = source_dir(source->name);
	g_autofree char *items = source_file(source, "items");

	return paths_ensure_private(dir, error) && item_cache_save(source->items, items, error) &&
	       source_save_state(source, error);
}
