/* Boot records back from their files, which may be cut anywhere, or anything. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "console/record.h"

/* Of a line of the file; a screen's line is at most some thousand bytes. */
#define LINE_MAX_BYTES (64 * 1024)
#define ENTRIES_MAX    200000
#define PIECE          (64 * 1024)

static void entry_free(gpointer data)
{
	RecordEntry *entry = data;

	g_free(entry->text);
	g_free(entry);
}

static RecordEntry *add(GPtrArray *entries, RecordKind kind, JsonObject *object)
{
	RecordEntry *entry = g_new0(RecordEntry, 1);

	entry->kind = kind;
	entry->t = MAX(json_int_or(object, "t", 0), 0);
	g_ptr_array_add(entries, entry);
	return entry;
}

/* A line that was there before was written early; its text is replaced. */
static void take_line(GPtrArray *entries, GHashTable *by_id, JsonObject *object)
{
	gint64 id = json_int_or(object, "id", 0);
	RecordEntry *entry = g_hash_table_lookup(by_id, &id);

	if (!entry) {
		entry = add(entries, RECORD_LINE, object);
		entry->id = id;
		g_hash_table_insert(by_id, g_memdup2(&id, sizeof(id)), entry);
	}
	g_free(entry->text);
	entry->text = g_strdup(json_string_or(object, "text", ""));
	entry->row = (int)CLAMP(json_int_or(object, "row", 0), 0, G_MAXINT16);
}

static void take_mode(GPtrArray *entries, JsonObject *object)
{
	gboolean text = g_str_equal(json_string_or(object, "mode", ""), "text");
	RecordEntry *entry = add(entries, text ? RECORD_TEXT_MODE : RECORD_PICTURE, object);

	entry->width = (int)CLAMP(json_int_or(object, text ? "columns" : "width", 0), 0, G_MAXINT16);
	entry->height = (int)CLAMP(json_int_or(object, text ? "rows" : "height", 0), 0, G_MAXINT16);
}

static void take(GPtrArray *entries, GHashTable *by_id, JsonObject *object, char **start)
{
	if (json_object_has_member(object, "id"))
		take_line(entries, by_id, object);
	else if (json_object_has_member(object, "mode"))
		take_mode(entries, object);
	else if (json_object_has_member(object, "dropped"))
		add(entries, RECORD_DROPPED, object)->count = json_int_or(object, "dropped", 0);
	else if (json_object_has_member(object, "gap"))
		add(entries, RECORD_GAP, object)->count = MAX(json_int_or(object, "gap", 0), 0);
	else if (json_object_has_member(object, "reset"))
		add(entries, RECORD_RESET, object);
	else if (json_object_has_member(object, "end"))
		add(entries, RECORD_END, object);
	else if (json_object_has_member(object, "start") && !**start) {
		g_free(*start);
		*start = g_strdup(json_string_or(object, "start", ""));
	}
}

/* Of things at the same time: a mode comes before what it shows, a reset behind. */
static int rank(const RecordEntry *entry)
{
	static const int ranks[] = {
		[RECORD_GAP] = 0,     [RECORD_TEXT_MODE] = 0, [RECORD_PICTURE] = 0, [RECORD_LINE] = 1,
		[RECORD_DROPPED] = 2, [RECORD_RESET] = 2,     [RECORD_END] = 3
	};

	return ranks[entry->kind];
}

/* Lines were written when they settled; they are told as they appeared. */
static gint by_time(gconstpointer a, gconstpointer b)
{
	const RecordEntry *left = *(RecordEntry *const *)a, *right = *(RecordEntry *const *)b;

	if (left->t != right->t)
		return left->t < right->t ? -1 : 1;
	if (rank(left) != rank(right))
		return rank(left) - rank(right);
	return (left->id > right->id) - (left->id < right->id);
}

GPtrArray *record_read(const char *bytes, gsize length, char **start)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(GHashTable) by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	const char *end = bytes + length;
	gint64 last = 0;

	*start = g_strdup("");
	while (bytes < end && entries->len < ENTRIES_MAX) {
		const char *newline = memchr(bytes, '\n', (gsize)(end - bytes));
		gsize size = (gsize)((newline ? newline : end) - bytes);
		g_autoptr(JsonNode) node =
			size > 0 && size <= LINE_MAX_BYTES ? json_parse(bytes, (gssize)size, NULL) : NULL;
		JsonObject *object = node ? json_as_object(node, "entry", NULL) : NULL;
		if (object)
			take(entries, by_id, object, start);
		bytes += size + 1;
	}
	for (guint i = 0; i < entries->len; i++) {
		RecordEntry *entry = entries->pdata[i];
		if (entry->kind == RECORD_DROPPED)
			entry->t = last;
		last = MAX(last, entry->t);
	}
	g_ptr_array_sort(entries, by_time);
	return entries;
}

GPtrArray *record_read_fd(int fd, char **start)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint8 piece[PIECE];
	ssize_t got = 1;

	while (got != 0 && bytes->len < RECORD_FILE_MAX + PIECE) {
		got = read(fd, piece, sizeof(piece));
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0)
			g_byte_array_append(bytes, piece, (guint)got);
	}
	return record_read((const char *)bytes->data, bytes->len, start);
}
