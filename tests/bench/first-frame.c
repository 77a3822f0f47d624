/*
 * Starts a command and measures the time until the guest's firmware has drawn on the screen.
 *
 *	first-frame SOCKET COMMAND [ARGUMENT...]
 *
 * SOCKET is the unix socket of QEMU's VNC server, which COMMAND brings into being. Prints the milliseconds from before the spawn until the
 * first frame that the guest itself has drawn. COMMAND is left alone; the caller ends the VM, however it started it.
 *
 * Until the guest has set a video mode, QEMU shows a text of its own on 640x480 (ui/console.c, "Guest has not initialized the
 * display"). No firmware that we measure uses that size: SeaBIOS writes on 720x400, OVMF on 800x600 and more.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "console/source.h"

#define CONNECT_EVERY_MS   1
#define GIVE_UP_S          120
#define PLACEHOLDER_WIDTH  640
#define PLACEHOLDER_HEIGHT 480

typedef struct {
	const char *socket;
	gint64 begin; /* monotonic, us */
	Surface *surface;
	Source *source;
	GMainLoop *loop;
	gint64 found; /* us since begin, 0 = not yet */
} Probe;

static gboolean is_blank(Surface *surface)
{
	const guint32 *pixels = surface_pixels(surface);
	gsize count = (gsize)surface_width(surface) * surface_height(surface);

	for (gsize i = 0; i < count; i++)
		if (pixels[i] & 0xffffff)
			return FALSE;
	return TRUE;
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Probe *probe = data;

	if (event != SURFACE_DAMAGED || probe->found)
		return;
	if (surface_width(surface) == PLACEHOLDER_WIDTH && surface_height(surface) == PLACEHOLDER_HEIGHT)
		return;
	if (is_blank(surface))
		return;
	probe->found = g_get_monotonic_time() - probe->begin;
	g_main_loop_quit(probe->loop);
}

static void on_source(Source *source, SourceEvent event, gpointer data)
{
	Probe *probe = data;

	if (event != SOURCE_CLOSED)
		return;
	g_printerr("first-frame: %s\n",
		   source_error(source) ? source_error(source)->message : "QEMU closed the connection");
	g_main_loop_quit(probe->loop);
}

/* The socket appears some time after the spawn; polling it at 1 ms costs less than what is measured. */
static gboolean try_connect(gpointer data)
{
	Probe *probe = data;
	int fd = fd_connect_unix(probe->socket, NULL);

	if (fd < 0)
		return G_SOURCE_CONTINUE;
	probe->source = source_new(fd, probe->surface, on_source, probe);
	return G_SOURCE_REMOVE;
}

static gboolean give_up(gpointer data)
{
	Probe *probe = data;

	g_printerr("first-frame: no frame after %d s\n", GIVE_UP_S);
	g_main_loop_quit(probe->loop);
	return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(Surface) surface = surface_new();
	Probe probe = { .surface = surface, .loop = loop };

	if (argc < 3) {
		g_printerr("usage: first-frame SOCKET COMMAND [ARGUMENT...]\n");
		return 2;
	}
	probe.socket = argv[1];
	surface_watch(surface, on_surface, &probe);
	probe.begin = g_get_monotonic_time();
	child = g_subprocess_newv((const char *const *)argv + 2, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
	if (!child) {
		g_printerr("first-frame: %s\n", error->message);
		return EXIT_FAILURE;
	}
	g_timeout_add(CONNECT_EVERY_MS, try_connect, &probe);
	g_timeout_add_seconds(GIVE_UP_S, give_up, &probe);
	g_main_loop_run(loop);
	g_clear_pointer(&probe.source, source_free);
	if (!probe.found)
		return EXIT_FAILURE;
	printf("%.1f\n", probe.found / 1000.0);
	return EXIT_SUCCESS;
}
