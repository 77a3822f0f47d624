/* Machines: spawning and adopting the fake QEMU at its edges, and the real one with the real command line. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv-util.h"
#include "hv/qmp-cmds.h"

#define ID "6f1d2c3b-0a1b-4c5d-8e9f-102030405060"

/* What the watch saw. */
typedef struct {
	GString *events;
	gboolean gone;
	char *detail; /* of the last event that had one */
	Machine *free_when_gone;
} Seen;

static void on_machine(Machine *machine, MachineEvent event, const char *detail, gpointer data)
{
	static const char *const names[] = { "running",  "paused",   "reset", "shutdown",
					     "panicked", "io-error", "lost",  "gone" };
	Seen *seen = data;

	g_assert_false(seen->gone); /* it is the last one */
	g_string_append_printf(seen->events, "%s ", names[event]);
	if (detail) {
		g_free(seen->detail);
		seen->detail = g_strdup(detail);
	}
	seen->gone = event == MACHINE_GONE;
	if (seen->gone && seen->free_when_gone)
		machine_free(machine);
}

typedef struct {
	Seen seen;
	QemuCaps *caps;
	char *folder, *log;
	MachineOptions options;
} Fixture;

static void set_up_with(Fixture *fixture, const char *tricks)
{
	g_autofree char *run = paths_vm_run_dir(ID);

	g_setenv("FAKE_QEMU", tricks ? tricks : "", TRUE);
	fixture->seen.events = g_string_new(NULL);
	fixture->caps = test_caps();
	g_free(fixture->caps->binary);
	fixture->caps->binary = test_program("tests/fakes/fake-qemu");
	fixture->folder = paths_vm_dir("test");
	fixture->log = g_build_filename(fixture->folder, "qemu.log", NULL);
	g_assert_true(paths_ensure_private(run, NULL) && paths_ensure_private(fixture->folder, NULL));
	fixture->options = (MachineOptions){ ID, "test", fixture->log, on_machine, &fixture->seen };
}

static void set_up(Fixture *fixture, gconstpointer tricks)
{
	set_up_with(fixture, tricks);
}

/* Test data is no tricks there. */
static void set_up_real(Fixture *fixture, gconstpointer data)
{
	set_up_with(fixture, NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_assert_true(file_remove_tree(fixture->folder, NULL));
	g_string_free(fixture->seen.events, TRUE);
	g_free(fixture->seen.detail);
	qemu_caps_free(fixture->caps);
	g_free(fixture->folder);
	g_free(fixture->log);
}

static char **command_line(Fixture *fixture, const char *const *settings, const Firmware *firmware)
{
	g_autoptr(VmSpec) spec = test_spec(settings);
	g_autofree char *qmp = paths_vm_run_file(ID, "qmp"), *qga = paths_vm_run_file(ID, "qga");
	g_autofree char *vnc = paths_vm_run_file(ID, "vnc"), *serial = paths_vm_run_file(ID, "serial");
	g_autofree char *pid = paths_vm_run_file(ID, "pid");
	g_autofree char *log = g_build_filename(fixture->folder, "serial.log", NULL);
	NetPort ports[4] = { { NETDEV_USER }, { NETDEV_USER }, { NETDEV_USER }, { NETDEV_USER } };
	ArgvContext context = { .caps = fixture->caps,
				.firmware = firmware,
				.vm_dir = fixture->folder,
				.qmp_socket = qmp,
				.qga_socket = qga,
				.vnc_socket = vnc,
				.serial_socket = serial,
				.serial_log = log,
				.pid_file = pid,
				.ports = ports };
	g_autoptr(GError) error = NULL;
	char **argv = qemu_argv_build(spec, &context, &error);

	g_assert_no_error(error);
	return argv;
}

static const char *const plain[] = { "generation=1", "secure_boot=off", "memory=64M", NULL };

static Machine *spawn_with(Fixture *fixture, const int *fds, GCancellable *cancellable, GError **error)
{
	g_auto(GStrv) argv = command_line(fixture, plain, NULL);
	Caught caught = { NULL };

	machine_spawn(&fixture->options, argv, fds, cancellable, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), error);
	test_forget(&caught);
	return machine;
}

