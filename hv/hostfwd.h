/*
 * A port of this host that leads to one of the guest's, by QEMU's user-mode NAT: made when somebody wants it, gone with the process. QEMU itself is asked
 * what there is, so that a daemon that was restarted finds it again.
 */
#pragma once

#include "hv/machine.h"

/* TCP from 127.0.0.1 to @guest_port behind adapter @nic. Asked again for the same it gives the same. Finish: the host's port, 0 with @error. */
void hostfwd_open(Machine *machine, const char *nic, guint guest_port, GAsyncReadyCallback callback,
		  gpointer data);
guint hostfwd_open_finish(GAsyncResult *result, GError **error);

/* The host's port in QEMU's answer to "info usernet", 0 = none. */
guint hostfwd_find(const char *text, const char *nic, guint guest_port);
