/* What the source knows besides pictures and keys: lights, bell, cursor, sizes, pace, nudges, sound. */
#include "tests/unit/source-fixture.h"

#include "console/rfb.h"

/* --- notes --------------------------------------------------------------------------------------------------------- */

static void say_leds(Fixture *fixture, guint leds)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0, 0, 1, 1, -261);
	fake_vnc_8(out, leds);
	say_all(fixture, out);
}

static void test_leds(void)
{
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	g_assert_cmpuint(source_leds(fixture.source), ==, SOURCE_LEDS_UNKNOWN);
	say_leds(&fixture, 0);
	g_assert_cmpuint(source_leds(fixture.source), ==, 0);
	say_leds(&fixture, 0xf4);
	g_assert_cmpuint(source_leds(fixture.source), ==, SOURCE_LED_CAPS);
	say_leds(&fixture, 4);
	g_assert_cmpuint(fixture.events[SOURCE_LEDS], ==, 2);
	close_source(&fixture);
}

static void test_bell(void)
{
	static const guint8 bells[] = { 2, 2 };
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	say(&fixture, bells, sizeof(bells));
	g_assert_cmpuint(fixture.events[SOURCE_BELL], ==, 2);
	close_source(&fixture);
}

static void say_pointer(Fixture *fixture, int absolute)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_update(out, 1);
	fake_vnc_rect(out, absolute, 0, WIDTH, HEIGHT, -257);
	say_all(fixture, out);
}

static void test_pointer_event(void)
{
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	say_pointer(&fixture, 1);
	g_assert_cmpuint(fixture.events[SOURCE_POINTER], ==, 0);
	say_pointer(&fixture, 0);
	say_pointer(&fixture, 0);
	g_assert_cmpuint(fixture.events[SOURCE_POINTER], ==, 1);
	g_assert_false(source_pointer_absolute(fixture.source));
	close_source(&fixture);
}

/* --- cursor -------------------------------------------------------------------------------------------------------- */

static void put_pixel(GByteArray *out, guint32 pixel)
{
	g_byte_array_append(out, (const guint8 *)&pixel, sizeof(pixel));
}

static void say_alpha_cursor(Fixture *fixture, int hot_x, int hot_y, int width, int height, guint32 pixel)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_update(out, 1);
	fake_vnc_rect(out, hot_x, hot_y, width, height, -314);
	fake_vnc_32(out, 0);
	for (int i = 0; i < width * height; i++)
		put_pixel(out, pixel);
	for (gsize at = 0; at < out->len; at += 7000) /* the socket holds so much */
		say(fixture, out->data + at, MIN(7000, out->len - at));
}

static void test_alpha_cursor(void)
{
	const SurfaceCursor *cursor;
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	g_assert_null(surface_cursor(fixture.surface));
	say_alpha_cursor(&fixture, 2, 700, 5, 3, 0x80ff4000);
	cursor = surface_cursor(fixture.surface);
	g_assert_nonnull(cursor);
	g_assert_cmpint(cursor->width, ==, 5);
	g_assert_cmpint(cursor->height, ==, 3);
	g_assert_cmpint(cursor->hot_x, ==, 2);
	g_assert_cmpint(cursor->hot_y, ==, 2);
	g_assert_cmphex(cursor->pixels[14], ==, 0x80804000); /* no colour is brighter than its alpha */
	say_alpha_cursor(&fixture, 0, 0, 0, 0, 0);
	g_assert_null(surface_cursor(fixture.surface));
	say_alpha_cursor(&fixture, 255, 255, 256, 256, 0xff102030);
	g_assert_cmphex(surface_cursor(fixture.surface)->pixels[65535], ==, 0xff102030);
	/* larger than a surface takes: none, and the conversation goes on */
	say_alpha_cursor(&fixture, 0, 0, 257, 4, 0xff000000);
	g_assert_null(surface_cursor(fixture.surface));
	g_assert_true(source_is_open(fixture.source));
	close_source(&fixture);
}

