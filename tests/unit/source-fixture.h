/* A source that talks to a server made of bytes: what the tests of test-source.c share. */
#pragma once

#include "tests/unit/support.h"
#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "base/fd.h"
#include "console/source.h"
#include "console/text.h"
#include "tests/fakes/fake-vnc.h"

#define WIDTH  40
#define HEIGHT 24
#define COLOUR 0x00336699
/* Bytes of the client until the first picture: version, security, ClientInit, SetPixelFormat, SetEncodings, request. */
#define SETUP_SIZE (12 + 1 + 1 + 20 + 4 + 10 * 4 + 10)

typedef struct {
	int peer; /* our end of the socket: the server's */
	Surface *surface;
	Source *source;
	guint events[SOURCE_CLOSED + 1];
	int free_at; /* event at which the watch frees the source, -1 = never */
} Fixture;

static inline void on_source(Source *source, SourceEvent event, gpointer data)
{
	Fixture *fixture = data;

	fixture->events[event]++;
	if (fixture->free_at == (int)event) {
		source_free(source);
		fixture->source = NULL;
	}
}

static inline void open_source(Fixture *fixture)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*fixture = (Fixture){ .peer = fds[0], .surface = surface_new(), .free_at = -1 };
	fd_set_nonblocking(fixture->peer, TRUE);
	fixture->source = source_new(fds[1], fixture->surface, on_source, fixture);
}

/* Another connection, as after a power cycle, on the same surface. */
static inline void reopen_source(Fixture *fixture)
{
	int fds[2];

	source_free(fixture->source);
	fd_clear(&fixture->peer);
	memset(fixture->events, 0, sizeof(fixture->events));
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	fixture->peer = fds[0];
	fd_set_nonblocking(fixture->peer, TRUE);
	fixture->source = source_new(fds[1], fixture->surface, on_source, fixture);
}

static inline void close_source(Fixture *fixture)
{
	source_free(fixture->source);
	surface_unref(fixture->surface);
	fd_clear(&fixture->peer);
}

static inline void drain_loop(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static inline void say(Fixture *fixture, const guint8 *bytes, gsize length)
{
	g_assert_cmpint(send(fixture->peer, bytes, length, MSG_NOSIGNAL), ==, (gssize)length);
	drain_loop();
}

static inline void say_all(Fixture *fixture, const GByteArray *bytes)
{
	say(fixture, bytes->data, bytes->len);
}

static inline void say_update(Fixture *fixture, void (*fill)(GByteArray *out), int rects)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_update(out, rects);
	fill(out);
	say_all(fixture, out);
}

/* What the client has sent since last time; nothing when it sent nothing. */
static inline GByteArray *hear(Fixture *fixture)
{
	GByteArray *heard = g_byte_array_new();
	guint8 buffer[4096];
	ssize_t got;

	drain_loop();
	while ((got = recv(fixture->peer, buffer, sizeof(buffer), 0)) > 0)
		g_byte_array_append(heard, buffer, (guint)got);
	return heard;
}

static inline void assert_heard(Fixture *fixture, const guint8 *expected, gsize length)
{
	g_autoptr(GByteArray) heard = hear(fixture);

	g_assert_cmpmem(heard->data, heard->len, expected, length);
}

static inline void greet(Fixture *fixture)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_hello(out, WIDTH, HEIGHT, "QEMU (test)");
	fake_vnc_update(out, 1);
	fake_vnc_fill(out, 0, 0, WIDTH, HEIGHT, COLOUR | 0xff000000);
	say_all(fixture, out);
	g_byte_array_unref(hear(fixture));
	g_assert_cmpuint(fixture->events[SOURCE_FRAME], ==, 1);
}

/* What no server may say, and a word of the error it ends with. */
typedef struct {
	void (*bytes)(GByteArray *out);
	const char *words;
} Nonsense;

/* Each ends the connection; @greeted: it comes after a proper beginning. */
static inline void assert_nonsense(const Nonsense *rows, gsize count, gboolean greeted)
{
	for (gsize i = 0; i < count; i++) {
		g_autoptr(GByteArray) out = g_byte_array_new();
		Fixture fixture;
		g_test_message("%s", rows[i].words);
		open_source(&fixture);
		if (greeted)
			greet(&fixture);
		rows[i].bytes(out);
		say_all(&fixture, out);
		g_assert_cmpuint(fixture.events[SOURCE_CLOSED], ==, 1);
		g_assert_false(source_is_open(fixture.source));
		g_assert_nonnull(source_error(fixture.source));
		g_assert_nonnull(strstr(source_error(fixture.source)->message, rows[i].words));
		close_source(&fixture);
	}
}

/* --- the extended clipboard --- */

#define CLIPBOARD_TEXT    0x00000001u
#define CLIPBOARD_CAPS    0x1b000001u
#define CLIPBOARD_REQUEST 0x02000001u
#define CLIPBOARD_NOTIFY  0x08000000u
#define CLIPBOARD_PROVIDE 0x10000001u

static inline void say_clipboard(Fixture *fixture, guint32 flags, const guint8 *bytes, gsize length)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	fake_vnc_32(out, 3u << 24);
	fake_vnc_32(out, -(guint32)(4 + length));
	fake_vnc_32(out, flags);
	g_byte_array_append(out, bytes, (guint)length);
	for (gsize at = 0; at < out->len; at += 7000)
		say(fixture, out->data + at, MIN(7000, out->len - at));
}

static inline void say_caps(Fixture *fixture)
{
	static const guint8 sizes[4] = { 0 };

	say_clipboard(fixture, CLIPBOARD_CAPS, sizes, sizeof(sizes));
}
