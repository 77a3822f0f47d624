/* The RFB source against a server made of bytes, and once against QEMU itself. */
#include "tests/unit/source-fixture.h"

/* --- the conversation ---------------------------------------------------------------------------------------------- */

/* An update with all that QEMU may send: sizes, key and pointer notes, LEDs, empty and partial rectangles. */
static GByteArray *long_conversation(void)
{
	GByteArray *out = g_byte_array_new();

	fake_vnc_hello(out, 8, 4, "x");
	fake_vnc_update(out, 4);
	fake_vnc_rect(out, 0, 0, 1, 1, -258);
	fake_vnc_rect(out, 1, 0, 8, 4, -257);
	fake_vnc_rect(out, 0, 0, 1, 1, -261);
	fake_vnc_8(out, 2);
	fake_vnc_extended_size(out, 0, 0, 10, 6, 2);
	fake_vnc_8(out, 2); /* bell */
	fake_vnc_8(out, 1); /* colour map with two entries */
	fake_vnc_8(out, 0);
	fake_vnc_16(out, 0);
	fake_vnc_16(out, 2);
	for (guint i = 0; i < 6; i++)
		fake_vnc_16(out, 0xffff);
	fake_vnc_8(out, 3); /* cut text */
	fake_vnc_8(out, 0);
	fake_vnc_16(out, 0);
	fake_vnc_32(out, 5);
	g_byte_array_append(out, (const guint8 *)"hello", 5);
	fake_vnc_update(out, 3);
	fake_vnc_fill(out, 0, 0, 10, 5, 0x111111);
	fake_vnc_rect(out, 0, 0, 0, 0, 0);
	fake_vnc_fill(out, 0, 5, 10, 1, 0x222222);
	return out;
}

static void assert_long_conversation(Fixture *fixture)
{
	g_assert_cmpuint(fixture->events[SOURCE_CONNECTED], ==, 1);
	g_assert_cmpuint(fixture->events[SOURCE_FRAME], ==, 1);
	g_assert_cmpuint(fixture->events[SOURCE_CLOSED], ==, 0);
	g_assert_cmpint(surface_width(fixture->surface), ==, 10);
	g_assert_cmpint(surface_height(fixture->surface), ==, 6);
	for (int i = 0; i < 60; i++)
		g_assert_cmphex(surface_pixels(fixture->surface)[i], ==, i < 50 ? 0x111111 : 0x222222);
}

static void test_split_anywhere(void)
{
	g_autoptr(GByteArray) bytes = long_conversation();

	for (gsize at = 1; at < bytes->len; at++) {
		Fixture fixture;
		open_source(&fixture);
		say(&fixture, bytes->data, at);
		say(&fixture, bytes->data + at, bytes->len - at);
		assert_long_conversation(&fixture);
		close_source(&fixture);
	}
}

static void test_byte_by_byte(void)
{
	g_autoptr(GByteArray) bytes = long_conversation();
	Fixture fixture;

	open_source(&fixture);
	for (gsize i = 0; i < bytes->len; i++)
		say(&fixture, bytes->data + i, 1);
	assert_long_conversation(&fixture);
	close_source(&fixture);
}

static void test_what_the_client_says(void)
{
	/* clang-format off */
	static const guint8 setup[SETUP_SIZE] = {
		'R', 'F', 'B', ' ', '0', '0', '3', '.', '0', '0', '8', '\n', 1, 1,
		/* SetPixelFormat */
		0, 0, 0, 0, 32, 24, G_BYTE_ORDER == G_BIG_ENDIAN, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0,
		/* SetEncodings: 0 -223 -308 -257 -258 -261 -314 -239 -259, extended clipboard */
		2, 0, 0, 10, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xff, 0xff, 0xfe, 0xcc, 0xff, 0xff, 0xfe, 0xff,
		0xff, 0xff, 0xfe, 0xfe, 0xff, 0xff, 0xfe, 0xfb, 0xff, 0xff, 0xfe, 0xc6, 0xff, 0xff, 0xff, 0x11,
		0xff, 0xff, 0xfe, 0xfd, 0xc0, 0xa1, 0xe5, 0xce,
		/* the whole screen as it is */
		3, 0, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT
	};
	/* clang-format on */
	static const guint8 next[] = { 3, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT };
	g_autoptr(GByteArray) out = g_byte_array_new();
	Fixture fixture;

	open_source(&fixture);
	fake_vnc_hello(out, WIDTH, HEIGHT, "");
	say_all(&fixture, out);
	assert_heard(&fixture, setup, sizeof(setup));
	g_byte_array_set_size(out, 0);
	fake_vnc_update(out, 1);
	fake_vnc_fill(out, 0, 0, WIDTH, HEIGHT, COLOUR);
	say_all(&fixture, out);
	assert_heard(&fixture, next, sizeof(next));
	close_source(&fixture);
}

