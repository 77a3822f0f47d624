/* The bounded line reader: the first byte is the size of the peer's writes, the second the limit of a line. */
#include <glib-unix.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "base/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes what there is; FALSE when the conversation is over. */
static gboolean drain(LineReader *reader, int fd, gsize max)
{
	g_autoptr(GError) error = NULL;
	LinesResult result;
	char *line = NULL;
	gsize length = 0;

	while ((result = lines_next(reader, fd, &line, &length, &error)) == LINES_LINE)
		g_assert(length <= max && strlen(line) == length && !memchr(line, '\n', length) &&
			 !memchr(line, 0xff, length));
	g_assert((result == LINES_ERROR) == (error != NULL));
	return result == LINES_AGAIN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];

	if (size < 2)
		return 0;
	gsize step = data[0] + 1u, max = data[1] * 8u;
	g_autoptr(LineReader) reader = lines_new(max);
	g_assert(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
	autofd ours = fds[0], peer = fds[1];
	g_assert(fd_set_nonblocking(ours, TRUE));
	gboolean going = TRUE;
	for (gsize at = 2; at < size && going; at += step) {
		gsize length = MIN(step, size - at);
		g_assert(write(peer, data + at, length) == (gssize)length);
		going = drain(reader, ours, max);
	}
	fd_clear(&peer);
	if (going)
		g_assert(!drain(reader, ours, max));
	return 0;
}
