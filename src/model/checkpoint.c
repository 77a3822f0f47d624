#include "model/checkpoint.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/units.h"

#define DIR_NAME  "checkpoints"
#define NOTE      "note.json"
#define NOW       "now"
#define NOTE_MAX  (64 * 1024)
#define DISKS_MAX 256

static void disk_free(gpointer data)
{
	CheckpointDisk *disk = data;

	g_free(disk->node);
	g_free(disk->path);
	g_free(disk);
}

Checkpoint *checkpoint_new(void)
{
	Checkpoint *checkpoint = g_new0(Checkpoint, 1);

	checkpoint->disks = g_ptr_array_new_with_free_func(disk_free);
	return checkpoint;
}

void checkpoint_free(Checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	g_free(checkpoint->id);
	g_free(checkpoint->name);
	g_free(checkpoint->parent);
	g_ptr_array_unref(checkpoint->disks);
	g_free(checkpoint);
}

void checkpoint_add_disk(Checkpoint *checkpoint, const char *node, const char *path)
{
	CheckpointDisk *disk = g_new0(CheckpointDisk, 1);

	disk->node = g_strdup(node);
	disk->path = g_strdup(path);
	g_ptr_array_add(checkpoint->disks, disk);
}

gboolean checkpoint_check_name(const char *name, GError **error)
{
	gboolean good =
		*name && g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) <= CHECKPOINT_NAME_MAX;

	for (const char *p = name; good && *p; p = g_utf8_next_char(p))
		good = !g_unichar_iscntrl(g_utf8_get_char(p));
	return good || error_set(error, CARREL_ERROR_USAGE, NULL,
				 "a checkpoint's name has 1 to %d characters, and none that moves the cursor",
				 CHECKPOINT_NAME_MAX);
}

char *checkpoint_path(const char *folder, const char *id, const char *file)
{
	return g_build_filename(folder, DIR_NAME, id, file, NULL);
}

/* --- notes ----------------------------------------------------------------------------------------------------------- */

static gboolean is_id(const char *text)
{
	return strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8;
}

static gboolean take_disks(Checkpoint *checkpoint, JsonObject *object, GError **error)
{
	JsonArray *disks = json_get_array(object, "disks", error);

	if (!disks)
		return FALSE;
	if (json_array_get_length(disks) > DISKS_MAX)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "it has more than %d disks", DISKS_MAX);
	for (guint i = 0; i < json_array_get_length(disks); i++) {
		JsonObject *disk = json_as_object(json_array_get_element(disks, i), "a disk", error);
		const char *node = disk ? json_get_string(disk, "node", error) : NULL;
		const char *path = node ? json_get_string(disk, "path", error) : NULL;
		if (!path)
			return FALSE;
		checkpoint_add_disk(checkpoint, node, path);
	}
	return TRUE;
}

Checkpoint *checkpoint_parse(const char *text, gsize length, const char *id, GError **error)
{
	g_autoptr(JsonNode) root = json_parse(text, (gssize)length, error);
	JsonObject *object = root ? json_as_object(root, "the note", error) : NULL;
	const char *name = object ? json_get_string(object, "name", error) : NULL;
	g_autoptr(Checkpoint) checkpoint = checkpoint_new();

	if (!name ||
	    (!checkpoint_check_name(name, NULL) &&
	     !error_set(error, CARREL_ERROR_FAILED, NULL, "its name cannot be shown")) ||
	    !take_disks(checkpoint, object, error) ||
	    !json_get_int(object, "created_us", &checkpoint->created_us, error) ||
	    !json_get_bool(object, "memory", &checkpoint->memory, error))
		return NULL;
	const char *parent = json_string_or(object, "parent", "");
	checkpoint->id = g_strdup(id);
	checkpoint->name = g_strdup(name);
	checkpoint->parent = g_strdup(is_id(parent) ? parent : "");
	return g_steal_pointer(&checkpoint);
}

