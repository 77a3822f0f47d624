#include "console/vncd-messages.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_UPDATE   0
#define SERVER_BELL     2
#define SERVER_CUT_TEXT 3
/* Extended clipboard: "here it is", "text". */
#define PROVIDE_TEXT (1u << 28 | 1u << 0)

static void put16(GByteArray *bytes, guint value)
{
	const guint8 both[] = { (guint8)(value >> 8), (guint8)value };

	g_byte_array_append(bytes, both, sizeof(both));
}

static void put32(GByteArray *bytes, guint32 value)
{
	put16(bytes, value >> 16);
	put16(bytes, value & 0xffff);
}

/* --- updates ------------------------------------------------------------------------------------------------------- */

static GByteArray *new_update(guint x, gint32 encoding)
{
	GByteArray *bytes = g_byte_array_new();

	put16(bytes, SERVER_UPDATE << 8);
	put16(bytes, 1); /* rectangle */
	put16(bytes, x);
	put16(bytes, 0);
	put16(bytes, 1);
	put16(bytes, 1);
	put32(bytes, (guint32)encoding);
	return bytes;
}

GBytes *vncd_message_extended_keys(void)
{
	return g_byte_array_free_to_bytes(new_update(0, VNCD_EXTENDED_KEYS));
}

GBytes *vncd_message_pointer_type(gboolean absolute)
{
	return g_byte_array_free_to_bytes(new_update(absolute ? 1 : 0, VNCD_POINTER_TYPE));
}

GBytes *vncd_message_leds(guint leds)
{
	GByteArray *bytes = new_update(0, VNCD_LED_STATE);
	guint8 bits = leds & 7;

	g_byte_array_append(bytes, &bits, 1);
	return g_byte_array_free_to_bytes(bytes);
}

GBytes *vncd_message_bell(void)
{
	static const guint8 bell = SERVER_BELL;

	return g_bytes_new_static(&bell, 1);
}

/* --- clipboard ----------------------------------------------------------------------------------------------------- */

GBytes *vncd_message_clipboard(const char *text)
{
	GByteArray *bytes = g_byte_array_new();
	gsize length = 0;
	g_autofree char *latin1 =
		g_convert_with_fallback(text, -1, "ISO-8859-1", "UTF-8", "?", NULL, &length, NULL);

	put32(bytes, (guint32)SERVER_CUT_TEXT << 24);
	put32(bytes, (guint32)length);
	if (latin1)
		g_byte_array_append(bytes, (guint8 *)latin1, (guint)length);
	return g_byte_array_free_to_bytes(bytes);
}

/* A length of 32 bits, the text and its NUL, as one zlib stream. */
static GBytes *deflate_text(const char *text)
{
	g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, -1);
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(compressor));
	guint32 size = (guint32)strlen(text) + 1, wire = GUINT32_TO_BE(size);

	/* In memory: it cannot fail. */
	g_output_stream_write_all(stream, &wire, sizeof(wire), NULL, NULL, NULL);
	g_output_stream_write_all(stream, text, size, NULL, NULL, NULL);
	g_output_stream_close(stream, NULL, NULL);
	return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

GBytes *vncd_message_clipboard_extended(const char *text)
{
	g_autoptr(GBytes) deflated = deflate_text(text);
	GByteArray *bytes = g_byte_array_new();
	gsize size;
	const guint8 *data = g_bytes_get_data(deflated, &size);

	put32(bytes, (guint32)SERVER_CUT_TEXT << 24);
	put32(bytes, -(guint32)(size + 4)); /* a negative length says that it is the extended kind */
	put32(bytes, PROVIDE_TEXT);
	g_byte_array_append(bytes, data, (guint)size);
	return g_byte_array_free_to_bytes(bytes);
}

/* In place: the protocol's line ends are \r\n, ours \n. */
static void drop_returns(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
}

/* At most @max bytes, whole characters. */
static void cut(char *text, gsize max)
{
	if (strlen(text) <= max)
		return;
	while (max > 0 && (text[max] & 0xc0) == 0x80)
		max--;
	text[max] = '\0';
}

char *vncd_text_from_viewer(const char *bytes, gsize length, gboolean latin1, gsize max)
{
	gsize used = strnlen(bytes, length);
	char *text = latin1 ? g_convert(bytes, (gssize)used, "UTF-8", "ISO-8859-1", NULL, NULL, NULL)
			    : g_utf8_make_valid(bytes, (gssize)used);

	if (!text)
		return g_strdup("");
	drop_returns(text);
	cut(text, max);
	return text;
}

/* --- cursor -------------------------------------------------------------------------------------------------------- */

guint8 *vncd_cursor_mask(const SurfaceCursor *cursor)
{
	gsize stride = ((gsize)cursor->width + 7) / 8;
	guint8 *mask = calloc((gsize)cursor->height, stride);

	for (int y = 0; mask && y < cursor->height; y++)
		for (int x = 0; x < cursor->width; x++)
			if (cursor->pixels[y * cursor->width + x] >> 31)
				mask[(gsize)y * stride + (gsize)x / 8] |= (guint8)(0x80 >> (x & 7));
	return mask;
}
