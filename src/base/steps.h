/*
 * Multi-step operations as tables of named steps with undo, and the one runner.
 *
 *	static const Step start_steps[] = {
 *		{ "spawn", spawn_qemu, kill_qemu },
 *		{ "greet", greet_qmp,  NULL },
 *		{ NULL },
 *	};
 *
 * A step does its part, now or later, and then calls steps_done() exactly once. When it hands an error, or the
 * operation is cancelled between two steps, the steps that were done are undone in reverse, and the operation
 * fails with that error. Undo may not fail; it calls steps_undone() exactly once, now or later.
 * Names become job progress.
 */
#pragma once

#include <gio/gio.h>

typedef struct Steps Steps;

typedef struct {
	const char *name; /* shown to people: "spawn", "firmware" */
	void (*run)(Steps *steps, gpointer context);
	void (*undo)(Steps *steps, gpointer context); /* NULL: nothing to undo */
} Step;

/* Called when step number @index (from 0) of @count begins; for progress. */
typedef void (*StepsProgress)(const char *name, guint index, guint count, gpointer context);

/* Starts running @table (ended by a NULL name). @context is handed to each step and must live until the end.
 * @progress may be NULL. The callback gets TRUE or an error from steps_run_finish(). */
void steps_run(const Step *table, gpointer context, StepsProgress progress, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data);
gboolean steps_run_finish(GAsyncResult *result, GError **error);

/* The current step's outcome: takes @error, NULL = done. */
void steps_done(Steps *steps, GError *error);
void steps_undone(Steps *steps);

/* Cancellable of the whole operation, for steps that wait. May be NULL. Borrowed. */
GCancellable *steps_cancellable(Steps *steps);

/* For tests: the step with this number fails instead of running, once; -1 = none. Also set by CARREL_FAIL_STEP=name. */
void steps_fail_at(gint index);
