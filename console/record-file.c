/* The file of a boot record: grows to its limit, then loses its middle. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "console/record.h"

/* Shares of the limit that stay when it is reached: the boot, and what was last. */
#define HEAD_SHARE 4
#define TAIL_SHARE 2

struct RecordFile {
	gsize max, size;
	int fd;
	gsize head;      /* bytes of the beginning that stay for good, 0 = nothing was dropped yet */
	guint64 dropped; /* lines */
};

RecordFile *record_file_new(int fd, gsize max)
{
	RecordFile *file = g_new0(RecordFile, 1);
	struct stat st = { 0 };

	file->fd = fd;
	file->max = max;
	if (fstat(fd, &st) == 0)
		file->size = (gsize)st.st_size;
	return file;
}

void record_file_free(RecordFile *file)
{
	if (!file)
		return;
	fd_clear(&file->fd);
	g_free(file);
}

static gboolean write_all(int fd, const char *bytes, gsize length, gsize at)
{
	while (length > 0) {
		ssize_t written = pwrite(fd, bytes, length, (off_t)at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		bytes += written;
		length -= (gsize)written;
		at += (gsize)written;
	}
	return TRUE;
}

/* What is in the file, NULL when it cannot be read. */
static char *read_all(const RecordFile *file)
{
	g_autofree char *text = g_malloc(file->size + 1);
	gsize got = 0;

	while (got < file->size) {
		ssize_t piece = pread(file->fd, text + got, file->size - got, (off_t)got);
		if (piece < 0 && errno == EINTR)
			continue;
		if (piece <= 0)
			return NULL;
		got += (gsize)piece;
	}
	text[got] = '\0';
	return g_steal_pointer(&text);
}

/* Behind the last newline before @limit. */
static gsize line_end(const char *text, gsize limit)
{
	while (limit > 0 && text[limit - 1] != '\n')
		limit--;
	return limit;
}

static guint64 count_lines(const char *text, gsize length)
{
	guint64 count = 0;

	for (gsize i = 0; i < length; i++)
		count += text[i] == '\n';
	return count;
}

/* The entry behind the head says what is missing; it is not counted itself. Written in place: a reader at that moment may see an entry cut in two,
 * which it skips. */
static void drop_middle(RecordFile *file)
{
	g_autofree char *text = read_all(file);
	gboolean is_again = file->head > 0;

	if (!text)
		return;
	if (!is_again)
		file->head = line_end(text, MIN(file->size, file->max / HEAD_SHARE));
	gsize tail = MAX(line_end(text, file->size - MIN(file->size, file->max / TAIL_SHARE)), file->head);
	guint64 lines = count_lines(text + file->head, tail - file->head);
	file->dropped += is_again && lines > 0 ? lines - 1 : lines;
	g_autoptr(GString) rest = g_string_new(NULL);
	g_string_append_printf(rest, "{\"dropped\":%" G_GUINT64_FORMAT "}\n", file->dropped);
	g_string_append_len(rest, text + tail, (gssize)(file->size - tail));
	if (write_all(file->fd, rest->str, rest->len, file->head) &&
	    ftruncate(file->fd, (off_t)(file->head + rest->len)) == 0)
		file->size = file->head + rest->len;
}

void record_file_add(RecordFile *file, const char *entry)
{
	g_autofree char *line = g_strconcat(entry, "\n", NULL);
	gsize length = strlen(line);

	if (file->size + length > file->max)
		drop_middle(file);
	if (file->size + length <= file->max && write_all(file->fd, line, length, file->size))
		file->size += length;
}
