/*
 * Runs a full-screen program in a pseudo terminal of 120x40 and measures what it writes.
 *
 *	tui-bench TEXT PROGRAM [ARGUMENT...]
 *
 * Prints "first_ms N bytes N" when the first full frame is there: TEXT was seen and the program then fell silent. Then, for each
 * line on stdin, prints "bytes N": what was written to the terminal from that moment until it fell silent again; the caller
 * changes something and sends a newline before it. Ends the program at the end of stdin.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COLUMNS     120
#define ROWS        40
#define SILENCE_MS  250
#define PATIENCE_MS 20000
#define KEEP        (256 * 1024) /* bytes of output that are searched for TEXT */

typedef struct {
	gint64 last; /* monotonic us of the last byte, 0 = none */
	gsize count; /* bytes */
	GString *seen;
} Burst;

static pid_t spawn(char **argv, int *master)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	pid_t pid = forkpty(master, NULL, NULL, &size);

	if (pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* Terminals answer questions, and programs wait for it: device attributes, cursor position, colours are not answered by us, so a program
 * that depends on them shows its time-out here; that is meant. */
static gboolean read_some(int master, Burst *burst)
{
	char bytes[16384];
	ssize_t got = read(master, bytes, sizeof bytes);

	if (got <= 0)
		return got < 0 && errno == EINTR;
	burst->last = g_get_monotonic_time();
	burst->count += got;
	if (burst->seen->len < KEEP)
		g_string_append_len(burst->seen, bytes, got);
	return TRUE;
}

/* Reads until @text was seen (NULL: at once) and then nothing came for SILENCE_MS. FALSE: the program ended, or took too long. */
static gboolean collect(int master, const char *text, Burst *burst)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_MS * 1000;
	struct pollfd poll_fd = { .fd = master, .events = POLLIN };

	while (g_get_monotonic_time() < end) {
		gboolean seen = !text || g_strstr_len(burst->seen->str, burst->seen->len, text);
		int ready = poll(&poll_fd, 1, seen ? SILENCE_MS : PATIENCE_MS);
		if (ready == 0 && seen)
			return TRUE;
		if (ready > 0 && !read_some(master, burst))
			return FALSE;
	}
	g_printerr("tui-bench: %s\n", text ? "the text never came" : "it never fell silent");
	return FALSE;
}

static gboolean measure_changes(int master)
{
	char line[64];

	while (fgets(line, sizeof line, stdin)) {
		Burst burst = { .seen = g_string_new(NULL) };
		/* The change follows; the first byte of it may take some time. */
		struct pollfd poll_fd = { .fd = master, .events = POLLIN };
		poll(&poll_fd, 1, 3000);
		gboolean fine = collect(master, NULL, &burst);
		if (g_getenv("TUI_BENCH_SHOW"))
			g_printerr("%s\n", g_strescape(burst.seen->str, NULL));
		g_string_free(burst.seen, TRUE);
		if (!fine)
			return FALSE;
		printf("bytes %zu\n", burst.count);
		fflush(stdout);
	}
	return TRUE;
}

int main(int argc, char **argv)
{
	Burst burst = { .seen = g_string_new(NULL) };
	int master = -1, status;
	gboolean fine;

	if (argc < 3) {
		g_printerr("usage: tui-bench TEXT PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	gint64 begin = g_get_monotonic_time();
	pid_t pid = spawn(argv + 2, &master);
	if (pid < 0) {
		g_printerr("tui-bench: no pseudo terminal: %s\n", g_strerror(errno));
		return EXIT_FAILURE;
	}
	fine = collect(master, argv[1], &burst);
	if (fine) {
		printf("first_ms %.1f bytes %zu\n", (burst.last - begin) / 1000.0, burst.count);
		fflush(stdout);
		fine = measure_changes(master);
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	g_string_free(burst.seen, TRUE);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
