/* Getting a Machine: spawn a QEMU, or find the one that runs; both then wait until its monitor answers. */
#include <errno.h>
#include <glib-unix.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/paths.h"
#include "hv/machine-private.h"
#include "hv/process.h"

/* Until QEMU listens the socket is tried often, since each wait delays the guest's first frame; later less often. */
#define TRY_FAST_MS 1
#define TRY_SLOW_MS 20
#define FAST_TRIES  1000

#define SPAWN_PATIENCE_S 60
/* A QEMU that hangs is adopted all the same, so that it can be killed. */
#define ADOPT_PATIENCE_S 3

typedef struct {
	Machine *machine;
	MachineWatch watch;
	gpointer watch_data;
	gboolean adopting;
	guint tries;
	guint try_source, end_source, patience_source;
	gulong cancel_handler;
	GError *stop_reason; /* why we killed it */
	gboolean done;
} Start;

static void start_free(gpointer data)
{
	Start *start = data;

	g_clear_error(&start->stop_reason);
	machine_free(start->machine);
	g_free(start);
}

/* Ends waiting: with the machine, or with @error (owned). */
static void finish(GTask *task, GError *error)
{
	Start *start = g_task_get_task_data(task);
	MachineOptions options = { .watch = start->watch, .data = start->watch_data };

	start->done = TRUE;
	g_clear_handle_id(&start->try_source, g_source_remove);
	g_clear_handle_id(&start->end_source, g_source_remove);
	g_clear_handle_id(&start->patience_source, g_source_remove);
	if (start->cancel_handler)
		g_signal_handler_disconnect(g_task_get_cancellable(task), start->cancel_handler);
	if (error) {
		g_task_return_error(task, error);
	} else {
		machine_begin(start->machine, &options);
		g_task_return_pointer(task, g_steal_pointer(&start->machine), (GDestroyNotify)machine_free);
	}
	g_object_unref(task);
}

/* A child is killed first and the outcome given when it is gone; a QEMU that was there before is left alone. */
static void give_up(GTask *task, GError *reason)
{
	Start *start = g_task_get_task_data(task);

	if (start->done || start->stop_reason) {
		g_error_free(reason);
	} else if (start->adopting) {
		finish(task, reason);
	} else {
		start->stop_reason = reason;
		g_clear_handle_id(&start->try_source, g_source_remove);
		machine_kill(start->machine);
	}
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data);

static gboolean on_try(gpointer data)
{
	GTask *task = data;
	Start *start = g_task_get_task_data(task);

	if (machine_connect(start->machine)) {
		start->try_source = 0;
		qmp_execute(start->machine->qmp, "query-status", NULL, 0, on_answer, g_object_ref(task));
		return G_SOURCE_REMOVE;
	}
	if (++start->tries != FAST_TRIES)
		return G_SOURCE_CONTINUE;
	start->try_source = g_timeout_add(TRY_SLOW_MS, on_try, task);
	return G_SOURCE_REMOVE;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Start *start = g_task_get_task_data(task);
	g_autoptr(JsonNode) node = qmp_execute_finish(result, NULL);

	if (start->done || start->stop_reason)
		return;
	if (node)
		finish(task, NULL);
	else if (!start->try_source) /* closed again; its end follows, or it comes back */
		start->try_source = g_timeout_add(TRY_SLOW_MS, on_try, task);
}

static GError *end_error(Start *start)
{
	Machine *machine = start->machine;
	g_autofree char *words = machine_obituary(machine);

	if (start->stop_reason)
		return g_steal_pointer(&start->stop_reason);
	if (start->adopting)
		return error_new(CARREL_ERROR_NOT_FOUND, NULL, "QEMU for VM `%s' has just ended",
				 machine->name);
	g_autofree char *hint = g_strdup_printf("its log is `%s'", machine->log_file);
	return error_new(CARREL_ERROR_FAILED, hint, "QEMU for VM `%s' did not start: %s", machine->name,
			 words ? words : "it ended without a word");
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
	Start *start = g_task_get_task_data(data);

	start->end_source = 0;
	start->machine->gone = TRUE;
	machine_forget_files(start->machine->id);
	finish(data, end_error(start));
	return G_SOURCE_REMOVE;
}

