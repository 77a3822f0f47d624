#include "view/stream.h"

Turn stream_turn(gssize count, const GError *error)
{
	if (count > 0)
		return TURN_ON;
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? TURN_WAIT : TURN_OVER;
}

void stream_drop(GIOStream *stream)
{
	g_autoptr(GIOStream) base = NULL;

	if (G_IS_TLS_CONNECTION(stream))
		g_object_get(stream, "base-io-stream", &base, NULL);
	if (G_IS_SOCKET_CONNECTION(base))
		g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(base)), TRUE, TRUE,
				  NULL);
	g_object_unref(stream);
}
