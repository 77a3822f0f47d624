/*
 * A bounded reader of newline-ended messages (QMP, guest agent, progress of children) on a non-blocking fd.
 *
 * g_data_input_stream_read_line() has no limit; a guest agent that a hostile guest owns may never send a newline.
 * Here a line longer than @max ends the conversation with an error.
 */
#pragma once

#include <glib.h>

typedef struct LineReader LineReader;

typedef enum {
	LINES_LINE,  /* @line holds a line without its newline, NUL-terminated, valid until the next call */
	LINES_AGAIN, /* nothing complete yet */
	LINES_EOF,   /* the peer closed; an unfinished line is dropped */
	LINES_ERROR  /* @error is set: read error or a line over the limit */
} LinesResult;

LineReader *lines_new(gsize max);
void lines_free(LineReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LineReader, lines_free)

/* Reads from @fd only when no complete line is buffered, so a loop until LINES_AGAIN drains it. NUL bytes are dropped, as are
 * bytes before a 0xFF byte (the guest agent's sync delimiter). */
LinesResult lines_next(LineReader *reader, int fd, char **line, gsize *length, GError **error);
