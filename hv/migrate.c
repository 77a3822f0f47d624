/*
 * Saving a machine's memory and devices into a file, and loading them: QEMU's migration over a file descriptor, which a sandboxed QEMU may use
 * without opening anything. QEMU docs/devel/migration.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "hv/machine-private.h"
#include "hv/qmp-cmds-private.h"

#define TIMEOUT_MS 60000
#define POLL_MS    50
#define FD_NAME    "carrel-state"
/* First bytes of every migration stream. */
#define STREAM_MAGIC "QEVM"
/* Far above any disk; QEMU's default is 128 MiB/s. It must fit a double and a size_t in QEMU. */
#define BANDWIDTH_MAX (G_GINT64_CONSTANT(1) << 40)

/* One save or load on its way through a row of commands. */
typedef struct {
	Machine *machine;
	gboolean saving;
	const struct Begin *steps;
	char *file, *part; /* part: NULL when loading */
	int fd;
	guint64 size; /* of the file, when loading */
	CmdProgress progress;
	gpointer progress_data;
	guint step;
	guint poll_source;
	gboolean cancel_sent;
	GError *error; /* why it was cancelled */
} Transfer;

static void transfer_free(gpointer data)
{
	Transfer *transfer = data;

	g_clear_handle_id(&transfer->poll_source, g_source_remove);
	machine_release(transfer->machine);
	fd_clear(&transfer->fd);
	g_free(transfer->file);
	g_free(transfer->part);
	g_clear_error(&transfer->error);
	g_free(transfer);
}

