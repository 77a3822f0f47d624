#include "view/websocket.h"

#include <string.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define FIN  0x80
#define RSV  0x70
#define MASK 0x80

enum { OP_CONTINUE = 0, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

/* --- to the client ------------------------------------------------------------------------------------------------- */

static gsize put_header(guint8 *header, guint opcode, gsize length)
{
	header[0] = (guint8)(FIN | opcode);
	if (length < 126) {
		header[1] = (guint8)length;
		return 2;
	}
	if (length <= G_MAXUINT16) {
		header[1] = 126;
		header[2] = (guint8)(length >> 8);
		header[3] = (guint8)length;
		return 4;
	}
	header[1] = 127;
	for (int i = 0; i < 8; i++)
		header[2 + i] = (guint8)((guint64)length >> (56 - 8 * i));
	return 10;
}

gsize websocket_header(guint8 header[WEBSOCKET_HEADER_MAX], gsize length)
{
	return put_header(header, OP_BINARY, length);
}

gsize websocket_header_length(gsize length)
{
	return length < 126 ? 2 : length <= G_MAXUINT16 ? 4 : 10;
}

char *websocket_accept(const char *key)
{
	gsize length = 0, digest_length = 20;
	g_autofree guchar *nonce = strlen(key) == 24 ? g_base64_decode(key, &length) : NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];

	if (!nonce || length != 16)
		return NULL;
	g_checksum_update(sum, (const guchar *)key, -1);
	g_checksum_update(sum, (const guchar *)GUID, -1);
	g_checksum_get_digest(sum, digest, &digest_length);
	return g_base64_encode(digest, sizeof(digest));
}

/* --- from the client ----------------------------------------------------------------------------------------------- */

static guint64 get_length(const guint8 *header, guint count)
{
	guint64 length = 0;

	for (guint i = 0; i < count; i++)
		length = length << 8 | header[2 + i];
	return length;
}

/* What the header, as far as it is there, says of its own length. */
static guint header_need(const WebSocket *socket)
{
	guint code = socket->have < 2 ? 0 : socket->header[1] & 0x7f;

	return socket->have < 2 ? 2 : 2 + (code == 127 ? 8 : code == 126 ? 2 : 0) + 4;
}

static gboolean is_control(guint opcode)
{
	return opcode >= OP_CLOSE;
}

/* A whole header: may it be? */
static gboolean take_header(WebSocket *socket)
{
	guint8 first = socket->header[0], second = socket->header[1];
	guint code = second & 0x7f, size = code == 127 ? 8 : code == 126 ? 2 : 0;
	guint opcode = first & 0x0f;

	socket->left = size ? get_length(socket->header, size) : code;
	memcpy(socket->mask, socket->header + 2 + size, 4);
	socket->opcode = opcode;
	socket->masked = socket->control_length = 0;
	socket->in_payload = TRUE;
	if (first & RSV || !(second & MASK) || socket->left >> 63)
		return FALSE;
	if (is_control(opcode))
		return opcode <= OP_PONG && first & FIN && code <= WEBSOCKET_CONTROL_MAX;
	if (opcode != (socket->in_message ? OP_CONTINUE : OP_BINARY))
		return FALSE;
	socket->in_message = !(first & FIN);
	return TRUE;
}

static void set_reply(WebSocketReply *reply, guint opcode, const guint8 *bytes, gsize length)
{
	gsize header = put_header(reply->bytes, opcode, length);

	memcpy(reply->bytes + header, bytes, length);
	reply->length = header + length;
}

/* The frame is whole. */
static WebSocketResult end_frame(WebSocket *socket, WebSocketReply *reply)
{
	socket->in_payload = FALSE;
	socket->have = 0;
	if (socket->opcode == OP_PING)
		set_reply(reply, OP_PONG, socket->control, socket->control_length);
	if (socket->opcode != OP_CLOSE)
		return WEBSOCKET_OK;
	/* Its status comes back, nothing of its words. */
	set_reply(reply, OP_CLOSE, socket->control, MIN(socket->control_length, 2));
	return WEBSOCKET_CLOSED;
}

/* Moves payload from @from to @to, or to the control frame; returns how many bytes were taken. */
static gsize take_payload(WebSocket *socket, const guint8 *from, gsize length, guint8 *to, gsize *written)
{
	gsize count = (gsize)MIN(socket->left, (guint64)length);

	for (gsize i = 0; i < count; i++) {
		guint8 byte = from[i] ^ socket->mask[socket->masked++ & 3];
		if (is_control(socket->opcode))
			socket->control[socket->control_length++] = byte;
		else
			to[(*written)++] = byte;
	}
	socket->masked &= 3;
	socket->left -= count;
	return count;
}

WebSocketResult websocket_decode(WebSocket *socket, guint8 *bytes, gsize *length, WebSocketReply *reply)
{
	WebSocketResult result = WEBSOCKET_OK;
	gsize at = 0, written = 0;

	while (result == WEBSOCKET_OK && (at < *length || (socket->in_payload && socket->left == 0))) {
		if (!socket->in_payload) {
			socket->header[socket->have++] = bytes[at++];
			if (socket->have == header_need(socket) && !take_header(socket))
				result = WEBSOCKET_BAD;
		} else {
			at += take_payload(socket, bytes + at, *length - at, bytes, &written);
		}
		if (result == WEBSOCKET_OK && socket->in_payload && socket->left == 0)
			result = end_frame(socket, reply);
	}
	*length = written;
	return result;
}
