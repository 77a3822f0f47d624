/* A guest made of bytes behind a sink: what the tests of the window and of the VNC server share. */
#pragma once

#include <sys/socket.h>

#include "base/fd.h"
#include "console/sink.h"
#include "tests/fakes/fake-vnc.h"
#include "tests/unit/support.h"

#define SETUP_SIZE (12 + 1 + 1 + 20 + 4 + 10 * 4 + 10)

typedef struct {
	int peer;
	Surface *surface;
	Source *source;
	Sink *sink;
	GString *input; /* "+1d" key down, "-1d" up, "@x,y/buttons" pointer */
	guint closed;
} Guest;

static inline void on_guest_event(Source *source, SourceEvent event, gpointer data)
{
	Guest *guest = data;

	if (guest->sink)
		sink_source_event(guest->sink, event);
}

static inline void open_guest(Guest *guest)
{
	g_autoptr(GByteArray) hello = g_byte_array_new();
	guint8 setup[SETUP_SIZE];
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*guest = (Guest){ .peer = fds[0], .surface = surface_new(), .input = g_string_new(NULL) };
	guest->source = source_new(fds[1], guest->surface, on_guest_event, guest);
	fake_vnc_hello(hello, 64, 48, "");
	g_assert_cmpint(send(fds[0], hello->data, hello->len, 0), ==, hello->len);
	wait_until(surface_width(guest->surface) == 64);
	g_assert_cmpint(recv(fds[0], setup, sizeof(setup), MSG_WAITALL), ==, SETUP_SIZE);
}

static inline void close_guest(Guest *guest)
{
	sink_free(guest->sink);
	source_free(guest->source);
	surface_unref(guest->surface);
	fd_clear(&guest->peer);
	g_string_free(guest->input, TRUE);
}

static inline void fill(Guest *guest, int width, int height, guint32 colour)
{
	Rect all = { 0, 0, width, height };

	if (width != surface_width(guest->surface) || height != surface_height(guest->surface))
		surface_resize(guest->surface, width, height);
	for (int i = 0; i < width * height; i++)
		surface_row(guest->surface, 0, 0)[i] = colour;
	surface_damage(guest->surface, &all);
}

/* Adds what arrived at the guest; TRUE when it ends in @expected. */
static inline gboolean guest_got(Guest *guest, const char *expected)
{
	guint8 type, bytes[12];

	while (recv(guest->peer, &type, 1, MSG_DONTWAIT) == 1) {
		gsize rest = type == 255 ? 11 : 5;
		g_assert_cmpint(recv(guest->peer, bytes, rest, MSG_WAITALL), ==, rest);
		if (type == 255)
			g_string_append_printf(guest->input, "%c%02x", bytes[2] ? '+' : '-', bytes[10]);
		else
			g_string_append_printf(guest->input, "@%d,%d/%d", bytes[1] << 8 | bytes[2],
					       bytes[3] << 8 | bytes[4], bytes[0]);
	}
	return g_str_has_suffix(guest->input->str, expected);
}

static inline void turns(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}
