/*
 * WebSocket frames, as far as noVNC needs them: binary messages of any length, whose bytes are passed on as they come, and the small control
 * frames. No extensions. Bytes come from strangers: nothing is held back but one control frame; tests/fuzz/fuzz-websocket.c.
 *
 * Source: RFC 6455 (4.2.2, 5).
 */
#pragma once

#include <glib.h>

#define WEBSOCKET_HEADER_MAX  10
#define WEBSOCKET_CONTROL_MAX 125

typedef struct {
	guint8 header[14];
	guint have; /* bytes of `header' */
	gboolean in_payload, in_message;
	guint opcode, masked; /* of the frame; bytes of it that were unmasked, modulo 4 */
	guint8 mask[4];
	guint64 left; /* of the payload */
	guint8 control[WEBSOCKET_CONTROL_MAX];
	guint control_length;
} WebSocket;

/* An answer that is due: a pong, or the good-bye. Only the newest is kept. */
typedef struct {
	guint8 bytes[WEBSOCKET_HEADER_MAX + WEBSOCKET_CONTROL_MAX];
	gsize length;
} WebSocketReply;

typedef enum { WEBSOCKET_OK, WEBSOCKET_CLOSED, WEBSOCKET_BAD } WebSocketResult;

/* Decodes in place what a client sent; *@length becomes that of the payload. @socket begins as {0}. */
WebSocketResult websocket_decode(WebSocket *socket, guint8 *bytes, gsize *length, WebSocketReply *reply);

/* Writes the header of a binary frame with @length bytes; returns its own length. */
gsize websocket_header(guint8 header[WEBSOCKET_HEADER_MAX], gsize length);
/* Length of that header. */
gsize websocket_header_length(gsize length);

/* What Sec-WebSocket-Accept says to @key; caller frees. NULL: it is no key. */
char *websocket_accept(const char *key);
