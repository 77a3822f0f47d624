/*
 * Where viewers come in: listens on an address, and lets in no more connections than agreed, all together and per second and peer. What they
 * say is for others. Runs on the default main context.
 */
#pragma once

#include <gio/gio.h>

#include "base/address.h"

typedef struct {
	guint first_port, last_port; /* where to look for a free one when the address names none */
	guint most;                  /* connections at a time */
	guint burst, per_second;     /* new ones of one peer: at once, and in the long run */
} DoorLimits;

typedef struct Door Door;

/* @connection is new and counts until its last reference goes. */
typedef void (*DoorGuest)(GSocketConnection *connection, gpointer data);

/* NULL and @error when it cannot listen. A unix socket has mode 0600; a stale one of that name is replaced, nothing else is. */
Door *door_new(const Address *address, const DoorLimits *limits, DoorGuest guest, gpointer data,
	       GError **error);
/* Connections that were given out live on; they are no longer counted. */
void door_free(Door *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Door, door_free)

/* Where it really listens; borrowed. */
const Address *door_address(const Door *door);
/* Connections that were turned away, and those that are there. */
guint door_refused(const Door *door);
guint door_present(const Door *door);
