#include "console/rfb.h"

/* Messages of the client (RFC 6143, 7.5; the last two: QEMU's). */
enum {
	CLIENT_SET_PIXEL_FORMAT = 0,
	CLIENT_SET_ENCODINGS = 2,
	CLIENT_UPDATE_REQUEST = 3,
	CLIENT_POINTER = 5,
	CLIENT_QEMU = 255,
	CLIENT_QEMU_KEY = 0
};

static const gint32 offered[] = {
	RFB_ENCODING_RAW,          RFB_ENCODING_DESKTOP_SIZE,  RFB_ENCODING_EXTENDED_DESKTOP_SIZE,
	RFB_ENCODING_POINTER_TYPE, RFB_ENCODING_KEYS_EXTENDED, RFB_ENCODING_LED_STATE,
};

static void put8(GByteArray *out, guint value)
{
	guint8 byte = (guint8)value;

	g_byte_array_append(out, &byte, 1);
}

static void put16(GByteArray *out, guint value)
{
	put8(out, value >> 8);
	put8(out, value);
}

static void put32(GByteArray *out, guint32 value)
{
	put16(out, value >> 16);
	put16(out, value);
}

static void put_padding(GByteArray *out, guint count)
{
	while (count--)
		put8(out, 0);
}

/* 32 bits, depth 24, our byte order, true colour: 0x00RRGGBB as the surface wants it. */
static void put_pixel_format(GByteArray *out)
{
	put8(out, CLIENT_SET_PIXEL_FORMAT);
	put_padding(out, 3);
	put8(out, 32);
	put8(out, 24);
	put8(out, G_BYTE_ORDER == G_BIG_ENDIAN);
	put8(out, 1);
	for (guint i = 0; i < 3; i++)
		put16(out, 255);
	for (guint shift = 24; shift > 0; shift -= 8)
		put8(out, shift - 8);
	put_padding(out, 3);
}

void rfb_put_setup(GByteArray *out)
{
	put_pixel_format(out);
	put8(out, CLIENT_SET_ENCODINGS);
	put_padding(out, 1);
	put16(out, G_N_ELEMENTS(offered));
	for (guint i = 0; i < G_N_ELEMENTS(offered); i++)
		put32(out, (guint32)offered[i]);
}

void rfb_put_update_request(GByteArray *out, gboolean incremental, const Rect *rect)
{
	put8(out, CLIENT_UPDATE_REQUEST);
	put8(out, incremental != FALSE);
	put16(out, (guint)rect->x);
	put16(out, (guint)rect->y);
	put16(out, (guint)rect->width);
	put16(out, (guint)rect->height);
}

void rfb_put_key(GByteArray *out, guint keysym, guint qnum, gboolean down)
{
	put8(out, CLIENT_QEMU);
	put8(out, CLIENT_QEMU_KEY);
	put16(out, down != FALSE);
	put32(out, keysym);
	put32(out, qnum);
}

void rfb_put_pointer(GByteArray *out, guint16 x, guint16 y, guint buttons)
{
	put8(out, CLIENT_POINTER);
	put8(out, buttons);
	put16(out, x);
	put16(out, y);
}