/* Every end goes through here. Takes over the task's reference and @error. */
static void end(GTask *task, GError *error)
{
	Transfer *transfer = g_task_get_task_data(task);

	if (error && transfer->part && unlink(transfer->part) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", transfer->part, g_strerror(errno));
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

/* --- the file is complete: make it last --- */

static void on_folder_synced(GObject *source, GAsyncResult *result, gpointer data)
{
	child_result_free(child_run_finish(result, NULL));
	/* The data is safe already; without this a power failure might take the new name back. */
	end(data, NULL);
}

static void on_synced(GObject *source, GAsyncResult *result, gpointer data)
{
	Transfer *transfer = g_task_get_task_data(data);
	GError *error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (child && rename(transfer->part, transfer->file) < 0)
		file_error(&error, errno, "write", transfer->file);
	if (error) {
		end(data, error);
		return;
	}
	g_autofree char *folder = g_path_get_dirname(transfer->file);
	const char *argv[] = { "sync", folder, NULL };
	child_run(argv, 0, NULL, NULL, NULL, on_folder_synced, data);
}

/* fsync of gigabytes takes long, so a child does it: sync(1) with a file is fsync(2) of it. */
static void sync_part(GTask *task)
{
	Transfer *transfer = g_task_get_task_data(task);
	const char *argv[] = { "sync", transfer->part, NULL };

	fd_clear(&transfer->fd);
	child_run(argv, 0, NULL, NULL, NULL, on_synced, task);
}

/* --- waiting for the end of the migration --- */

static gboolean on_poll(gpointer data);

static GError *failure(Transfer *transfer, const char *status, JsonObject *object)
{
	const char *words = json_string_or(object, "error-desc", "QEMU does not say why");
	const char *doing = transfer->saving ? "saving" : "restoring";
	struct stat st;

	if (transfer->error)
		return g_steal_pointer(&transfer->error);
	/* QEMU says only "failed" when a write did; the usual reason can be tried. */
	if (transfer->saving && fstat(transfer->fd, &st) == 0 &&
	    posix_fallocate(transfer->fd, st.st_size, 65536) == ENOSPC)
		return error_new(CARREL_ERROR_FAILED, "free some space on that file system, then try again",
				 "saving VM `%s' failed: no space left for `%s'",
				 machine_name(transfer->machine), transfer->file);
	return error_new(CARREL_ERROR_FAILED, NULL, "%s VM `%s' %s: %s", doing,
			 machine_name(transfer->machine), status, words);
}

static void report(Transfer *transfer, JsonObject *object)
{
	JsonObject *ram = json_get_object(object, "ram", NULL);
	guint64 total = ram ? (guint64)json_int_or(ram, "total", 0) : 0;
	guint64 done = ram ? total - (guint64)json_int_or(ram, "remaining", 0) : 0;

	if (!transfer->saving) {
		/* The receiving side counts nothing, but its descriptor shares the file's position with ours. */
		off_t position = lseek(transfer->fd, 0, SEEK_CUR);
		done = position > 0 ? (guint64)position : 0;
		total = transfer->size;
	}
	if (transfer->progress && total > 0)
		transfer->progress(MIN(done, total), total, transfer->progress_data);
}

static void send_cancel(GTask *task)
{
	Transfer *transfer = g_task_get_task_data(task);
	Qmp *qmp = machine_qmp(transfer->machine);

	if (!transfer->saving || transfer->cancel_sent ||
	    !g_cancellable_is_cancelled(g_task_get_cancellable(task)))
		return;
	transfer->cancel_sent = TRUE;
	transfer->error = error_new(CARREL_ERROR_CANCELLED, NULL, "saving VM `%s' was cancelled",
				    machine_name(transfer->machine));
	if (qmp)
		qmp_execute(qmp, "migrate_cancel", NULL, 0, NULL, NULL);
}

static void on_migration(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Transfer *transfer = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);
	JsonObject *object = node ? json_as_object(node, "the answer to query-migrate", &error) : NULL;

	if (error) {
		if (!transfer->saving)
			g_prefix_error(&error, "restoring VM `%s' failed: ", machine_name(transfer->machine));
		end(task, error);
		return;
	}
	/* Empty before the receiving side has begun. */
	const char *status = json_string_or(object, "status", "setup");
	report(transfer, object);
	if (g_str_equal(status, "failed") || g_str_equal(status, "cancelled")) {
		end(task, failure(transfer, status, object));
	} else if (!g_str_equal(status, "completed")) {
		send_cancel(task);
		transfer->poll_source = g_timeout_add(POLL_MS, on_poll, task);
	} else if (transfer->saving) {
		sync_part(task);
	} else {
		end(task, NULL);
	}
}

static gboolean on_poll(gpointer data)
{
	Transfer *transfer = g_task_get_task_data(data);
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(transfer->machine, &error);

	transfer->poll_source = 0;
	if (qmp)
		qmp_execute(qmp, "query-migrate", NULL, TIMEOUT_MS, on_migration, data);
	else
		end(data, error);
	return G_SOURCE_REMOVE;
}

/* --- the row of commands that begin it --- */

static JsonNode *fd_name(void)
{
	return cmd_arguments("fdname", FD_NAME, NULL);
}

static JsonNode *bandwidth(void)
{
	JsonNode *arguments = cmd_arguments(NULL, NULL);

	json_object_set_int_member(json_node_get_object(arguments), "max-bandwidth", BANDWIDTH_MAX);
	return arguments;
}

static JsonNode *fd_uri(void)
{
	return cmd_arguments("uri", "fd:" FD_NAME, NULL);
}

/* Memory that is a shared file stays where it is. The capability is part of the stream's format, so both sides must have it alike. */
static JsonNode *ignore_shared(gboolean on)
{
	return json_parse(on ? "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}"
			     : "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":false}]}",
			  -1, NULL);
}

static JsonNode *without_memory(void)
{
	return ignore_shared(TRUE);
}

static JsonNode *with_memory(void)
{
	return ignore_shared(FALSE);
}

typedef struct Begin {
	const char *command;
	JsonNode *(*arguments)(void); /* NULL: none */
	gboolean with_fd;
} Begin;

/* A clone of a template has the capability still on, hence the second row. */
static const Begin save_steps[] = {
	{"stop",		      NULL,        FALSE},
	{ "migrate-set-capabilities", with_memory, FALSE},
	{ "migrate-set-parameters",   bandwidth,   FALSE},
	{ "getfd",		    fd_name,     TRUE },
	{ "migrate",                  fd_uri,      FALSE},
	{ NULL,		       NULL,        FALSE},
};

static const Begin save_template_steps[] = {
	{"stop",		      NULL,           FALSE},
	{ "migrate-set-capabilities", without_memory, FALSE},
	{ "migrate-set-parameters",   bandwidth,      FALSE},
	{ "getfd",		    fd_name,        TRUE },
	{ "migrate",                  fd_uri,         FALSE},
	{ NULL,		       NULL,           FALSE},
};