static void test_rich_cursor(void)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	const SurfaceCursor *cursor;
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	fake_vnc_update(out, 2);
	fake_vnc_rect(out, 1, 1, 9, 2, -239);
	for (int i = 0; i < 18; i++)
		put_pixel(out, 0x00abcdef);
	fake_vnc_16(out, 0x8080); /* first and last of row one */
	fake_vnc_16(out, 0x4000); /* second of row two */
	fake_vnc_fill(out, 0, 0, 1, 1, 0x123456);
	say_all(&fixture, out);
	cursor = surface_cursor(fixture.surface);
	g_assert_nonnull(cursor);
	for (int i = 0; i < 18; i++)
		g_assert_cmphex(cursor->pixels[i], ==, i == 0 || i == 8 || i == 10 ? 0xffabcdef : 0);
	g_assert_cmphex(surface_pixels(fixture.surface)[0], ==, 0x123456);
	close_source(&fixture);
}

/* A cursor of the last connection does not stay. */
static void test_cursor_of_last_time(void)
{
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	say_alpha_cursor(&fixture, 0, 0, 2, 2, 0xffffffff);
	g_assert_nonnull(surface_cursor(fixture.surface));
	reopen_source(&fixture);
	greet(&fixture);
	g_assert_null(surface_cursor(fixture.surface));
	close_source(&fixture);
}

/* --- sizes --------------------------------------------------------------------------------------------------------- */

static void fill_forwarded(GByteArray *out)
{
	fake_vnc_extended_size(out, 1, 4, WIDTH, HEIGHT, 1);
}

static void fill_invalid(GByteArray *out)
{
	fake_vnc_extended_size(out, 1, 3, WIDTH, HEIGHT, 1);
}

static void test_size_request(void)
{
	static const guint8 wish[] = { 251, 0, 4, 0, 3, 0, 1, 0, 0, 0, 0, 0,
				       0,   0, 0, 0, 4, 0, 3, 0, 0, 0, 0, 0 };
	Fixture fixture;

	open_source(&fixture);
	g_assert_false(source_request_size(fixture.source, 1024, 768));
	greet(&fixture);
	g_assert_false(source_request_size(fixture.source, 1024, 768)); /* it has not shown that it knows */
	assert_heard(&fixture, NULL, 0);
	say_caps(&fixture);
	g_byte_array_unref(hear(&fixture));
	g_assert_true(source_request_size(fixture.source, 1024, 768));
	assert_heard(&fixture, wish, sizeof(wish));
	say_update(&fixture, fill_forwarded, 1);
	g_byte_array_unref(hear(&fixture));
	g_assert_true(source_request_size(fixture.source, 1024, 768));
	assert_heard(&fixture, wish, sizeof(wish));
	say_update(&fixture, fill_invalid, 1);
	g_byte_array_unref(hear(&fixture));
	g_assert_false(source_request_size(fixture.source, 1024, 768));
	assert_heard(&fixture, NULL, 0);
	g_assert_cmpint(surface_width(fixture.surface), ==, WIDTH);
	close_source(&fixture);
}

/* --- pace and nudges ----------------------------------------------------------------------------------------------- */

static void fill_corner(GByteArray *out)
{
	fake_vnc_fill(out, 0, 0, 1, 1, 0x010203);
}

static void test_interval(void)
{
	static const guint8 next[] = { 3, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT };
	g_autoptr(GByteArray) heard = g_byte_array_new();
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	source_set_interval(fixture.source, 1000 * 1000);
	say_update(&fixture, fill_corner, 1); /* what was asked for before */
	assert_heard(&fixture, NULL, 0);
	source_set_interval(fixture.source, 0);
	assert_heard(&fixture, next, sizeof(next));
	source_set_interval(fixture.source, 20);
	say_update(&fixture, fill_corner, 1);
	while (heard->len == 0) {
		g_main_context_iteration(NULL, TRUE);
		g_byte_array_unref(heard);
		heard = hear(&fixture);
	}
	g_assert_cmpmem(heard->data, heard->len, next, sizeof(next));
	source_set_interval(fixture.source, 1000 * 1000);
	say_update(&fixture, fill_corner, 1);
	source_set_active(fixture.source, FALSE);
	source_set_interval(fixture.source, 0);
	assert_heard(&fixture, NULL, 0);
	close_source(&fixture);
}

