#include "console/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

#define ESCAPE_KEY 0x1d /* Ctrl-] */

/* One direction: what was read and not yet written. */
typedef struct {
	int from, to;
	gsize start, end;
	gboolean ended; /* nothing more to read */
	char bytes[16384];
} Pump;

static struct {
	struct termios saved;
	gboolean raw;
	volatile sig_atomic_t stop;
} terminal;

static void terminal_restore(void)
{
	if (terminal.raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.saved);
	terminal.raw = FALSE;
}

static void on_stop(int number)
{
	terminal.stop = number;
}

/* Signals interrupt poll(); the loop then ends in order, with the terminal restored. */
static void catch_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct sigaction action = { .sa_handler = on_stop };

	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static gboolean terminal_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &terminal.saved) < 0)
		return FALSE;
	raw = terminal.saved;
	cfmakeraw(&raw);
	terminal.raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	return terminal.raw;
}

/* Takes escape sequences out of what was typed. FALSE: detach. */
static gboolean filter_escape(Pump *pump, gboolean *escaped)
{
	gsize to = pump->start;

	for (gsize i = pump->start; i < pump->end; i++) {
		char c = pump->bytes[i];
		if (*escaped && (c == 'q' || c == '.'))
			return FALSE;
		if (*escaped || c != ESCAPE_KEY) {
			pump->bytes[to++] = c;
			*escaped = FALSE;
		} else {
			*escaped = TRUE;
		}
	}
	pump->end = to;
	return TRUE;
}

static void pump_read(Pump *pump)
{
	ssize_t got = read(pump->from, pump->bytes, sizeof pump->bytes);

	pump->start = 0;
	pump->end = got > 0 ? (gsize)got : 0;
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		pump->ended = TRUE;
}

static gboolean pump_write(Pump *pump)
{
	ssize_t written = write(pump->to, pump->bytes + pump->start, pump->end - pump->start);

	if (written > 0)
		pump->start += (gsize)written;
	return written >= 0 || errno == EAGAIN || errno == EINTR;
}

static gboolean pump_full(const Pump *pump)
{
	return pump->start < pump->end;
}

static SerialEnd copy_until_end(Pump *in, Pump *out, gboolean with_escape)
{
	gboolean escaped = FALSE;

	while (!terminal.stop) {
		struct pollfd polls[] = {
			{ pump_full(in) ? in->to : in->from, pump_full(in) ? POLLOUT : POLLIN, 0 },
			{ pump_full(out) ? out->to : out->from, pump_full(out) ? POLLOUT : POLLIN, 0 },
		};
		if (poll(polls, 2, -1) < 0)
			continue;
		if (polls[0].revents && pump_full(in)) {
			if (!pump_write(in))
				return SERIAL_CLOSED;
		} else if (polls[0].revents) {
			pump_read(in);
			if (in->ended || (with_escape && !filter_escape(in, &escaped)))
				return SERIAL_DETACHED;
		}
		if (polls[1].revents && pump_full(out)) {
			if (!pump_write(out))
				return SERIAL_DETACHED;
		} else if (polls[1].revents) {
			pump_read(out);
			if (out->ended)
				return SERIAL_CLOSED;
		}
	}
	return SERIAL_DETACHED;
}

SerialEnd serial_run(int stream, const char *vm_name)
{
	autofd owned = stream;
	g_autofree Pump *in = g_new0(Pump, 1), *out = g_new0(Pump, 1);

	in->from = STDIN_FILENO;
	in->to = out->from = owned;
	out->to = STDOUT_FILENO;
	fd_set_nonblocking(owned, TRUE);
	terminal.stop = 0;
	catch_signals();
	gboolean raw = terminal_raw();
	if (raw)
		fprintf(stderr, "Connected to the serial port of `%s'; Ctrl-] q detaches.\r\n", vm_name);
	SerialEnd end = copy_until_end(in, out, raw);
	terminal_restore();
	if (raw)
		fprintf(stderr, "\n%s\n", end == SERIAL_CLOSED ? "The VM's serial port was closed." : "Detached.");
	return end;
}