/* --- sizes --------------------------------------------------------------------------------------------------------- */

static void fill_resize(GByteArray *out)
{
	fake_vnc_rect(out, 0, 0, 20, 10, -223);
}

static void fill_refused_resize(GByteArray *out)
{
	fake_vnc_extended_size(out, 1, 3, 999, 999, 1);
}

static void test_resize(void)
{
	static const guint8 whole[] = { 3, 0, 0, 0, 0, 0, 0, 20, 0, 10 };
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	say_update(&fixture, fill_resize, 1);
	g_assert_cmpint(surface_width(fixture.surface), ==, 20);
	g_assert_cmphex(surface_pixels(fixture.surface)[0], ==, 0);
	assert_heard(&fixture, whole, sizeof(whole)); /* nothing of the new size was drawn yet */
	say_update(&fixture, fill_refused_resize, 1);
	g_assert_cmpint(surface_width(fixture.surface), ==, 20);
	g_assert_true(source_is_open(fixture.source));
	close_source(&fixture);
}

static void on_damage(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	if (event == SURFACE_DAMAGED)
		*(Rect *)data = *damage;
}

static void fill_one_pixel_changed(GByteArray *out)
{
	fake_vnc_rect(out, 0, 0, 16, 2, 0);
	for (int i = 0; i < 32; i++) {
		guint32 pixel = i == 21 ? 0xff0000 : COLOUR;
		g_byte_array_append(out, (const guint8 *)&pixel, 4);
	}
}

static void fill_same(GByteArray *out)
{
	fake_vnc_fill(out, 0, 3, WIDTH, 5, COLOUR);
}

static void test_damage_is_what_changed(void)
{
	Fixture fixture;
	Rect damage = { 0 };

	open_source(&fixture);
	greet(&fixture);
	surface_watch(fixture.surface, on_damage, &damage);
	say_update(&fixture, fill_same, 1);
	g_assert_cmpint(damage.width, ==, 0);
	say_update(&fixture, fill_one_pixel_changed, 1);
	g_assert_cmpint(damage.x, ==, 5);
	g_assert_cmpint(damage.y, ==, 1);
	g_assert_cmpint(damage.width, ==, 1);
	g_assert_cmpint(damage.height, ==, 1);
	close_source(&fixture);
}

/* --- servers that speak nonsense ----------------------------------------------------------------------------------- */

static void bad_version(GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)"HTTP/1.1 400", 12);
}

static void bad_old(GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)"RFB 003.003\n", 12);
}

static void bad_security(GByteArray *out)
{
	static const guint8 only_password[] = { 1, 2 };

	g_byte_array_append(out, (const guint8 *)"RFB 003.008\n", 12);
	g_byte_array_append(out, only_password, sizeof(only_password));
}

static void bad_refused(GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)"RFB 003.008\n", 12);
	fake_vnc_8(out, 0);
	fake_vnc_32(out, 8);
	g_byte_array_append(out, (const guint8 *)"too busy", 8);
}

static void bad_size(GByteArray *out)
{
	fake_vnc_hello(out, 65535, 65535, "");
}

static void bad_empty_size(GByteArray *out)
{
	fake_vnc_hello(out, 0, 0, "");
}

static void bad_name(GByteArray *out)
{
	g_autofree char *name = g_strnfill(5000, 'n');

	fake_vnc_hello(out, 8, 8, name);
}

static void bad_message(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_8(out, 77);
}

static void bad_rect(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 1, 0, 8, 8, 0);
}

static void bad_huge_rect(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0xffff, 0xffff, 0xffff, 0xffff, 0);
}

static void bad_encoding(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0, 0, 8, 8, 7);
}

static void bad_resize(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_update(out, 1);
	fake_vnc_rect(out, 0, 0, 60000, 60000, -223);
}

static void bad_cut_text(GByteArray *out)
{
	fake_vnc_hello(out, 8, 8, "");
	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, 0x7fffffff);
}

static const Nonsense nonsense[] = {
	{bad_version,     "does not speak RFB"        },
	{ bad_old,        "before 3.8"                },
	{ bad_security,   "wants a password"          },
	{ bad_refused,    "too busy"                  },
	{ bad_size,       "65535x65535 is too large"  },
	{ bad_empty_size, "0x0"                       },
	{ bad_name,       "name"                      },
	{ bad_message,    "type 77"                   },
	{ bad_rect,       "outside of a screen of 8x8"},
	{ bad_huge_rect,  "outside"                   },
	{ bad_encoding,   "encoding 7"                },
	{ bad_resize,     "too large"                 },
	{ bad_cut_text,   "clipboard"                 },
};

