#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

gboolean file_error(GError **error, int saved_errno, const char *doing, const char *path)
{
	const char *hint = NULL;

	if (saved_errno == ENOSPC || saved_errno == EDQUOT)
		hint = "free some space on that file system, then try again";
	else if (saved_errno == EACCES || saved_errno == EPERM || saved_errno == EROFS)
		hint = "check its owner and permissions";
	return error_set(error, CARREL_ERROR_FAILED, hint, "cannot %s `%s': %s", doing, path,
			 g_strerror(saved_errno));
}

static gboolean write_all(int fd, const char *data, gsize length)
{
	while (length > 0) {
		ssize_t written = write(fd, data, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		data += written;
		length -= (gsize)written;
	}
	return TRUE;
}

static void sync_parent(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	autofd dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 && fsync(dir) < 0)
		g_debug("fsync %s: %s", parent, g_strerror(errno));
}

gboolean file_replace(const char *path, const char *contents, gssize length, int mode, GError **error)
{
	g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
	gsize size = length < 0 ? strlen(contents) : (gsize)length;
	autofd fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, mode);

	if (fd < 0)
		return file_error(error, errno, "write", path);
	if (!write_all(fd, contents, size) || fsync(fd) < 0 || rename(temporary, path) < 0) {
		int saved = errno;
		unlink(temporary);
		return file_error(error, saved, "write", path);
	}
	sync_parent(path);
	return TRUE;
}

static gssize read_all(int fd, char *buffer, gsize size)
{
	gsize have = 0;

	while (have < size) {
		ssize_t got = read(fd, buffer + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (gsize)got;
	}
	return (gssize)have;
}

char *file_read(const char *path, gsize max, gsize *length, GError **error)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		file_error(error, errno, "read", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || (guint64)st.st_size > max) {
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "`%s' is not a regular file of at most %" G_GSIZE_FORMAT " bytes", path, max);
		return NULL;
	}
	g_autofree char *text = g_malloc((gsize)st.st_size + 1);
	gssize got = read_all(fd, text, (gsize)st.st_size);
	if (got < 0) {
		file_error(error, errno, "read", path);
		return NULL;
	}
	text[got] = '\0';
	if (length)
		*length = (gsize)got;
	return g_steal_pointer(&text);
}

int file_lock(const char *path, int *holder, GError **error)
{
	char text[32] = "";

	*holder = 0;
	autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		file_error(error, errno, "open", path);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int saved = errno;
		if (pread(fd, text, sizeof text - 1, 0) > 0)
			*holder = (int)g_ascii_strtoll(text, NULL, 10);
		if (saved == EWOULDBLOCK)
			error_set(error, CARREL_ERROR_FAILED, "use that one, or end it first",
				  "`%s' is locked by another process (pid %d)", path, *holder);
		else
			file_error(error, saved, "lock", path);
		return -1;
	}
	g_snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		g_debug("%s: cannot note our pid: %s", path, g_strerror(errno));
	return fd_steal(&fd);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

static int open_directory(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
		return chmod(path, 0700);
	return 0;
}

static gboolean remove_all(const char *dir)
{
	return nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 || errno == ENOENT;
}

gboolean file_remove_tree(const char *dir, GError **error)
{
	if (remove_all(dir))
		return TRUE;
	/* Unpacked packages bring folders that even their owner may not write to. */
	if (errno == EACCES && nftw(dir, open_directory, 16, FTW_PHYS | FTW_MOUNT) == 0 && remove_all(dir))
		return TRUE;
	return file_error(error, errno, "remove", dir);
}

char *file_tail(const char *path, gsize max)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	off_t start = st.st_size > (off_t)max ? st.st_size - (off_t)max : 0;
	g_autofree char *buffer = g_malloc(max);
	ssize_t got = pread(fd, buffer, max, start);
	return got < 0 ? NULL : g_utf8_make_valid(buffer, got);
}
