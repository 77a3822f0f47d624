/* What our programs write to stderr. */
#include "base/log.h"

#include "tests/unit/support.h"

/* Each case runs in a process of its own, since the log is set up once. */
static void run_case(const char *name)
{
	g_test_trap_subprocess(name, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
}

static void say_all(void)
{
	/* A warning is fatal in tests, but not in our programs. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_debug("a debug");
	g_info("an info");
	g_message("a message");
	g_warning("a warning");
}

static void case_tool(void)
{
	log_init("carrel", LOG_STYLE_TOOL, FALSE);
	say_all();
}

static void case_verbose(void)
{
	log_init("carrel", LOG_STYLE_TOOL, TRUE);
	say_all();
}

static void case_environment(void)
{
	g_setenv("CARREL_DEBUG", "1", TRUE);
	log_init("carrel", LOG_STYLE_TOOL, FALSE);
	say_all();
}

static void case_zero(void)
{
	g_setenv("CARREL_DEBUG", "0", TRUE);
	log_init("carrel", LOG_STYLE_TOOL, FALSE);
	say_all();
}

static void case_daemon(void)
{
	log_init("carreld", LOG_STYLE_DAEMON, FALSE);
	say_all();
}

static void test_tool(void)
{
	run_case("/log/tool/subprocess/tool");
	g_test_trap_assert_stderr("*carrel: a message\ncarrel: a warning\n");
	g_test_trap_assert_stderr_unmatched("*a debug*");
	g_test_trap_assert_stderr_unmatched("*an info*");
	run_case("/log/tool/subprocess/zero");
	g_test_trap_assert_stderr_unmatched("*a debug*");
}

static void test_verbose(void)
{
	run_case("/log/verbose/subprocess/option");
	g_test_trap_assert_stderr(
		"*carrel: a debug\ncarrel: an info\ncarrel: a message\ncarrel: a warning\n");
	run_case("/log/verbose/subprocess/environment");
	g_test_trap_assert_stderr("*carrel: a debug\ncarrel: an info\n*");
}

static void test_daemon(void)
{
	run_case("/log/daemon/subprocess/daemon");
	g_test_trap_assert_stderr("*20*-*-*T*:*:*Z carreld?*? info: a message\n*"
				  "20*-*-*T*:*:*Z carreld?*? warning: a warning\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/tool", test_tool);
	g_test_add_func("/log/tool/subprocess/tool", case_tool);
	g_test_add_func("/log/tool/subprocess/zero", case_zero);
	g_test_add_func("/log/verbose", test_verbose);
	g_test_add_func("/log/verbose/subprocess/option", case_verbose);
	g_test_add_func("/log/verbose/subprocess/environment", case_environment);
	g_test_add_func("/log/daemon", test_daemon);
	g_test_add_func("/log/daemon/subprocess/daemon", case_daemon);
	return g_test_run();
}
