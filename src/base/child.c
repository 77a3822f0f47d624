#include "base/child.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define OUTPUT_MAX     (1024 * 1024)
#define LINE_MAX_BYTES 4096
#define KILL_AFTER_S   2

/* One running child. It ends when three things happened: both pipes at EOF and the exit status known. */
typedef struct {
	GSubprocess *process;
	pid_t group; /* the child leads a process group, so that its own children can be ended with it */
	char *program;
	GString *output[2]; /* stdout, stderr */
	GString *line;      /* stdout since the last newline, for on_line */
	ChildLine on_line;
	gpointer line_data;
	guint waiting;
	guint timeout_ms, timeout_source, kill_source;
	GCancellable *reading; /* ends the reads when somebody who left the group keeps a pipe open */
	gulong cancel_handler;
	GError *stop_reason; /* why we killed it, or NULL */
} Child;

void child_result_free(ChildResult *result)
{
	if (!result)
		return;
	g_free(result->out);
	g_free(result->err);
	g_free(result);
}

static void child_free(gpointer data)
{
	Child *child = data;

	g_clear_object(&child->process);
	g_free(child->program);
	g_string_free(child->output[0], TRUE);
	g_string_free(child->output[1], TRUE);
	g_string_free(child->line, TRUE);
	g_clear_object(&child->reading);
	g_clear_error(&child->stop_reason);
	g_free(child);
}

/* The program's last words, NULL when it said none. Points into @err, which loses its trailing blanks. */
static const char *last_line(GString *err, const char *program)
{
	const char *line = strrchr(g_strchomp(err->str), '\n');

	line = line ? line + 1 : err->str;
	/* Many programs begin with their own name, which the error names already. */
	if (g_str_has_prefix(line, program) && g_str_has_prefix(line + strlen(program), ": "))
		line += strlen(program) + 2;
	return *line ? line : NULL;
}

static GError *child_failure(Child *child)
{
	const char *words = last_line(child->output[1], child->program);

	if (!g_subprocess_get_if_exited(child->process))
		return error_new(CARREL_ERROR_FAILED, NULL, "%s was killed by signal %d", child->program,
				 g_subprocess_get_term_sig(child->process));
	if (words)
		return error_new(CARREL_ERROR_FAILED, NULL, "%s failed: %s", child->program, words);
	return error_new(CARREL_ERROR_FAILED, NULL, "%s failed with status %d", child->program,
			 g_subprocess_get_exit_status(child->process));
}

/* The group may outlive its leader, and is empty when nothing is left. */
static void signal_group(Child *child, int signal_number)
{
	if (child->group > 0 && kill(-child->group, signal_number) < 0)
		g_debug("%s: nothing of it is left to be sent signal %d", child->program, signal_number);
}

static void child_complete(GTask *task)
{
	Child *child = g_task_get_task_data(task);

	if (--child->waiting > 0)
		return;
	g_clear_handle_id(&child->timeout_source, g_source_remove);
	g_clear_handle_id(&child->kill_source, g_source_remove);
	if (child->cancel_handler)
		g_signal_handler_disconnect(g_task_get_cancellable(task), child->cancel_handler);
	if (child->stop_reason) {
		signal_group(child, SIGKILL); /* who ignored TERM and closed its pipes */
		g_task_return_error(task, g_steal_pointer(&child->stop_reason));
	} else if (g_subprocess_get_successful(child->process)) {
		ChildResult *result = g_new0(ChildResult, 1);
		result->out = g_strdup(child->output[0]->str);
		result->err = g_strchomp(g_strdup(child->output[1]->str));
		g_task_return_pointer(task, result, (GDestroyNotify)child_result_free);
	} else {
		g_task_return_error(task, child_failure(child));
	}
	g_object_unref(task);
}

static void on_exit_status(GObject *source, GAsyncResult *result, gpointer data)
{
	g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
	child_complete(data);
}

static void hand_out_line(Child *child)
{
	child->on_line(child->line->str, child->line_data);
	g_string_truncate(child->line, 0);
}

/* Independent of what is kept of the output: progress goes on behind the limit. Programs that draw progress on one line end it by a carriage return. */
static void collect_lines(Child *child, const char *chunk, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		if (chunk[i] == '\n' || (chunk[i] == '\r' && child->line->len > 0))
			hand_out_line(child);
		else if (chunk[i] && chunk[i] != '\r' && child->line->len < LINE_MAX_BYTES)
			g_string_append_c(child->line, chunk[i]);
	}
}

