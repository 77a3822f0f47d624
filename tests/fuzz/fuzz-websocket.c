/* Frames from strangers: in one piece and byte by byte they come to the same. */
#include <string.h>

#include "view/websocket.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	WebSocket whole = { 0 }, pieces = { 0 };
	WebSocketReply reply = { 0 }, reply_pieces = { 0 };
	g_autofree guint8 *bytes = g_memdup2(data, size);
	g_autoptr(GByteArray) collected = g_byte_array_new();
	WebSocketResult result, result_pieces = WEBSOCKET_OK;
	gsize length = size;

	result = websocket_decode(&whole, bytes, &length, &reply);
	g_assert_cmpuint(length, <=, size);
	for (gsize i = 0; i < size && result_pieces == WEBSOCKET_OK; i++) {
		guint8 byte = data[i];
		gsize one = 1;
		result_pieces = websocket_decode(&pieces, &byte, &one, &reply_pieces);
		g_byte_array_append(collected, &byte, (guint)one);
	}
	g_assert_cmpint(result, ==, result_pieces);
	g_assert_cmpmem(bytes, length, collected->data, collected->len);
	g_assert_cmpmem(reply.bytes, reply.length, reply_pieces.bytes, reply_pieces.length);
	return 0;
}
