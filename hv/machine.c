#include "hv/machine.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/paths.h"
#include "hv/machine-private.h"
#include "hv/process.h"

/* QEMU closes its monitor shortly before it ends; only if it lives longer than this something is wrong. */
#define LOST_AFTER_MS      200
#define RECONNECT_MS       500
#define COMMAND_TIMEOUT_MS 10000

Machine *machine_hold(Machine *machine)
{
	machine->refs++;
	return machine;
}

void machine_release(Machine *machine)
{
	if (--machine->refs > 0)
		return;
	fd_clear(&machine->pidfd);
	g_free(machine->id);
	g_free(machine->name);
	g_free(machine->log_file);
	g_free(machine);
}

static void tell(Machine *machine, MachineEvent event, const char *detail)
{
	if (machine->watch)
		machine->watch(machine, event, detail, machine->data);
}

/* --- events of the monitor --- */

static void on_io_error(Machine *machine, JsonObject *data)
{
	const char *action = data ? json_string_or(data, "action", "") : "";

	if (!g_str_equal(action, "stop"))
		return;
	const char *disk = json_string_or(data, "node-name", NULL);
	const char *reason = json_bool_or(data, "nospace", FALSE) ? "no space left on the host"
								  : json_string_or(data, "reason", "");
	const char *operation = json_string_or(data, "operation", "use");
	g_autofree char *detail = g_strdup_printf(
		"%s: cannot %s: %s", disk && *disk ? disk : json_string_or(data, "device", "disk"), operation,
		*reason ? reason : "input/output error");
	tell(machine, MACHINE_IO_ERROR, detail);
}

static void on_running(Machine *machine, JsonObject *data)
{
	tell(machine, MACHINE_RUNNING, NULL);
}

static void on_paused(Machine *machine, JsonObject *data)
{
	tell(machine, MACHINE_PAUSED, NULL);
}

static void on_reset(Machine *machine, JsonObject *data)
{
	tell(machine, MACHINE_RESET, NULL);
}

static void on_panic(Machine *machine, JsonObject *data)
{
	tell(machine, MACHINE_PANICKED, NULL);
}

static void on_shutdown(Machine *machine, JsonObject *data)
{
	machine->shutdown = TRUE;
	tell(machine, MACHINE_SHUTDOWN, NULL);
}

static const struct {
	const char *name;
	void (*take)(Machine *machine, JsonObject *data);
} monitor_events[] = {
	{"RESUME",          on_running },
        { "STOP",           on_paused  },
        { "RESET",          on_reset   },
	{ "SHUTDOWN",       on_shutdown},
        { "GUEST_PANICKED", on_panic   },
        { "BLOCK_IO_ERROR", on_io_error},
};

static void on_event(Qmp *qmp, const char *name, JsonObject *data, gpointer user)
{
	Machine *machine = user;

	machine_hold(machine);
	for (gsize i = 0; i < G_N_ELEMENTS(monitor_events); i++)
		if (g_str_equal(monitor_events[i].name, name))
			monitor_events[i].take(machine, data);
	machine_release(machine);
}

/* --- a lost monitor --- */

/* After a reconnect the owner must know what it missed. */
static void on_status_again(GObject *source, GAsyncResult *result, gpointer data)
{
	Machine *machine = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);
	JsonObject *status = node ? json_as_object(node, "status", &error) : NULL;

	if (status)
		tell(machine, json_bool_or(status, "running", FALSE) ? MACHINE_RUNNING : MACHINE_PAUSED,
		     NULL);
	else
		g_debug("VM `%s': %s", machine->name, error->message);
	machine_release(machine);
}

static gboolean on_reconnect_time(gpointer data)
{
	Machine *machine = data;

	machine->reconnect_source = 0;
	machine_hold(machine);
	if (machine->reconnects++ == 0 && !machine->shutdown)
		tell(machine, MACHINE_LOST, NULL);
	if (machine->watch && machine_connect(machine)) {
		machine_hold(machine);
		qmp_execute(machine->qmp, "query-status", NULL, COMMAND_TIMEOUT_MS, on_status_again, machine);
	} else if (machine->watch) {
		machine->reconnect_source = g_timeout_add(RECONNECT_MS, on_reconnect_time, machine);
	}
	machine_release(machine);
	return G_SOURCE_REMOVE;
}

static void on_closed(Qmp *qmp, const GError *error, gpointer user)
{
	Machine *machine = user;

	if (error)
		g_warning("VM `%s': %s", machine->name, error->message);
	g_clear_pointer(&machine->qmp, qmp_free);
	machine->reconnects = 0;
	if (!machine->gone && machine->watch && !machine->reconnect_source)
		machine->reconnect_source = g_timeout_add(LOST_AFTER_MS, on_reconnect_time, machine);
}

gboolean machine_connect(Machine *machine)
{
	g_autofree char *socket = paths_vm_run_file(machine->id, "qmp");
	int fd = fd_connect_unix(socket, NULL);

	if (fd >= 0)
		machine->qmp = qmp_new(fd, on_event, on_closed, machine);
	return fd >= 0;
}

/* --- the end of the process --- */

