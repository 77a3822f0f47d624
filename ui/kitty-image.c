#include <gio/gio.h>

#include "ui/pixels.h"

/* Bytes of base64 in one escape sequence at most. */
#define CHUNK 4096
#define PIECE 65536

/* Marks that say which row of an image a placeholder shows, in the protocol's order (its page, "rowcolumn-diacritics"). */
static const guint16 row_marks[KITTY_ROWS_MAX] = {
	0x0305, 0x030d, 0x030e, 0x0310, 0x0312, 0x033d, 0x033e, 0x033f, 0x0346, 0x034a, 0x034b, 0x034c,
	0x0350, 0x0351, 0x0352, 0x0357, 0x035b, 0x0363, 0x0364, 0x0365, 0x0366, 0x0367, 0x0368, 0x0369,
	0x036a, 0x036b, 0x036c, 0x036d, 0x036e, 0x036f, 0x0483, 0x0484, 0x0485, 0x0486, 0x0487, 0x0592,
	0x0593, 0x0594, 0x0595, 0x0597, 0x0598, 0x0599, 0x059c, 0x059d, 0x059e, 0x059f, 0x05a0, 0x05a1,
	0x05a8, 0x05a9, 0x05ab, 0x05ac, 0x05af, 0x05c4, 0x0610, 0x0611, 0x0612, 0x0613, 0x0614, 0x0615,
	0x0616, 0x0617, 0x0657, 0x0658, 0x0659, 0x065a, 0x065b, 0x065d, 0x065e, 0x06d6, 0x06d7, 0x06d8,
	0x06d9, 0x06da, 0x06db, 0x06dc, 0x06df, 0x06e0, 0x06e1, 0x06e2, 0x06e4, 0x06e7, 0x06e8, 0x06eb,
	0x06ec, 0x0730, 0x0732, 0x0733, 0x0735, 0x0736, 0x073a, 0x073d, 0x073f, 0x0740, 0x0741, 0x0743,
	0x0745, 0x0747, 0x0749, 0x074a, 0x07eb, 0x07ec, 0x07ed, 0x07ee, 0x07ef, 0x07f0, 0x07f1, 0x07f3,
	0x0816, 0x0817, 0x0818, 0x0819, 0x081b, 0x081c, 0x081d, 0x081e, 0x081f, 0x0820, 0x0821, 0x0822,
};

/* Three bytes a pixel, deflated, in base64. Caller frees. */
static char *encode(Surface *surface, const Rect *part, gsize *length)
{
	g_autoptr(GZlibCompressor) deflate = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1);
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(deflate));
	g_autofree guint8 *row = g_malloc((gsize)part->width * 3);

	for (int y = part->y; y < part->y + part->height; y++) {
		const guint32 *pixels = surface_row(surface, part->x, y);
		guint8 *to = row;
		for (int x = 0; x < part->width; x++) {
			*to++ = (guint8)(pixels[x] >> 16);
			*to++ = (guint8)(pixels[x] >> 8);
			*to++ = (guint8)pixels[x];
		}
		g_output_stream_write_all(stream, row, (gsize)part->width * 3, NULL, NULL, NULL);
	}
	g_output_stream_close(stream, NULL, NULL);
	char *text = g_base64_encode(g_memory_output_stream_get_data(G_MEMORY_OUTPUT_STREAM(memory)),
				     g_memory_output_stream_get_data_size(G_MEMORY_OUTPUT_STREAM(memory)));
	*length = strlen(text);
	return text;
}

/* @keys say what is done with it; they stand in the first piece only. */
static void send(GString *bytes, const char *keys, Surface *surface, const Rect *part)
{
	gsize length;
	g_autofree char *data = encode(surface, part, &length);

	for (gsize at = 0; at == 0 || at < length; at += CHUNK) {
		gsize size = MIN(CHUNK, length - at);
		g_string_append_printf(bytes, "\033_G%s%sm=%d;", at == 0 ? keys : "q=2,", at == 0 ? "," : "",
				       at + size < length);
		g_string_append_len(bytes, data + at, (gssize)size);
		g_string_append(bytes, "\033\\");
	}
}

void kitty_send(GString *bytes, guint id, Surface *surface, int columns, int rows, gboolean is_virtual)
{
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };
	g_autofree char *keys =
		g_strdup_printf("a=T,%si=%u,p=1,f=24,o=z,s=%d,v=%d,c=%d,r=%d,q=2",
				is_virtual ? "U=1," : "z=-1,C=1,", id, all.width, all.height, columns, rows);

	send(bytes, keys, surface, &all);
}

void kitty_update(GString *bytes, guint id, Surface *surface, const Rect *part)
{
	g_autofree char *keys = g_strdup_printf("a=f,i=%u,r=1,f=24,o=z,x=%d,y=%d,s=%d,v=%d,q=2", id, part->x,
						part->y, part->width, part->height);

	send(bytes, keys, surface, part);
}

void kitty_delete(GString *bytes, guint id)
{
	g_string_append_printf(bytes, "\033_Ga=d,d=I,i=%u,q=2\033\\", id);
}

void kitty_row(GString *bytes, int row)
{
	g_string_append_unichar(bytes, KITTY_PLACEHOLDER);
	g_string_append_unichar(bytes, row_marks[CLAMP(row, 0, KITTY_ROWS_MAX - 1)]);
}
