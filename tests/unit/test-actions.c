/* The action table against the API's description and the states that there are. */
#include "api/api-desc.h"
#include "client/actions.h"
#include "support.h"

static const char *const states[] = { "off",    "starting", "running",  "pausing",   "paused",  "resuming",
				      "saving", "saved",    "stopping", "resetting", "critical" };

static void test_methods(void)
{
	for (guint id = 0; id < ACTION_COUNT; id++) {
		const Action *action = action_get(id);
		GDBusMethodInfo *method = g_dbus_interface_info_lookup_method(
			(GDBusInterfaceInfo *)&io_carrel_vm_interface, action->method);
		g_assert_nonnull(method);
		/* The flag must agree with what the method takes. */
		g_assert_cmpint(method->in_args && method->in_args[0], ==, action->options);
		g_assert_true(action_find(action->verb) == action);
	}
	g_assert_null(action_find("explode"));
}

/* Every word of every row is a state; a state is not found inside of another word. */
static void test_states(void)
{
	for (guint id = 0; id < ACTION_COUNT; id++) {
		const Action *action = action_get(id);
		g_auto(GStrv) words = g_strsplit(action->states, " ", -1);
		guint possible = 0;
		for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
			possible += action_possible(action, states[i]);
		g_assert_cmpuint(possible, ==, g_strv_length(words));
	}
	g_assert_true(action_possible(action_get(ACTION_TURN_OFF), "critical"));
	g_assert_true(action_possible(action_get(ACTION_TURN_OFF), "resetting"));
	g_assert_false(action_possible(action_get(ACTION_TURN_OFF), "off"));
	g_assert_false(action_possible(action_get(ACTION_START), "of"));
	g_assert_false(action_possible(action_get(ACTION_START), ""));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/actions/methods", test_methods);
	g_test_add_func("/actions/states", test_states);
	return g_test_run();
}
