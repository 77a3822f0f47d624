/* carrel-view, the program with the window and the VNC server. */
#pragma once

#include "client/client.h"

/* Where a VNC server listens. */
typedef struct {
	char *address, *password, *url;
	guint port, pid;
} VncServer;

void vnc_server_free(VncServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VncServer, vnc_server_free)

/* Opens a window, detached from us. CARREL_ERROR_HOST without a display or without carrel-view. */
gboolean viewer_open_window(const char *vm_id, gboolean view_only, GError **error);

/* The VNC server that runs for a VM, or NULL. */
VncServer *viewer_find_vnc(const char *vm_id);
/* Starts one, and waits until it listens. */
VncServer *viewer_start_vnc(const char *vm_id, gboolean view_only, GError **error);
/* Ends it. */
gboolean viewer_stop_vnc(const VncServer *server, GError **error);
