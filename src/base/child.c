#include "base/child.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define OUTPUT_MAX (1024 * 1024)
#define KILL_AFTER_S 2

/* One running child. It ends when three things happened: both pipes at EOF and the exit status known. */
typedef struct {
	GSubprocess *process;
	char *program;
	GString *output[2]; /* stdout, stderr */
	gsize line_start;   /* of the first stdout line not handed to on_line */
	ChildLine on_line;
	gpointer line_data;
	guint waiting;
	guint timeout_ms, timeout_source, kill_source;
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
	g_clear_error(&child->stop_reason);
	g_free(child);
}

static const char *last_line(const char *text)
{
	const char *line = strrchr(text, '\n');

	return line ? line + 1 : text;
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
	g_strchomp(child->output[1]->str);
	if (child->stop_reason) {
		g_task_return_error(task, g_steal_pointer(&child->stop_reason));
	} else if (g_subprocess_get_successful(child->process)) {
		ChildResult *result = g_new0(ChildResult, 1);
		result->out = g_strdup(child->output[0]->str);
		result->err = g_strdup(child->output[1]->str);
		g_task_return_pointer(task, result, (GDestroyNotify)child_result_free);
	} else if (g_subprocess_get_if_exited(child->process)) {
		const char *words = last_line(child->output[1]->str);
		g_task_return_error(task, *words ? error_new(CARREL_ERROR_FAILED, NULL, "%s failed: %s", child->program, words)
						 : error_new(CARREL_ERROR_FAILED, NULL, "%s failed with status %d", child->program,
							     g_subprocess_get_exit_status(child->process)));
	} else {
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, NULL, "%s was killed by signal %d", child->program,
						    g_subprocess_get_term_sig(child->process)));
	}
	g_object_unref(task);
}

static void on_exit_status(GObject *source, GAsyncResult *result, gpointer data)
{
	g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
	child_complete(data);
}

static void hand_out_lines(Child *child)
{
	GString *out = child->output[0];
	char *newline;

	while (child->on_line && (newline = strchr(out->str + child->line_start, '\n'))) {
		g_autofree char *line = g_strndup(out->str + child->line_start, (gsize)(newline - out->str) - child->line_start);
		child->line_start = (gsize)(newline - out->str) + 1;
		child->on_line(line, child->line_data);
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
		child_complete(task);
		return;
	}
	/* What is over the limit is read and forgotten, so that the child does not block on a full pipe. */
	g_string_append_len(child->output[which], chunk, (gssize)MIN(size, OUTPUT_MAX - child->output[which]->len));
	if (which == 0)
		hand_out_lines(child);
	read_more(task, stream);
}

static void read_more(GTask *task, GInputStream *stream)
{
	g_input_stream_read_bytes_async(stream, 4096, G_PRIORITY_DEFAULT, NULL, on_read, task);
}

static gboolean on_kill_time(gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child->kill_source = 0;
	g_subprocess_force_exit(child->process);
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
	g_subprocess_send_signal(child->process, SIGTERM);
	child->kill_source = g_timeout_add_seconds(KILL_AFTER_S, on_kill_time, task);
}

static gboolean on_timeout(gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child->timeout_source = 0;
	child_stop(data, error_new(CARREL_ERROR_TIMEOUT, NULL, "%s did not end within %u s", child->program,
				   child->timeout_ms / 1000));
	return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	Child *child = g_task_get_task_data(data);

	child_stop(data, error_new(CARREL_ERROR_CANCELLED, NULL, "%s was cancelled", child->program));
}

void child_run(const char *const *argv, guint timeout_ms, ChildLine on_line, gpointer line_data, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Child *child = g_new0(Child, 1);
	g_autoptr(GError) error = NULL;

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, child, child_free);
	child->program = g_path_get_basename(argv[0]);
	child->output[0] = g_string_new(NULL);
	child->output[1] = g_string_new(NULL);
	child->on_line = on_line;
	child->line_data = line_data;
	child->timeout_ms = timeout_ms;
	child->process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	if (!child->process) {
		g_task_return_error(task, error_new(CARREL_ERROR_HOST, "install it, or put it on PATH", "cannot run `%s': %s",
						    argv[0], error->message));
		g_object_unref(task);
		return;
	}
	child->waiting = 3;
	g_subprocess_wait_async(child->process, NULL, on_exit_status, task);
	read_more(task, g_subprocess_get_stdout_pipe(child->process));
	read_more(task, g_subprocess_get_stderr_pipe(child->process));
	if (timeout_ms)
		child->timeout_source = g_timeout_add(timeout_ms, on_timeout, task);
	if (cancellable && g_cancellable_is_cancelled(cancellable))
		on_cancelled(cancellable, task);
	else if (cancellable)
		child->cancel_handler = g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), task);
}

ChildResult *child_run_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
