/* The clipboard of host and guest: QEMU's extended messages, and the old one. */
#include "tests/unit/source-fixture.h"

#include <gio/gio.h>
#include "console/rfb.h"

/* --- clipboard ----------------------------------------------------------------------------------------------------- */

static GByteArray *pack(GConverter *converter, const guint8 *bytes, gsize length)
{
	GByteArray *all = g_byte_array_new();
	GConverterResult result = G_CONVERTER_CONVERTED;
	guint8 piece[1000];

	while (result != G_CONVERTER_FINISHED) {
		gsize taken, made;
		result = g_converter_convert(converter, bytes, length, piece, sizeof(piece),
					     G_CONVERTER_INPUT_AT_END, &taken, &made, NULL);
		g_assert_cmpint(result, !=, G_CONVERTER_ERROR);
		g_byte_array_append(all, piece, (guint)made);
		bytes += taken;
		length -= taken;
	}
	return all;
}

/* @claimed: the length that stands before the text. */
static void say_text(Fixture *fixture, const char *text, gsize length, guint32 claimed)
{
	g_autoptr(GZlibCompressor) deflate = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
	g_autoptr(GByteArray) plain = g_byte_array_new();

	fake_vnc_32(plain, claimed);
	g_byte_array_append(plain, (const guint8 *)text, (guint)length);
	g_autoptr(GByteArray) packed = pack(G_CONVERTER(deflate), plain->data, plain->len);
	say_clipboard(fixture, CLIPBOARD_PROVIDE, packed->data, packed->len);
}

static const guint8 caps_answer[] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, 0x1b, 0, 0, 1, 0, 0, 0, 0 };
static const guint8 notify_text[] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 8, 0, 0, 1 };
static const guint8 notify_none[] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 8, 0, 0, 0 };
static const guint8 request[] = { 6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 2, 0, 0, 1 };

static void open_clipboard(Fixture *fixture)
{
	open_source(fixture);
	greet(fixture);
	say_caps(fixture);
	assert_heard(fixture, caps_answer, sizeof(caps_answer));
}

static void test_guest_clipboard(void)
{
	static const char text[] = "caf\303\251\r\nan\rd\n\0";
	Fixture fixture;

	open_clipboard(&fixture);
	g_assert_null(source_clipboard(fixture.source));
	say_clipboard(&fixture, CLIPBOARD_NOTIFY | CLIPBOARD_TEXT, NULL, 0);
	assert_heard(&fixture, request, sizeof(request));
	say_text(&fixture, text, sizeof(text), sizeof(text));
	g_assert_cmpstr(source_clipboard(fixture.source), ==, "caf\303\251\nan\rd\n");
	say_text(&fixture, "\377x", 2, 2);
	g_assert_cmpstr(source_clipboard(fixture.source), ==, "\357\277\275x");
	g_assert_cmpuint(fixture.events[SOURCE_CLIPBOARD], ==, 2);
	say_clipboard(&fixture, CLIPBOARD_NOTIFY, NULL, 0);
	g_assert_null(source_clipboard(fixture.source));
	say_clipboard(&fixture, CLIPBOARD_NOTIFY, NULL, 0);
	g_assert_cmpuint(fixture.events[SOURCE_CLIPBOARD], ==, 3);
	say_clipboard(&fixture, CLIPBOARD_REQUEST, NULL, 0); /* there is nothing of ours */
	say_clipboard(&fixture, 0x04000001, NULL, 0);        /* "peek", which was not offered */
	assert_heard(&fixture, NULL, 0);
	say_text(&fixture, "", 0, 0);
	g_assert_null(source_clipboard(fixture.source));
	g_assert_true(source_is_open(fixture.source));
	close_source(&fixture);
}

