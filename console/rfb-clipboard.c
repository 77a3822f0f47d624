/*
 * The clipboard: plain cut text, which is Latin-1, and the extended messages, which QEMU speaks. There a side says that it has got something,
 * the other asks for it when somebody pastes, and it comes as zlib data.
 *
 * Sources: "Extended Clipboard" of the community's rfbproto; QEMU's ui/vnc-clipboard.c. Contrary to the former, QEMU hands the bytes of a text
 * on to the guest as they are: we send no final NUL, and \n at line ends.
 */
#include <gio/gio.h>
#include <string.h>

#include "console/rfb-private.h"

#define FORMAT_TEXT     (1u << 0)
#define ACTION_CAPS     (1u << 24)
#define ACTION_REQUEST  (1u << 25)
#define ACTION_NOTIFY   (1u << 27)
#define ACTION_PROVIDE  (1u << 28)
#define CLIENT_CUT_TEXT 6

#define PIECE_SIZE 4096
/* So much less than RFB_CUT_TEXT_MAX that a text which zlib makes longer fits into a message, with its length and flags: QEMU, too, takes
 * no more than 1 MiB before and after. */
#define SENT_TEXT_MAX (RFB_CUT_TEXT_MAX - 4096)

/* --- text ---------------------------------------------------------------------------------------------------------- */

/* At most @max bytes of @text, whole characters. */
static gsize whole_characters(const char *text, gsize max)
{
	gsize length = strnlen(text, max + 1);

	if (length <= max)
		return length;
	for (length = max; length > 0 && (text[length] & 0xc0) == 0x80;)
		length--;
	return length;
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

/* Takes @text, which may be anything without NUL. */
static Step tell_text(Rfb *rfb, char *text, RfbEvent *event)
{
	rfb->text = g_utf8_make_valid(text, -1);
	g_free(text);
	drop_returns(rfb->text);
	rfb->text[whole_characters(rfb->text, RFB_CUT_TEXT_MAX)] = '\0';
	event->text = rfb->text;
	return rfb_tell(event, RFB_CLIPBOARD_TEXT, 0);
}

static Step take_latin1(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < rfb->need && bytes[i]; i++)
		g_string_append_unichar(text, bytes[i]);
	rfb_enter(rfb, rfb_take_message, 1);
	return tell_text(rfb, g_string_free(text, FALSE), event);
}

/* --- zlib ---------------------------------------------------------------------------------------------------------- */

/* Runs @converter over all of @bytes; stops when there are more than @max bytes. NULL when they are no such data. */
static GByteArray *convert(GConverter *converter, const guint8 *bytes, gsize length, gsize max)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	GConverterResult result = G_CONVERTER_CONVERTED;
	guint8 piece[PIECE_SIZE];

	while (result != G_CONVERTER_FINISHED && all->len <= max) {
		gsize taken = 0, made = 0;
		result = g_converter_convert(converter, bytes, length, piece, sizeof(piece),
					     G_CONVERTER_INPUT_AT_END, &taken, &made, NULL);
		if (result == G_CONVERTER_ERROR)
			return NULL;
		g_byte_array_append(all, piece, (guint)made);
		bytes += taken;
		length -= taken;
	}
	return g_steal_pointer(&all);
}

/* A length, then the text, whose NUL at the end counts or not; of a text that is too long, its beginning. */
static Step take_text(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	g_autoptr(GZlibDecompressor) inflate = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
	g_autoptr(GByteArray) all =
		convert(G_CONVERTER(inflate), bytes, rfb->need, RFB_CUT_TEXT_MAX + sizeof(guint32));

	if (!all || all->len < sizeof(guint32))
		return rfb_refuse(error, "sent a clipboard that cannot be unpacked");
	gsize length = MIN(rfb_get32(all->data), all->len - sizeof(guint32));
	rfb_enter(rfb, rfb_take_message, 1);
	return tell_text(rfb, g_strndup((const char *)all->data + sizeof(guint32), length), event);
}

/* --- messages of the server ---------------------------------------------------------------------------------------- */

