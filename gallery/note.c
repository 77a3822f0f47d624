#include "gallery/note.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/units.h"
#include "gallery/item.h"
#include "gallery/verify.h"

void note_free(ImageNote *note)
{
	if (!note)
		return;
	g_free(note->id);
	g_free(note->version);
	g_free(note->sha256);
	g_free(note->recipe);
	g_free(note->published);
	g_free(note->url);
	g_free(note->trust);
	g_free(note->format);
	g_free(note);
}

static void take_stamp(FileStamp *stamp, JsonObject *object)
{
	stamp->inode = json_int_or(object, "inode", 0);
	stamp->size = json_int_or(object, "size", 0);
	stamp->mtime_ns = json_int_or(object, "mtime_ns", 0);
	stamp->ctime_ns = json_int_or(object, "ctime_ns", 0);
}

static ImageNote *take_note(JsonObject *object, GError **error)
{
	const char *id = json_get_string(object, "id", error);
	const char *version = id ? json_get_string(object, "version", error) : NULL;
	const char *sha256 = version ? json_get_string(object, "sha256", error) : NULL;
	gint64 size = 0;

	if (!sha256 || !json_get_int(object, "size", &size, error))
		return NULL;
	if (!verify_is_sha256(sha256) || size <= 0) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "`sha256' or `size' is not one");
		return NULL;
	}
	ImageNote *note = g_new0(ImageNote, 1);
	*note = (ImageNote){
		.id = g_strdup(id),
		.version = g_strdup(version),
		.sha256 = g_strdup(sha256),
		.recipe = g_strdup(json_string_or(object, "recipe", "")),
		.published = g_strdup(json_string_or(object, "published", "")),
		.url = g_strdup(json_string_or(object, "url", "")),
		.trust = g_strdup(json_string_or(object, "trust", "")),
		.format = g_strdup(json_string_or(object, "format", "")),
		.size = (guint64)size,
		.built = item_parse_time(json_string_or(object, "built", "")),
	};
	take_stamp(&note->stamp, object);
	return note;
}

ImageNote *note_parse(const char *text, gsize length, const char *name, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(JsonNode) root = json_parse(text, (gssize)length, &local);
	JsonObject *object = root ? json_as_object(root, "the note", &local) : NULL;
	ImageNote *note = object ? take_note(object, &local) : NULL;

	if (!note) {
		g_autofree char *message = error_message(local);
		error_set(error, CARREL_ERROR_FAILED, NULL, "%s: %s", name, message);
	}
	return note;
}

ImageNote *note_load(const char *path, GError **error)
{
	gsize length = 0;
	g_autofree char *text = file_read(path, NOTE_MAX, &length, error);

	return text ? note_parse(text, length, path, error) : NULL;
}

static void set_text(JsonObject *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_string_member(object, key, text);
}

ImageNote *note_copy(const ImageNote *note)
{
	ImageNote *copy = g_new0(ImageNote, 1);

	*copy = *note;
	copy->id = g_strdup(note->id);
	copy->version = g_strdup(note->version);
	copy->sha256 = g_strdup(note->sha256);
	copy->recipe = g_strdup(note->recipe);
	copy->published = g_strdup(note->published);
	copy->url = g_strdup(note->url);
	copy->trust = g_strdup(note->trust);
	copy->format = g_strdup(note->format);
	return copy;
}

gboolean note_save(const ImageNote *note, const char *path, GError **error)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	g_autofree char *built = units_format_time(note->built);

	json_object_set_string_member(object, "id", note->id);
	json_object_set_string_member(object, "version", note->version);
	json_object_set_string_member(object, "recipe", note->recipe);
	json_object_set_string_member(object, "sha256", note->sha256);
	set_text(object, "published", note->published);
	set_text(object, "url", note->url);
	set_text(object, "trust", note->trust);
	set_text(object, "format", note->format);
	json_object_set_int_member(object, "size", (gint64)note->size);
	json_object_set_string_member(object, "built", built ? built : "");
	json_object_set_int_member(object, "inode", note->stamp.inode);
	json_object_set_int_member(object, "mtime_ns", note->stamp.mtime_ns);
	json_object_set_int_member(object, "ctime_ns", note->stamp.ctime_ns);
	g_autofree char *text = json_text(node, TRUE);
	g_autofree char *line = g_strconcat(text, "\n", NULL);
	return file_replace(path, line, -1, 0644, error);
}

static gint64 in_ns(const struct timespec *time)
{
	return (gint64)time->tv_sec * G_GINT64_CONSTANT(1000000000) + time->tv_nsec;
}

gboolean stamp_get(const char *path, FileStamp *stamp)
{
	struct stat st;

	memset(stamp, 0, sizeof *stamp);
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return FALSE;
	*stamp = (FileStamp){ (gint64)st.st_ino, st.st_size, in_ns(&st.st_mtim), in_ns(&st.st_ctim) };
	return TRUE;
}

gboolean stamp_equal(const FileStamp *a, const FileStamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}
