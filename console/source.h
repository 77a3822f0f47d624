/*
 * The guest side of a console: an RFB 3.8 client on a connected fd, which is handed to us (we know no D-Bus, no path).
 *
 * Own code instead of libvncclient, because that blocks in the middle of messages and loses the connection at each mode
 * change of QEMU (facts/console.md 2.1). Raw encoding plus the pseudo-encodings that QEMU offers: desktop size (-223, -308), extended key events (-258),
 * pointer type (-257), LED state (-261), cursors (-239, -314), sound (-259), the extended clipboard. A state machine on a bounded buffer; no thread, no
 * blocking call, no select().
 *
 * Sources: RFC 6143; QEMU docs/interop (ui/vnc.h) for the extensions.
 */
#pragma once

#include "console/surface.h"

typedef struct Source Source;

typedef enum {
	SOURCE_CONNECTED, /* handshake done, size known */
	SOURCE_FRAME,     /* the first whole frame is on the surface; once per connection */
	SOURCE_POINTER,   /* source_pointer_absolute() changed */
	SOURCE_LEDS,      /* source_leds() changed */
	SOURCE_BELL,      /* the guest's terminal rang */
	SOURCE_CLIPBOARD, /* source_clipboard() changed */
	SOURCE_CLOSED /* the peer went away or spoke nonsense; source_error() says; the surface keeps its last picture */
} SourceEvent;

typedef void (*SourceWatch)(Source *source, SourceEvent event, gpointer data);

/* Takes ownership of @fd. Draws on @surface (a reference is taken). Runs on the thread-default main context. @watch may be NULL. */
Source *source_new(int fd, Surface *surface, SourceWatch watch, gpointer data);
/* Lifts all keys that are down, closes. May be called from @watch. */
void source_free(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

gboolean source_is_open(const Source *source);
/* The surface holds a part of an update of which more is to come. */
gboolean source_is_drawing(const Source *source);
const GError *source_error(const Source *source);
/* Nothing more is sent. The server reads what was, and ends the connection: SOURCE_CLOSED says that all of it was heard. To close at once would not
 * do: QEMU forgets what it has not read yet when its peer is gone. Call it when source_pending() is 0. */
void source_hang_up(Source *source);

/* FALSE: ask for no further updates, so that a hidden console costs nothing. */
void source_set_active(Source *source, gboolean active);
/* At most one update in @ms milliseconds, for previews and records; 0 (as at first) = as fast as the guest draws. */
void source_set_interval(Source *source, guint ms);
/* TRUE where QEMU has no D-Bus display, whose mere presence keeps the refresh at 30 ms: input is followed by releases of a key that
 * is not down, which QEMU drops but wakes up for (facts/console.md 1.3). */
void source_set_nudge(Source *source, gboolean nudge);

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

/* The guest's lock lights: bits of SourceLeds, or SOURCE_LEDS_UNKNOWN until the guest set them. */
typedef enum { SOURCE_LED_SCROLL = 1, SOURCE_LED_NUM = 2, SOURCE_LED_CAPS = 4 } SourceLeds;
#define SOURCE_LEDS_UNKNOWN 0x80u
guint source_leds(const Source *source);

/* The guest's clipboard as UTF-8, NULL while it holds no text (the VM needs `clipboard' and the guest spice-vdagent). Borrowed until
 * the next SOURCE_CLIPBOARD. At most RFB_CUT_TEXT_MAX bytes either way: more is cut at a character. */
const char *source_clipboard(const Source *source);
void source_set_clipboard(Source *source, const char *text);

/* Asks for another size of the guest's screen; SURFACE_RESIZED follows when its device and driver can. FALSE: QEMU takes no such wish. */
gboolean source_request_size(Source *source, int width, int height);

/* The guest's sound: interleaved signed 16-bit samples in host order, SOURCE_AUDIO_RATE Hz, SOURCE_AUDIO_CHANNELS; valid during the call.
 * NULL ends it. Costs nothing while nobody listens. */
#define SOURCE_AUDIO_RATE     44100
#define SOURCE_AUDIO_CHANNELS 2
typedef void (*SourceAudio)(Source *source, const gint16 *samples, gsize frames, gpointer data);
void source_set_audio(Source *source, SourceAudio play, gpointer data);
/* FALSE for a VM without a sound card: QEMU 7.2 offers sound all the same, and would open the host's device for it. TRUE at first. */
void source_allow_audio(Source *source, gboolean allowed);
