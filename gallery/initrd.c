#include "gallery/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

#define MODE_FILE 0100644
#define TRAILER   "TRAILER!!!"

static void pad(GByteArray *archive, guint64 start)
{
	static const guint8 zeros[4] = { 0 };

	g_byte_array_append(archive, zeros, (4 - (start + archive->len) % 4) % 4);
}

/* cpio's "newc": thirteen numbers of eight hexadecimal digits, the name, the content, each filled up to a multiple of four. */
static void add(GByteArray *archive, const char *name, guint mode, const void *content, gsize length,
		guint number)
{
	g_autofree char *head =
		g_strdup_printf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", number, mode, 0,
				0, 1, 0, (guint)length, 0, 0, 0, 0, (guint)strlen(name) + 1, 0);

	g_byte_array_append(archive, (const guint8 *)head, (guint)strlen(head));
	g_byte_array_append(archive, (const guint8 *)name, (guint)strlen(name) + 1);
	pad(archive, 0);
	g_byte_array_append(archive, content, (guint)length);
	pad(archive, 0);
}

static gboolean write_all(int fd, const guint8 *bytes, gsize length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		bytes += written;
		length -= (gsize)written;
	}
	return TRUE;
}

gboolean initrd_append(const char *path, GPtrArray *names, GPtrArray *contents, GError **error)
{
	g_autoptr(GByteArray) archive = g_byte_array_new();
	autofd fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return file_error(error, errno, "open", path);
	/* Zeros between two archives are skipped; the second has to begin at a multiple of four. */
	pad(archive, (guint64)st.st_size);
	g_autoptr(GByteArray) files = g_byte_array_new();
	for (guint i = 0; i < names->len; i++) {
		gsize length;
		const void *content = g_bytes_get_data(contents->pdata[i], &length);
		add(files, names->pdata[i], MODE_FILE, content, length, i + 1);
	}
	add(files, TRAILER, 0, "", 0, 0);
	g_byte_array_append(archive, files->data, files->len);
	return write_all(fd, archive->data, archive->len) || file_error(error, errno, "write", path);
}
