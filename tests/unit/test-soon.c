/* Work put off: once for many causes, behind what is more urgent, and yet never for ever. */
#include "base/soon.h"

#include "tests/unit/support.h"

static guint calls;

static void on_call(gpointer data)
{
	calls++;
}

static gboolean count(gpointer data)
{
	++*(guint *)data;
	return G_SOURCE_CONTINUE;
}

static void test_once(void)
{
	Soon *soon = soon_new(G_PRIORITY_DEFAULT_IDLE, on_call, NULL);

	calls = 0;
	for (int i = 0; i < 10; i++)
		soon_ask(soon, 0);
	g_assert_true(soon_is_asked(soon));
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(calls, ==, 1);
	g_assert_false(soon_is_asked(soon));
	soon_ask(soon, 1);
	wait_until(calls == 2);
	soon_ask(soon, 0);
	soon_free(soon);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(calls, ==, 2);
}

/* A loop that always has something more urgent to do, as with a guest that paints faster than it is read. */
static void test_busy(void)
{
	Soon *soon = soon_new(G_PRIORITY_DEFAULT_IDLE, on_call, NULL);
	guint turns = 0, busy = g_idle_add_full(G_PRIORITY_DEFAULT, count, &turns, NULL);

	calls = 0;
	soon_ask(soon, 0);
	g_main_context_iteration(NULL, FALSE);
	g_assert_cmpuint(turns, ==, 1);
	g_assert_cmpuint(calls, ==, 0);
	wait_until(calls == 1);
	g_source_remove(busy);
	soon_free(soon);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/soon/once", test_once);
	g_test_add_func("/soon/busy", test_busy);
	return g_test_run();
}
