#include "gallery/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "gallery/hasher.h"

#define CHUNK (1024 * 1024)

/* One file being hashed. The thread writes nothing but its own copy of @done. */
typedef struct {
	char *path;
	VerifyProgress progress;
	gpointer progress_data;
} Hash;

/* News on its way from the thread to the caller's context. */
typedef struct {
	GTask *task;
	guint64 done, total;
} News;

static void hash_free(gpointer data)
{
	Hash *hash = data;

	g_free(hash->path);
	g_free(hash);
}

static void news_free(gpointer data)
{
	g_object_unref(((News *)data)->task);
	g_free(data);
}

static gboolean tell(gpointer data)
{
	News *news = data;
	Hash *hash = g_task_get_task_data(news->task);

	hash->progress(news->done, news->total, hash->progress_data);
	return G_SOURCE_REMOVE;
}

/* At the task's own priority, so that news come in order and before the result. */
static void send_news(GTask *task, guint64 done, guint64 total)
{
	Hash *hash = g_task_get_task_data(task);

	if (!hash->progress)
		return;
	News *news = g_new(News, 1);
	*news = (News){ g_object_ref(task), done, total };
	g_autoptr(GSource) source = g_idle_source_new();
	g_source_set_priority(source, g_task_get_priority(task));
	g_source_set_callback(source, tell, news, news_free);
	g_source_attach(source, g_task_get_context(task));
}

static char *hash_fd(GTask *task, int fd, guint64 total, const char *path, GError **error)
{
	g_autoptr(Hasher) hasher = hasher_new(G_CHECKSUM_SHA256);
	g_autofree guchar *chunk = g_malloc(CHUNK);
	guint64 done = 0;
	ssize_t got;

	while ((got = read(fd, chunk, CHUNK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			file_error(error, errno, "read", path);
			return NULL;
		}
		if (g_cancellable_is_cancelled(g_task_get_cancellable(task))) {
			error_set(error, CARREL_ERROR_CANCELLED, NULL, "verifying `%s' was cancelled", path);
			return NULL;
		}
		hasher_update(hasher, chunk, (gsize)got);
		done += (guint64)got;
		send_news(task, done, MAX(done, total));
	}
	return hasher_finish(hasher);
}

static void hash_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Hash *hash = data;
	autofd fd = open(hash->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	GError *error = NULL;
	char *sha256 = NULL;

	if (fd < 0 || fstat(fd, &st) < 0)
		file_error(&error, errno, "read", hash->path);
	else if (!S_ISREG(st.st_mode))
		error_set(&error, CARREL_ERROR_FAILED, NULL, "`%s' is not a regular file", hash->path);
	else
		sha256 = hash_fd(task, fd, (guint64)st.st_size, hash->path, &error);
	if (sha256)
		g_task_return_pointer(task, sha256, g_free);
	else
		g_task_return_error(task, error);
}

void verify_hash(const char *path, VerifyProgress progress, gpointer progress_data, GCancellable *cancellable,
		 GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	Hash *hash = g_new(Hash, 1);

	*hash = (Hash){ g_strdup(path), progress, progress_data };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, hash, hash_free);
	g_task_run_in_thread(task, hash_thread);
}

char *verify_hash_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean verify_is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}
