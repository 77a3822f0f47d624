/*
 * swtpm(8) as the TPM of one VM. We listen and swtpm inherits the socket, so QEMU can connect at once, no path of ours is parsed by swtpm (its
 * options cannot hold a comma), and nothing is waited for but the question whether it lives.
 */
#include "hv/tpm.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/paths.h"
#include "hv/process.h"

#define ANSWER_TIMEOUT_MS 10000

/* CMD_GET_CAPABILITY of swtpm_ioctls(3): the command's number, big endian; the answer is a result and a mask. */
static const guint8 capability_question[] = { 0, 0, 0, 1 };

typedef struct {
	int pid, pidfd, fd;
	char *log_file;
	gint64 log_start;
	guint answer_source, end_source, timeout_source;
	GError *stop_reason;
} TpmStart;

static void start_free(gpointer data)
{
	TpmStart *start = data;

	g_clear_handle_id(&start->answer_source, g_source_remove);
	g_clear_handle_id(&start->end_source, g_source_remove);
	g_clear_handle_id(&start->timeout_source, g_source_remove);
	fd_clear(&start->pidfd);
	fd_clear(&start->fd);
	g_clear_error(&start->stop_reason);
	g_free(start->log_file);
	g_free(start);
}

static void on_reaped(GPid pid, gint status, gpointer data)
{
	g_spawn_close_pid(pid);
}

static gboolean on_answer(gint fd, GIOCondition condition, gpointer data)
{
	g_autoptr(GTask) task = data;
	TpmStart *start = g_task_get_task_data(task);
	char answer[64];

	start->answer_source = 0;
	if (read(fd, answer, sizeof answer) <= 0) {
		/* Its end follows. */
		g_steal_pointer(&task);
		return G_SOURCE_REMOVE;
	}
	g_clear_handle_id(&start->end_source, g_source_remove);
	g_clear_handle_id(&start->timeout_source, g_source_remove);
	g_child_watch_add(start->pid, on_reaped, NULL);
	g_task_return_int(task, start->pid);
	return G_SOURCE_REMOVE;
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
	g_autoptr(GTask) task = data;
	TpmStart *start = g_task_get_task_data(task);
	g_autofree char *words = process_last_words(start->log_file, start->log_start);

	start->end_source = 0;
	g_clear_handle_id(&start->answer_source, g_source_remove);
	g_clear_handle_id(&start->timeout_source, g_source_remove);
	waitpid(start->pid, NULL, 0);
	if (start->stop_reason)
		g_task_return_error(task, g_steal_pointer(&start->stop_reason));
	else
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, NULL, "swtpm did not start: %s",
						    words ? words : "it ended without a word"));
	return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer data)
{
	TpmStart *start = g_task_get_task_data(data);

	start->timeout_source = 0;
	start->stop_reason = error_new(CARREL_ERROR_TIMEOUT, NULL, "swtpm did not answer within %d s",
				       ANSWER_TIMEOUT_MS / 1000);
	g_clear_handle_id(&start->answer_source, g_source_remove);
	kill(start->pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

static int spawn(const char *state_dir, int listening, const char *log_file, gint64 *log_start,
		 GError **error)
{
	g_autofree char *program = g_find_program_in_path("swtpm");
	g_autofree char *control = g_strdup_printf("type=unixio,fd=%d", listening);
	const int pass[] = { listening, -1 };
	char *argv[] = { program,  "socket", "--tpm2",      "--tpmstate", "dir=.",
			 "--ctrl", control,  "--terminate", NULL };

	if (!program) {
		error_set(error, CARREL_ERROR_HOST,
			  "install it, on Debian and Ubuntu with `apt install swtpm', or set tpm=off",
			  "swtpm is not installed");
		return 0;
	}
	if (!paths_ensure_private(state_dir, error))
		return 0;
	return process_spawn(argv, state_dir, log_file, pass, log_start, error);
}

void tpm_start(const char *state_dir, const char *socket, const char *log_file, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	TpmStart *start = g_new0(TpmStart, 1);
	GError *error = NULL;

	start->fd = start->pidfd = -1;
	start->log_file = g_strdup(log_file);
	g_task_set_task_data(task, start, start_free);
	/* Once it runs its pid must reach the caller, who ends it. */
	g_task_set_check_cancellable(task, FALSE);
	autofd listening = fd_listen_unix(socket, &error);
	if (listening >= 0 && fd_set_nonblocking(listening, FALSE))
		start->pid = spawn(state_dir, listening, log_file, &start->log_start, &error);
	if (start->pid > 0) {
		start->pidfd = process_pidfd(start->pid);
		start->fd = fd_connect_unix(socket, &error);
	}
	if (start->fd < 0 ||
	    send(start->fd, capability_question, sizeof capability_question, MSG_NOSIGNAL) < 0) {
		if (start->pid > 0) {
			kill(start->pid, SIGKILL);
			g_child_watch_add(start->pid, on_reaped, NULL);
		}
		g_task_return_error(
			task, error ? error : error_new(CARREL_ERROR_FAILED, NULL, "cannot talk to swtpm"));
		return;
	}
	start->answer_source = g_unix_fd_add(start->fd, G_IO_IN | G_IO_HUP, on_answer, task);
	start->end_source = g_unix_fd_add(start->pidfd, G_IO_IN, on_end, task);
	start->timeout_source = g_timeout_add(ANSWER_TIMEOUT_MS, on_timeout, task);
	g_steal_pointer(&task);
}

int tpm_start_finish(GAsyncResult *result, GError **error)
{
	gssize pid = g_task_propagate_int(G_TASK(result), error);

	return pid > 0 ? (int)pid : 0;
}

void tpm_stop(int pid)
{
	/* The pid is kept over restarts of the daemon, so make sure that it still is a swtpm. */
	if (process_argv_holds(pid, "swtpm") && kill(pid, SIGTERM) < 0 && errno != ESRCH)
		g_warning("cannot end swtpm (pid %d): %s", pid, g_strerror(errno));
}
