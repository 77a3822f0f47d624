/* Installers of osinfo-db as gallery items. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "gallery/item.h"
#include "gallery/osinfo-ask.h"
#include "gallery/osinfo.h"

#define ITEMS_MAX 2000
#define ID_MAX    64

/* The file's name says best which of a system's media it is: "debian-11.5.0-amd64-netinst". Number 2 and on for names that stand twice. */
static char *make_id(const char *file, guint number)
{
	g_autoptr(GString) id = g_string_new(NULL);
	const char *end = file + strlen(file) - strlen(".iso");

	for (const char *p = file; p < end && id->len < ID_MAX - 4; p++) {
		char c = g_ascii_tolower(*p);
		if (g_ascii_isalnum(c) || (id->len && c == '.'))
			g_string_append_c(id, c);
		else if (id->len && id->str[id->len - 1] != '-')
			g_string_append_c(id, '-');
	}
	if (number > 1)
		g_string_append_printf(id, "-%u", number);
	return g_strdup(id->str);
}

/* "boot.iso" says little: the system goes before. */
static char *full_name(const OsInfo *info, const char *file)
{
	g_autofree char *word = g_strndup(info->id, strcspn(info->id, "0123456789-."));
	g_autofree char *lower = g_ascii_strdown(file, -1);

	return strstr(lower, word) ? g_strdup(file) : g_strdup_printf("%s-%s", info->id, file);
}

static char *unique_id(const OsInfo *info, const char *base, GHashTable *taken)
{
	g_autofree char *file = full_name(info, base);

	for (guint number = 1;; number++) {
		g_autofree char *id = make_id(file, number);
		if (*id && g_hash_table_add(taken, g_strdup(id)))
			return g_steal_pointer(&id);
	}
}

/* Some addresses in the database are pages about downloads. */
static gboolean is_iso(const char *url)
{
	return (g_str_has_prefix(url, "https://") || g_str_has_prefix(url, "http://")) &&
	       g_str_has_suffix(url, ".iso");
}

static void add_detail(GalleryItem *item, const char *name, const char *value)
{
	g_ptr_array_add(item->details, g_strdup(name));
	g_ptr_array_add(item->details, g_strdup(value));
}

static void describe(GalleryItem *item, const OsInfo *info, const char *file)
{
	g_autofree char *name =
		g_strdup_printf("%s %s", info->name, info->installer ? "installer" : "live system");

	item_set_text(&item->name, name);
	item_set_text(&item->description, info->installer
						  ? "Boots the system's own installer; libosinfo knows no "
						    "hash of it, so it is not verified"
						  : "Starts from the image, without a disk; libosinfo knows "
						    "no hash of it, so it is not verified");
	add_detail(item, "File", file);
	add_detail(item, "Unattended", info->unattended ? "yes" : "no");
}

static GalleryItem *item_from(JsonObject *object, GHashTable *taken)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	g_autofree char *text = json_text(node, FALSE);
	g_autoptr(OsInfo) info = os_info_parse(text, NULL);
	const char *url = json_string_or(object, "url", "");
	const char *slash = strrchr(url, '/');
	const char *const urls[] = { url, NULL };

	if (!info || !info->known || !is_iso(url) || !slash || !g_ascii_isalnum(slash[1]))
		return NULL;
	GalleryItem *item = item_new();
	g_autofree char *id = unique_id(info, slash + 1, taken);
	item_set_text(&item->id, id);
	item_set_text(&item->publisher, info->vendor);
	item_set_text(&item->source, "osinfo");
	item_set_text(&item->os, info->id);
	item_set_text(&item->architecture, info->architecture);
	item_set_text(&item->recipe, json_string_or(object, "version", ""));
	item_set_text(&item->version, item->recipe);
	item->kind = GALLERY_ISO;
	item->memory = info->memory;
	item->cpus = info->cpus;
	item->secure_boot = info->secure_boot;
	item->urls = g_strdupv((char **)urls);
	item->download_size = (guint64)MAX(json_int_or(object, "size", 0), 0);
	describe(item, info, slash + 1);
	return item;
}

/* A release often has several media; what they differ in is said only by their files' names, which then serve as theirs. */
static void tell_apart(GPtrArray *items)
{
	g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) several = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < items->len; i++) {
		GalleryItem *item = items->pdata[i], *same = g_hash_table_lookup(first, item->name);
		if (!same) {
			g_hash_table_insert(first, item->name, item);
			continue;
		}
		g_hash_table_add(several, same);
		g_hash_table_add(several, item);
	}
	for (guint i = 0; i < items->len; i++) {
		GalleryItem *item = items->pdata[i];
		if (!g_hash_table_contains(several, item))
			continue;
		g_autofree char *file = g_path_get_basename(item->urls[0]);
		g_autofree char *text = g_strdup_printf("%s. %s", item->name, item->description);
		item_set_text(&item->description, text);
		item_set_text(&item->name, file);
	}
}

/* Who made it, then the newest first. */
static gint compare_items(gconstpointer a, gconstpointer b)
{
	const GalleryItem *one = *(GalleryItem *const *)a, *two = *(GalleryItem *const *)b;
	int publisher = g_ascii_strcasecmp(one->publisher, two->publisher);
	g_autofree char *key = g_utf8_collate_key_for_filename(one->name, -1);
	g_autofree char *other = g_utf8_collate_key_for_filename(two->name, -1);

	return publisher ? publisher : strcmp(other, key);
}

static GPtrArray *items_from(const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *top = node ? json_as_object(node, "the answer of carrel-osinfo", error) : NULL;
	JsonArray *array = top ? json_get_array(top, "installers", error) : NULL;
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GPtrArray *items;

	if (!array)
		return NULL;
	items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	for (guint i = 0; i < json_array_get_length(array) && items->len < ITEMS_MAX; i++) {
		JsonNode *one = json_array_get_element(array, i);
		GalleryItem *item =
			JSON_NODE_HOLDS_OBJECT(one) ? item_from(json_node_get_object(one), taken) : NULL;
		if (item)
			g_ptr_array_add(items, item);
	}
	g_ptr_array_sort(items, compare_items);
	tell_apart(items);
	return items;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autofree char *text = osinfo_ask_finish(result, &error);
	GPtrArray *items = text ? items_from(text, &error) : NULL;

	if (items)
		g_task_return_pointer(task, items, (GDestroyNotify)g_ptr_array_unref);
	else
		g_task_return_error(task, error);
}

/* What is maintained changes with the day, so the answer is kept for one. */
void osinfo_items(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *day = g_date_time_format(now, "%Y-%m-%d");
	const char *const args[] = { "installers", day, NULL };
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_check_cancellable(task, FALSE);
	osinfo_ask(args, NULL, TRUE, cancellable, on_answer, task);
}

GPtrArray *osinfo_items_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