/* 64 MiB of one letter make 64 KiB of zlib: the text is cut, nothing more is made of it. */
static void test_clipboard_bomb(void)
{
	g_autofree char *text = g_strnfill(64 * 1024 * 1024, 'a');
	Fixture fixture;

	open_clipboard(&fixture);
	say_text(&fixture, text, strlen(text), (guint32)strlen(text));
	g_assert_nonnull(source_clipboard(fixture.source));
	g_assert_cmpuint(strlen(source_clipboard(fixture.source)), ==, RFB_CUT_TEXT_MAX);
	say_text(&fixture, "short", 5, 0xffffffff);
	g_assert_cmpstr(source_clipboard(fixture.source), ==, "short");
	close_source(&fixture);
}

/* A character that lies across the limit is left out. */
static void test_clipboard_cut_at_character(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Fixture fixture;

	while (text->len <= RFB_CUT_TEXT_MAX)
		g_string_append(text, "\342\202\254");
	open_clipboard(&fixture);
	say_text(&fixture, text->str, text->len, (guint32)text->len);
	g_assert_cmpuint(strlen(source_clipboard(fixture.source)), ==, RFB_CUT_TEXT_MAX - 1);
	g_assert_true(g_utf8_validate(source_clipboard(fixture.source), -1, NULL));
	close_source(&fixture);
}

/* The text in a message that provides it. */
static char *unpack(const GByteArray *heard)
{
	g_autoptr(GZlibDecompressor) inflate = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB);

	g_assert_cmpuint(heard->len, >, 12);
	g_assert_cmpuint(heard->data[0], ==, 6);
	guint32 length = -((guint32)heard->data[4] << 24 | (guint32)heard->data[5] << 16 |
			   (guint32)heard->data[6] << 8 | heard->data[7]);
	g_assert_cmpuint(length, ==, heard->len - 8);
	g_assert_cmpuint(length, <=, RFB_CUT_TEXT_MAX);
	g_assert_cmpuint(heard->data[8], ==, 0x10);
	g_autoptr(GByteArray) plain = pack(G_CONVERTER(inflate), heard->data + 12, heard->len - 12);
	guint32 inner = (guint32)plain->data[0] << 24 | (guint32)plain->data[1] << 16 |
			(guint32)plain->data[2] << 8 | plain->data[3];
	g_assert_cmpuint(inner, ==, plain->len - 4);
	return g_strndup((const char *)plain->data + 4, inner);
}

static char *hear_text(Fixture *fixture)
{
	g_autoptr(GByteArray) all = hear(fixture);

	while (source_pending(fixture->source)) {
		g_autoptr(GByteArray) more = hear(fixture);
		g_byte_array_append(all, more->data, more->len);
	}
	g_autoptr(GByteArray) rest = hear(fixture);
	g_byte_array_append(all, rest->data, rest->len);
	return unpack(all);
}

static void test_own_clipboard(void)
{
	g_autofree char *text = NULL;
	Fixture fixture;

	open_clipboard(&fixture);
	source_set_clipboard(fixture.source, "gr\303\274n\n");
	assert_heard(&fixture, notify_text, sizeof(notify_text));
	say_clipboard(&fixture, CLIPBOARD_REQUEST, NULL, 0);
	text = hear_text(&fixture);
	g_assert_cmpstr(text, ==, "gr\303\274n\n");
	source_set_clipboard(fixture.source, NULL);
	assert_heard(&fixture, notify_none, sizeof(notify_none));
	source_set_clipboard(fixture.source, "");
	assert_heard(&fixture, NULL, 0);
	source_set_clipboard(fixture.source, "old");
	say_clipboard(&fixture, CLIPBOARD_NOTIFY, NULL, 0); /* the guest has cleared it */
	g_byte_array_unref(hear(&fixture));
	say_clipboard(&fixture, CLIPBOARD_REQUEST, NULL, 0);
	assert_heard(&fixture, NULL, 0);
	close_source(&fixture);
}