static Machine *spawn(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = spawn_with(fixture, NULL, NULL, &error);

	g_assert_no_error(error);
	return machine;
}

static Machine *adopt(Fixture *fixture, GError **error)
{
	Caught caught = { NULL };

	machine_adopt(&fixture->options, NULL, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), error);
	test_forget(&caught);
	return machine;
}

static void run_command(Machine *machine, void (*command)(Machine *, GAsyncReadyCallback, gpointer))
{
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	command(machine, test_catch, &caught);
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
}

static char *status(Machine *machine)
{
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	cmd_query_status(machine, test_catch, &caught);
	char *text = cmd_query_status_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	return text;
}

static void assert_nothing_left(void)
{
	static const char *const files[] = { "qmp", "pid", "vnc", "serial", "qga" };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = paths_vm_run_file(ID, files[i]);
		g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	/* No child, not even a dead one. */
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint(errno, ==, ECHILD);
}

static void end(Fixture *fixture, Machine *machine)
{
	machine_kill(machine);
	test_wait(&fixture->seen.gone);
	machine_free(machine);
	assert_nothing_left();
}

static void wait_events(Fixture *fixture, const char *events)
{
	while (!g_str_equal(fixture->seen.events->str, events)) {
		g_assert_true(g_str_has_prefix(events, fixture->seen.events->str));
		g_main_context_iteration(NULL, TRUE);
	}
}

/* --- with the fake --- */

static void test_life(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);
	guint64 cpu, resident;

	g_assert_cmpint(machine_pid(machine), >, 0);
	g_assert_cmpint(getsid(machine_pid(machine)), ==, machine_pid(machine));
	g_assert_true(machine_sample(machine, &cpu, &resident));
	g_assert_cmpuint(resident, >, 100 * 1024);
	g_autofree char *before = status(machine);
	g_assert_cmpstr(before, ==, "prelaunch");
	run_command(machine, cmd_cont);
	run_command(machine, cmd_stop);
	run_command(machine, cmd_cont);
	run_command(machine, cmd_system_reset);
	run_command(machine, cmd_system_powerdown);
	test_wait(&fixture->seen.gone);
	g_assert_cmpstr(fixture->seen.events->str, ==, "running paused running reset shutdown gone ");
	g_assert_null(fixture->seen.detail);
	g_assert_false(machine_sample(machine, &cpu, &resident));
	g_assert_null(machine_qmp(machine));
	machine_free(machine);
	assert_nothing_left();
}

static void test_guest_events(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);

	run_command(machine, cmd_cont);
	kill(machine_pid(machine), SIGUSR2);
	wait_events(fixture, "running io-error paused ");
	g_assert_cmpstr(fixture->seen.detail, ==, "disk0: cannot write: no space left on the host");
	kill(machine_pid(machine), SIGWINCH);
	wait_events(fixture, "running io-error paused panicked paused ");
	kill(machine_pid(machine), SIGUSR1);
	test_wait(&fixture->seen.gone);
	machine_free(machine);
	assert_nothing_left();
}

static void test_dies_at_start(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_autofree char *message = error_message(error);
	g_assert_cmpstr(message, ==, "QEMU for VM `test' did not start: Failed to get \"write\" lock");
	g_assert_nonnull(strstr(error_hint(error), "qemu.log"));
	g_assert_cmpstr(fixture->seen.events->str, ==, "");
	assert_nothing_left();
}

static void test_no_program(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;

	g_free(fixture->caps->binary);
	fixture->caps->binary = g_strdup("/nowhere/qemu");
	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	assert_nothing_left();
}

