/* The runner of step tables: order, undo in reverse, a failure at every step in turn, cancelling. */
#include "base/steps.h"

#include "tests/unit/support.h"

/* What happened, one letter an event: "+a" run, "-a" undone. */
typedef struct {
	GString *log;
	GString *progress;
	GCancellable *cancellable;
	const char *cancel_in; /* the step that cancels the operation while it runs */
} Context;

static void note(Context *context, char sign, const char *name)
{
	g_string_append_printf(context->log, "%c%s ", sign, name);
}

static void finish_step(Steps *steps, Context *context, const char *name)
{
	note(context, '+', name);
	if (g_strcmp0(context->cancel_in, name) == 0)
		g_cancellable_cancel(context->cancellable);
	steps_done(steps, NULL);
}

static void run_a(Steps *steps, gpointer context)
{
	finish_step(steps, context, "a");
}

static void run_c(Steps *steps, gpointer context)
{
	finish_step(steps, context, "c");
}

static void run_d(Steps *steps, gpointer context)
{
	g_assert_true(steps_cancellable(steps) == ((Context *)context)->cancellable);
	finish_step(steps, context, "d");
}

typedef struct {
	Steps *steps;
	Context *context;
} Later;

static gboolean b_is_done(gpointer data)
{
	g_autofree Later *later = data;

	finish_step(later->steps, later->context, "b");
	return G_SOURCE_REMOVE;
}

static gboolean b_is_undone(gpointer data)
{
	g_autofree Later *later = data;

	note(later->context, '-', "b");
	steps_undone(later->steps);
	return G_SOURCE_REMOVE;
}

static Later *later_new(Steps *steps, Context *context)
{
	Later *later = g_new(Later, 1);

	*later = (Later){ steps, context };
	return later;
}

static void run_b(Steps *steps, gpointer context)
{
	g_idle_add(b_is_done, later_new(steps, context));
}

static void undo_a(Steps *steps, gpointer context)
{
	note(context, '-', "a");
	steps_undone(steps);
}

static void undo_b(Steps *steps, gpointer context)
{
	g_idle_add(b_is_undone, later_new(steps, context));
}

static void undo_d(Steps *steps, gpointer context)
{
	note(context, '-', "d");
	steps_undone(steps);
}

/* At once and later, with undo and without. */
static const Step table[] = {
	{"a",   run_a, undo_a},
        { "b",  run_b, undo_b},
        { "c",  run_c, NULL  },
	{ "d",  run_d, undo_d},
        { NULL, NULL,  NULL  },
};

static void on_progress(const char *name, guint index, guint count, gpointer data)
{
	Context *context = data;

	g_string_append_printf(context->progress, "%s %u/%u ", name, index, count);
}

static Context *context_new(void)
{
	Context *context = g_new0(Context, 1);

	context->log = g_string_new(NULL);
	context->progress = g_string_new(NULL);
	context->cancellable = g_cancellable_new();
	return context;
}

static void context_free(Context *context)
{
	g_string_free(context->log, TRUE);
	g_string_free(context->progress, TRUE);
	g_object_unref(context->cancellable);
	g_free(context);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Context, context_free)

static gboolean run(const Step *steps, Context *context, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	steps_run(steps, context, on_progress, context->cancellable, keep_result, &result);
	wait_until(result);
	return steps_run_finish(result, error);
}

