#include "gallery/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

#define CHUNK (4 * 1024 * 1024)

typedef struct {
	char *from, *to;
} Copy;

static void copy_free(gpointer data)
{
	Copy *copy = data;

	g_free(copy->from);
	g_free(copy->to);
	g_free(copy);
}

static gboolean copy_bytes(int from, int to, const Copy *copy, GCancellable *cancellable, GError **error)
{
	ssize_t sent;

	if (ioctl(to, FICLONE, from) == 0)
		return TRUE;
	while ((sent = sendfile(to, from, NULL, CHUNK)) != 0) {
		if (g_cancellable_is_cancelled(cancellable))
			return error_set(error, CARREL_ERROR_CANCELLED, NULL, "copying `%s' was cancelled",
					 copy->from);
		if (sent < 0 && errno != EINTR)
			return file_error(error, errno, "write", copy->to);
	}
	return TRUE;
}

static gboolean copy_whole(const Copy *copy, GCancellable *cancellable, GError **error)
{
	autofd from = open(copy->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return file_error(error, errno, "read", copy->from);
	if (!S_ISREG(st.st_mode))
		return error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is not a regular file", copy->from);
	autofd to = open(copy->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return file_error(error, errno, "write", copy->to);
	return copy_bytes(from, to, copy, cancellable, error);
}

static void copy_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;

	if (copy_whole(data, cancellable, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void copy_file(const char *from, const char *to, GCancellable *cancellable, GAsyncReadyCallback callback,
	       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	Copy *copy = g_new(Copy, 1);

	*copy = (Copy){ g_strdup(from), g_strdup(to) };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, copy, copy_free);
	g_task_run_in_thread(task, copy_thread);
}

gboolean copy_file_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
