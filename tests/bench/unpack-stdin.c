/*
 * The one-pass pipeline without its network: what comes on stdin is pushed into gallery/unpack.h as fetch would do it.
 *
 *	unpack-stdin DOWNLOAD IMAGE	the files that it makes; prints the digest of the download
 */
#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "gallery/unpack.h"

#define PIECE (64 * 1024)

typedef struct {
	Unpack *unpack;
	GMainLoop *loop;
	guint8 piece[PIECE];
	gssize waiting; /* bytes of piece that were refused */
	guint source;
	int status;
} Bench;

static gboolean on_input(gint fd, GIOCondition condition, gpointer data);

/* Stops listening until there is room, as libcurl is made to do. */
static gboolean push(Bench *bench)
{
	if (unpack_push(bench->unpack, bench->piece, (gsize)bench->waiting)) {
		bench->waiting = 0;
		return TRUE;
	}
	bench->source = 0;
	return FALSE;
}

static void on_room(gpointer data)
{
	Bench *bench = data;

	if (bench->waiting > 0 && push(bench))
		bench->source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, bench);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
	Bench *bench = data;
	gssize got = read(fd, bench->piece, PIECE);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (got == 0) {
		bench->source = 0;
		unpack_end(bench->unpack, TRUE);
		return FALSE;
	}
	bench->waiting = got;
	return push(bench);
}

static void on_unpacked(GObject *source, GAsyncResult *result, gpointer data)
{
	Bench *bench = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(UnpackResult) unpacked = unpack_finish(result, &error);

	if (unpacked)
		printf("%s\n", unpacked->digest);
	else
		fprintf(stderr, "unpack-stdin: %s\n", error->message);
	bench->status = unpacked ? EXIT_SUCCESS : EXIT_FAILURE;
	g_main_loop_quit(bench->loop);
}

int main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Bench bench = { .loop = loop };

	if (argc != 3) {
		fprintf(stderr, "usage: unpack-stdin DOWNLOAD IMAGE\n");
		return 2;
	}
	const UnpackRequest request = { .download = argv[1], .image = argv[2], .digest = G_CHECKSUM_SHA256 };
	bench.unpack = unpack_start(&request, 0, on_room, &bench, NULL, on_unpacked, &bench);
	bench.source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, &bench);
	g_main_loop_run(loop);
	g_clear_handle_id(&bench.source, g_source_remove);
	return bench.status;
}
