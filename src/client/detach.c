#include "client/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

/* Above the numbers that the child uses, so that dup2() never overwrites one that is still needed, and always makes
 * a copy without close-on-exec. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, DETACH_PIPE_FD + 7);

	close(fd);
	return moved;
}

static void say(int fd, const char *text)
{
	ssize_t written = write(fd, text, strlen(text));

	(void)written; /* nobody is left to tell */
}

/* In the child, where only async-signal-safe calls are allowed. The second fork makes init the parent, so that a program
 * that ends is no zombie of the TUI. */
G_GNUC_NORETURN static void launch(const DetachPlan *plan, int null_fd, int pipe_fd)
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
	dup2(pipe_fd, DETACH_PIPE_FD);
	dup2(plan->stderr_fd < 0 ? null_fd : plan->stderr_fd, STDERR_FILENO);
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	if (plan->chdir_root && chdir("/") < 0)
		say(STDERR_FILENO, "cannot change to /\n");
	execvp(plan->argv[0], (char *const *)plan->argv);
	say(DETACH_PIPE_FD, "cannot run `");
	say(DETACH_PIPE_FD, plan->argv[0]);
	say(DETACH_PIPE_FD, errno == ENOENT ? "': it is not installed\tinstall carrel whole, or build it\n"
					    : "': it is no program\tinstall carrel again\n");
	_exit(127);
}

int detach_spawn(const DetachPlan *plan, GError **error)
{
	int ends[2], status;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "cannot make a pipe: %s", g_strerror(errno));
		return -1;
	}
	autofd reader = ends[0];
	autofd writer = move_up(ends[1]);
	autofd null_fd = move_up(open("/dev/null", O_RDWR | O_CLOEXEC));
	/* One that stands where the child puts others would be overwritten. */
	DetachPlan moved = *plan;
	autofd stderr_fd =
		plan->stderr_fd < 0 ? -1 : fcntl(plan->stderr_fd, F_DUPFD_CLOEXEC, DETACH_PIPE_FD + 7);
	moved.stderr_fd = stderr_fd;
	fd_set_nonblocking(reader, TRUE);
	pid_t pid = fork();
	if (pid == 0)
		launch(&moved, null_fd, writer);
	if (pid < 0) {
		error_set(error, CARREL_ERROR_FAILED, "end some programs", "cannot start `%s': %s",
			  plan->argv[0], g_strerror(errno));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return fd_steal(&reader);
}
