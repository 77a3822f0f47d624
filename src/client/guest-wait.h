/* Waiting for a guest, for the command line: until it is set up, or until its ssh server answers. Blocks, running the main loop. */
#pragma once

#include "client/client.h"

/* Told when what is waited for changes; a sentence without full stop. */
typedef void (*GuestWaitReport)(const char *sentence, gpointer data);

typedef struct {
	Client *client;
	const char *path, *name; /* of the VM */
	guint64 timeout_ms;
	GuestWaitReport report; /* may be NULL */
	gpointer data;
} GuestWait;

/*
 * Until the guest says "ready" (Vm.GuestState). Errors: CARREL_ERROR_TIMEOUT says what was waited for last; CARREL_ERROR_STATE when the VM is not
 * running or stops meanwhile.
 */
gboolean guest_wait_ready_sync(const GuestWait *wait, GError **error);

/* Until something at @host, @port (Vm.OpenPort) speaks first as an ssh server does. Errors as above. */
gboolean guest_wait_ssh_sync(const GuestWait *wait, const char *host, guint port, GError **error);
