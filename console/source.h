/*
 * The guest side of a console: an RFB 3.8 client on a connected fd, which is handed to us (we know no D-Bus, no path).
 *
 * Own code instead of libvncclient, because that blocks in the middle of messages and loses the connection at each mode
 * change of QEMU (facts/console.md 2.1). Raw encoding plus the pseudo-encodings that QEMU offers: desktop size (-223, -308), extended key events (-258),
 * pointer type (-257), LED state (-261). A state machine on a bounded buffer; no thread, no blocking call, no select().
 *
 * Sources: RFC 6143; QEMU docs/interop (ui/vnc.h) for the extensions.
 */
#pragma once

#include "console/surface.h"

typedef struct Source Source;

typedef enum {
	SOURCE_CONNECTED, /* handshake done, size known */
	SOURCE_FRAME,     /* the first whole frame is on the surface; once per connection */
	SOURCE_CLOSED /* the peer went away or spoke nonsense; source_error() says; the surface keeps its last picture */
} SourceEvent;

typedef void (*SourceWatch)(Source *source, SourceEvent event, gpointer data);

/* Takes ownership of @fd. Draws on @surface (a reference is taken). Runs on the thread-default main context. @watch may be NULL. */
Source *source_new(int fd, Surface *surface, SourceWatch watch, gpointer data);
/* Lifts all keys that are down, closes. May be called from @watch. */
void source_free(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

gboolean source_is_open(const Source *source);
const GError *source_error(const Source *source);

/* FALSE: ask for no further updates, so that a hidden console costs nothing. */
void source_set_active(Source *source, gboolean active);

/* A key by its XT scancode as QEMU counts ("qnum": AT set 1; extended codes have bit 0x80 set, see console/keys.h). */
void source_key(Source *source, guint qnum, gboolean down);
/* Lifts every key and button that is down. */
void source_release_keys(Source *source);

/* Pointer in pixels of the surface; @buttons: bit 0 left, 1 middle, 2 right, 3/4 wheel up/down, 5/6 wheel left/right. */
void source_pointer(Source *source, int x, int y, guint buttons);
/* The same relative; used while !source_pointer_absolute(). */
void source_pointer_move(Source *source, int dx, int dy, guint buttons);
gboolean source_pointer_absolute(const Source *source);

/* Bytes queued to the peer and not yet taken by the kernel; for pacing. */
gsize source_pending(const Source *source);
