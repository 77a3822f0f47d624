/* What a VNC server says, byte by byte, for tests of the client side: messages are appended to @out. */
#pragma once

#include <glib.h>

/* Version, security None, its result, and the screen's size and name. */
void fake_vnc_hello(GByteArray *out, int width, int height, const char *name);

/* The beginning of a framebuffer update with @rects rectangles; then that many of the following. */
void fake_vnc_update(GByteArray *out, int rects);
void fake_vnc_rect(GByteArray *out, int x, int y, int width, int height, gint32 encoding);
/* A raw rectangle, each pixel @colour. */
void fake_vnc_fill(GByteArray *out, int x, int y, int width, int height, guint32 colour);
/* Pseudo-encoding -308 with @screens screens; @who and @status as in the protocol. */
void fake_vnc_extended_size(GByteArray *out, int who, int status, int width, int height, int screens);

void fake_vnc_8(GByteArray *out, guint value);
void fake_vnc_16(GByteArray *out, guint value);
void fake_vnc_32(GByteArray *out, guint32 value);
