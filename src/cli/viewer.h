/* carrel-view, the program with the window and the servers. */
#pragma once

#include "client/client.h"

/* What carrel-view serves. */
typedef enum { VIEWER_VNC, VIEWER_WEB, VIEWER_KINDS } ViewerKind;

/* A server that runs; what it has not is NULL. */
typedef struct {
	char *address, *password, *view_password, *url, *view_url, *fingerprint, *asked;
	guint port, pid;
	gboolean local;     /* nobody on another host reaches it */
	gboolean view_only; /* it was started so */
} ViewerServer;

void viewer_server_free(ViewerServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ViewerServer, viewer_server_free)

/* Opens a window, detached from us. CARREL_ERROR_HOST without a display or without carrel-view. */
gboolean viewer_open_window(const char *vm_id, gboolean view_only, gboolean full_screen, GError **error);

/* "vnc", for people. */
const char *viewer_kind_name(ViewerKind kind);
/* The server that runs for a VM, or NULL. */
ViewerServer *viewer_find(ViewerKind kind, const char *vm_id);
/* Starts one at @address ("": wherever it likes, on this host), and waits until it listens. */
ViewerServer *viewer_start(ViewerKind kind, const char *vm_id, const char *address, gboolean view_only,
			   GError **error);
/* Ends it. */
gboolean viewer_stop(const ViewerServer *server, GError **error);

/* Opens a web server's page in the person's browser. FALSE without @error: there is no display, or nothing that knows the browser. */
gboolean viewer_open_browser(const ViewerServer *server, GError **error);