/* Random characters do not shrink: the message must stay within what QEMU takes, and keys are not lost behind it. */
static void test_long_own_clipboard(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *arrived = NULL;
	Fixture fixture;

	while (text->len < 2 * RFB_CUT_TEXT_MAX)
		g_string_append_unichar(text, (gunichar)g_rand_int_range(random, 0x4e00, 0x9fa5));
	open_clipboard(&fixture);
	source_set_clipboard(fixture.source, text->str);
	assert_heard(&fixture, notify_text, sizeof(notify_text));
	say_clipboard(&fixture, CLIPBOARD_REQUEST, NULL, 0);
	g_assert_cmpuint(source_pending(fixture.source), >, SOURCE_AUDIO_RATE);
	gsize pending = source_pending(fixture.source);
	for (guint i = 0; i < 100; i++)
		say_clipboard(&fixture, CLIPBOARD_REQUEST, NULL, 0); /* one at a time */
	g_assert_cmpuint(source_pending(fixture.source), ==, pending);
	arrived = hear_text(&fixture);
	g_assert_true(g_str_has_prefix(text->str, arrived));
	g_assert_cmpuint(strlen(arrived), >, RFB_CUT_TEXT_MAX - 8192);
	source_key(fixture.source, 0x1e, TRUE);
	g_autoptr(GByteArray) key = hear(&fixture);
	g_assert_cmpuint(key->len, ==, 12);
	close_source(&fixture);
}

static void test_clipboard_before_connection(void)
{
	Fixture fixture;

	open_source(&fixture);
	source_set_clipboard(fixture.source, "early");
	greet(&fixture);
	say_caps(&fixture);
	g_autoptr(GByteArray) heard = hear(&fixture);
	g_assert_cmpuint(heard->len, ==, sizeof(caps_answer) + sizeof(notify_text));
	g_assert_cmpmem(heard->data + sizeof(caps_answer), sizeof(notify_text), notify_text,
			sizeof(notify_text));
	close_source(&fixture);
}

/* A server without the extension: Latin-1 both ways. */
static void test_plain_clipboard(void)
{
	static const guint8 said[] = { 3, 0, 0, 0, 0, 0, 0, 5, 'c', 'a', 'f', 0xe9, '!' };
	static const guint8 answer[] = { 6, 0, 0, 0, 0, 0, 0, 4, 0xe9, '?', '\n', 'x' };
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	say(&fixture, said, sizeof(said));
	g_assert_cmpstr(source_clipboard(fixture.source), ==, "caf\303\251!");
	source_set_clipboard(fixture.source, "\303\251\342\202\254\nx");
	assert_heard(&fixture, answer, sizeof(answer));
	close_source(&fixture);
}

/* --- nonsense ------------------------------------------------------------------------------------------------------ */

static void bad_short_clipboard(GByteArray *out)
{
	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, (guint32)-3);
}

static void bad_long_clipboard(GByteArray *out)
{
	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, 0x80000000);
}

static void bad_zlib(GByteArray *out)
{
	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, (guint32)-12);
	fake_vnc_32(out, CLIPBOARD_PROVIDE);
	g_byte_array_append(out, (const guint8 *)"no zlib.", 8);
}

static void bad_empty_zlib(GByteArray *out)
{
	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, (guint32)-4);
	fake_vnc_32(out, CLIPBOARD_PROVIDE);
}

static const Nonsense nonsense[] = {
	{bad_short_clipboard, "too short"         },
	{ bad_long_clipboard, "too large"         },
	{ bad_zlib,           "cannot be unpacked"},
	{ bad_empty_zlib,     "cannot be unpacked"},
};

static void test_nonsense(void)
{
	assert_nonsense(nonsense, G_N_ELEMENTS(nonsense), TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clipboard/guest-clipboard", test_guest_clipboard);
	g_test_add_func("/clipboard/clipboard-bomb", test_clipboard_bomb);
	g_test_add_func("/clipboard/clipboard-cut-at-character", test_clipboard_cut_at_character);
	g_test_add_func("/clipboard/own-clipboard", test_own_clipboard);
	g_test_add_func("/clipboard/long-own-clipboard", test_long_own_clipboard);
	g_test_add_func("/clipboard/clipboard-before-connection", test_clipboard_before_connection);
	g_test_add_func("/clipboard/plain-clipboard", test_plain_clipboard);
	g_test_add_func("/clipboard/nonsense", test_nonsense);
	return g_test_run();
}
