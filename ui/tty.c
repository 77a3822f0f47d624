#include "ui/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>

#include "base/error.h"
#include "base/fd.h"

#define RESTORE_MAX 256

static struct {
	gboolean open, raw;
	struct termios saved;
	int out;          /* our own description of the terminal, non-blocking */
	int signals[2];   /* self-pipe: one byte per signal */
	int stderr_saved; /* the real standard error while words for it are kept back, else -1 */
	int stderr_kept;  /* a memory file that takes them */
	GString *queue;
	guint input_watch, output_watch, signal_watch;
	TtyWatch watch;
	gpointer data;
	char restore[RESTORE_MAX + 1];
} tty = {
	.out = -1, .signals = {-1, -1},
             .stderr_saved = -1, .stderr_kept = -1
};

/* Signals that come by the pipe, and what they mean. */
/* clang-format off */
static const struct {
	int number;
	TtyEvent event;
} signals[] = {
	{ SIGWINCH, TTY_RESIZED }, { SIGTSTP, TTY_STOPPED }, { SIGCONT, TTY_RESUMED },
	{ SIGHUP, TTY_HANGUP },    { SIGTERM, TTY_HANGUP },  { SIGINT, TTY_HANGUP },
};
/* clang-format on */

/* Signals that end us at once: the terminal is put back first. */
static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGQUIT };

/* --- standard error: warnings must not fall into the picture; they are shown at the end ------------------------------ */

static void keep_stderr(void)
{
	if (!isatty(STDERR_FILENO))
		return;
	tty.stderr_kept = memfd_create("stderr", MFD_CLOEXEC);
	if (tty.stderr_kept < 0)
		return;
	tty.stderr_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(tty.stderr_kept, STDERR_FILENO);
}

/* Async-signal-safe. */
static void release_stderr(void)
{
	char bytes[1024];
	off_t offset = 0;
	gssize length;

	if (tty.stderr_saved < 0)
		return;
	dup2(tty.stderr_saved, STDERR_FILENO);
	while ((length = pread(tty.stderr_kept, bytes, sizeof(bytes), offset)) > 0) {
		if (write(STDERR_FILENO, bytes, (gsize)length) < 0)
			break;
		offset += length;
	}
	close(tty.stderr_saved);
	close(tty.stderr_kept);
	tty.stderr_saved = tty.stderr_kept = -1;
}

/* --- modes --------------------------------------------------------------------------------------------------------- */

static void set_raw(void)
{
	struct termios raw = tty.saved;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	tty.raw = TRUE;
}

/* Async-signal-safe: also runs in the handler of a crash. */
static void restore_terminal(void)
{
	if (!tty.raw)
		return;
	tty.raw = FALSE;
	if (write(tty.out, tty.restore, strlen(tty.restore)) < 0) {
		/* the terminal is gone; nobody sees it */
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &tty.saved);
}

static void on_fatal_signal(int number)
{
	restore_terminal();
	release_stderr();
	signal(number, SIG_DFL);
	raise(number);
}

static void on_signal(int number)
{
	int saved_errno = errno;
	char byte = (char)number;

	if (write(tty.signals[1], &byte, 1) < 0) {
		/* the pipe is full of signals: one more tells nothing new */
	}
	errno = saved_errno;
}

static void install_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction fatal = { .sa_handler = on_fatal_signal, .sa_flags = SA_RESETHAND | SA_NODEFER };

	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i].number, &action, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
		sigaction(fatal_signals[i], &fatal, NULL);
}

static void reset_signals(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		signal(signals[i].number, SIG_DFL);
	for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
		signal(fatal_signals[i], SIG_DFL);
}

/* --- output -------------------------------------------------------------------------------------------------------- */

/* Writes what the terminal takes now. */
static void flush_queue(void)
{
	gssize written;

	while (tty.queue->len) {
		written = write(tty.out, tty.queue->str, tty.queue->len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno != EAGAIN)
			written = (gssize)tty.queue->len; /* gone: SIGHUP or end of input says so */
		if (written <= 0)
			return;
		g_string_erase(tty.queue, 0, written);
	}
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
	flush_queue();
	if (tty.queue->len)
		return G_SOURCE_CONTINUE;
	tty.output_watch = 0;
	tty.watch(TTY_DRAINED, NULL, 0, tty.data);
	return G_SOURCE_REMOVE;
}

void tty_write(const char *bytes, gssize length)
{
	g_string_append_len(tty.queue, bytes, length);
	if (!tty.output_watch)
		flush_queue();
	if (tty.queue->len && !tty.output_watch)
		tty.output_watch = g_unix_fd_add(tty.out, G_IO_OUT, on_writable, NULL);
}

