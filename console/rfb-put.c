#include "console/rfb-private.h"

/* Messages of the client (RFC 6143, 7.5; size: rfbproto; the last: QEMU's). */
enum {
	CLIENT_SET_PIXEL_FORMAT = 0,
	CLIENT_SET_ENCODINGS = 2,
	CLIENT_UPDATE_REQUEST = 3,
	CLIENT_POINTER = 5,
	CLIENT_SET_SIZE = 251,
	CLIENT_QEMU = 255
};
enum { QEMU_KEY = 0, QEMU_AUDIO = 1 };
enum { AUDIO_START = 0, AUDIO_STOP = 1, AUDIO_SET_FORMAT = 2 };
#define AUDIO_SIGNED_16 3

static const gint32 offered[] = {
	RFB_ENCODING_RAW,
	RFB_ENCODING_DESKTOP_SIZE,
	RFB_ENCODING_EXTENDED_DESKTOP_SIZE,
	RFB_ENCODING_POINTER_TYPE,
	RFB_ENCODING_KEYS_EXTENDED,
	RFB_ENCODING_LED_STATE,
	RFB_ENCODING_ALPHA_CURSOR,
	RFB_ENCODING_RICH_CURSOR,
	RFB_ENCODING_AUDIO,
	RFB_ENCODING_EXTENDED_CLIPBOARD,
};

void rfb_put8(GByteArray *out, guint value)
{
	guint8 byte = (guint8)value;

	g_byte_array_append(out, &byte, 1);
}

void rfb_put16(GByteArray *out, guint value)
{
	rfb_put8(out, value >> 8);
	rfb_put8(out, value);
}

void rfb_put32(GByteArray *out, guint32 value)
{
	rfb_put16(out, value >> 16);
	rfb_put16(out, value);
}

void rfb_put_padding(GByteArray *out, guint count)
{
	while (count--)
		rfb_put8(out, 0);
}

/* 32 bits, depth 24, our byte order, true colour: 0x00RRGGBB as the surface wants it. */
static void put_pixel_format(GByteArray *out)
{
	rfb_put8(out, CLIENT_SET_PIXEL_FORMAT);
	rfb_put_padding(out, 3);
	rfb_put8(out, 32);
	rfb_put8(out, 24);
	rfb_put8(out, G_BYTE_ORDER == G_BIG_ENDIAN);
	rfb_put8(out, 1);
	for (guint i = 0; i < 3; i++)
		rfb_put16(out, 255);
	for (guint shift = 24; shift > 0; shift -= 8)
		rfb_put8(out, shift - 8);
	rfb_put_padding(out, 3);
}

void rfb_put_setup(GByteArray *out)
{
	put_pixel_format(out);
	rfb_put8(out, CLIENT_SET_ENCODINGS);
	rfb_put_padding(out, 1);
	rfb_put16(out, G_N_ELEMENTS(offered));
	for (guint i = 0; i < G_N_ELEMENTS(offered); i++)
		rfb_put32(out, (guint32)offered[i]);
}

void rfb_put_update_request(GByteArray *out, gboolean incremental, const Rect *rect)
{
	rfb_put8(out, CLIENT_UPDATE_REQUEST);
	rfb_put8(out, incremental != FALSE);
	rfb_put16(out, (guint)rect->x);
	rfb_put16(out, (guint)rect->y);
	rfb_put16(out, (guint)rect->width);
	rfb_put16(out, (guint)rect->height);
}

void rfb_put_key(GByteArray *out, guint keysym, guint qnum, gboolean down)
{
	rfb_put8(out, CLIENT_QEMU);
	rfb_put8(out, QEMU_KEY);
	rfb_put16(out, down != FALSE);
	rfb_put32(out, keysym);
	rfb_put32(out, qnum);
}

void rfb_put_pointer(GByteArray *out, guint16 x, guint16 y, guint buttons)
{
	rfb_put8(out, CLIENT_POINTER);
	rfb_put8(out, buttons);
	rfb_put16(out, x);
	rfb_put16(out, y);
}

/* One screen as large as all of it. */
void rfb_put_size(GByteArray *out, guint16 width, guint16 height)
{
	rfb_put8(out, CLIENT_SET_SIZE);
	rfb_put_padding(out, 1);
	rfb_put16(out, width);
	rfb_put16(out, height);
	rfb_put8(out, 1);
	rfb_put_padding(out, 1);
	rfb_put_padding(out, 4 + 2 + 2); /* its id and place */
	rfb_put16(out, width);
	rfb_put16(out, height);
	rfb_put_padding(out, 4); /* flags */
}

static void put_audio(GByteArray *out, guint operation)
{
	rfb_put8(out, CLIENT_QEMU);
	rfb_put8(out, QEMU_AUDIO);
	rfb_put16(out, operation);
}

void rfb_put_audio_start(GByteArray *out, guint rate, guint channels)
{
	put_audio(out, AUDIO_SET_FORMAT);
	rfb_put8(out, AUDIO_SIGNED_16);
	rfb_put8(out, channels);
	rfb_put32(out, rate);
	put_audio(out, AUDIO_START);
}

void rfb_put_audio_stop(GByteArray *out)
{
	put_audio(out, AUDIO_STOP);
}
