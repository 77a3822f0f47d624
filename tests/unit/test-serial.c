/* Serial sessions in a child of ours: on a pseudo terminal, on pipes, and ended by signals. */
#include "console/serial.h"

#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/fd.h"
#include "tests/unit/support.h"

typedef struct {
	int terminal; /* our side of the child's, -1 without */
	int guest;    /* our end of the stream */
	pid_t child;
	GString *shown; /* what the child wrote */
} Session;

/* The child ends with the SerialEnd as its status. */
static void start_on_terminal(Session *session)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*session = (Session){ .guest = fds[0], .shown = g_string_new(NULL) };
	session->child = forkpty(&session->terminal, NULL, NULL, NULL);
	g_assert_cmpint(session->child, >=, 0);
	if (session->child == 0) {
		close(fds[0]);
		_exit((int)serial_run(fds[1], "vm"));
	}
	close(fds[1]);
	fd_set_nonblocking(session->terminal, TRUE);
	fd_set_nonblocking(session->guest, TRUE);
}

static void read_more(int fd, GString *text)
{
	char buffer[4096];
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(text, buffer, got);
}

static gboolean shows(Session *session, const char *words)
{
	read_more(session->terminal, session->shown);
	return strstr(session->shown->str, words) != NULL;
}

static gboolean is_raw(Session *session)
{
	struct termios now;

	g_assert_cmpint(tcgetattr(session->terminal, &now), ==, 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG));
}

static gboolean has_ended(Session *session, int *status)
{
	return waitpid(session->child, status, WNOHANG) == session->child;
}

static int wait_for_end(Session *session)
{
	int status;

	poll_until(has_ended(session, &status));
	return status;
}

static void end_session(Session *session)
{
	fd_clear(&session->terminal);
	fd_clear(&session->guest);
	g_string_free(session->shown, TRUE);
}

static void type(Session *session, const char *text)
{
	g_assert_cmpint(write(session->terminal, text, strlen(text)), ==, strlen(text));
}

static gboolean guest_got(Session *session, GString *got, const char *expected)
{
	read_more(session->guest, got);
	return got->len >= strlen(expected);
}

static void test_both_ways(void)
{
	static const char expected[] = "ls\r\x03\x1dx\x1d";
	g_autoptr(GString) got = g_string_new(NULL);
	Session session;

	start_on_terminal(&session);
	poll_until(shows(&session, "Connected") && is_raw(&session));
	type(&session, "ls\r\x03"); /* no signal, no translation */
	type(&session, "\x1d\x1d"
		       "x"
		       "\x1d\x1d");
	poll_until(guest_got(&session, got, expected));
	g_assert_cmpstr(got->str, ==, expected);
	g_assert_cmpint(write(session.guest, "answer\r\n", 8), ==, 8);
	poll_until(shows(&session, "answer"));
	type(&session, "\x1d");
	type(&session, "q");
	g_assert_cmpint(WEXITSTATUS(wait_for_end(&session)), ==, SERIAL_DETACHED);
	g_assert_false(is_raw(&session));
	end_session(&session);
}

static void test_guest_closes(void)
{
	Session session;

	start_on_terminal(&session);
	poll_until(is_raw(&session));
	g_assert_cmpint(write(session.guest, "last words", 10), ==, 10);
	fd_clear(&session.guest);
	g_assert_cmpint(WEXITSTATUS(wait_for_end(&session)), ==, SERIAL_CLOSED);
	g_assert_true(shows(&session, "last words"));
	g_assert_false(is_raw(&session));
	end_session(&session);
}

/* The terminal is whole again, and the process ended by the signal as its starter expects. */
static void test_signals(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };

	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
		Session session;
		start_on_terminal(&session);
		poll_until(shows(&session, "Connected") && is_raw(&session));
		kill(session.child, signals[i]);
		int status = wait_for_end(&session);
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, signals[i]);
		g_assert_false(is_raw(&session));
		end_session(&session);
	}
}

/* Without a terminal every byte passes, the escape key too, and the end of the input detaches. */
static void test_pipes(void)
{
	static const char input[] = "a\x1dq.\x1d\x1d\n";
	g_autoptr(GString) got = g_string_new(NULL);
	Session session = { .terminal = -1 };
	int fds[2], in[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	g_assert_cmpint(pipe(in), ==, 0);
	session.guest = fds[0];
	session.shown = g_string_new(NULL);
	session.child = fork();
	if (session.child == 0) {
		dup2(in[0], STDIN_FILENO);
		close(in[1]);
		close(fds[0]);
		_exit((int)serial_run(fds[1], "vm"));
	}
	close(in[0]);
	close(fds[1]);
	fd_set_nonblocking(session.guest, TRUE);
	g_assert_cmpint(write(in[1], input, strlen(input)), ==, strlen(input));
	poll_until(guest_got(&session, got, input));
	g_assert_cmpstr(got->str, ==, input);
	close(in[1]);
	g_assert_cmpint(WEXITSTATUS(wait_for_end(&session)), ==, SERIAL_DETACHED);
	end_session(&session);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/serial/both-ways", test_both_ways);
	g_test_add_func("/serial/guest-closes", test_guest_closes);
	g_test_add_func("/serial/signals", test_signals);
	g_test_add_func("/serial/pipes", test_pipes);
	return g_test_run();
}