static void read_more(GTask *task, GInputStream *stream);

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Child *child = g_task_get_task_data(task);
	GInputStream *stream = G_INPUT_STREAM(source);
	g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish(stream, result, NULL);
	guint which = stream == g_subprocess_get_stdout_pipe(child->process) ? 0 : 1;
	gsize size = 0;
	const char *chunk = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	if (size == 0) {
		if (which == 0 && child->on_line && child->line->len)
			hand_out_line(child);
		child_complete(task);
		return;
	}
	/* What is over the limit is read and forgotten, so that the child does not block on a full pipe. */
	g_string_append_len(child->output[which], chunk,
			    (gssize)MIN(size, OUTPUT_MAX - child->output[which]->len));
	if (which == 0 && child->on_line)
		collect_lines(child, chunk, size);
	read_more(task, stream);
}

static void read_more(GTask *task, GInputStream *stream)
{
	Child *child = g_task_get_task_data(task);

	g_input_stream_read_bytes_async(stream, 4096, G_PRIORITY_DEFAULT, child->reading, on_read, task);
}

static gboolean on_kill_time(gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child->kill_source = 0;
	signal_group(child, SIGKILL);
	g_cancellable_cancel(child->reading);
	return G_SOURCE_REMOVE;
}

static void child_stop(GTask *task, GError *reason)
{
	Child *child = g_task_get_task_data(task);

	if (child->stop_reason) {
		g_error_free(reason);
		return;
	}
	child->stop_reason = reason;
	signal_group(child, SIGTERM);
	child->kill_source = g_timeout_add_seconds(KILL_AFTER_S, on_kill_time, task);
}

static gboolean on_timeout(gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child->timeout_source = 0;
	child_stop(data, error_new(CARREL_ERROR_TIMEOUT, NULL, "%s did not end within %g s", child->program,
				   child->timeout_ms / 1000.0));
	return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child_stop(data, error_new(CARREL_ERROR_CANCELLED, NULL, "%s was cancelled", child->program));
}

/* Runs between fork and exec: only async-signal-safe calls. */
static void lead_group(gpointer data)
{
	setpgid(0, 0);
}

/* Of a bare name, "permission denied" may be about a folder in PATH that is closed to us. */
static gboolean is_missing(const char *program, const GError *error)
{
	if (strchr(program, '/'))
		return g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
	g_autofree char *found = g_find_program_in_path(program);
	return !found;
}

static GError *child_spawn(Child *child, const char *const *argv)
{
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GError) error = NULL;

	g_subprocess_launcher_set_child_setup(launcher, lead_group, NULL, NULL);
	child->process = g_subprocess_launcher_spawnv(launcher, argv, &error);
	if (error && is_missing(argv[0], error))
		return error_new(CARREL_ERROR_HOST, "install it, or put it on PATH",
				 "the program `%s' is missing", argv[0]);
	if (error)
		return error_new(CARREL_ERROR_HOST, "see that it is executable", "cannot run `%s': %s",
				 argv[0], error->message);
	const char *pid = g_subprocess_get_identifier(child->process);
	child->group = pid ? (pid_t)g_ascii_strtoll(pid, NULL, 10) : 0;
	return NULL;
}

static Child *child_new(const char *program, guint timeout_ms, ChildLine on_line, gpointer line_data)
{
	Child *child = g_new0(Child, 1);

	child->program = g_path_get_basename(program);
	child->output[0] = g_string_new(NULL);
	child->output[1] = g_string_new(NULL);
	child->line = g_string_new(NULL);
	child->reading = g_cancellable_new();
	child->on_line = on_line;
	child->line_data = line_data;
	child->timeout_ms = timeout_ms;
	return child;
}

void child_run(const char *const *argv, guint timeout_ms, ChildLine on_line, gpointer line_data,
	       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Child *child = child_new(argv[0], timeout_ms, on_line, line_data);
	GError *error = NULL;

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, child, child_free);
	if (g_cancellable_is_cancelled(cancellable))
		error = error_new(CARREL_ERROR_CANCELLED, NULL, "%s was cancelled", child->program);
	else
		error = child_spawn(child, argv);
	if (error) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	child->waiting = 3;
	g_subprocess_wait_async(child->process, NULL, on_exit_status, task);
	read_more(task, g_subprocess_get_stdout_pipe(child->process));
	read_more(task, g_subprocess_get_stderr_pipe(child->process));
	if (timeout_ms)
		child->timeout_source = g_timeout_add(timeout_ms, on_timeout, task);
	if (cancellable)
		child->cancel_handler =
			g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), task);
}

ChildResult *child_run_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

int child_run_status(GAsyncResult *result)
{
	Child *child = g_task_get_task_data(G_TASK(result));

	return child->process && g_subprocess_get_if_exited(child->process)
		       ? g_subprocess_get_exit_status(child->process)
		       : -1;
}
