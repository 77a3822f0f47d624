/*
 * What the files of the parser share: rfb.c (machine, handshake, messages), rfb-rects.c (what stands in a framebuffer update), rfb-clipboard.c.
 *
 * A state is the function that takes what comes next, and how many bytes it needs. It says how it went, and before that enters the
 * next state, or stays in its own.
 */
#pragma once

#include "console/rfb.h"

typedef enum { STEP_ON, STEP_EVENT, STEP_ERROR } Step;
typedef Step (*Take)(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error);

struct Rfb {
	GByteArray *out;
	GByteArray *in;
	gsize done; /* bytes at the start of `in' that were taken */
	gsize skip; /* bytes to drop before the next state's */
	Take take;
	gsize need; /* bytes that `take' needs */
	gsize used; /* bytes that it took: `need' unless it says otherwise */
	char *name;
	int width, height;
	guint rects;          /* rectangles of this update still to come */
	Rect rows;            /* part of the current one still to come */
	SurfaceCursor cursor; /* being received, then lent with its pixels */
	gsize left;           /* bytes of the current sound or clipboard still to come */
	guint32 formats;      /* of the clipboard being received */
	char *text;           /* lent: of the last clipboard */
	gboolean failed;
};

static inline void rfb_enter(Rfb *rfb, Take take, gsize need)
{
	rfb->take = take;
	rfb->need = need;
}

static inline guint16 rfb_get16(const guint8 *bytes)
{
	return (guint16)(bytes[0] << 8 | bytes[1]);
}

static inline guint32 rfb_get32(const guint8 *bytes)
{
	return (guint32)rfb_get16(bytes) << 16 | rfb_get16(bytes + 2);
}

/* "the console's server WHAT" */
Step rfb_refuse(GError **error, const char *what);
Step rfb_tell(RfbEvent *event, RfbKind kind, guint value);
gboolean rfb_take_size(Rfb *rfb, int width, int height, GError **error);

/* Entry states. */
Step rfb_take_message(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error); /* rfb.c; 1 byte */
Step rfb_take_update(Rfb *rfb, const guint8 *bytes, RfbEvent *event,
		     GError **error); /* rfb-rects.c; 3 bytes */
Step rfb_take_cut_text(Rfb *rfb, const guint8 *bytes, RfbEvent *event,
		       GError **error); /* rfb-clipboard.c; 7 bytes */

/* rfb-put.c */
void rfb_put8(GByteArray *out, guint value);
void rfb_put16(GByteArray *out, guint value);
void rfb_put32(GByteArray *out, guint32 value);
void rfb_put_padding(GByteArray *out, guint count);
