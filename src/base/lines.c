#include "base/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define READ_CHUNK 16384
/* A buffer that one long line made larger than this is given back. */
#define KEEP_MAX (64 * 1024)

struct LineReader {
	gsize max;
	GByteArray *buffer;
	gsize scanned; /* bytes known to hold no newline */
	gsize taken;   /* bytes of the line handed out last, removed at the next call */
};

LineReader *lines_new(gsize max)
{
	LineReader *reader = g_new0(LineReader, 1);

	reader->max = max;
	reader->buffer = g_byte_array_new();
	return reader;
}

void lines_free(LineReader *reader)
{
	if (!reader)
		return;
	g_byte_array_unref(reader->buffer);
	g_free(reader);
}

/* Cuts NULs, and everything up to the last 0xFF, out of the line in place. */
static char *clean_line(char *start, gsize *length)
{
	char *from = memrchr(start, 0xff, *length);
	char *to = start, *end = start + *length;

	for (from = from ? from + 1 : start; from < end; from++)
		if (*from)
			*to++ = *from;
	if (to > start && to[-1] == '\r')
		to--;
	*to = '\0';
	*length = (gsize)(to - start);
	return start;
}

static gboolean take_line(LineReader *reader, char **line, gsize *length)
{
	guint8 *data = reader->buffer->data;
	guint8 *newline = NULL;

	if (reader->buffer->len > reader->scanned)
		newline = memchr(data + reader->scanned, '\n', reader->buffer->len - reader->scanned);
	if (!newline) {
		reader->scanned = reader->buffer->len;
		return FALSE;
	}
	*length = (gsize)(newline - data);
	reader->taken = *length + 1;
	*line = clean_line((char *)data, length);
	return TRUE;
}

static LinesResult too_long(LineReader *reader, GError **error)
{
	error_set(error, CARREL_ERROR_FAILED, NULL,
		  "the peer sent a line of more than %" G_GSIZE_FORMAT " bytes", reader->max);
	return LINES_ERROR;
}

/* Removes the line that was handed out by the last call. */
static void drop_taken(LineReader *reader)
{
	gsize rest = reader->buffer->len - reader->taken;

	if (reader->taken > KEEP_MAX) {
		GByteArray *smaller = g_byte_array_new();
		g_byte_array_append(smaller, reader->buffer->data + reader->taken, (guint)rest);
		g_byte_array_unref(reader->buffer);
		reader->buffer = smaller;
	} else if (reader->taken) {
		g_byte_array_remove_range(reader->buffer, 0, (guint)reader->taken);
	}
	reader->scanned -= MIN(reader->scanned, reader->taken);
	reader->taken = 0;
}

LinesResult lines_next(LineReader *reader, int fd, char **line, gsize *length, GError **error)
{
	drop_taken(reader);
	while (!take_line(reader, line, length)) {
		guint old = reader->buffer->len;
		if (old > reader->max)
			return too_long(reader, error);
		g_byte_array_set_size(reader->buffer, old + READ_CHUNK);
		ssize_t got = read(fd, reader->buffer->data + old, READ_CHUNK);
		int saved = errno;
		g_byte_array_set_size(reader->buffer, old + (got > 0 ? (guint)got : 0));
		if (got == 0 || (got < 0 && saved == ECONNRESET))
			return LINES_EOF;
		if (got < 0 && (saved == EAGAIN || saved == EWOULDBLOCK))
			return LINES_AGAIN;
		if (got < 0 && saved != EINTR) {
			error_set(error, CARREL_ERROR_FAILED, NULL, "cannot read from the peer: %s",
				  g_strerror(saved));
			return LINES_ERROR;
		}
	}
	if (reader->taken - 1 > reader->max)
		return too_long(reader, error);
	return LINES_LINE;
}
