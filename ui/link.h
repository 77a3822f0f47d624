/*
 * The screen of one VM, kept connected: asks the daemon for a connection (OpenConsole), feeds it to a Source, tells the daemon when the
 * first frame is there, and connects anew when the VM stops and starts again.
 *
 * Waiting links (a console) stay pending while the VM is off; others (a preview) connect when told that the VM runs.
 */
#pragma once

#include "client/client.h"
#include "console/input.h"

typedef enum {
	LINK_IDLE,    /* nothing is tried; not waiting, or carreld is gone */
	LINK_PENDING, /* OpenConsole was sent; with wait: the VM may be off */
	LINK_OPEN     /* connected; link_source() is there */
} LinkState;

typedef struct Link Link;
/* State or picture changed. */
typedef void (*LinkWatch)(Link *link, gpointer data);

/* Connects at once if the client is connected, else at link_event(CLIENT_CONNECTED). */
Link *link_new(Client *client, const char *vm_path, gboolean wait, LinkWatch watch, gpointer data);
/* May be called from the watch. */
void link_free(Link *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_free)

/* To be given the client's events. */
void link_event(Link *link, ClientEvent event, gpointer object);

/* source_set_interval() and source_set_active(), kept for every further connection. */
void link_set_interval(Link *link, guint ms);
void link_set_active(Link *link, gboolean active);

LinkState link_state(const Link *link);
/* Always there; keeps the last picture. Borrowed. */
Surface *link_surface(const Link *link);
/* NULL unless open. Borrowed. */
Source *link_source(const Link *link);
/* Where viewers of this link send their input, over all its connections; they leave before link_free(). Borrowed. */
InputHub *link_input(const Link *link);
/* A whole frame came over this connection. */
gboolean link_has_frame(const Link *link);
