#include "client/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/paths.h"

#define LOG_MAX        (1024 * 1024)
#define LINE_MAX_BYTES 4096
/* Number of the pipe in the daemon; above it nothing of ours is open there. */
#define READY_FD 3

struct DaemonStart {
	int fd; /* read end */
	LineReader *lines;
	gint64 deadline; /* monotonic microseconds */
};

/* All that the child needs, made before fork(): behind it only async-signal-safe calls are allowed. */
typedef struct {
	char *program;
	char *argv[4];
	int null_fd, log_fd, ready_fd;
	gboolean leave_directory;
} Launch;

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

static void child_say(int fd, const char *text)
{
	ssize_t written = write(fd, text, strlen(text));

	(void)written; /* nobody is left to tell */
}

/* In the child. The second fork makes init its parent, so that a daemon that ends is no zombie of the TUI. */
G_GNUC_NORETURN static void launch(const Launch *launch)
{
	sigset_t none;

	setsid();
	pid_t pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	if (launch->leave_directory && chdir("/") < 0)
		child_say(launch->log_fd, "carreld: cannot change to /\n");
	dup2(launch->null_fd, 0);
	dup2(launch->null_fd, 1);
	dup2(launch->log_fd, 2);
	dup2(launch->ready_fd, READY_FD);
	execvp(launch->program, launch->argv);
	child_say(READY_FD, "cannot run carreld: ");
	child_say(READY_FD, errno == ENOENT ? "it is not installed" : "it is no program");
	child_say(READY_FD, "\tinstall carrel again, or build it\n");
	_exit(127);
}

/* Above the numbers that the child uses, so that dup2() never overwrites one that is still needed. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, READY_FD + 7);

	close(fd);
	return moved;
}

static gboolean spawn(int ready_fd, GError **error)
{
	const char *home = g_getenv("CARREL_HOME");
	g_autofree char *program = paths_program("carreld");
	g_autofree char *number = g_strdup_printf("%d", READY_FD);
	autofd log_fd = open_log(error);
	if (log_fd < 0)
		return FALSE;
	log_fd = move_up(fd_steal(&log_fd));
	autofd null_fd = move_up(open("/dev/null", O_RDWR | O_CLOEXEC));
	Launch plan = {
		.program = program,
		.argv = {program, (char *)"--ready-fd", number, NULL},
		.null_fd = null_fd,
		.log_fd = log_fd,
		.ready_fd = ready_fd,
 /* A relative CARREL_HOME has its meaning here only. */
		.leave_directory = !home || !*home || g_path_is_absolute(home)
	};
	int status;

	pid_t pid = fork();
	if (pid == 0)
		launch(&plan);
	if (pid < 0)
		return error_set(error, CARREL_ERROR_FAILED, "end some programs", "cannot start carreld: %s",
				 g_strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return TRUE;
}

DaemonStart *daemon_start(GError **error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "cannot make a pipe: %s", g_strerror(errno));
		return NULL;
	}
	autofd reader = ends[0];
	autofd writer = move_up(ends[1]);
	fd_set_nonblocking(reader, TRUE);
	if (!spawn(writer, error))
		return NULL;
	DaemonStart *start = g_new0(DaemonStart, 1);
	start->fd = fd_steal(&reader);
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
