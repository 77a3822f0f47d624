/*
 * The way between a viewer and libvncserver: bytes are carried over a socketpair, so that the library, whose threads read and wait, meets no
 * viewer before it has said its version, no HTTP and no TLS. Each direction has one buffer; who does not read is not read from.
 *
 * Runs on the default main context.
 */
#pragma once

#include <gio/gio.h>

typedef struct Relay Relay;

/* A viewer has said its version: @fd (taken) is libvncserver's end. FALSE: it is not wanted. */
typedef gboolean (*RelayEnter)(int fd, gpointer data);

/* A set of them, all for one server. Freeing it ends them. */
typedef struct Relays Relays;
Relays *relays_new(RelayEnter enter, gpointer data);
void relays_free(Relays *relays);
guint relays_count(const Relays *relays);

typedef enum { RELAY_PLAIN, RELAY_WEBSOCKET } RelayKind;

/* Greets the viewer at the other end of @stream, a pollable stream of which a reference is kept until one side ends the connection or it says
 * nothing sensible in time. */
void relays_add(Relays *relays, GIOStream *stream, RelayKind kind);
