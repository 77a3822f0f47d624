/* Short-lived helper programs (qemu-img, builders): run, collect bounded output, time out, cancel. */
#pragma once

#include <gio/gio.h>

typedef struct {
	char *out; /* stdout, at most 1 MiB, NUL-terminated */
	char *err; /* stderr, likewise */
} ChildResult;

void child_result_free(ChildResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChildResult, child_result_free)

/* Called on the main loop for each line that the child writes to stdout, ended by a newline or a carriage return and cut to 4 KiB, as long as it runs. */
typedef void (*ChildLine)(const char *line, gpointer data);

/*
 * Runs @argv (found by PATH; NULL-terminated) with /dev/null as stdin. Outcomes of child_run_finish():
 * exit 0: a result, owned by the caller. Otherwise NULL and an error: CARREL_ERROR_HOST when the program is missing,
 * CARREL_ERROR_TIMEOUT after @timeout_ms (0: none), CARREL_ERROR_CANCELLED, else CARREL_ERROR_FAILED with the
 * program's last line of stderr. A timed-out or cancelled child gets TERM, and KILL two seconds later, together with
 * all that it started (it leads a process group); the result is given only when it is gone. @on_line may be NULL.
 */
void child_run(const char *const *argv, guint timeout_ms, ChildLine on_line, gpointer line_data,
	       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
ChildResult *child_run_finish(GAsyncResult *result, GError **error);

/* Exit status of the program whose @result this is, -1 when it was never started or a signal ended it. */
int child_run_status(GAsyncResult *result);