gsize tty_pending(void)
{
	return tty.queue->len;
}

/* At the end, or before a stop: give a slow terminal a second. */
static void drain(void)
{
	gint64 limit = g_get_monotonic_time() + G_USEC_PER_SEC;
	struct pollfd poller = { .fd = tty.out, .events = POLLOUT };

	flush_queue();
	while (tty.queue->len && g_get_monotonic_time() < limit) {
		poll(&poller, 1, 100);
		flush_queue();
	}
	g_string_truncate(tty.queue, 0);
}

void tty_set_restore(const char *sequence)
{
	g_strlcpy(tty.restore, sequence, sizeof(tty.restore));
}

void tty_cell_size(int *width, int *height)
{
	struct winsize size = { 0 };

	*width = *height = 0;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	*width = size.ws_xpixel / size.ws_col;
	*height = size.ws_ypixel / size.ws_row;
}

void tty_size(int *columns, int *rows)
{
	struct winsize size = { 0 };

	ioctl(tty.out, TIOCGWINSZ, &size);
	*columns = size.ws_col ? size.ws_col : 80;
	*rows = size.ws_row ? size.ws_row : 24;
}

/* --- input and signals --------------------------------------------------------------------------------------------- */

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
	char bytes[4096];
	gssize length = read(fd, bytes, sizeof(bytes));

	if (length > 0) {
		tty.watch(TTY_INPUT, bytes, (gsize)length, tty.data);
		return G_SOURCE_CONTINUE;
	}
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	tty.input_watch = 0;
	tty.watch(TTY_HANGUP, NULL, 0, tty.data);
	return G_SOURCE_REMOVE;
}

static gboolean on_signal_byte(gint fd, GIOCondition condition, gpointer data)
{
	char bytes[64];
	gssize length = read(fd, bytes, sizeof(bytes));

	for (gssize i = 0; i < length; i++)
		for (gsize row = 0; row < G_N_ELEMENTS(signals); row++) {
			if (signals[row].number != bytes[i])
				continue;
			if (signals[row].event == TTY_RESUMED)
				set_raw();
			tty.watch(signals[row].event, NULL, 0, tty.data);
			break;
		}
	return G_SOURCE_CONTINUE;
}

static gboolean open_terminal(GError **error)
{
	const char *path = ttyname(STDOUT_FILENO);

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(error, CARREL_ERROR_USAGE, "use a verb instead, see `carrel --help'",
				 "standard input and output are not a terminal");
	if (tcgetattr(STDIN_FILENO, &tty.saved) < 0)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot read the terminal's modes: %s",
				 g_strerror(errno));
	tty.out = open(path ? path : "/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (tty.out < 0) /* a terminal without a name here, as in some containers: share the description */
		tty.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (tty.out < 0)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot open the terminal: %s",
				 g_strerror(errno));
	if (!g_unix_open_pipe(tty.signals, FD_CLOEXEC, error))
		return FALSE;
	fd_set_nonblocking(tty.out, TRUE);
	fd_set_nonblocking(tty.signals[0], TRUE);
	fd_set_nonblocking(tty.signals[1], TRUE);
	return TRUE;
}

gboolean tty_open(TtyWatch watch, gpointer data, GError **error)
{
	g_return_val_if_fail(!tty.open, FALSE);
	if (!open_terminal(error))
		return FALSE;
	tty.open = TRUE;
	tty.watch = watch;
	tty.data = data;
	tty.queue = g_string_new(NULL);
	keep_stderr();
	install_signals();
	set_raw();
	tty.input_watch = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, NULL);
	tty.signal_watch = g_unix_fd_add(tty.signals[0], G_IO_IN, on_signal_byte, NULL);
	return TRUE;
}

void tty_close(void)
{
	if (!tty.open)
		return;
	tty.open = FALSE;
	drain();
	restore_terminal();
	release_stderr();
	reset_signals();
	if (tty.input_watch)
		g_source_remove(tty.input_watch);
	if (tty.output_watch)
		g_source_remove(tty.output_watch);
	g_source_remove(tty.signal_watch);
	tty.input_watch = tty.output_watch = tty.signal_watch = 0;
	g_string_free(g_steal_pointer(&tty.queue), TRUE);
	fd_clear(&tty.out);
	fd_clear(&tty.signals[0]);
	fd_clear(&tty.signals[1]);
}

void tty_suspend(void)
{
	drain();
	restore_terminal();
	raise(SIGSTOP); /* our own handler has SIGTSTP; SIGCONT comes by the pipe as TTY_RESUMED */
}
