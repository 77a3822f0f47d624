/* Making room in the store. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/gallery-private.h"
#include "gallery/verify.h"

#define PREFIX "sha256-"

typedef struct {
	Gallery *gallery;
	GPtrArray *files; /* of char *: paths of images and notes */
	GPtrArray *parts; /* of char *: folders of downloads that were left */
	GPtrArray *names; /* of char *: what people are told */
	guint64 freed;    /* bytes */
} Prune;

static void prune_free(gpointer data)
{
	Prune *prune = data;

	gallery_unref(prune->gallery);
	g_ptr_array_unref(prune->files);
	g_ptr_array_unref(prune->parts);
	g_clear_pointer(&prune->names, g_ptr_array_unref);
	g_free(prune);
}

/* Blocks on the disk, since images are sparse. */
static guint64 bytes_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (guint64)st.st_blocks * 512 : 0;
}

static guint64 bytes_below(const char *dir)
{
	g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
	guint64 sum = 0;
	const char *name;

	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		sum += bytes_of(path);
	}
	return sum;
}

/* "sha256-HEX.iso" -> HEX, or NULL. Caller frees. */
static char *sha256_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!g_str_has_prefix(name, PREFIX) || !dot || g_str_has_suffix(name, ".bad"))
		return NULL;
	g_autofree char *hex = g_strndup(name + strlen(PREFIX), (gsize)(dot - name) - strlen(PREFIX));
	return verify_is_sha256(hex) ? g_steal_pointer(&hex) : NULL;
}

/* Images that items name; of each that is to go, its items' notes go, too. */
static GHashTable *named_images(Gallery *gallery)
{
	GHashTable *named = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *items = gallery->catalog->items;

	for (guint i = 0; i < items->len; i++) {
		GalleryItem *item = items->pdata[i];
		if (*item->sha256)
			g_hash_table_insert(named, item->sha256, item->name);
	}
	return named;
}

static void choose_image(Prune *prune, const char *dir, const char *name, GHashTable *in_use,
			 GHashTable *named, gboolean all)
{
	g_autofree char *sha256 = sha256_of(name);
	gboolean bad = g_str_has_suffix(name, ".bad");
	const char *item = sha256 ? g_hash_table_lookup(named, sha256) : NULL;

	if (!bad && (!sha256 || g_hash_table_contains(in_use, sha256) || (item && !all)))
		return;
	char *path = g_build_filename(dir, name, NULL);
	prune->freed += bytes_of(path);
	g_ptr_array_add(prune->files, path);
	g_ptr_array_add(prune->names, item ? g_strdup_printf("%s (%s)", name, item) : g_strdup(name));
}

static void choose(Prune *prune, GHashTable *in_use, gboolean all)
{
	g_autofree char *images = paths_images_dir();
	g_autoptr(GHashTable) named = named_images(prune->gallery);
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		choose_image(prune, images, name, in_use, named, all);
	prune->parts = part_list_kept(images);
	for (guint i = 0; i < prune->parts->len; i++) {
		prune->freed += bytes_below(prune->parts->pdata[i]);
		g_ptr_array_add(prune->names, g_path_get_basename(prune->parts->pdata[i]));
	}
}

/* A note is removed before its image, so that no item is ever named that is not there. */
static gboolean remove_notes(const Prune *prune, GError **error)
{
	g_autofree char *images = paths_images_dir();
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(images, name, NULL);
		g_autoptr(ImageNote) note = g_str_has_suffix(name, ".json") ? note_load(path, NULL) : NULL;
		gboolean goes = FALSE;
		for (guint i = 0; note && !goes && i < prune->files->len; i++)
			goes = strstr(prune->files->pdata[i], note->sha256) != NULL;
		if (goes && unlink(path) < 0)
			return file_error(error, errno, "remove", path);
	}
	return TRUE;
}

static gboolean remove_all(const Prune *prune, GError **error)
{
	if (!remove_notes(prune, error))
		return FALSE;
	for (guint i = 0; i < prune->files->len; i++)
		if (unlink(prune->files->pdata[i]) < 0 && errno != ENOENT)
			return file_error(error, errno, "remove", prune->files->pdata[i]);
	for (guint i = 0; i < prune->parts->len; i++)
		if (!part_remove_kept(prune->parts->pdata[i], error))
			return FALSE;
	return TRUE;
}

static void prune_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;

	if (remove_all(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void gallery_prune(Gallery *gallery, GHashTable *in_use, gboolean all, gboolean dry_run,
		   GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Prune *prune = g_new0(Prune, 1);

	prune->gallery = gallery_ref(gallery);
	prune->files = g_ptr_array_new_with_free_func(g_free);
	prune->names = g_ptr_array_new_with_free_func(g_free);
	g_task_set_task_data(task, prune, prune_free);
	choose(prune, in_use, all);
	if (dry_run)
		g_task_return_boolean(task, TRUE);
	else
		g_task_run_in_thread(task, prune_thread);
}

gboolean gallery_prune_finish(Gallery *gallery, GAsyncResult *result, guint64 *freed, char ***names,
			      GError **error)
{
	Prune *prune = g_task_get_task_data(G_TASK(result));

	store_look_all(gallery->store, gallery->catalog->items);
	if (!g_task_propagate_boolean(G_TASK(result), error))
		return FALSE;
	*freed = prune->freed;
	g_ptr_array_add(prune->names, NULL);
	*names = (char **)g_ptr_array_free(g_steal_pointer(&prune->names), FALSE);
	return TRUE;
}
