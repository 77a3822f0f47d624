#include "console/serial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

#define ESCAPE_KEY 0x1d /* Ctrl-] */

/* One direction: what was read and not yet written. */
typedef struct {
	int from, to;
	gsize start, end;
	char bytes[16384];
} Pump;

typedef enum { PUMP_ON, PUMP_READ_END, PUMP_WRITE_END, PUMP_ESCAPED } PumpState;

typedef struct {
	gboolean is_terminal, escaped; /* `escaped': Ctrl-] was pressed */
	struct termios saved;
	sigset_t mask; /* of signals, before us */
	Pump in, out;
} Session;

static const int end_signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
static volatile sig_atomic_t got_signal;

static void on_signal(int number)
{
	got_signal = number;
}

/* They are blocked but while ppoll() waits, so that none is missed between a check and the wait. */
static void catch_signals(Session *session, struct sigaction *saved)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	got_signal = 0;
	sigemptyset(&blocked);
	for (gsize i = 0; i < G_N_ELEMENTS(end_signals); i++) {
		sigaddset(&blocked, end_signals[i]);
		sigaction(end_signals[i], &action, &saved[i]);
	}
	pthread_sigmask(SIG_BLOCK, &blocked, &session->mask);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, &saved[G_N_ELEMENTS(end_signals)]);
}

/* With the old actions back, a signal that ended us does to the process what it would have done. */
static void release_signals(Session *session, const struct sigaction *saved)
{
	for (gsize i = 0; i < G_N_ELEMENTS(end_signals); i++)
		sigaction(end_signals[i], &saved[i], NULL);
	sigaction(SIGPIPE, &saved[G_N_ELEMENTS(end_signals)], NULL);
	pthread_sigmask(SIG_SETMASK, &session->mask, NULL);
	if (got_signal)
		raise(got_signal);
}

static void make_raw(Session *session)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &session->saved) < 0)
		return; /* no terminal */
	raw = session->saved;
	cfmakeraw(&raw);
	session->is_terminal = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* Takes what is meant for us out of the input: Ctrl-] q and Ctrl-] . end, Ctrl-] twice is one. FALSE at the end. */
static gboolean filter_escapes(Session *session)
{
	Pump *pump = &session->in;
	gsize kept = 0;

	for (gsize i = 0; i < pump->end; i++) {
		char c = pump->bytes[i];
		gboolean was_escaped = session->escaped;
		session->escaped = !was_escaped && c == ESCAPE_KEY;
		if (was_escaped && (c == 'q' || c == '.'))
			return FALSE;
		if (!session->escaped)
			pump->bytes[kept++] = c;
	}
	pump->end = kept;
	return TRUE;
}

static gboolean again(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Reads when empty, writes when not; the descriptor that poll() waited for is ready. */
static PumpState pump_move(Pump *pump)
{
	if (pump->start == pump->end) {
		ssize_t got = read(pump->from, pump->bytes, sizeof(pump->bytes));
		pump->start = 0;
		pump->end = got > 0 ? (gsize)got : 0;
		return got > 0 || again(got) ? PUMP_ON : PUMP_READ_END;
	}
	ssize_t put = write(pump->to, pump->bytes + pump->start, pump->end - pump->start);
	pump->start += put > 0 ? (gsize)put : 0;
	return put >= 0 || again(put) ? PUMP_ON : PUMP_WRITE_END;
}

static struct pollfd pump_poll(const Pump *pump)
{
	gboolean empty = pump->start == pump->end;

	return (struct pollfd){ empty ? pump->from : pump->to, empty ? POLLIN : POLLOUT, 0 };
}

static PumpState move_input(Session *session)
{
	gboolean reads = session->in.start == session->in.end;
	PumpState state = pump_move(&session->in);

	if (state == PUMP_ON && reads && session->is_terminal && !filter_escapes(session))
		return PUMP_ESCAPED;
	return state;
}

static SerialEnd copy(Session *session)
{
	while (!got_signal) {
		struct pollfd polls[] = { pump_poll(&session->in), pump_poll(&session->out) };
		PumpState in = PUMP_ON, out = PUMP_ON;
		if (ppoll(polls, G_N_ELEMENTS(polls), NULL, &session->mask) < 0)
			continue;
		if (polls[1].revents)
			out = pump_move(&session->out);
		if (polls[0].revents)
			in = move_input(session);
		if (out == PUMP_READ_END || in == PUMP_WRITE_END)
			return SERIAL_CLOSED;
		if (in != PUMP_ON || out == PUMP_WRITE_END)
			return SERIAL_DETACHED;
	}
	return SERIAL_DETACHED;
}

SerialEnd serial_run(int stream, const char *vm_name)
{
	autofd owned = stream;
	g_autofree Session *session = g_new0(Session, 1);
	struct sigaction saved[G_N_ELEMENTS(end_signals) + 1];
	SerialEnd end;

	session->in.from = STDIN_FILENO;
	session->in.to = session->out.from = owned;
	session->out.to = STDOUT_FILENO;
	fd_set_nonblocking(owned, TRUE);
	catch_signals(session, saved);
	make_raw(session);
	if (session->is_terminal)
		fprintf(stderr, "Connected to the serial port of `%s'; press Ctrl-] and then q to leave.\r\n",
			vm_name);
	end = copy(session);
	if (session->is_terminal) {
		tcsetattr(STDIN_FILENO, TCSADRAIN, &session->saved);
		fprintf(stderr, "\n%s `%s'.\n",
			end == SERIAL_CLOSED ? "The serial port was closed by" : "Left", vm_name);
	}
	release_signals(session, saved);
	return end;
}