static const Begin load_steps[] = {
	{"getfd",             fd_name, TRUE },
	{ "migrate-incoming", fd_uri,  FALSE},
	{ NULL,               NULL,    FALSE},
};

static const Begin load_template_steps[] = {
	{"migrate-set-capabilities", without_memory, FALSE},
	{ "getfd",		   fd_name,        TRUE },
	{ "migrate-incoming",        fd_uri,         FALSE},
	{ NULL,		      NULL,           FALSE},
};

static void begin_next(GTask *task);

static void on_begun(GObject *source, GAsyncResult *result, gpointer data)
{
	Transfer *transfer = g_task_get_task_data(data);
	GError *error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	transfer->step++;
	if (node)
		begin_next(data);
	else
		end(data, error);
}

static void begin_next(GTask *task)
{
	Transfer *transfer = g_task_get_task_data(task);
	const Begin *begin = transfer->steps + transfer->step;
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(transfer->machine, &error);

	if (!qmp || g_cancellable_set_error_if_cancelled(g_task_get_cancellable(task), &error))
		end(task, error);
	else if (begin->command)
		qmp_execute_fd(qmp, begin->command, begin->arguments ? begin->arguments() : NULL,
			       begin->with_fd ? transfer->fd : -1, TIMEOUT_MS, on_begun, task);
	else
		on_poll(task);
}

static GTask *transfer_new(Machine *machine, const Begin *steps, const char *file, CmdProgress progress,
			   gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
			   gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Transfer *transfer = g_new0(Transfer, 1);

	transfer->machine = machine_hold(machine);
	transfer->steps = steps;
	transfer->file = g_strdup(file);
	transfer->fd = -1;
	transfer->progress = progress;
	transfer->progress_data = progress_data;
	g_task_set_task_data(task, transfer, transfer_free);
	g_task_set_check_cancellable(task, FALSE);
	return task;
}

/* Takes over @task. */
static void save(GTask *task)
{
	Transfer *transfer = g_task_get_task_data(task);
	GError *error = NULL;

	transfer->saving = TRUE;
	transfer->part = g_strconcat(transfer->file, ".part", NULL);
	transfer->fd = open(transfer->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (transfer->fd >= 0) {
		begin_next(task);
		return;
	}
	file_error(&error, errno, "write", transfer->part);
	end(task, error);
}

void cmd_save_state(Machine *machine, const char *file, CmdProgress progress, gpointer progress_data,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	save(transfer_new(machine, save_steps, file, progress, progress_data, cancellable, callback, data));
}

void cmd_save_template(Machine *machine, const char *file, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data)
{
	save(transfer_new(machine, save_template_steps, file, NULL, NULL, cancellable, callback, data));
}

/* QEMU exits on a stream that it does not understand; say it here while the machine still is there. */
static gboolean check_state(Transfer *transfer, GError **error)
{
	char magic[4];
	struct stat st;

	if (transfer->fd < 0 || fstat(transfer->fd, &st) < 0)
		return file_error(error, errno, "open", transfer->file);
	if (pread(transfer->fd, magic, sizeof magic, 0) != sizeof magic ||
	    memcmp(magic, STREAM_MAGIC, sizeof magic) != 0)
		return error_set(error, CARREL_ERROR_FAILED, "turn the VM off to discard it",
				 "`%s' does not hold a saved state", transfer->file);
	transfer->size = (guint64)st.st_size;
	return TRUE;
}

/* Takes over @task. */
static void load(GTask *task)
{
	Transfer *transfer = g_task_get_task_data(task);
	GError *error = NULL;

	transfer->fd = open(transfer->file, O_RDONLY | O_CLOEXEC);
	if (check_state(transfer, &error))
		begin_next(task);
	else
		end(task, error);
}

void cmd_load_state(Machine *machine, const char *file, CmdProgress progress, gpointer progress_data,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	load(transfer_new(machine, load_steps, file, progress, progress_data, cancellable, callback, data));
}

void cmd_load_template(Machine *machine, const char *file, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data)
{
	load(transfer_new(machine, load_template_steps, file, NULL, NULL, cancellable, callback, data));
}
