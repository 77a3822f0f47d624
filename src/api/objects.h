/* How messages find their object; see server.h. */
#pragma once

#include "api/api-private.h"

/* One connection; what the callbacks of GDBus get as data. */
typedef struct {
	Server *server;
	Model *model;
	GDBusConnection *connection;
	GCancellable *gone; /* cancelled when it closes */
	gboolean is_bus;    /* the session bus: no client by itself */
	GArray *ids;        /* registrations: guint */
	GArray *subtrees;
	gulong closed_handler;
	guint close_source; /* it closed and is about to be forgotten */
} ObjectsPeer;

const GDBusInterfaceVTable *objects_vtable(void);
const GDBusSubtreeVTable *objects_subtree(void);
const ObjectKind *objects_kind(const char *interface);

/* Everything for ObjectManager.GetManagedObjects: a{oa{sa{sv}}}, floating. */
GVariant *objects_managed(Model *model);