void machine_forget_files(const char *id)
{
	static const char *const files[] = { "qmp", "qga", "vnc", "serial", "pid" };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = paths_vm_run_file(id, files[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			g_debug("unlink %s: %s", path, g_strerror(errno));
	}
}

char *machine_obituary(Machine *machine)
{
	int status = 0;
	gboolean known = machine->child && waitpid(machine->pid, &status, 0) == machine->pid;

	machine->child = FALSE;
	if (machine->killed)
		return NULL;
	if (known && WIFSIGNALED(status))
		return g_strdup_printf("QEMU was killed by signal %d (%s)", WTERMSIG(status),
				       g_strsignal(WTERMSIG(status)));
	if (known ? status == 0 : machine->shutdown)
		return NULL;
	char *words = process_last_words(machine->log_file, machine->log_start);
	if (words || !known)
		return words ? words : g_strdup("QEMU ended unexpectedly");
	return g_strdup_printf("QEMU ended with status %d", WEXITSTATUS(status));
}

static gboolean on_process_ended(gint fd, GIOCondition condition, gpointer data)
{
	Machine *machine = data;

	machine_hold(machine);
	machine->pid_source = 0;
	machine->gone = TRUE;
	g_clear_handle_id(&machine->reconnect_source, g_source_remove);
	g_autofree char *words = machine_obituary(machine);
	g_clear_pointer(&machine->qmp, qmp_free);
	machine_forget_files(machine->id);
	tell(machine, MACHINE_GONE, words);
	machine_release(machine);
	return G_SOURCE_REMOVE;
}

/* --- public --- */

Machine *machine_new(const MachineOptions *options, int pid, gboolean child, gint64 log_start)
{
	autofd pidfd = process_pidfd(pid);

	if (pidfd < 0)
		return NULL;
	Machine *machine = g_new0(Machine, 1);
	machine->refs = 1;
	machine->id = g_strdup(options->id);
	machine->name = g_strdup(options->name);
	machine->log_file = g_strdup(options->log_file);
	machine->pid = pid;
	machine->pidfd = fd_steal(&pidfd);
	machine->child = child;
	machine->log_start = log_start;
	return machine;
}

void machine_begin(Machine *machine, const MachineOptions *options)
{
	machine->watch = options->watch;
	machine->data = options->data;
	/* After the monitor: what QEMU said last is still in the socket, and tells a regular end from a bad one. */
	machine->pid_source = g_unix_fd_add_full(G_PRIORITY_DEFAULT + 10, machine->pidfd, G_IO_IN,
						 on_process_ended, machine, NULL);
	if (!machine->qmp)
		machine->reconnect_source = g_timeout_add(LOST_AFTER_MS, on_reconnect_time, machine);
}

static void on_reaped(GPid pid, gint status, gpointer data)
{
	g_spawn_close_pid(pid);
}

void machine_free(Machine *machine)
{
	if (!machine)
		return;
	machine->watch = NULL;
	g_clear_handle_id(&machine->pid_source, g_source_remove);
	g_clear_handle_id(&machine->reconnect_source, g_source_remove);
	g_clear_pointer(&machine->qmp, qmp_free);
	/* Nobody else would reap it when it ends. */
	if (machine->child)
		g_child_watch_add(machine->pid, on_reaped, NULL);
	machine_release(machine);
}

int machine_pid(const Machine *machine)
{
	return machine->pid;
}

const char *machine_name(const Machine *machine)
{
	return machine->name;
}

Qmp *machine_qmp(Machine *machine)
{
	return machine->qmp && qmp_is_open(machine->qmp) ? machine->qmp : NULL;
}

void machine_kill(Machine *machine)
{
	/* By pidfd, since the pid may be somebody else's by now. */
	machine->killed = TRUE;
	if (syscall(SYS_pidfd_send_signal, machine->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		g_warning("VM `%s': cannot kill pid %d: %s", machine->name, machine->pid, g_strerror(errno));
}

/* Places in /proc/PID/stat, counted from the field behind the program's name; see proc(5). */
enum { STAT_USER = 11, STAT_SYSTEM = 12, STAT_RESIDENT = 21, STAT_FIELDS };

gboolean machine_sample(const Machine *machine, guint64 *cpu_us, guint64 *resident)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", machine->pid);
	g_autofree char *text = NULL;

	if (machine->gone || !g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	/* The name stands in parentheses and may hold anything. */
	const char *rest = strrchr(text, ')');
	g_auto(GStrv) fields = g_strsplit(rest && rest[1] ? rest + 2 : "", " ", -1);
	if (g_strv_length(fields) < STAT_FIELDS)
		return FALSE;
	guint64 ticks = g_ascii_strtoull(fields[STAT_USER], NULL, 10) +
			g_ascii_strtoull(fields[STAT_SYSTEM], NULL, 10);
	*cpu_us = ticks * (G_USEC_PER_SEC / (guint64)sysconf(_SC_CLK_TCK));
	*resident = g_ascii_strtoull(fields[STAT_RESIDENT], NULL, 10) * (guint64)sysconf(_SC_PAGESIZE);
	return TRUE;
}
