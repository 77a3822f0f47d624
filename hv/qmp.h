/*
 * QMP client: async, ids, events, disconnect. No knowledge of commands; those are in qmp-cmds.h.
 * QEMU docs/interop/qmp-spec. A reply may have up to 64 MiB; lines are read by base/lines.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef struct Qmp Qmp;

/* @name e.g. "SHUTDOWN"; @data may be NULL; both borrowed. */
typedef void (*QmpEvent)(Qmp *qmp, const char *name, JsonObject *data, gpointer user);
/* The connection ended: EOF (@error NULL) or nonsense. Called once, after all pending commands failed. */
typedef void (*QmpClosed)(Qmp *qmp, const GError *error, gpointer user);

/* Takes ownership of the connected @fd; greets lazily. Commands may be queued at once. */
Qmp *qmp_new(int fd, QmpEvent on_event, QmpClosed on_closed, gpointer user);
/* Closes; pending commands fail with CANCELLED; no callback to on_closed. May be called from a callback. */
void qmp_free(Qmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qmp, qmp_free)
gboolean qmp_is_open(const Qmp *qmp);

/*
 * Runs @command with @arguments (object node, consumed, may be NULL). Outcomes of qmp_execute_finish():
 * success: the "return" value, owned by the caller. QMP error: NULL, CARREL_ERROR_FAILED with QEMU's description.
 * Connection lost or closed: NULL, CARREL_ERROR_FAILED "QEMU closed its monitor". @timeout_ms (0 = none): CARREL_ERROR_TIMEOUT; a late reply
 * is dropped.
 */
void qmp_execute(Qmp *qmp, const char *command, JsonNode *arguments, guint timeout_ms,
		 GAsyncReadyCallback callback, gpointer data);
/* Sends @fd (borrowed) by SCM_RIGHTS along with the command; for getfd, add_client. */
void qmp_execute_fd(Qmp *qmp, const char *command, JsonNode *arguments, int fd, guint timeout_ms,
		    GAsyncReadyCallback callback, gpointer data);
JsonNode *qmp_execute_finish(GAsyncResult *result, GError **error);