/* A message that has nothing more for us. */
static Step end_message(Rfb *rfb, Step step)
{
	rfb->skip = rfb->left;
	rfb_enter(rfb, rfb_take_message, 1);
	return step;
}

static Step take_action(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	guint32 flags = rfb_get32(bytes);
	gboolean text = (flags & FORMAT_TEXT) != 0;

	/* Capabilities name the other actions too, so they come first. */
	if (flags & ACTION_CAPS)
		return end_message(rfb, rfb_tell(event, RFB_CLIPBOARD_OFFERED, 1));
	if (flags & ACTION_NOTIFY)
		return end_message(rfb, rfb_tell(event, RFB_CLIPBOARD_CHANGED, text));
	if (text && flags & ACTION_REQUEST)
		return end_message(rfb, rfb_tell(event, RFB_CLIPBOARD_WANTED, 1));
	if (!text || !(flags & ACTION_PROVIDE))
		return end_message(rfb, STEP_ON);
	rfb_enter(rfb, take_text, rfb->left);
	return STEP_ON;
}

/* A negative length is the mark of the extended messages. */
Step rfb_take_cut_text(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	guint32 length = rfb_get32(bytes + 3);
	gboolean extended = length > G_MAXINT32;

	if (extended)
		length = -length;
	if (length > RFB_CUT_TEXT_MAX)
		return rfb_refuse(error, "sent a clipboard that is too large");
	if (!extended) {
		rfb_enter(rfb, take_latin1, length);
		return STEP_ON;
	}
	if (length < sizeof(guint32))
		return rfb_refuse(error, "sent a clipboard that is too short");
	rfb->left = length - sizeof(guint32);
	rfb_enter(rfb, take_action, sizeof(guint32));
	return STEP_ON;
}

/* --- messages of the client ---------------------------------------------------------------------------------------- */

static void put_cut_text(GByteArray *out, guint32 length)
{
	rfb_put8(out, CLIENT_CUT_TEXT);
	rfb_put_padding(out, 3);
	rfb_put32(out, length);
}

static void put_action(GByteArray *out, guint32 flags, gsize more)
{
	put_cut_text(out, -(guint32)(sizeof(guint32) + more));
	rfb_put32(out, flags);
}

/* Text only, none of it unasked (the zero). */
void rfb_put_clipboard_caps(GByteArray *out)
{
	put_action(out, ACTION_CAPS | ACTION_REQUEST | ACTION_NOTIFY | ACTION_PROVIDE | FORMAT_TEXT,
		   sizeof(guint32));
	rfb_put32(out, 0);
}

void rfb_put_clipboard_changed(GByteArray *out, gboolean text)
{
	put_action(out, ACTION_NOTIFY | (text ? FORMAT_TEXT : 0), 0);
}

void rfb_put_clipboard_request(GByteArray *out)
{
	put_action(out, ACTION_REQUEST | FORMAT_TEXT, 0);
}

gsize rfb_clipboard_length(const char *text)
{
	return whole_characters(text, SENT_TEXT_MAX);
}

void rfb_put_clipboard_text(GByteArray *out, const char *text)
{
	g_autoptr(GZlibCompressor) deflate = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, -1);
	g_autoptr(GByteArray) plain = g_byte_array_new();
	gsize length = rfb_clipboard_length(text);

	rfb_put32(plain, (guint32)length);
	g_byte_array_append(plain, (const guint8 *)text, (guint)length);
	g_autoptr(GByteArray) packed =
		convert(G_CONVERTER(deflate), plain->data, plain->len, RFB_CUT_TEXT_MAX - sizeof(guint32));
	put_action(out, ACTION_PROVIDE | FORMAT_TEXT, packed->len);
	g_byte_array_append(out, packed->data, packed->len);
}

void rfb_put_cut_text(GByteArray *out, const char *text)
{
	g_autoptr(GByteArray) latin1 = g_byte_array_new();

	for (const char *p = text; *p && latin1->len < SENT_TEXT_MAX; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		rfb_put8(latin1, c <= 0xff ? c : '?');
	}
	put_cut_text(out, latin1->len);
	g_byte_array_append(out, latin1->data, latin1->len);
}