gboolean checkpoint_save_note(const Checkpoint *checkpoint, const char *path, GError **error)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	JsonArray *disks = json_array_new();

	json_object_set_string_member(object, "name", checkpoint->name);
	json_object_set_string_member(object, "parent", checkpoint->parent);
	json_object_set_int_member(object, "created_us", checkpoint->created_us);
	json_object_set_boolean_member(object, "memory", checkpoint->memory);
	for (guint i = 0; i < checkpoint->disks->len; i++) {
		const CheckpointDisk *disk = checkpoint->disks->pdata[i];
		JsonObject *row = json_object_new();
		json_object_set_string_member(row, "node", disk->node);
		json_object_set_string_member(row, "path", disk->path);
		json_array_add_object_element(disks, row);
	}
	json_object_set_array_member(object, "disks", disks);
	g_autofree char *text = json_text(node, TRUE);
	g_autofree char *line = g_strconcat(text, "\n", NULL);
	return file_replace(path, line, -1, 0600, error);
}

gboolean checkpoint_save(const Checkpoint *checkpoint, const char *folder, GError **error)
{
	g_autofree char *path = checkpoint_path(folder, checkpoint->id, NOTE);

	return checkpoint_save_note(checkpoint, path, error);
}

/* --- all of a VM ----------------------------------------------------------------------------------------------------- */

static Checkpoint *load(const char *folder, const char *id)
{
	g_autofree char *path = checkpoint_path(folder, id, NOTE);
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	g_autofree char *text = file_read(path, NOTE_MAX, &length, &error);
	Checkpoint *checkpoint = text ? checkpoint_parse(text, length, id, &error) : NULL;

	if (!checkpoint)
		g_warning("checkpoint `%s': %s", path, error->message);
	return checkpoint;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	const Checkpoint *one = *(Checkpoint *const *)a, *two = *(Checkpoint *const *)b;

	return one->created_us != two->created_us
		       ? (one->created_us > two->created_us) - (one->created_us < two->created_us)
		       : strcmp(one->id, two->id);
}

GPtrArray *checkpoints_load(const char *folder)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)checkpoint_free);
	g_autofree char *path = g_build_filename(folder, DIR_NAME, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		Checkpoint *checkpoint = is_id(name) ? load(folder, name) : NULL;
		if (checkpoint)
			g_ptr_array_add(all, checkpoint);
	}
	g_ptr_array_sort(all, compare);
	return all;
}

Checkpoint *checkpoints_find(GPtrArray *all, const char *word, GError **error)
{
	Checkpoint *found = NULL;

	for (guint i = 0; i < all->len; i++) {
		Checkpoint *one = all->pdata[i];
		if (g_str_equal(one->id, word))
			return one;
		if (!g_str_equal(one->name, word))
			continue;
		if (found) {
			error_set(error, CARREL_ERROR_USAGE, "give its id, see `carrel checkpoint list'",
				  "several checkpoints have the name `%s'", word);
			return NULL;
		}
		found = one;
	}
	if (!found)
		error_set(error, CARREL_ERROR_NOT_FOUND, "list them with `carrel checkpoint list'",
			  "there is no checkpoint `%s'", word);
	return found;
}

Checkpoint *checkpoint_take(GPtrArray *all, Checkpoint *one)
{
	guint index = 0;

	return g_ptr_array_find(all, one, &index) ? g_ptr_array_steal_index(all, index) : NULL;
}

char *checkpoints_now(const char *folder)
{
	g_autofree char *path = g_build_filename(folder, DIR_NAME, NOW, NULL);
	char *text = file_read(path, 64, NULL, NULL);

	g_strstrip(text ? text : (text = g_strdup("")));
	if (!is_id(text))
		*text = '\0';
	return text;
}

gboolean checkpoints_set_now(const char *folder, const char *id, GError **error)
{
	g_autofree char *path = g_build_filename(folder, DIR_NAME, NOW, NULL);

	return file_replace(path, id, -1, 0600, error);
}