static void hear_nudge(Fixture *fixture)
{
	static const guint8 lifted[] = { 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x76 };
	g_autoptr(GByteArray) heard = g_byte_array_new();

	while (heard->len == 0) {
		g_main_context_iteration(NULL, TRUE);
		g_clear_pointer(&heard, g_byte_array_unref);
		heard = hear(fixture);
	}
	g_assert_cmpmem(heard->data, MIN(heard->len, sizeof(lifted)), lifted, sizeof(lifted));
}

static void test_nudge(void)
{
	static const guint8 pressed[] = { 255, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x1e };
	Fixture fixture;

	open_source(&fixture);
	source_set_nudge(fixture.source, TRUE);
	greet(&fixture);
	hear_nudge(&fixture);
	source_set_interval(fixture.source, 1000 * 1000); /* a preview: no more in this test but for input */
	source_key(fixture.source, 0x1e, TRUE);
	assert_heard(&fixture, pressed, sizeof(pressed));
	hear_nudge(&fixture);
	source_set_active(fixture.source, FALSE);
	source_set_nudge(fixture.source, FALSE);
	close_source(&fixture);
}

/* --- sound --------------------------------------------------------------------------------------------------------- */

typedef struct {
	GArray *samples;
	Fixture *fixture; /* whose source is freed by the first piece; NULL = none */
} Listener;

static void on_audio(Source *source, const gint16 *samples, gsize frames, gpointer data)
{
	Listener *listener = data;

	g_array_append_vals(listener->samples, samples, (guint)frames * SOURCE_AUDIO_CHANNELS);
	if (listener->fixture)
		g_clear_pointer(&listener->fixture->source, source_free);
}

static void fill_audio_offer(GByteArray *out)
{
	fake_vnc_rect(out, 0, 0, WIDTH, HEIGHT, -259);
}

static void put_sound(GByteArray *out, gsize frames, gsize odd)
{
	fake_vnc_32(out, 0xff010002);
	fake_vnc_32(out, (guint32)(frames * 4 + odd));
	for (gsize i = 0; i < frames * 2; i++) {
		fake_vnc_8(out, i & 0xff);
		fake_vnc_8(out, i >> 8);
	}
	for (gsize i = 0; i < odd; i++)
		fake_vnc_8(out, 0xee);
}

static const guint8 sound_on[] = { 255, 1, 0, 2, 3, 2, 0, 0, 0xac, 0x44, 255, 1, 0, 0 };
static const guint8 sound_off[] = { 255, 1, 0, 1 };

static void test_audio(void)
{
	Listener listener = { g_array_new(FALSE, FALSE, sizeof(gint16)), NULL };
	g_autoptr(GByteArray) out = g_byte_array_new();
	Fixture fixture;

	open_source(&fixture);
	source_set_audio(fixture.source, on_audio, &listener);
	greet(&fixture);
	say_update(&fixture, fill_audio_offer, 1);
	g_autoptr(GByteArray) heard = hear(&fixture);
	g_assert_cmpuint(heard->len, >=, sizeof(sound_on));
	g_assert_cmpmem(heard->data, sizeof(sound_on), sound_on, sizeof(sound_on));
	fake_vnc_32(out, 0xff010001); /* begins */
	put_sound(out, 1500, 3);
	put_sound(out, 0, 2);
	fake_vnc_32(out, 0xff010000); /* ends */
	fake_vnc_8(out, 2);
	for (gsize at = 0; at < out->len; at += 13)
		say(&fixture, out->data + at, MIN(13, out->len - at));
	g_assert_cmpuint(listener.samples->len, ==, 3000);
	for (guint i = 0; i < 3000; i++)
		g_assert_cmpint(g_array_index(listener.samples, gint16, i), ==, (gint16)i);
	g_assert_cmpuint(fixture.events[SOURCE_BELL], ==, 1);
	source_set_audio(fixture.source, NULL, NULL);
	assert_heard(&fixture, sound_off, sizeof(sound_off));
	put_sound(g_byte_array_set_size(out, 0), 10, 0);
	say_all(&fixture, out);
	g_assert_cmpuint(listener.samples->len, ==, 3000);
	g_array_unref(listener.samples);
	close_source(&fixture);
}

