/* A console for one verb: the connection to a guest's screen, and waiting for what happens on it. */
#pragma once

#include "cli/verbs.h"
#include "console/source.h"

typedef struct {
	Client *client;
	char *path, *name; /* of the VM */
	Surface *surface;
	Source *source;     /* NULL: not connected now */
	guint token;        /* for ConsoleReady; 0 = none */
	gboolean framed;    /* a whole frame was seen on this connection */
	gboolean closed;    /* the guest's side went away */
	gboolean timed_out; /* the limit is over */
	guint timer;
	/* A pending OpenConsole. */
	gboolean opening;
	GCancellable *cancellable;
	GError *error;
} Session;

/* Finds the VM named @name. @limit_ms: for everything that waits; 0 = none. NULL with @error. */
Session *session_new(Cli *cli, const char *name, guint64 limit_ms, GError **error);
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* Connects to the screen and waits for the first whole frame. @wait: also while the VM is off, until it starts; then the guest's first
 * instruction waits for that frame. Errors: CARREL_ERROR_STATE when it is off, CARREL_ERROR_TIMEOUT. */
gboolean session_open(Session *session, gboolean wait, GError **error);

/* Runs the main loop once, until something happened. */
void session_turn(Session *session);

/* Runs the main loop for @ms. */
void session_pause(Session *session, guint ms);

/* Until QEMU has read what was sent; the connection is over then. */
gboolean session_flush(Session *session, GError **error);
