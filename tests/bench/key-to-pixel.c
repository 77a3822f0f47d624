/*
 * The time from a key to its pixel: presses keys in the guest "painter" (tests/guests/painter.s), whose block in the middle of the screen changes
 * its colour with each, and prints the milliseconds until that was seen, one line a key.
 *
 *	key-to-pixel COUNT source SOCKET	our own RFB client on QEMU's socket: what every console of ours begins with
 *	key-to-pixel COUNT terminal PROGRAM...	a program in a terminal of 100x32 that shows the guest: until it writes something
 *
 * vnc-key-to-pixel.c and window-key-to-pixel.c do the same for the VNC server and for a window.
 */
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "console/source.h"
#include "tests/bench/pace.h"

#define COLUMNS 100
#define ROWS    32
#define KEY     'x' /* no command of the painter's */
#define QNUM    0x2d
/* A terminal program is ready when it has been silent for so long. */
#define SILENCE_MS 1000

typedef struct {
	GMainLoop *loop;
	guint left;     /* keys */
	gint64 pressed; /* monotonic us, 0 = none on its way */
	gboolean failed, ready;
	guint silence;
	/* source */
	Surface *surface;
	Source *source;
	guint32 colour;
	/* terminal */
	int master;
	pid_t pid;
} Bench;

static void fail(Bench *bench, const char *reason)
{
	g_printerr("key-to-pixel: %s\n", reason);
	bench->failed = TRUE;
	g_main_loop_quit(bench->loop);
}

static gboolean press(gpointer data)
{
	Bench *bench = data;

	bench->pressed = g_get_monotonic_time();
	if (bench->source) {
		source_key(bench->source, QNUM, TRUE);
		source_key(bench->source, QNUM, FALSE);
	} else if (write(bench->master, (char[]){ KEY }, 1) != 1) {
		fail(bench, "the terminal takes no key");
	}
	return G_SOURCE_REMOVE;
}

static void next(Bench *bench)
{
	if (bench->left == 0)
		g_main_loop_quit(bench->loop);
	else
		g_timeout_add(pace_pause(), press, bench);
}

static void seen(Bench *bench)
{
	if (!bench->pressed)
		return;
	printf("%.2f\n", (g_get_monotonic_time() - bench->pressed) / 1000.0);
	bench->pressed = 0;
	bench->left--;
	next(bench);
}

static gboolean give_up(gpointer data)
{
	fail(data, "nothing more came");
	return G_SOURCE_REMOVE;
}

/* --- source ---------------------------------------------------------------------------------------------------------- */

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Bench *bench = data;

	if (event != SURFACE_DAMAGED)
		return;
	guint32 colour =
		surface_pixels(surface)[(gsize)(surface_height(surface) / 2) * surface_width(surface) +
					surface_width(surface) / 2];
	if (colour != bench->colour)
		seen(bench);
	bench->colour = colour;
}

static void on_source(Source *source, SourceEvent event, gpointer data)
{
	if (event == SOURCE_FRAME)
		next(data);
	else if (event == SOURCE_CLOSED)
		fail(data, source_error(source)->message);
}

static void begin_source(Bench *bench, const char *socket)
{
	g_autoptr(GError) error = NULL;
	int fd = fd_connect_unix(socket, &error);

	if (fd < 0) {
		g_printerr("key-to-pixel: %s\n", error->message);
		exit(EXIT_FAILURE);
	}
	bench->surface = surface_new();
	surface_watch(bench->surface, on_surface, bench);
	bench->source = source_new(fd, bench->surface, on_source, bench);
}

/* --- terminal -------------------------------------------------------------------------------------------------------- */

static gboolean on_silence(gpointer data)
{
	Bench *bench = data;

	bench->silence = 0;
	bench->ready = TRUE;
	next(bench);
	return G_SOURCE_REMOVE;
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
	Bench *bench = data;
	char bytes[65536];

	if (read(fd, bytes, sizeof(bytes)) <= 0) {
		fail(bench, "the program ended");
		return G_SOURCE_REMOVE;
	}
	if (bench->ready) {
		seen(bench);
	} else {
		g_clear_handle_id(&bench->silence, g_source_remove);
		bench->silence = g_timeout_add(SILENCE_MS, on_silence, bench);
	}
	return G_SOURCE_CONTINUE;
}

static void begin_terminal(Bench *bench, char **argv)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };

	bench->pid = forkpty(&bench->master, NULL, NULL, &size);
	if (bench->pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	g_unix_fd_add(bench->master, G_IO_IN | G_IO_HUP, on_output, bench);
}

int main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Bench bench = { .loop = loop, .master = -1 };
	int status;

	if (argc < 4 || (!g_str_equal(argv[2], "source") && !g_str_equal(argv[2], "terminal"))) {
		g_printerr("usage: key-to-pixel COUNT source SOCKET|terminal PROGRAM...\n");
		return 2;
	}
	bench.left = (guint)g_ascii_strtoull(argv[1], NULL, 10);
	if (g_str_equal(argv[2], "source"))
		begin_source(&bench, argv[3]);
	else
		begin_terminal(&bench, argv + 3);
	g_timeout_add_seconds(GIVE_UP_S, give_up, &bench);
	g_main_loop_run(loop);
	g_clear_pointer(&bench.source, source_free);
	if (bench.pid > 0) {
		kill(bench.pid, SIGTERM);
		waitpid(bench.pid, &status, 0);
	}
	return bench.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
