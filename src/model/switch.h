/*
 * A virtual switch. For now there is one, the Default Switch, and each adapter plugged into it has QEMU's own user-mode NAT to itself; callers see ports,
 * so that the real switch can take its place without changing them.
 */
#pragma once

#include <gio/gio.h>
#include "hv/qemu-argv.h"

typedef struct Machine Machine; /* hv/machine.h */

#define SWITCH_DEFAULT "Default Switch"

typedef struct {
	const char *name, *kind, *description;
} Switch;

/* All switches, ended by a NULL name. Static. */
const Switch *switch_list(void);
const Switch *switch_find(const char *name);

/* A port for the adapter @nic; "" as switch name gives an adapter that is plugged in nowhere. CARREL_ERROR_NOT_FOUND when there is no such switch. */
gboolean switch_plug(const NicSpec *nic, NetPort *port, GError **error);

/* An address of this host that leads to TCP port @port of the guest behind @nic, as long as the machine runs. Finish: owned by the caller. */
void switch_open_port(Machine *machine, const NicSpec *nic, guint port, GAsyncReadyCallback callback,
		      gpointer data);
GInetSocketAddress *switch_open_port_finish(GAsyncResult *result, GError **error);
