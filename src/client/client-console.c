#include "client/client-console.h"

#include "base/error.h"

gboolean client_take_console(GVariant *reply, GUnixFDList *fds, ClientConsole *console, GError **error)
{
	g_autoptr(GVariant) info = NULL;
	gint32 index;

	*console = (ClientConsole){ .fd = -1 };
	g_variant_get(reply, "(h@a{sv})", &index, &info);
	g_variant_lookup(info, "token", "u", &console->token);
	g_variant_lookup(info, "audio", "b", &console->audio);
	g_variant_lookup(info, "clipboard", "b", &console->clipboard);
	g_variant_lookup(info, "nudge", "b", &console->nudge);
	if (!fds)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "carreld sent no connection to the screen");
	console->fd = g_unix_fd_list_get(fds, index, error);
	return console->fd >= 0;
}
