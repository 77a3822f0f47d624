#include "tests/fakes/fake-vnc.h"

#include <string.h>

void fake_vnc_8(GByteArray *out, guint value)
{
	guint8 byte = (guint8)value;

	g_byte_array_append(out, &byte, 1);
}

void fake_vnc_16(GByteArray *out, guint value)
{
	fake_vnc_8(out, value >> 8);
	fake_vnc_8(out, value);
}

void fake_vnc_32(GByteArray *out, guint32 value)
{
	fake_vnc_16(out, value >> 16);
	fake_vnc_16(out, value);
}

void fake_vnc_hello(GByteArray *out, int width, int height, const char *name)
{
	g_byte_array_append(out, (const guint8 *)"RFB 003.008\n", 12);
	fake_vnc_8(out, 2); /* two security types: VNC authentication and none */
	fake_vnc_8(out, 2);
	fake_vnc_8(out, 1);
	fake_vnc_32(out, 0);
	fake_vnc_16(out, (guint)width);
	fake_vnc_16(out, (guint)height);
	for (guint i = 0; i < 16; i++)
		fake_vnc_8(out, 0); /* the server's own pixel format */
	fake_vnc_32(out, (guint32)strlen(name));
	g_byte_array_append(out, (const guint8 *)name, (guint)strlen(name));
}

void fake_vnc_update(GByteArray *out, int rects)
{
	fake_vnc_16(out, 0);
	fake_vnc_16(out, (guint)rects);
}

void fake_vnc_rect(GByteArray *out, int x, int y, int width, int height, gint32 encoding)
{
	fake_vnc_16(out, (guint)x);
	fake_vnc_16(out, (guint)y);
	fake_vnc_16(out, (guint)width);
	fake_vnc_16(out, (guint)height);
	fake_vnc_32(out, (guint32)encoding);
}

void fake_vnc_fill(GByteArray *out, int x, int y, int width, int height, guint32 colour)
{
	fake_vnc_rect(out, x, y, width, height, 0);
	for (int i = 0; i < width * height; i++)
		g_byte_array_append(out, (const guint8 *)&colour, 4);
}

void fake_vnc_extended_size(GByteArray *out, int who, int status, int width, int height, int screens)
{
	fake_vnc_rect(out, who, status, width, height, -308);
	fake_vnc_32(out, (guint32)screens << 24);
	for (int i = 0; i < screens * 16; i++)
		fake_vnc_8(out, 0xee);
}
