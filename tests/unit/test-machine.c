/* Machines: spawning and adopting the fake QEMU at its edges. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/paths.h"
#include "hv-machine.h"

static Machine *spawn_with(MachineFixture *fixture, const int *fds, GCancellable *cancellable, GError **error)
{
	g_auto(GStrv) argv = machine_argv(fixture, machine_plain, NULL, FALSE);
	Caught caught = { NULL };

	machine_spawn(&fixture->options, argv, fds, cancellable, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), error);
	test_forget(&caught);
	return machine;
}

static Machine *adopt(MachineFixture *fixture, GError **error)
{
	Caught caught = { NULL };

	machine_adopt(&fixture->options, NULL, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), error);
	test_forget(&caught);
	return machine;
}

static void wait_events(MachineFixture *fixture, const char *events)
{
	while (!g_str_equal(fixture->events->str, events)) {
		g_assert_true(g_str_has_prefix(events, fixture->events->str));
		g_main_context_iteration(NULL, TRUE);
	}
}

/* --- with the fake --- */

static void test_life(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);
	guint64 cpu, resident;

	g_assert_cmpint(machine_pid(machine), >, 0);
	g_assert_cmpint(getsid(machine_pid(machine)), ==, machine_pid(machine));
	g_assert_true(machine_sample(machine, &cpu, &resident));
	g_assert_cmpuint(resident, >, 100 * 1024);
	machine_assert_state(machine, "prelaunch");
	machine_run(machine, cmd_cont);
	machine_run(machine, cmd_stop);
	machine_run(machine, cmd_cont);
	machine_run(machine, cmd_system_reset);
	machine_run(machine, cmd_system_powerdown);
	test_wait(&fixture->gone);
	g_assert_cmpstr(fixture->events->str, ==, "running paused running reset shutdown gone ");
	g_assert_null(fixture->detail);
	g_assert_false(machine_sample(machine, &cpu, &resident));
	g_assert_null(machine_qmp(machine));
	machine_free(machine);
	machine_assert_nothing_left();
}

static void test_guest_events(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);

	machine_run(machine, cmd_cont);
	kill(machine_pid(machine), SIGUSR2);
	wait_events(fixture, "running io-error paused ");
	g_assert_cmpstr(fixture->detail, ==, "disk0: cannot write: no space left on the host");
	kill(machine_pid(machine), SIGWINCH);
	wait_events(fixture, "running io-error paused panicked paused ");
	kill(machine_pid(machine), SIGUSR1);
	test_wait(&fixture->gone);
	machine_free(machine);
	machine_assert_nothing_left();
}

static void test_dies_at_start(MachineFixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_autofree char *message = error_message(error);
	g_assert_cmpstr(message, ==, "QEMU for VM `test' did not start: Failed to get \"write\" lock");
	g_assert_nonnull(strstr(error_hint(error), "qemu.log"));
	g_assert_cmpstr(fixture->events->str, ==, "");
	machine_assert_nothing_left();
}

static void test_no_program(MachineFixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;

	g_free(fixture->caps->binary);
	fixture->caps->binary = g_strdup("/nowhere/qemu");
	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	machine_assert_nothing_left();
}

static gboolean on_cancel_time(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

/* Whether QEMU is silent, mute or slow: giving up leaves no process. */
static void test_cancel(MachineFixture *fixture, gconstpointer tricks)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_timeout_add(30, on_cancel_time, cancellable);
	g_assert_null(spawn_with(fixture, NULL, cancellable, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	machine_assert_nothing_left();
}

static void test_cancelled_before(MachineFixture *fixture, gconstpointer tricks)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	g_assert_null(spawn_with(fixture, NULL, cancellable, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	machine_assert_nothing_left();
}

static void test_slow(MachineFixture *fixture, gconstpointer tricks)
{
	machine_end(fixture, machine_start(fixture, machine_plain, NULL, FALSE));
}

static void test_crash(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	fixture->free_when_gone = machine;
	cmd_system_reset(machine, test_catch, &caught);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	test_forget(&caught);
	test_wait(&fixture->gone);
	g_assert_cmpstr(fixture->detail, ==, "QEMU was killed by signal 6 (Aborted)");
	machine_assert_nothing_left();
}

static void test_bad_status(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);
	Caught caught = { NULL };

	qmp_execute(machine_qmp(machine), "fake-exit", json_from_string("{\"status\":3}", NULL), 0,
		    test_catch, &caught);
	test_wait(&fixture->gone);
	test_await(&caught);
	test_forget(&caught);
	g_assert_cmpstr(fixture->detail, ==, "QEMU ended with status 3");
	machine_free(machine);
	machine_assert_nothing_left();
}

/* The monitor's connection is cut while QEMU lives: the owner hears it, and what state it is in after the reconnect. */
static void test_lost(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	machine_run(machine, cmd_cont);
	kill(machine_pid(machine), SIGHUP);
	while (machine_qmp(machine))
		g_main_context_iteration(NULL, TRUE);
	cmd_stop(machine, test_catch, &caught);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	test_forget(&caught);
	wait_events(fixture, "running lost running ");
	g_assert_nonnull(machine_qmp(machine));
	machine_end(fixture, machine);
}

/* The daemon's death: the machine is let go, and found again in whatever state. */
static void test_adopt(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *first = machine_start(fixture, machine_plain, NULL, FALSE);
	int pid = machine_pid(first);
	g_autoptr(GError) error = NULL;

	machine_run(first, cmd_cont);
	machine_free(first);
	Machine *second = adopt(fixture, &error);
	g_assert_no_error(error);
	g_assert_cmpint(machine_pid(second), ==, pid);
	machine_assert_state(second, "running");
	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
	g_string_truncate(fixture->events, 0);
	machine_run(second, cmd_quit);
	test_wait(&fixture->gone);
	g_assert_null(fixture->detail);
	machine_free(second);
	/* Reaped for the one who let it go. */
	while (waitpid(pid, NULL, WNOHANG) == 0 || kill(pid, 0) == 0)
		g_main_context_iteration(NULL, FALSE);
	machine_assert_nothing_left();
}

static void test_adopt_hung(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *first = machine_start(fixture, machine_plain, NULL, FALSE);
	int pid = machine_pid(first);
	g_autoptr(GError) error = NULL;

	machine_free(first);
	kill(pid, SIGSTOP);
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*does not answer*");
	Machine *second = adopt(fixture, &error);
	g_test_assert_expected_messages();
	g_assert_no_error(error);
	machine_kill(second);
	test_wait(&fixture->gone);
	machine_free(second);
	while (kill(pid, 0) == 0)
		g_main_context_iteration(NULL, FALSE);
	machine_assert_nothing_left();
}

/* A pid file that names a process of somebody else, or nobody. */
static void test_adopt_stale(MachineFixture *fixture, gconstpointer tricks)
{
	g_autofree char *path = paths_vm_run_file(TEST_ID, "pid");
	const int pids[] = { 0, 1, (int)getpid(), 0x7ffffff0 };

	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
		g_autofree char *text = g_strdup_printf("%d\n", pids[i]);
		g_autoptr(GError) error = NULL;
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		g_assert_null(adopt(fixture, &error));
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND);
		machine_assert_nothing_left();
	}
}

