/*
 * pidfds for a program that runs under valgrind, whose 3.19 knows no pidfd_open(2). Preloaded into carreld by tests/e2e/valgrind.sh.
 *
 * Instead of a pidfd the program gets the read end of a pipe, whose writer is a native helper that waits for the real pidfd and then writes
 * a byte. Built twice from this file: as a shared object, and with -DWAITER as the helper.
 *
 *	cc -shared -fPIC -DWAITER_PATH='"..."' -o shim.so pidfd-shim.c;  cc -DWAITER -o waiter pidfd-shim.c
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WAITER

int main(int argc, char **argv)
{
	struct pollfd pidfd = { .events = POLLIN };

	pidfd.fd = argc == 2 ? (int)syscall(SYS_pidfd_open, strtol(argv[1], NULL, 10), 0) : -1;
	if (pidfd.fd >= 0)
		poll(&pidfd, 1, -1);
	return write(STDOUT_FILENO, "x", 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#else

long syscall(long number, ...);

/* Which process a pipe stands for. */
static pid_t pid_of[1024];

static int open_fake(pid_t pid)
{
	char text[16];
	char *argv[] = { WAITER_PATH, text, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t waiter;

	if (kill(pid, 0) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	snprintf(text, sizeof text, "%d", (int)pid);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	int failed = posix_spawn(&waiter, WAITER_PATH, &actions, NULL, argv, NULL);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!failed && ends[0] < 1024) {
		pid_of[ends[0]] = pid;
		return ends[0];
	}
	close(ends[0]);
	errno = EMFILE;
	return -1;
}

static int signal_fake(int fd, int number)
{
	if (fd < 0 || fd >= 1024 || pid_of[fd] <= 0) {
		errno = EBADF;
		return -1;
	}
	return kill(pid_of[fd], number);
}

/* Takes the place of libc's. */
long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_pidfd_open)
		return open_fake((pid_t)a[0]);
	if (number == SYS_pidfd_send_signal)
		return signal_fake((int)a[0], (int)a[1]);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
