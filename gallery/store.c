#include "gallery/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/digest.h"
#include "gallery/item.h"

#define NOTE_SUFFIX ".json"

struct Store {
	char *dir;
	GHashTable *checked; /* path -> FileStamp with which its hash was right in this process's life */
};

Store *store_open(const char *dir)
{
	Store *store = g_new0(Store, 1);
	g_autoptr(GError) error = NULL;

	store->dir = g_strdup(dir);
	store->checked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (paths_ensure_private(dir, &error))
		part_remove_dead(dir);
	else
		g_warning("%s", error->message);
	return store;
}

void store_close(Store *store)
{
	if (!store)
		return;
	g_hash_table_unref(store->checked);
	g_free(store->dir);
	g_free(store);
}

static char *note_path(const Store *store, const GalleryItem *item)
{
	return g_strdup_printf("%s/%s" NOTE_SUFFIX, store->dir, item->id);
}

/* What the image turned out to be counts more than what its feed says. */
static GalleryKind kind_of(const GalleryItem *item, const ImageNote *note)
{
	if (!note->format || !*note->format)
		return item->kind;
	return g_str_equal(note->format, "iso") ? GALLERY_ISO : GALLERY_DISK;
}

static char *image_path(const Store *store, const GalleryItem *item, const ImageNote *note)
{
	return g_strdup_printf("%s/sha256-%s.%s", store->dir, note->sha256,
			       kind_of(item, note) == GALLERY_ISO ? "iso" : "qcow2");
}

/* Is the note about what the item is today? A feed that says another hash means another image. */
static gboolean note_fits(const ImageNote *note, const GalleryItem *item)
{
	if (!g_str_equal(note->id, item->id) || !g_str_equal(note->recipe, item->recipe))
		return FALSE;
	return !*note->published || !*item->digest || g_str_equal(note->published, item->digest) ||
	       digest_type(note->published) != digest_type(item->digest);
}

static ImageNote *load_own_note(const Store *store, const GalleryItem *item)
{
	g_autofree char *path = note_path(store, item);
	g_autoptr(GError) error = NULL;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	g_autoptr(ImageNote) note = note_load(path, &error);
	if (!note)
		g_warning("the image of `%s' is not used: %s", item->id, error->message);
	else if (note_fits(note, item))
		return g_steal_pointer(&note);
	return NULL;
}

static void forget(GalleryItem *item)
{
	item_set_text(&item->path, "");
	item_set_text(&item->sha256, "");
	item_set_text(&item->version, item->recipe);
	item->size = 0;
	item->updated = item->published;
	item->verified = FALSE;
}

void store_look(Store *store, GalleryItem *item)
{
	g_autoptr(ImageNote) note = load_own_note(store, item);
	g_autofree char *path = note ? image_path(store, item, note) : NULL;
	FileStamp now;

	forget(item);
	if (!path || !stamp_get(path, &now))
		return;
	const FileStamp *checked = g_hash_table_lookup(store->checked, path);
	item_set_text(&item->path, path);
	item_set_text(&item->sha256, note->sha256);
	item_set_text(&item->version, note->version);
	item->size = (guint64)now.size;
	item->kind = kind_of(item, note);
	if (*item->builder || !item->published)
		item->updated = note->built;
	item->verified = stamp_equal(checked ? checked : &note->stamp, &now) &&
			 !g_str_equal(note->trust, gallery_trust_name(TRUST_NONE));
}

void store_look_all(Store *store, GPtrArray *items)
{
	g_autoptr(GHashTable) noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GDir) dir = g_dir_open(store->dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, NOTE_SUFFIX))
			g_hash_table_add(noted, g_strndup(name, strlen(name) - strlen(NOTE_SUFFIX)));
	for (guint i = 0; i < items->len; i++) {
		GalleryItem *item = items->pdata[i];
		if (g_hash_table_contains(noted, item->id))
			store_look(store, item);
		else
			forget(item);
	}
}

ImageNote *store_find_published(Store *store, const char *digest)
{
	g_autoptr(GDir) dir = g_dir_open(store->dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(store->dir, name, NULL);
		g_autoptr(ImageNote) note =
			g_str_has_suffix(name, NOTE_SUFFIX) ? note_load(path, NULL) : NULL;
		if (!note || !digest_equal(note->published, digest))
			continue;
		g_autofree char *image = g_strdup_printf("%s/sha256-%s.%s", store->dir, note->sha256,
							 g_str_equal(note->format, "iso") ? "iso" : "qcow2");
		FileStamp now;
		if (stamp_get(image, &now) && stamp_equal(&note->stamp, &now))
			return g_steal_pointer(&note);
	}
	return NULL;
}

gboolean store_share(Store *store, const GalleryItem *item, const ImageNote *note, GError **error)
{
	g_autoptr(ImageNote) own = note_copy(note);
	g_autofree char *path = note_path(store, item);

	item_set_text(&own->id, item->id);
	item_set_text(&own->version, item->recipe);
	item_set_text(&own->recipe, item->recipe);
	return note_save(own, path, error);
}

Part *store_make_part(Store *store, const char *id, GError **error)
{
	return paths_ensure_private(store->dir, error) ? part_new(store->dir, id, error) : NULL;
}

Part *store_keep_part(Store *store, const char *key, GError **error)
{
	return paths_ensure_private(store->dir, error) ? part_keep(store->dir, key, error) : NULL;
}

