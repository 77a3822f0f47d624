/*
 * The RFB 3.8 protocol as bytes: a parser of what a server says and the messages of a client. No sockets, no clock, so
 * that it is tested at every byte boundary and fuzzed (tests/fuzz/fuzz-rfb.c).
 *
 * The peer is not trusted: each length is checked against its limit before anything is buffered, each rectangle against the size
 * of the screen; held back are at most one row of pixels, one cursor (SURFACE_CURSOR_MAX), or one clipboard (RFB_CUT_TEXT_MAX).
 *
 * Sources: RFC 6143; the extensions as QEMU speaks them: the community's "rfbproto" description and QEMU's ui/vnc.h, ui/vnc-clipboard.c.
 */
#pragma once

#include "console/surface.h"

#define RFB_NAME_MAX     4096
#define RFB_REASON_MAX   4096
#define RFB_CUT_TEXT_MAX (1024 * 1024)
/* Of one message; QEMU sends a few KiB at a time. */
#define RFB_AUDIO_MAX (1024 * 1024)

enum {
	RFB_ENCODING_RAW = 0,
	RFB_ENCODING_DESKTOP_SIZE = -223,
	RFB_ENCODING_RICH_CURSOR = -239,
	RFB_ENCODING_POINTER_TYPE = -257,
	RFB_ENCODING_KEYS_EXTENDED = -258,
	RFB_ENCODING_AUDIO = -259,
	RFB_ENCODING_LED_STATE = -261,
	RFB_ENCODING_EXTENDED_DESKTOP_SIZE = -308,
	RFB_ENCODING_ALPHA_CURSOR = -314,
	RFB_ENCODING_EXTENDED_CLIPBOARD = (gint32)0xc0a1e5ce
};

typedef enum {
	RFB_AGAIN,            /* nothing complete yet: feed more */
	RFB_ERROR,            /* the error is set; the conversation is over */
	RFB_CONNECTED,        /* handshake done; rect.width and rect.height are the screen's */
	RFB_RESIZED,          /* a new size of the screen, likewise */
	RFB_SIZE_ANSWER,      /* of rfb_put_size(): `value' is RFB_SIZE_FORWARDED or why not */
	RFB_PIXELS,           /* rows at `rect', see `pixels' */
	RFB_CURSOR,           /* see `cursor'; NULL = there is none any more */
	RFB_UPDATE_END,       /* a framebuffer update is complete: ask for the next */
	RFB_KEYS_EXTENDED,    /* the server takes scancodes */
	RFB_POINTER_ABSOLUTE, /* `value': 1 absolute, 0 relative */
	RFB_LEDS,             /* `value': bits 0 scroll, 1 num, 2 caps */
	RFB_BELL,
	RFB_CLIPBOARD_OFFERED, /* the server knows the extended clipboard */
	RFB_CLIPBOARD_CHANGED, /* `value': the other side has got text, ask for it by rfb_put_clipboard_request() */
	RFB_CLIPBOARD_WANTED, /* the other side asks for our text */
	RFB_CLIPBOARD_TEXT,   /* see `text' */
	RFB_AUDIO_OFFERED,    /* the server can send sound */
	RFB_AUDIO             /* a piece of sound: `length' bytes at `bytes', whole frames */
} RfbKind;

typedef struct {
	RfbKind kind;
	Rect rect;
	guint value;
	/* All borrowed until the next call. */
	const guint8 *pixels; /* rows of rect.width * 4 bytes in our pixel format */
	const SurfaceCursor *cursor;
	const char *text; /* UTF-8, lines end in \n, at most RFB_CUT_TEXT_MAX bytes; not NULL */
	const guint8 *bytes;
	gsize length;
} RfbEvent;

typedef struct Rfb Rfb;

/* What the parser itself has to answer (the handshake) is appended to @out, which must outlive it. */
Rfb *rfb_new(GByteArray *out);
void rfb_free(Rfb *rfb);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rfb, rfb_free)

/* Hands over bytes of the server; call rfb_next() until it gives RFB_AGAIN before feeding more. */
void rfb_feed(Rfb *rfb, const guint8 *data, gsize length);
RfbKind rfb_next(Rfb *rfb, RfbEvent *event, GError **error);
/* Bytes that wait for the rest of their message. */
gsize rfb_held(const Rfb *rfb);

/* Screen name as the server gave it, or NULL. Borrowed. */
const char *rfb_name(const Rfb *rfb);

/* Messages of the client, appended to @out (rfb-put.c, rfb-clipboard.c). */
void rfb_put_setup(GByteArray *out); /* pixel format and encodings, after RFB_CONNECTED */
void rfb_put_update_request(GByteArray *out, gboolean incremental, const Rect *rect);
void rfb_put_key(GByteArray *out, guint keysym, guint qnum, gboolean down); /* QEMU's extended key event */
void rfb_put_pointer(GByteArray *out, guint16 x, guint16 y, guint buttons);
#define RFB_POINTER_SIZE 6 /* bytes of a pointer message */

/* The wish for another size of the screen; only after the server sent RFB_ENCODING_EXTENDED_DESKTOP_SIZE or offered it. */
void rfb_put_size(GByteArray *out, guint16 width, guint16 height);
#define RFB_SIZE_FORWARDED 4 /* QEMU told the guest, which may follow */

/* Sound: signed 16-bit samples, little endian; after RFB_AUDIO_OFFERED. */
void rfb_put_audio_start(GByteArray *out, guint rate, guint channels);
void rfb_put_audio_stop(GByteArray *out);

/* Clipboard. The first four are of the extended one, which needs RFB_CLIPBOARD_OFFERED; a server without gets Latin-1, `?' for the rest. */
void rfb_put_clipboard_caps(GByteArray *out);
void rfb_put_clipboard_changed(GByteArray *out, gboolean text);
void rfb_put_clipboard_request(GByteArray *out);
void rfb_put_clipboard_text(GByteArray *out, const char *text);
void rfb_put_cut_text(GByteArray *out, const char *text);
/* The length of @text, or of as much of it as a message takes, whole characters. */
gsize rfb_clipboard_length(const char *text);
