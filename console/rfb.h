/*
 * The RFB 3.8 protocol as bytes: a parser of what a server says and the messages of a client. No sockets, no clock, so
 * that it is tested at every byte boundary and fuzzed (tests/fuzz/fuzz-rfb.c).
 *
 * The peer is not trusted: each length is checked against its limit before anything is buffered, each rectangle against the size
 * of the screen, and at most one row of pixels (or one small message) is held back.
 *
 * Sources: RFC 6143; the extensions as QEMU speaks them: the community's "rfbproto" description and QEMU's ui/vnc.h.
 */
#pragma once

#include "console/surface.h"

#define RFB_NAME_MAX     4096
#define RFB_REASON_MAX   4096
#define RFB_CUT_TEXT_MAX (1024 * 1024)

enum {
	RFB_ENCODING_RAW = 0,
	RFB_ENCODING_DESKTOP_SIZE = -223,
	RFB_ENCODING_POINTER_TYPE = -257,
	RFB_ENCODING_KEYS_EXTENDED = -258,
	RFB_ENCODING_LED_STATE = -261,
	RFB_ENCODING_EXTENDED_DESKTOP_SIZE = -308
};

typedef enum {
	RFB_AGAIN,           /* nothing complete yet: feed more */
	RFB_ERROR,           /* the error is set; the conversation is over */
	RFB_CONNECTED,       /* handshake done; rect.width and rect.height are the screen's */
	RFB_RESIZED,         /* a new size of the screen, likewise */
	RFB_PIXELS,          /* rows at `rect', see `pixels' */
	RFB_UPDATE_END,      /* a framebuffer update is complete: ask for the next */
	RFB_KEYS_EXTENDED,   /* the server takes scancodes */
	RFB_POINTER_ABSOLUTE /* `value': 1 absolute, 0 relative */
} RfbKind;

typedef struct {
	RfbKind kind;
	Rect rect;
	const guint8
		*pixels; /* rows of rect.width * 4 bytes in our pixel format; valid until the next call */
	guint value;
} RfbEvent;

typedef struct Rfb Rfb;

/* What the parser itself has to answer (the handshake) is appended to @out, which must outlive it. */
Rfb *rfb_new(GByteArray *out);
void rfb_free(Rfb *rfb);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rfb, rfb_free)

/* Hands over bytes of the server; call rfb_next() until it gives RFB_AGAIN before feeding more. */
void rfb_feed(Rfb *rfb, const guint8 *data, gsize length);
RfbKind rfb_next(Rfb *rfb, RfbEvent *event, GError **error);

/* Screen name as the server gave it, or NULL. Borrowed. */
const char *rfb_name(const Rfb *rfb);

/* Messages of the client, appended to @out (rfb-put.c). */
void rfb_put_setup(GByteArray *out); /* pixel format and encodings, after RFB_CONNECTED */
void rfb_put_update_request(GByteArray *out, gboolean incremental, const Rect *rect);
void rfb_put_key(GByteArray *out, guint keysym, guint qnum, gboolean down); /* QEMU's extended key event */
void rfb_put_pointer(GByteArray *out, guint16 x, guint16 y, guint buttons);

#define RFB_POINTER_SIZE 6 /* bytes of a pointer message */
