/*
 * Messages to viewers that libvncserver has not, or sends also to those who have not shown their password yet. Pure functions; no library.
 *
 * Sources: RFC 6143 (7.6, 7.7); QEMU's ui/vnc.h for the pseudo-encodings; "Extended Clipboard" of the community's rfbproto.
 */
#pragma once

#include "console/surface.h"

/* QEMU's pseudo-encodings. */
#define VNCD_POINTER_TYPE  (-257)
#define VNCD_EXTENDED_KEYS (-258)
#define VNCD_LED_STATE     (-261)
#define VNCD_QEMU_MESSAGE  255

/* Relative moves of a viewer that knows them are written as distances from this. */
#define VNCD_POINTER_CENTRE 0x7fff

/* An update with one rectangle of such an encoding. 1x1: some viewers ignore an empty one. All are owned by the caller. */
GBytes *vncd_message_extended_keys(void);
GBytes *vncd_message_pointer_type(gboolean absolute);
/* @leds: bits of SourceLeds. */
GBytes *vncd_message_leds(guint leds);
GBytes *vncd_message_bell(void);
/* @text: UTF-8. As Latin-1, with a question mark for what that has not; or as zlib data of UTF-8. */
GBytes *vncd_message_clipboard(const char *text);
GBytes *vncd_message_clipboard_extended(const char *text);

/* UTF-8 with \n of what a viewer sent: @length bytes of Latin-1 or UTF-8, cut at @max bytes. Caller frees. */
char *vncd_text_from_viewer(const char *bytes, gsize length, gboolean latin1, gsize max);

/* Pixels that are more than half opaque, one bit each, rows of whole bytes. By malloc(), since libvncserver frees it. */
guint8 *vncd_cursor_mask(const SurfaceCursor *cursor);
