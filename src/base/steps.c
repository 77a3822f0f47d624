#include "base/steps.h"

#include "base/error.h"

struct Steps {
	GTask *task;
	const Step *table;
	gpointer context;
	StepsProgress progress;
	guint count, at;
	gboolean undoing, busy;
	GError *error;
};

static gint fail_at = -1;

void steps_fail_at(gint index)
{
	fail_at = index;
}

static gboolean told_to_fail(Steps *steps)
{
	const char *name = g_getenv("CARREL_FAIL_STEP");

	if (fail_at >= 0 && (guint)fail_at == steps->at) {
		fail_at = -1;
		return TRUE;
	}
	return name && g_str_equal(name, steps->table[steps->at].name);
}

static void steps_finish(Steps *steps)
{
	g_autoptr(GTask) task = steps->task;

	if (steps->error)
		g_task_return_error(task, g_steal_pointer(&steps->error));
	else
		g_task_return_boolean(task, TRUE);
	g_free(steps);
}

/* Undoes what is done, from the step before the failed one down to the first. */
static void steps_undo(Steps *steps)
{
	steps->undoing = TRUE;
	while (steps->at > 0) {
		const Step *step = &steps->table[--steps->at];
		if (step->undo) {
			g_debug("undo step %s", step->name);
			step->undo(steps, steps->context);
			return;
		}
	}
	steps_finish(steps);
}

GCancellable *steps_cancellable(Steps *steps)
{
	return g_task_get_cancellable(steps->task);
}

static void steps_next(Steps *steps)
{
	const Step *step = &steps->table[steps->at];

	if (!steps->error && g_cancellable_is_cancelled(steps_cancellable(steps)))
		steps->error = error_new(CARREL_ERROR_CANCELLED, NULL, "the operation was cancelled");
	if (steps->error) {
		steps_undo(steps);
		return;
	}
	if (!step->name) {
		steps_finish(steps);
		return;
	}
	if (steps->progress)
		steps->progress(step->name, steps->at, steps->count, steps->context);
	if (told_to_fail(steps)) {
		steps->busy = TRUE;
		steps_done(steps,
			   error_new(CARREL_ERROR_FAILED, NULL, "step `%s' was told to fail", step->name));
		return;
	}
	g_debug("step %s", step->name);
	steps->busy = TRUE;
	step->run(steps, steps->context);
}

void steps_done(Steps *steps, GError *error)
{
	g_return_if_fail(steps->busy && !steps->undoing);
	steps->busy = FALSE;
	steps->error = error;
	if (!error)
		steps->at++;
	steps_next(steps);
}

void steps_undone(Steps *steps)
{
	g_return_if_fail(steps->undoing);
	steps_undo(steps);
}

void steps_run(const Step *table, gpointer context, StepsProgress progress, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data)
{
	Steps *steps = g_new0(Steps, 1);

	steps->task = g_task_new(NULL, cancellable, callback, data);
	g_task_set_check_cancellable(steps->task, FALSE);
	steps->table = table;
	steps->context = context;
	steps->progress = progress;
	while (table[steps->count].name)
		steps->count++;
	steps_next(steps);
}

gboolean steps_run_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
