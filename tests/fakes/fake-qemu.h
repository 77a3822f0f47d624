/*
 * A QEMU without a guest: takes the real command line, opens the sockets it names, and speaks QMP, so that the daemon and hv/ can be tested
 * without a firmware, quickly, and at the edges where a real QEMU seldom goes. CARREL_QEMU=path/to/fake-qemu makes the daemon use it.
 *
 * Tricks, by the environment FAKE_QEMU, words separated by ';':
 *   die=WORDS      says WORDS on stderr, as QEMU does, and ends with status 1 before the monitor opens
 *   slow=MS        opens its sockets only after MS milliseconds
 *   silent         never opens the monitor
 *   mute           greets and never answers
 *   garbage        sends a line that is no JSON after the greeting
 *   chatty         sends an event before each reply
 *   stubborn       ignores system_powerdown
 *   agent          answers on the guest agent's channel (address 10.0.2.15), and takes the name that a script gives it
 *   stranger       but does not say its name
 *   save-fails     a migration ends as "failed"
 *   save-hangs     a migration stays "active" until cancelled
 *   adapter-stays  an adapter is never let go
 *   crash=COMMAND  abort() on that QMP command
 *   refuse=COMMAND answers that QMP command with an error
 *   hang=COMMAND   does not answer that QMP command
 *
 * Signals: SIGUSR1 the guest powers off; SIGUSR2 the guest stops because disk0 has no space; SIGHUP the monitor's connection is cut;
 * SIGWINCH the guest panics; SIGTERM ends it, as it does QEMU. Further QMP commands: fake-big (a reply of 10 MB), fake-event {name, data}, fake-exit {status}.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
	GMainLoop *loop;
	const char *tricks;
	gboolean incoming;
	const char *state; /* as query-status says */
	int exit_status;
	/* the monitor */
	int monitor; /* -1 = nobody there; 0 = stdin of a probe */
	GString *input;
	int got_fd; /* by SCM_RIGHTS */
	GHashTable *named_fds;
	const char *migration; /* status, NULL = none */
} Fake;

extern Fake fake;

/* "trick" or "trick=value" among the tricks: its value, "" without one, NULL when it is not there. Caller frees. */
char *fake_trick(const char *name);

/* The guest's own doings. */
void fake_power_off(const char *reason, gboolean by_guest);
void fake_set_state(const char *state, const char *event);

/* fake-qmp.c: a client came to the monitor; some bytes of it; it left. */
void fake_monitor_greet(int fd);
gboolean fake_monitor_read(int fd);
void fake_event(const char *name, JsonNode *data);
void fake_monitor_cut(void);
