/* What OpenConsole answers: a connection to a VM's screen, and what the VM has that a console shows. */
#pragma once

#include <gio/gunixfdlist.h>

typedef struct {
	int fd;      /* RFB; the caller's */
	guint token; /* for ConsoleReady; 0: nobody waits for it */
	gboolean audio, clipboard;
	gboolean nudge; /* see source_set_nudge() of console/source.h */
} ClientConsole;

/* FALSE and @error when @fds (may be NULL) does not hold what @reply promises. */
gboolean client_take_console(GVariant *reply, GUnixFDList *fds, ClientConsole *console, GError **error);
