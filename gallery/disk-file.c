#include "gallery/disk-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

/* qemu-img is started once for each piece; a look at a disk needs some ten. */
#define PIECE      (256 * 1024)
#define PIECES_MAX 48

struct DiskFile {
	char *path;
	const char *format;
	int fd;
	gboolean refers; /* to other files */
	guint64 size;
	GHashTable *pieces; /* number -> GBytes; NULL for one that cannot be had */
};

static const struct {
	const char *format;
	guint64 at;
	const char *magic;
	gsize length;
} magics[] = {
	{"qcow2", 0,    "QFI\xfb",          4 },
	{ "vhdx", 0,    "vhdxfile",         8 },
	{ "vmdk", 0,    "KDMV",             4 },
	{ "vmdk", 0,    "# Disk Descript",  15},
	{ "vdi",  0x40, "\x7f\x10\xda\xbe", 4 },
	{ "vpc",  0,    "conectix",         8 },
};

static gboolean read_whole(int fd, guint64 offset, void *buffer, gsize length)
{
	gsize done = 0;

	while (done < length) {
		ssize_t got = pread(fd, (char *)buffer + done, length - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return FALSE;
		done += (gsize)got;
	}
	return TRUE;
}

static gboolean any(const guint8 *bytes, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (bytes[i])
			return TRUE;
	return FALSE;
}

/* A qcow2 with a backing file (bytes 8 to 15) or, from version 3 on, an external data file (incompatible feature bit 2). Descriptors of VMDK are a list of
 * other files. VHDX and VPC may have parents; qemu-img opens none of them. */
static gboolean refers_to_others(const DiskFile *file)
{
	guint8 head[80] = { 0 };

	if (!read_whole(file->fd, 0, head, sizeof head))
		return FALSE;
	if (g_str_equal(file->format, "qcow2"))
		return any(head + 8, 8) || (head[7] >= 3 && (head[79] & 4));
	return g_str_equal(file->format, "vmdk") && head[0] == '#';
}

static const char *format_of(const DiskFile *file)
{
	char magic[16];

	for (gsize i = 0; i < G_N_ELEMENTS(magics); i++)
		if (read_whole(file->fd, magics[i].at, magic, magics[i].length) &&
		    memcmp(magic, magics[i].magic, magics[i].length) == 0)
			return magics[i].format;
	/* A fixed VHD has only a footer. */
	if (file->size >= 512 && read_whole(file->fd, file->size - 512, magic, 8) &&
	    memcmp(magic, "conectix", 8) == 0)
		return "vpc";
	return "raw";
}

static void piece_free(gpointer bytes)
{
	if (bytes)
		g_bytes_unref(bytes);
}

DiskFile *disk_file_open(const char *path, GError **error)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		file_error(error, errno, "read", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is no file", path);
		return NULL;
	}
	DiskFile *file = g_new0(DiskFile, 1);
	file->path = g_canonicalize_filename(path, NULL);
	file->size = (guint64)st.st_size;
	file->fd = fd_steal(&fd);
	file->format = format_of(file);
	file->refers = refers_to_others(file);
	file->pieces = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, piece_free);
	return file;
}

void disk_file_free(DiskFile *file)
{
	if (!file)
		return;
	g_hash_table_unref(file->pieces);
	close(file->fd);
	g_free(file->path);
	g_free(file);
}

const char *disk_file_format(const DiskFile *file)
{
	return file->format;
}

/* Commas in options of QEMU are doubled. */
static char *as_option(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, ",", -1);

	return g_strjoinv(",,", parts);
}

/* One piece by qemu-img, which knows all formats. NULL: it is not there. */
static GBytes *fetch(const DiskFile *file, guint64 number)
{
	g_autofree char *option = as_option(file->path);
	g_autofree char *source = g_strdup_printf("driver=raw,offset=%" G_GUINT64_FORMAT
						  ",size=%d,file.driver=%s,file.file.driver=file,"
						  "file.file.filename=%s,file.file.locking=off",
						  number * PIECE, PIECE, file->format, option);
	g_autofree char *target = NULL;
	g_autoptr(GError) error = NULL;
	char *content = NULL;
	gsize length = 0;
	autofd fd = g_file_open_tmp("carrel-osinfo-XXXXXX", &target, NULL);

	if (fd < 0)
		return NULL;
	const char *const argv[] = { "qemu-img", "convert", "-q", "--image-opts", "-O", "raw",
				     source,     target,    NULL };
	g_autoptr(GSubprocess) child = g_subprocess_newv(
		argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);
	if (child && g_subprocess_wait_check(child, NULL, &error))
		content = file_read(target, PIECE, &length, NULL);
	unlink(target);
	return content ? g_bytes_new_take(content, length) : NULL;
}

static GBytes *piece(DiskFile *file, guint64 number)
{
	gint64 key = (gint64)number;
	gpointer bytes = NULL;

	if (g_hash_table_lookup_extended(file->pieces, &key, NULL, &bytes))
		return bytes;
	if (g_hash_table_size(file->pieces) < PIECES_MAX) {
		bytes = fetch(file, number);
		g_hash_table_insert(file->pieces, g_memdup2(&key, sizeof key), bytes);
	}
	return bytes;
}

gboolean disk_file_read(guint64 offset, void *buffer, gsize length, gpointer data)
{
	DiskFile *file = data;

	if (g_str_equal(file->format, "raw"))
		return offset <= file->size && read_whole(file->fd, offset, buffer, length);
	if (file->refers)
		return FALSE;
	for (gsize done = 0; done < length;) {
		guint64 at = offset + done;
		gsize within = at % PIECE, size = 0, part = MIN(length - done, PIECE - within);
		GBytes *bytes = piece(file, at / PIECE);
		const char *from = bytes ? g_bytes_get_data(bytes, &size) : NULL;
		if (within + part > size)
			return FALSE;
		memcpy((char *)buffer + done, from + within, part);
		done += part;
	}
	return TRUE;
}