/* A VM without a sound card is not asked, whatever its QEMU offers. */
static void test_audio_not_allowed(void)
{
	Listener listener = { g_array_new(FALSE, FALSE, sizeof(gint16)), NULL };
	Fixture fixture;

	open_source(&fixture);
	source_allow_audio(fixture.source, FALSE);
	source_set_audio(fixture.source, on_audio, &listener);
	greet(&fixture);
	source_set_active(fixture.source, FALSE);
	say_update(&fixture, fill_audio_offer, 1);
	assert_heard(&fixture, NULL, 0);
	source_allow_audio(fixture.source, TRUE);
	assert_heard(&fixture, sound_on, sizeof(sound_on));
	g_array_unref(listener.samples);
	close_source(&fixture);
}

static void test_audio_freed_in_call(void)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	Fixture fixture;
	Listener listener = { g_array_new(FALSE, FALSE, sizeof(gint16)), &fixture };

	open_source(&fixture);
	source_set_audio(fixture.source, on_audio, &listener);
	greet(&fixture);
	say_update(&fixture, fill_audio_offer, 1);
	put_sound(out, 3000, 0);
	say_all(&fixture, out);
	g_assert_null(fixture.source);
	g_assert_cmpuint(listener.samples->len, ==, 2048);
	g_array_unref(listener.samples);
	close_source(&fixture);
}

/* --- nonsense ------------------------------------------------------------------------------------------------------ */

static void bad_cursor_size(GByteArray *out)
{
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0, 0, 1025, 1, -314);
}

static void bad_cursor_encoding(GByteArray *out)
{
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0, 0, 8, 8, -314);
	fake_vnc_32(out, 7);
}

static void bad_sound_length(GByteArray *out)
{
	fake_vnc_32(out, 0xff010002);
	fake_vnc_32(out, RFB_AUDIO_MAX + 1);
}

static void bad_qemu_message(GByteArray *out)
{
	fake_vnc_32(out, 0xff020000);
}

static void bad_sound_message(GByteArray *out)
{
	fake_vnc_32(out, 0xff010003);
}

static const Nonsense nonsense[] = {
	{bad_cursor_size,      "cursor"         },
	{ bad_cursor_encoding, "cursor"         },
	{ bad_sound_length,    "sound"          },
	{ bad_qemu_message,    "message of QEMU"},
	{ bad_sound_message,   "message of QEMU"},
};

static void test_nonsense(void)
{
	assert_nonsense(nonsense, G_N_ELEMENTS(nonsense), TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/leds", test_leds);
	g_test_add_func("/source/bell", test_bell);
	g_test_add_func("/source/pointer-event", test_pointer_event);
	g_test_add_func("/source/alpha-cursor", test_alpha_cursor);
	g_test_add_func("/source/rich-cursor", test_rich_cursor);
	g_test_add_func("/source/cursor-of-last-time", test_cursor_of_last_time);
	g_test_add_func("/source/size-request", test_size_request);
	g_test_add_func("/source/interval", test_interval);
	g_test_add_func("/source/nudge", test_nudge);
	g_test_add_func("/source/audio", test_audio);
	g_test_add_func("/source/audio-not-allowed", test_audio_not_allowed);
	g_test_add_func("/source/audio-freed-in-call", test_audio_freed_in_call);
	g_test_add_func("/source/bad-extras", test_nonsense);
	return g_test_run();
}