static void test_order(void)
{
	g_autoptr(Context) context = context_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(run(table, context, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(context->log->str, ==, "+a +b +c +d ");
	g_assert_cmpstr(context->progress->str, ==, "a 0/4 b 1/4 c 2/4 d 3/4 ");
}

static void test_empty(void)
{
	static const Step none[] = {
		{NULL, NULL, NULL}
	};
	g_autoptr(GAsyncResult) result = NULL;

	steps_run(none, NULL, NULL, NULL, keep_result, &result);
	wait_until(result);
	g_assert_true(steps_run_finish(result, NULL));
}

/* Log after a failure at step 0, 1, 2, 3. */
static const char *const undone_logs[] = { "", "+a -a ", "+a +b -b -a ", "+a +b +c -b -a " };

static void test_fail_each(void)
{
	for (gint i = 0; i < 4; i++) {
		g_autoptr(Context) context = context_new();
		g_autoptr(GError) error = NULL;
		steps_fail_at(i);
		g_assert_false(run(table, context, &error));
		assert_carrel_error(error, CARREL_ERROR_FAILED, "was told to fail");
		g_assert_cmpstr(context->log->str, ==, undone_logs[i]);
	}
	/* Once only. */
	g_autoptr(Context) context = context_new();
	g_assert_true(run(table, context, NULL));
	steps_fail_at(0);
	steps_fail_at(-1);
	g_assert_true(run(table, context, NULL));
}

static void test_fail_by_environment(void)
{
	g_autoptr(Context) context = context_new();
	g_autoptr(GError) error = NULL;

	g_setenv("CARREL_FAIL_STEP", "c", TRUE);
	g_assert_false(run(table, context, &error));
	g_unsetenv("CARREL_FAIL_STEP");
	assert_carrel_error(error, CARREL_ERROR_FAILED, "step `c'");
	g_assert_cmpstr(context->log->str, ==, undone_logs[2]);
}

static void run_broken(Steps *steps, gpointer context)
{
	steps_done(steps, error_new(CARREL_ERROR_HOST, "get one", "there is no tool"));
}

/* The step's own error arrives whole. */
static void test_own_error(void)
{
	static const Step broken[] = {
		{"a",   run_a,      undo_a},
                { "x",  run_broken, undo_d},
                { NULL, NULL,       NULL  }
	};
	g_autoptr(Context) context = context_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(run(broken, context, &error));
	g_assert_cmpstr(error_hint(error), ==, "get one");
	assert_carrel_error(error, CARREL_ERROR_HOST, "there is no tool");
	g_assert_cmpstr(context->log->str, ==, "+a -a ");
}

/* Cancelled before the start, and while each step runs: what is done is undone, the rest is not begun. */
static void test_cancel(void)
{
	static const char *const names[] = { NULL, "a", "b", "c", "d" };
	static const char *const logs[] = { "", "+a -a ", "+a +b -b -a ", "+a +b +c -b -a ",
					    "+a +b +c +d -d -b -a " };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Context) context = context_new();
		g_autoptr(GError) error = NULL;
		context->cancel_in = names[i];
		if (!names[i])
			g_cancellable_cancel(context->cancellable);
		g_assert_false(run(table, context, &error));
		assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
		g_assert_cmpstr(context->log->str, ==, logs[i]);
	}
}

/* Two at once do not touch each other. */
static void test_two(void)
{
	g_autoptr(Context) one = context_new();
	g_autoptr(Context) two = context_new();
	g_autoptr(GAsyncResult) first = NULL;
	g_autoptr(GAsyncResult) second = NULL;

	two->cancel_in = "b";
	steps_run(table, one, NULL, one->cancellable, keep_result, &first);
	steps_run(table, two, NULL, two->cancellable, keep_result, &second);
	wait_until(first && second);
	g_assert_true(steps_run_finish(first, NULL));
	g_assert_false(steps_run_finish(second, NULL));
	g_assert_cmpstr(one->log->str, ==, "+a +b +c +d ");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/steps/order", test_order);
	g_test_add_func("/steps/empty", test_empty);
	g_test_add_func("/steps/fail-each", test_fail_each);
	g_test_add_func("/steps/fail-by-environment", test_fail_by_environment);
	g_test_add_func("/steps/own-error", test_own_error);
	g_test_add_func("/steps/cancel", test_cancel);
	g_test_add_func("/steps/two", test_two);
	return g_test_run();
}
