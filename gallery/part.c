#include "gallery/part.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

#define PART_SUFFIX ".part"
#define KEPT_SUFFIX ".fetch"
#define KEPT_S      (G_GINT64_CONSTANT(14) * 24 * 3600)
#define TRIES       8

/* -1 when somebody else holds it or it is not there. */
static int lock_dir(const char *dir)
{
	autofd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	return fd_steal(&fd);
}

/* Is the folder that we locked still the one with that name? */
static gboolean still_there(const char *dir, int lock)
{
	struct stat by_name, by_fd;

	return lstat(dir, &by_name) == 0 && fstat(lock, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino;
}

static Part *part_at(const char *dir, int lock)
{
	Part *part = g_new0(Part, 1);

	part->dir = g_strdup(dir);
	part->image = g_build_filename(dir, "image", NULL);
	part->note = g_build_filename(dir, "image.json", NULL);
	part->work = g_build_filename(dir, "work", NULL);
	part->download = g_build_filename(dir, "download", NULL);
	part->state = g_build_filename(dir, "state.json", NULL);
	part->lock = lock;
	return part;
}

Part *part_new(const char *images, const char *id, GError **error)
{
	/* Between making and locking it, another carreld that starts may take the folder for a dead one's. */
	for (guint i = 0; i < TRIES; i++) {
		g_autofree char *dir = g_strdup_printf("%s/%s-%08x" PART_SUFFIX, images, id, g_random_int());
		if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
			file_error(error, errno, "make folder", dir);
			return NULL;
		}
		autofd lock = lock_dir(dir);
		if (lock < 0 || !still_there(dir, lock))
			continue;
		return part_at(dir, fd_steal(&lock));
	}
	error_set(error, CARREL_ERROR_FAILED, "try again", "cannot lock a folder below `%s'", images);
	return NULL;
}

Part *part_keep(const char *images, const char *key, GError **error)
{
	g_autofree char *dir = g_strdup_printf("%s/%s" KEPT_SUFFIX, images, key);

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		file_error(error, errno, "make folder", dir);
		return NULL;
	}
	autofd lock = lock_dir(dir);
	if (lock >= 0 && still_there(dir, lock))
		return part_at(dir, fd_steal(&lock));
	error_set(error, CARREL_ERROR_STATE, "wait until it is done, see `carrel jobs'",
		  "somebody else is fetching into `%s'", dir);
	return NULL;
}

void part_discard(const Part *part)
{
	const char *const files[] = { part->download, part->state, part->image, part->work };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT && errno != EISDIR)
			g_warning("cannot remove %s: %s", files[i], g_strerror(errno));
}

void part_free(Part *part)
{
	if (!part)
		return;
	fd_clear(&part->lock);
	g_free(part->dir);
	g_free(part->image);
	g_free(part->note);
	g_free(part->work);
	g_free(part->download);
	g_free(part->state);
	g_free(part);
}

static void remove_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(data, &error))
		g_warning("%s", error->message);
	g_task_return_boolean(task, TRUE);
}

void part_remove(Part *part, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	g_task_set_task_data(task, g_strdup(part->dir), g_free);
	g_task_run_in_thread(task, remove_thread);
}

/* TRUE for the folder of a run that is dead; of kept ones, for those that are too old. */
static gboolean is_over(const char *path, const char *name)
{
	struct stat st;

	if (g_str_has_suffix(name, PART_SUFFIX))
		return TRUE;
	return g_str_has_suffix(name, KEPT_SUFFIX) && lstat(path, &st) == 0 &&
	       g_get_real_time() / G_USEC_PER_SEC - st.st_mtim.tv_sec > KEPT_S;
}

void part_remove_dead(const char *images)
{
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(images, name, NULL);
		g_autoptr(GError) error = NULL;
		if (!is_over(path, name))
			continue;
		autofd lock = lock_dir(path);
		if (lock < 0)
			continue;
		if (file_remove_tree(path, &error))
			g_info("removed what a dead run left in %s", path);
		else
			g_warning("%s", error->message);
	}
}

GPtrArray *part_list_kept(const char *images)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (!g_str_has_suffix(name, KEPT_SUFFIX))
			continue;
		g_autofree char *path = g_build_filename(images, name, NULL);
		autofd lock = lock_dir(path);
		if (lock >= 0)
			g_ptr_array_add(kept, g_steal_pointer(&path));
	}
	return kept;
}

gboolean part_remove_kept(const char *dir, GError **error)
{
	autofd lock = lock_dir(dir);

	return lock < 0 || file_remove_tree(dir, error);
}