static void test_nonsense(void)
{
	assert_nonsense(nonsense, G_N_ELEMENTS(nonsense), FALSE);
}

/* The peer leaves after each number of bytes; what was drawn before stays. */
static void test_end_anywhere(void)
{
	g_autoptr(GByteArray) bytes = long_conversation();

	for (gsize at = 0; at <= bytes->len; at++) {
		Fixture fixture;
		open_source(&fixture);
		say(&fixture, bytes->data, at);
		fd_clear(&fixture.peer);
		wait_until(fixture.events[SOURCE_CLOSED]);
		g_assert_error(source_error(fixture.source), CARREL_ERROR, CARREL_ERROR_STATE);
		if (at == bytes->len)
			g_assert_cmphex(surface_pixels(fixture.surface)[59], ==, 0x222222);
		source_key(fixture.source, 0x1e, TRUE); /* goes nowhere, harms nothing */
		close_source(&fixture);
	}
}

static void test_freed_in_watch(void)
{
	static const SourceEvent events[] = { SOURCE_CONNECTED, SOURCE_FRAME, SOURCE_CLOSED };

	for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
		g_autoptr(GByteArray) bytes = long_conversation();
		Fixture fixture;
		open_source(&fixture);
		fixture.free_at = events[i];
		send(fixture.peer, bytes->data, bytes->len, MSG_NOSIGNAL);
		shutdown(fixture.peer, SHUT_WR);
		wait_until(!fixture.source);
		drain_loop();
		close_source(&fixture);
	}
}

/* --- input --------------------------------------------------------------------------------------------------------- */

static void test_keys_are_lifted(void)
{
	static const guint8 pressed[] = { 255, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x1d,
					  255, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xd3 };
	static const guint8 lifted[] = { 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1d,
					 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xd3 };
	Fixture fixture;

	open_source(&fixture);
	source_key(fixture.source, 0x1e, TRUE); /* before the handshake: not sent */
	greet(&fixture);
	source_key(fixture.source, 0x1d, TRUE);
	source_key(fixture.source, 0xd3, TRUE);
	source_key(fixture.source, 0, TRUE);
	source_key(fixture.source, 9999, TRUE);
	assert_heard(&fixture, pressed, sizeof(pressed));
	g_clear_pointer(&fixture.source, source_free);
	assert_heard(&fixture, lifted, sizeof(lifted));
	close_source(&fixture);
}

static void fill_relative(GByteArray *out)
{
	fake_vnc_rect(out, 0, 0, WIDTH, HEIGHT, -257);
}

static void fill_absolute(GByteArray *out)
{
	fake_vnc_rect(out, 1, 0, WIDTH, HEIGHT, -257);
}

static void test_pointer(void)
{
	static const guint8 absolute[] = { 5, 1, 0, 7, 0, 9, 5, 0, 0, WIDTH - 1, 0, 0 };
	static const guint8 relative[] = { 5, 0, 0x80, 0x02, 0x7f, 0xfa, 5, 4, 0x7f, 0xff, 0x7f, 0xff };
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	g_assert_true(source_pointer_absolute(fixture.source));
	source_pointer(fixture.source, 7, 9, 1);
	source_pointer(fixture.source, 5000, -3, 0);
	assert_heard(&fixture, absolute, sizeof(absolute));
	say_update(&fixture, fill_relative, 1);
	g_byte_array_unref(hear(&fixture));
	g_assert_false(source_pointer_absolute(fixture.source));
	source_pointer_move(fixture.source, 3, -5, 0);
	source_pointer(fixture.source, 1, 1, 0); /* a place means nothing */
	source_pointer(fixture.source, 1, 1, 4); /* a button does */
	assert_heard(&fixture, relative, sizeof(relative));
	say_update(&fixture, fill_absolute, 1);
	g_assert_true(source_pointer_absolute(fixture.source));
	close_source(&fixture);
}

static void test_inactive_asks_nothing(void)
{
	static const guint8 again[] = { 3, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT };
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	source_set_active(fixture.source, FALSE);
	say_update(&fixture, fill_same, 1);
	assert_heard(&fixture, NULL, 0);
	source_set_active(fixture.source, TRUE);
	assert_heard(&fixture, again, sizeof(again));
	source_set_active(fixture.source, TRUE);
	assert_heard(&fixture, NULL, 0);
	close_source(&fixture);
}