static GHashTable *links_of(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	GHashTable *links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_hash_table_insert(links, g_strdup(name), g_file_read_link(file, NULL));
	}
	return links;
}

/* The child has what was passed, and nothing else of ours. */
static void test_fds(MachineFixture *fixture, gconstpointer tricks)
{
	int secret[2], wanted[2];
	g_autofree char *number = NULL;

	g_assert_cmpint(pipe(secret), ==, 0); /* not even close-on-exec */
	g_assert_cmpint(pipe(wanted), ==, 0);
	const int pass[] = { wanted[1], -1 };
	Machine *machine = spawn_with(fixture, pass, NULL, NULL);
	g_autoptr(GHashTable) theirs = links_of(machine_pid(machine));
	g_autoptr(GHashTable) ours = links_of((int)getpid());
	g_autofree char *hidden = g_strdup_printf("%d", secret[0]);
	number = g_strdup_printf("%d", wanted[1]);
	g_assert_cmpstr(g_hash_table_lookup(theirs, number), ==, g_hash_table_lookup(ours, number));
	g_assert_cmpstr(g_hash_table_lookup(theirs, hidden), !=, g_hash_table_lookup(ours, hidden));
	g_assert_cmpstr(g_hash_table_lookup(theirs, "0"), ==, "/dev/null");
	g_assert_cmpstr(g_hash_table_lookup(theirs, "1"), ==, fixture->log);
	g_assert_cmpstr(g_hash_table_lookup(theirs, "2"), ==, fixture->log);
	machine_end(fixture, machine);
	for (gsize i = 0; i < 2; i++) {
		close(secret[i]);
		close(wanted[i]);
	}
}

static void test_commands(MachineFixture *fixture, gconstpointer tricks)
{
	Machine *machine = machine_start(fixture, machine_plain, NULL, FALSE);
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *missing = g_build_filename(fixture->folder, "missing.iso", NULL);

	cmd_set_link(machine, "nic0", FALSE, test_catch, &caught);
	g_assert_true(cmd_finish(test_await(&caught), NULL));
	test_forget(&caught);
	cmd_change_iso(machine, fixture->caps->binary, test_catch, &caught);
	g_assert_true(cmd_finish(test_await(&caught), NULL));
	test_forget(&caught);
	cmd_change_iso(machine, missing, test_catch, &caught);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "missing.iso"));
	test_forget(&caught);
	machine_end(fixture, machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, tricks, function)                                                                          \
	g_test_add(path, MachineFixture, tricks, machine_set_up, function, machine_tear_down)
	ADD("/machine/life", NULL, test_life);
	ADD("/machine/life-chatty", "chatty", test_life);
	ADD("/machine/guest-events", NULL, test_guest_events);
	ADD("/machine/dies-at-start", "die=Failed to get \"write\" lock", test_dies_at_start);
	ADD("/machine/no-program", NULL, test_no_program);
	ADD("/machine/cancel-silent", "silent", test_cancel);
	ADD("/machine/cancel-mute", "mute", test_cancel);
	ADD("/machine/cancel-slow", "slow=100000", test_cancel);
	ADD("/machine/cancelled-before", NULL, test_cancelled_before);
	ADD("/machine/slow", "slow=50", test_slow);
	ADD("/machine/crash", "crash=system_reset", test_crash);
	ADD("/machine/bad-status", NULL, test_bad_status);
	ADD("/machine/lost", NULL, test_lost);
	ADD("/machine/adopt", NULL, test_adopt);
	ADD("/machine/adopt-hung", NULL, test_adopt_hung);
	ADD("/machine/adopt-stale", NULL, test_adopt_stale);
	ADD("/machine/fds", NULL, test_fds);
	ADD("/machine/commands", NULL, test_commands);
	return test_run_in_home();
}