static gboolean on_cancel_time(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

/* Whether QEMU is silent, mute or slow: giving up leaves no process. */
static void test_cancel(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_timeout_add(30, on_cancel_time, cancellable);
	g_assert_null(spawn_with(fixture, NULL, cancellable, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	assert_nothing_left();
}

static void test_cancelled_before(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	g_assert_null(spawn_with(fixture, NULL, cancellable, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	assert_nothing_left();
}

static void test_slow(Fixture *fixture, gconstpointer tricks)
{
	end(fixture, spawn(fixture));
}

static void test_crash(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	fixture->seen.free_when_gone = machine;
	cmd_system_reset(machine, test_catch, &caught);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	test_forget(&caught);
	test_wait(&fixture->seen.gone);
	g_assert_cmpstr(fixture->seen.detail, ==, "QEMU was killed by signal 6 (Aborted)");
	assert_nothing_left();
}

static void test_bad_status(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);
	Caught caught = { NULL };

	qmp_execute(machine_qmp(machine), "fake-exit", json_from_string("{\"status\":3}", NULL), 0,
		    test_catch, &caught);
	test_wait(&fixture->seen.gone);
	test_await(&caught);
	test_forget(&caught);
	g_assert_cmpstr(fixture->seen.detail, ==, "QEMU ended with status 3");
	machine_free(machine);
	assert_nothing_left();
}

/* The monitor's connection is cut while QEMU lives: the owner hears it, and what state it is in after the reconnect. */
static void test_lost(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	run_command(machine, cmd_cont);
	kill(machine_pid(machine), SIGHUP);
	while (machine_qmp(machine))
		g_main_context_iteration(NULL, TRUE);
	cmd_stop(machine, test_catch, &caught);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	test_forget(&caught);
	wait_events(fixture, "running lost running ");
	g_assert_nonnull(machine_qmp(machine));
	end(fixture, machine);
}

/* The daemon's death: the machine is let go, and found again in whatever state. */
static void test_adopt(Fixture *fixture, gconstpointer tricks)
{
	Machine *first = spawn(fixture);
	int pid = machine_pid(first);
	g_autoptr(GError) error = NULL;

	run_command(first, cmd_cont);
	machine_free(first);
	Machine *second = adopt(fixture, &error);
	g_assert_no_error(error);
	g_assert_cmpint(machine_pid(second), ==, pid);
	g_autofree char *state = status(second);
	g_assert_cmpstr(state, ==, "running");
	g_assert_null(spawn_with(fixture, NULL, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
	g_string_truncate(fixture->seen.events, 0);
	run_command(second, cmd_quit);
	test_wait(&fixture->seen.gone);
	g_assert_null(fixture->seen.detail);
	machine_free(second);
	/* Reaped for the one who let it go. */
	while (waitpid(pid, NULL, WNOHANG) == 0 || kill(pid, 0) == 0)
		g_main_context_iteration(NULL, FALSE);
	assert_nothing_left();
}

static void test_adopt_hung(Fixture *fixture, gconstpointer tricks)
{
	Machine *first = spawn(fixture);
	int pid = machine_pid(first);
	g_autoptr(GError) error = NULL;

	machine_free(first);
	kill(pid, SIGSTOP);
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*does not answer*");
	Machine *second = adopt(fixture, &error);
	g_test_assert_expected_messages();
	g_assert_no_error(error);
	machine_kill(second);
	test_wait(&fixture->seen.gone);
	machine_free(second);
	while (kill(pid, 0) == 0)
		g_main_context_iteration(NULL, FALSE);
	assert_nothing_left();
}

/* A pid file that names a process of somebody else, or nobody. */
static void test_adopt_stale(Fixture *fixture, gconstpointer tricks)
{
	g_autofree char *path = paths_vm_run_file(ID, "pid");
	const int pids[] = { 0, 1, (int)getpid(), 0x7ffffff0 };

	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
		g_autofree char *text = g_strdup_printf("%d\n", pids[i]);
		g_autoptr(GError) error = NULL;
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		g_assert_null(adopt(fixture, &error));
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND);
		assert_nothing_left();
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
static void test_fds(Fixture *fixture, gconstpointer tricks)
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
	end(fixture, machine);
	for (gsize i = 0; i < 2; i++) {
		close(secret[i]);
		close(wanted[i]);
	}
}

static void test_commands(Fixture *fixture, gconstpointer tricks)
{
	Machine *machine = spawn(fixture);
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
	end(fixture, machine);
}

/* --- with the real one --- */

static void make_disk(Fixture *fixture, const char *name, const char *size)
{
	g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
	const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", path, size, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
}

static gboolean use_real(Fixture *fixture)
{
	qemu_caps_free(fixture->caps);
	fixture->caps = test_real_caps();
	if (!fixture->caps)
		g_test_skip("no QEMU is installed");
	return fixture->caps != NULL;
}

typedef struct {
	const char *name;
	const char *settings[16];
} RealCase;

static const RealCase real_cases[] = {
	{"gen1",
         { "generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.bus=ide", "+disk", "+nic",
	    "iso=medium.iso" }									  },
	{ "gen2",
         { "generation=2", "secure_boot=off", "memory=128M", "+disk", "+disk", "disk1.bus=scsi", "+nic",
	    "video=virtio" }									    },
	{ "gen2-secure-boot",
         { "generation=2", "memory=128M", "+disk", "disk0.bus=nvme", "+disk", "disk1.bus=sata", "+nic" }},
	{ "gen2-nics",
         { "secure_boot=off", "memory=128M", "+nic", "+nic", "nic1.model=e1000", "+nic", "nic2.model=e1000e",
	    "+nic", "nic3.model=rtl8139" }							      },
	{ "gen1-sata",
         { "generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.bus=sata", "+disk",
	    "disk1.bus=scsi" }									  },
};

/* The generated command line is one that QEMU takes, without a word of complaint. */
static void test_real(Fixture *fixture, gconstpointer data)
{
	const RealCase *test = data;
	g_autoptr(VmSpec) spec = test_spec(test->settings);
	g_autoptr(Firmware) firmware = NULL;
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	if (!use_real(fixture))
		return;
	make_disk(fixture, "disk0.qcow2", "8M");
	make_disk(fixture, "disk1.qcow2", "8M");
	make_disk(fixture, "medium.iso", "8M");
	make_disk(fixture, "nvram.qcow2", "540672");
	if (spec->generation == 2)
		firmware = firmware_find("x86_64", fixture->caps->machine_q35, spec->secure_boot, NULL);
	if (spec->generation == 2 && !firmware) {
		g_test_skip("no UEFI firmware is installed");
		return;
	}
	g_auto(GStrv) argv = command_line(fixture, test->settings, firmware);
	machine_spawn(&fixture->options, argv, NULL, NULL, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	g_autofree char *state = status(machine);
	g_assert_cmpstr(state, ==, "prelaunch");
	cmd_change_iso(machine, "", test_catch, &caught);
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	cmd_change_iso(machine, argv[0], test_catch, &caught);
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	run_command(machine, cmd_quit);
	test_wait(&fixture->seen.gone);
	g_assert_null(fixture->seen.detail);
	machine_free(machine);
	assert_nothing_left();
	g_autofree char *words = file_tail(fixture->log, 4096);
	g_assert_null(strstr(words, "warning"));
}

static void test_real_words(Fixture *fixture, gconstpointer data)
{
	static const char *const settings[] = { "generation=1", "secure_boot=off", "+disk", NULL };
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	if (!use_real(fixture))
		return;
	g_auto(GStrv) argv = command_line(fixture, settings, NULL);
	machine_spawn(&fixture->options, argv, NULL, NULL, test_catch, &caught);
	g_assert_null(machine_finish(test_await(&caught), &error));
	test_forget(&caught);
	g_assert_nonnull(strstr(error->message, "disk0.qcow2"));
	g_assert_nonnull(strstr(error->message, "No such file"));
	g_assert_null(strstr(error->message, "Z qemu"));
	assert_nothing_left();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, tricks, function) g_test_add(path, Fixture, tricks, set_up, function, tear_down)
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
	for (gsize i = 0; i < G_N_ELEMENTS(real_cases); i++) {
		g_autofree char *path = g_strconcat("/machine/real/", real_cases[i].name, NULL);
		g_test_add(path, Fixture, &real_cases[i], set_up_real, test_real, tear_down);
	}
	ADD("/machine/real/words", NULL, test_real_words);
	return test_run_in_home();
}