static void remember(Store *store, const char *path, const FileStamp *stamp)
{
	FileStamp *copy = g_new(FileStamp, 1);

	*copy = *stamp;
	g_hash_table_insert(store->checked, g_strdup(path), copy);
}

/* --- check ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	Store *store;
	char *path, *note, *sha256, *name;
	FileStamp before;
} Check;

static void check_free(gpointer data)
{
	Check *check = data;

	g_free(check->path);
	g_free(check->note);
	g_free(check->sha256);
	g_free(check->name);
	g_free(check);
}

static GError *set_aside(Check *check)
{
	g_autofree char *bad = g_strconcat(check->path, ".bad", NULL);
	g_autofree char *hint = NULL;

	g_hash_table_remove(check->store->checked, check->path);
	if (rename(check->path, bad) < 0)
		return error_new(CARREL_ERROR_VERIFY, "remove it by hand",
				 "image `%s' was changed, and cannot be moved away: %s", check->path,
				 g_strerror(errno));
	if (unlink(check->note) < 0)
		g_warning("cannot remove %s: %s", check->note, g_strerror(errno));
	hint = g_strdup_printf("do the same again to get a good one; the bad file is now `%s'", bad);
	return error_new(CARREL_ERROR_VERIFY, hint,
			 "the stored image of %s is not what it was: its SHA-256 is wrong", check->name);
}

static void on_stored_hash(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Check *check = g_task_get_task_data(task);
	GError *error = NULL;
	g_autofree char *sha256 = verify_hash_finish(result, &error);
	FileStamp after;

	if (sha256 && !g_str_equal(sha256, check->sha256))
		error = set_aside(check);
	if (error) {
		g_task_return_error(task, error);
		return;
	}
	/* Somebody who writes while we read is found the next time. */
	if (stamp_get(check->path, &after) && stamp_equal(&after, &check->before))
		remember(check->store, check->path, &after);
	g_task_return_pointer(task, g_strdup(check->path), g_free);
}

void store_check(Store *store, const GalleryItem *item, VerifyProgress progress, gpointer progress_data,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	const FileStamp *checked = g_hash_table_lookup(store->checked, item->path);
	Check *check = g_new0(Check, 1);

	*check = (Check){ store,
			  g_strdup(item->path),
			  note_path(store, item),
			  g_strdup(item->sha256),
			  g_strdup(item->name),
			  { 0 } };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, check, check_free);
	if (stamp_get(check->path, &check->before) && checked && stamp_equal(checked, &check->before)) {
		g_task_return_pointer(task, g_strdup(check->path), g_free);
		g_object_unref(task);
		return;
	}
	verify_hash(check->path, progress, progress_data, cancellable, on_stored_hash, task);
}

char *store_check_finish(Store *store, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- import ---------------------------------------------------------------------------------------------------------- */

/* What the thread needs, copied, and what it found. */
typedef struct {
	char *from, *to, *dir, *note_path;
	ImageNote *note;
	FileStamp stamp;
	gboolean
		there; /* the very same image is in the store, and was not touched since it was good: @stamp */
} Import;

static void import_free(gpointer data)
{
	Import *import = data;

	g_free(import->from);
	g_free(import->to);
	g_free(import->dir);
	g_free(import->note_path);
	note_free(import->note);
	g_free(import);
}

static gboolean publish(Import *import, GError **error)
{
	/* Another download had the same in it: its file stays, and with it the stamps that notes have of it. */
	if (import->there) {
		if (unlink(import->from) < 0)
			return file_error(error, errno, "remove", import->from);
		import->note->stamp = import->stamp;
		return note_save(import->note, import->note_path, error);
	}
	autofd fd = open(import->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	autofd dir = open(import->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* On disk before it has its name: a name must never stand for half an image after a power cut. */
	if (fd < 0 || dir < 0 || fsync(fd) < 0 || fchmod(fd, 0444) < 0 ||
	    rename(import->from, import->to) < 0 || fsync(dir) < 0)
		return file_error(error, errno, "store", import->to);
	/* rename() changes ctime, so the stamp comes last. */
	if (!stamp_get(import->to, &import->note->stamp))
		return file_error(error, ENOENT, "store", import->to);
	import->stamp = import->note->stamp;
	return note_save(import->note, import->note_path, error);
}

static void import_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;

	if (publish(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static gboolean is_good(Store *store, const char *path, FileStamp *now)
{
	const FileStamp *checked = g_hash_table_lookup(store->checked, path);

	return checked && stamp_get(path, now) && stamp_equal(checked, now);
}

void store_import(Store *store, const GalleryItem *item, const char *image, const ImageNote *note,
		  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Import *import = g_new0(Import, 1);

	import->from = g_strdup(image);
	import->to = image_path(store, item, note);
	import->dir = g_strdup(store->dir);
	import->note_path = note_path(store, item);
	import->there = is_good(store, import->to, &import->stamp);
	import->note = note_copy(note);
	item_set_text(&import->note->id, item->id);
	item_set_text(&import->note->recipe, item->recipe);
	g_task_set_task_data(task, import, import_free);
	g_task_run_in_thread(task, import_thread);
}

char *store_import_finish(Store *store, GAsyncResult *result, GError **error)
{
	Import *import = g_task_get_task_data(G_TASK(result));

	if (!g_task_propagate_boolean(G_TASK(result), error))
		return NULL;
	remember(store, import->to, &import->stamp);
	return g_strdup(import->to);
}