static gboolean on_patience(gpointer data)
{
	Start *start = g_task_get_task_data(data);

	start->patience_source = 0;
	if (start->adopting) {
		g_warning("VM `%s': QEMU (pid %d) does not answer", start->machine->name,
			  start->machine->pid);
		finish(data, NULL);
	} else {
		give_up(data, error_new(CARREL_ERROR_TIMEOUT, NULL,
					"QEMU for VM `%s' did not open its monitor within %d s",
					start->machine->name, SPAWN_PATIENCE_S));
	}
	return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	Start *start = g_task_get_task_data(data);

	give_up(data, error_new(CARREL_ERROR_CANCELLED, NULL, "starting VM `%s' was cancelled",
				start->machine->name));
}

/* Takes over @machine. */
static void wait_for_monitor(GTask *task, const MachineOptions *options, Machine *machine, gboolean adopting)
{
	GCancellable *cancellable = g_task_get_cancellable(task);
	Start *start = g_new0(Start, 1);

	start->machine = machine;
	start->watch = options->watch;
	start->watch_data = options->data;
	start->adopting = adopting;
	g_task_set_task_data(task, start, start_free);
	g_task_set_check_cancellable(task, FALSE);
	start->end_source = g_unix_fd_add(machine->pidfd, G_IO_IN, on_end, task);
	start->try_source = g_timeout_add(adopting ? 0 : TRY_FAST_MS, on_try, task);
	start->patience_source =
		g_timeout_add_seconds(adopting ? ADOPT_PATIENCE_S : SPAWN_PATIENCE_S, on_patience, task);
	if (cancellable && g_cancellable_is_cancelled(cancellable))
		on_cancelled(cancellable, task);
	else if (cancellable)
		start->cancel_handler =
			g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), task);
}

static int pid_from_file(const char *id)
{
	g_autofree char *path = paths_vm_run_file(id, "pid");
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? (int)g_ascii_strtoll(text, NULL, 10) : 0;
}

static Machine *find_running(const MachineOptions *options)
{
	int pid = pid_from_file(options->id);
	struct stat st;
	gint64 log_size = stat(options->log_file, &st) == 0 ? st.st_size : 0;
	/* The pidfd first: what cmdline says is then about this very process. */
	g_autoptr(Machine) machine = machine_new(options, pid, FALSE, log_size);

	return machine && process_argv_holds(pid, options->id) ? g_steal_pointer(&machine) : NULL;
}

void machine_spawn(const MachineOptions *options, char **argv, const int *pass_fds, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autofree char *directory = g_path_get_dirname(options->log_file);
	g_autoptr(Machine) running = find_running(options);
	GError *error = NULL;
	gint64 log_start = 0;
	int pid = 0;

	if (running) {
		error_set(&error, CARREL_ERROR_STATE, NULL, "QEMU for VM `%s' runs already (pid %d)",
			  options->name, running->pid);
	} else {
		machine_forget_files(options->id);
		pid = process_spawn(argv, directory, options->log_file, pass_fds, &log_start, &error);
	}
	/* An unreaped child always has a pidfd, unless the kernel has no such thing (before 5.3). */
	Machine *machine = pid > 0 ? machine_new(options, pid, TRUE, log_start) : NULL;
	if (machine) {
		wait_for_monitor(task, options, machine, FALSE);
		return;
	}
	if (pid > 0)
		error_set(&error, CARREL_ERROR_HOST, "use Linux 5.3 or newer", "cannot watch pid %d: %s", pid,
			  g_strerror(errno));
	g_task_return_error(task, error);
	g_object_unref(task);
}

void machine_adopt(const MachineOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Machine *machine = find_running(options);

	if (machine) {
		wait_for_monitor(task, options, machine, TRUE);
		return;
	}
	machine_forget_files(options->id);
	g_task_return_error(
		task, error_new(CARREL_ERROR_NOT_FOUND, NULL, "no QEMU runs for VM `%s'", options->name));
	g_object_unref(task);
}

Machine *machine_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
