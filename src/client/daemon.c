#include "client/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/paths.h"
#include "client/detach.h"

#define LOG_MAX        (1024 * 1024)
#define LINE_MAX_BYTES 4096

struct DaemonStart {
	int fd; /* read end */
	LineReader *lines;
	gint64 deadline; /* monotonic microseconds */
};

static int open_log(GError **error)
{
	g_autofree char *run = paths_run_dir();
	g_autofree char *path = paths_daemon_log();
	struct stat st;

	if (!paths_ensure_private(run, error))
		return -1;
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX)
		flags |= O_TRUNC;
	int fd = open(path, flags, 0600);
	if (fd < 0)
		file_error(error, errno, "open", path);
	return fd;
}

DaemonStart *daemon_start(GError **error)
{
	const char *home = g_getenv("CARREL_HOME");
	g_autofree char *program = paths_program("carreld");
	const char *const argv[] = { program, "--ready-fd", G_STRINGIFY(DETACH_PIPE_FD), NULL };
	autofd log_fd = open_log(error);

	if (log_fd < 0)
		return NULL;
	/* A relative CARREL_HOME has its meaning here only. */
	const DetachPlan plan = { argv, log_fd, !home || !*home || g_path_is_absolute(home) };
	int fd = detach_spawn(&plan, error);
	if (fd < 0)
		return NULL;
	DaemonStart *start = g_new0(DaemonStart, 1);
	start->fd = fd;
	start->lines = lines_new(LINE_MAX_BYTES);
	start->deadline = g_get_monotonic_time() + DAEMON_START_MS * (gint64)1000;
	return start;
}

void daemon_start_free(DaemonStart *start)
{
	if (!start)
		return;
	fd_clear(&start->fd);
	lines_free(start->lines);
	g_free(start);
}

int daemon_start_fd(const DaemonStart *start)
{
	return start->fd;
}

int daemon_start_left_ms(const DaemonStart *start)
{
	gint64 left = (start->deadline - g_get_monotonic_time()) / 1000;

	return left > 0 ? (int)left : 0;
}

/* The daemon's one line. */
static DaemonOutcome judge(char *line, GError **error)
{
	static const char busy[] = "busy ";

	if (g_str_equal(line, "ok"))
		return DAEMON_READY;
	gboolean is_busy = g_str_has_prefix(line, busy);
	char *sentence = is_busy ? line + strlen(busy) : line;
	char *tab = strchr(sentence, '\t');
	if (tab)
		*tab = '\0';
	error_set(error, CARREL_ERROR_FAILED, tab && tab[1] ? tab + 1 : NULL, "%s", sentence);
	return is_busy ? DAEMON_BUSY : DAEMON_FAILED;
}

/* It died without a word: its log has some. */
static void set_crash_error(GError **error)
{
	g_autofree char *path = paths_daemon_log();
	g_autofree char *tail = file_tail(path, 512);
	g_autofree char *hint = g_strdup_printf("see `%s'", path);
	const char *last = tail ? g_strchomp(tail) : "";
	const char *newline = strrchr(last, '\n');

	if (newline)
		last = newline + 1;
	error_set(error, CARREL_ERROR_FAILED, hint, "carreld ended while it started%s%s", *last ? ": " : "",
		  last);
}

DaemonOutcome daemon_start_check(DaemonStart *start, GError **error)
{
	char *line;
	gsize length;

	switch (lines_next(start->lines, start->fd, &line, &length, error)) {
	case LINES_LINE:
		return judge(line, error);
	case LINES_AGAIN:
		if (daemon_start_left_ms(start) > 0)
			return DAEMON_WAITING;
		error_set(error, CARREL_ERROR_TIMEOUT,
			  "try again; a slow disk or a busy host may be the cause",
			  "carreld did not answer within %d s", DAEMON_START_MS / 1000);
		return DAEMON_FAILED;
	case LINES_EOF:
		set_crash_error(error);
		return DAEMON_FAILED;
	case LINES_ERROR:
		return DAEMON_FAILED;
	}
	g_assert_not_reached();
}
