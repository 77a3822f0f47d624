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
		Part *part = g_new0(Part, 1);
		part->image = g_build_filename(dir, "image", NULL);
		part->note = g_build_filename(dir, "image.json", NULL);
		part->work = g_build_filename(dir, "work", NULL);
		part->dir = g_steal_pointer(&dir);
		part->lock = fd_steal(&lock);
		return part;
	}
	error_set(error, CARREL_ERROR_FAILED, "try again", "cannot lock a folder below `%s'", images);
	return NULL;
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

void part_remove_dead(const char *images)
{
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(images, name, NULL);
		g_autoptr(GError) error = NULL;
		if (!g_str_has_suffix(name, PART_SUFFIX))
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