/* A server that reads nothing: nothing blocks, memory stays bounded, and in the end the source says so. */
static void test_server_that_stops_reading(void)
{
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	for (guint i = 0; i < 200000; i++) {
		source_pointer(fixture.source, (int)i % WIDTH, 3, 0);
		source_key(fixture.source, 0x1e, i % 2 == 0);
	}
	g_assert_cmpuint(source_pending(fixture.source), >, 0);
	g_assert_cmpuint(source_pending(fixture.source), <, 300 * 1024);
	wait_until(fixture.events[SOURCE_CLOSED]);
	g_assert_error(source_error(fixture.source), CARREL_ERROR, CARREL_ERROR_TIMEOUT);
	close_source(&fixture);
}

static void test_queue_is_sent_later(void)
{
	Fixture fixture;
	gsize keys = 0;
	gsize heard = 0;

	open_source(&fixture);
	greet(&fixture);
	while (source_pending(fixture.source) < 5000) {
		source_key(fixture.source, 0x1e, TRUE);
		keys++;
	}
	while (heard < keys * 12) {
		g_autoptr(GByteArray) part = hear(&fixture);
		heard += part->len;
	}
	g_assert_cmpuint(heard, ==, keys * 12);
	g_assert_cmpuint(source_pending(fixture.source), ==, 0);
	close_source(&fixture);
}

/* An idle screen is asked for a small piece as it is, so that a dead server is told from an idle guest. */
static void test_sign_of_life(void)
{
	static const guint8 piece[] = { 3, 0, 0, 0, 0, 0, 0, 16, 0, 16 };
	g_autoptr(GByteArray) heard = NULL;
	Fixture fixture;

	open_source(&fixture);
	greet(&fixture);
	do {
		g_clear_pointer(&heard, g_byte_array_unref);
		g_main_context_iteration(NULL, TRUE);
		heard = hear(&fixture);
	} while (heard->len == 0);
	g_assert_cmpmem(heard->data, heard->len, piece, sizeof(piece));
	close_source(&fixture);
}

/* --- QEMU ---------------------------------------------------------------------------------------------------------- */

static gboolean can_connect(const char *path, int *fd)
{
	*fd = fd_connect_unix(path, NULL);
	return *fd >= 0;
}

static void test_qemu(void)
{
	g_autofree char *program = g_find_program_in_path("qemu-system-x86_64");
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "vnc", NULL);
	g_autofree char *listen = g_strconcat("unix:", path, NULL);
	const char *argv[] = { program, "-S",   "-nodefaults", "-accel",     "tcg",  "-m",
			       "16",    "-vga", "std",         "-display",   "none", "-vnc",
			       listen,  "-usb", "-device",     "usb-tablet", NULL };
	g_autoptr(TextReader) reader = text_reader_new();
	Fixture fixture = { .peer = -1, .free_at = -1 };
	const CellGrid *grid;
	GPid pid;
	int fd;

	if (!program) {
		g_test_skip("no QEMU");
		return;
	}
	g_assert_true(
		g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
	poll_until(can_connect(path, &fd));
	fixture.surface = surface_new();
	fixture.source = source_new(fd, fixture.surface, on_source, &fixture);
	wait_until(fixture.events[SOURCE_FRAME]);
	g_assert_true(text_read(reader, fixture.surface, &grid));
	g_autofree char *text = text_from_grid(grid);
	g_assert_nonnull(strstr(text, "Guest has not initialized the display"));
	source_key(fixture.source, 0x1e, TRUE);
	kill(pid, SIGTERM);
	wait_until(fixture.events[SOURCE_CLOSED]);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	close_source(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/split-anywhere", test_split_anywhere);
	g_test_add_func("/source/byte-by-byte", test_byte_by_byte);
	g_test_add_func("/source/what-the-client-says", test_what_the_client_says);
	g_test_add_func("/source/resize", test_resize);
	g_test_add_func("/source/damage-is-what-changed", test_damage_is_what_changed);
	g_test_add_func("/source/nonsense", test_nonsense);
	g_test_add_func("/source/end-anywhere", test_end_anywhere);
	g_test_add_func("/source/freed-in-watch", test_freed_in_watch);
	g_test_add_func("/source/keys-are-lifted", test_keys_are_lifted);
	g_test_add_func("/source/pointer", test_pointer);
	g_test_add_func("/source/inactive-asks-nothing", test_inactive_asks_nothing);
	g_test_add_func("/source/server-that-stops-reading", test_server_that_stops_reading);
	g_test_add_func("/source/queue-is-sent-later", test_queue_is_sent_later);
	g_test_add_func("/source/sign-of-life", test_sign_of_life);
	g_test_add_func("/source/qemu", test_qemu);
	return g_test_run();
}
