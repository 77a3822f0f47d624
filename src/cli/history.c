#include "cli/history.h"

#include <gio/gunixfdlist.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "cli/output.h"
#include "console/record.h"

struct History {
	GPtrArray *entries; /* of RecordEntry */
	char *start;
};

void history_free(History *history)
{
	if (!history)
		return;
	g_ptr_array_unref(history->entries);
	g_free(history->start);
	g_free(history);
}

History *history_load(Client *client, const char *path, gboolean previous, GError **error)
{
	GVariantDict options;
	g_autoptr(GUnixFDList) fds = NULL;
	gint32 handle;

	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "previous", "b", previous);
	g_autoptr(GVariant) reply =
		client_call_sync(client, path, "Vm", "OpenRecord",
				 g_variant_new("(@a{sv})", g_variant_dict_end(&options)), &fds, error);
	if (!reply)
		return NULL;
	g_variant_get(reply, "(h)", &handle);
	autofd fd = fds ? g_unix_fd_list_get(fds, handle, error) : -1;
	if (fd < 0) {
		if (!fds)
			error_set(error, CARREL_ERROR_FAILED, NULL, "carreld sent no boot record");
		return NULL;
	}
	History *history = g_new0(History, 1);
	history->entries = record_read_fd(fd, &history->start);
	return history;
}

gboolean history_matches(const History *history, const GRegex *regex)
{
	return record_matches(history->entries, regex);
}

static guint first_of(const History *history, guint64 last)
{
	guint count = history->entries->len;

	return last > 0 && last < count ? count - (guint)last : 0;
}

/* What stands for a line where there is none. Caller frees. */
static char *entry_words(const RecordEntry *entry)
{
	switch (entry->kind) {
	case RECORD_LINE:
		return output_clean(entry->text);
	case RECORD_TEXT_MODE:
		return g_strdup_printf("[text of %dx%d]", entry->width, entry->height);
	case RECORD_PICTURE:
		return g_strdup_printf("[picture of %dx%d]", entry->width, entry->height);
	case RECORD_DROPPED:
		return g_strdup_printf("[%" G_GINT64_FORMAT " entries are left out]", entry->count);
	case RECORD_RESET:
		return g_strdup("[reset]");
	case RECORD_GAP:
		return g_strdup_printf("[not recorded for up to %.3f s]", (double)entry->count / 1000);
	case RECORD_END:
		return g_strdup("[off]");
	}
	g_assert_not_reached();
}

void history_print(const History *history, guint64 last)
{
	for (guint i = first_of(history, last); i < history->entries->len; i++) {
		const RecordEntry *entry = history->entries->pdata[i];
		g_autofree char *words = entry_words(entry);
		printf("%9.3f  %s\n", (double)entry->t / 1000, words);
	}
}

static JsonObject *entry_json(const RecordEntry *entry)
{
	static const char *const kinds[] = {
		[RECORD_LINE] = "line",       [RECORD_TEXT_MODE] = "text", [RECORD_PICTURE] = "picture",
		[RECORD_DROPPED] = "dropped", [RECORD_RESET] = "reset",    [RECORD_GAP] = "gap",
		[RECORD_END] = "off"
	};
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "t_ms", entry->t);
	json_object_set_string_member(object, "kind", kinds[entry->kind]);
	if (entry->kind == RECORD_LINE) {
		json_object_set_int_member(object, "row", entry->row);
		json_object_set_string_member(object, "text", entry->text);
	} else if (entry->kind == RECORD_DROPPED) {
		json_object_set_int_member(object, "entries", entry->count);
	} else if (entry->kind == RECORD_GAP) {
		json_object_set_int_member(object, "ms", entry->count);
	} else if (entry->kind == RECORD_TEXT_MODE || entry->kind == RECORD_PICTURE) {
		gboolean text = entry->kind == RECORD_TEXT_MODE;
		json_object_set_int_member(object, text ? "columns" : "width", entry->width);
		json_object_set_int_member(object, text ? "rows" : "height", entry->height);
	}
	return object;
}

void history_print_json(const History *history, guint64 last)
{
	JsonObject *object = json_object_new();
	JsonArray *entries = json_array_new();

	for (guint i = first_of(history, last); i < history->entries->len; i++)
		json_array_add_object_element(entries, entry_json(history->entries->pdata[i]));
	json_object_set_string_member(object, "start", history->start);
	json_object_set_array_member(object, "entries", entries);
	output_json(output_node(object));
}
