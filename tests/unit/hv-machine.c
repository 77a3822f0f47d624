#include "hv-machine.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"

const char *const machine_plain[] = { "generation=1", "secure_boot=off", "memory=64M", NULL };

static void on_machine(Machine *machine, MachineEvent event, const char *detail, gpointer data)
{
	static const char *const names[] = { "running",  "paused",   "reset", "shutdown",
					     "panicked", "io-error", "lost",  "gone" };
	MachineFixture *fixture = data;

	g_assert_false(fixture->gone); /* it is the last one */
	g_string_append_printf(fixture->events, "%s ", names[event]);
	if (detail) {
		g_free(fixture->detail);
		fixture->detail = g_strdup(detail);
	}
	fixture->gone = event == MACHINE_GONE;
	if (fixture->gone && fixture->free_when_gone)
		machine_free(machine);
}

void machine_set_up(MachineFixture *fixture, gconstpointer tricks)
{
	g_autofree char *run = paths_vm_run_dir(TEST_ID);

	g_setenv("FAKE_QEMU", tricks ? tricks : "", TRUE);
	fixture->events = g_string_new(NULL);
	fixture->caps = test_caps();
	g_free(fixture->caps->binary);
	fixture->caps->binary = test_program("tests/fakes/fake-qemu");
	fixture->folder = paths_vm_dir("test");
	fixture->log = g_build_filename(fixture->folder, "qemu.log", NULL);
	g_assert_true(paths_ensure_private(run, NULL) && paths_ensure_private(fixture->folder, NULL));
	fixture->options = (MachineOptions){ TEST_ID, "test", fixture->log, on_machine, fixture };
}

void machine_set_up_plain(MachineFixture *fixture, gconstpointer data)
{
	machine_set_up(fixture, NULL);
}

void machine_tear_down(MachineFixture *fixture, gconstpointer data)
{
	g_assert_true(file_remove_tree(fixture->folder, NULL));
	g_string_free(fixture->events, TRUE);
	g_free(fixture->detail);
	qemu_caps_free(fixture->caps);
	g_free(fixture->folder);
	g_free(fixture->log);
}

gboolean machine_use_real(MachineFixture *fixture)
{
	qemu_caps_free(fixture->caps);
	fixture->caps = test_real_caps();
	if (!fixture->caps)
		g_test_skip("no QEMU is installed");
	return fixture->caps != NULL;
}

char **machine_argv(MachineFixture *fixture, const char *const *settings, const Firmware *firmware,
		    gboolean incoming)
{
	g_autoptr(VmSpec) spec = test_spec(settings);
	g_autofree char *qmp = paths_vm_run_file(TEST_ID, "qmp"), *qga = paths_vm_run_file(TEST_ID, "qga");
	g_autofree char *vnc = paths_vm_run_file(TEST_ID, "vnc"),
			*serial = paths_vm_run_file(TEST_ID, "serial");
	g_autofree char *pid = paths_vm_run_file(TEST_ID, "pid");
	g_autofree char *log = g_build_filename(fixture->folder, "serial.log", NULL);
	g_autofree char *memory = g_build_filename(fixture->folder, "memory", NULL);
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
				.ports = ports,
				.incoming = incoming,
				.no_balloon = fixture->no_balloon,
				.memory_kind = fixture->memory_kind,
				.memory_file = fixture->memory_kind ? memory : NULL };
	g_autoptr(GError) error = NULL;
	char **argv = qemu_argv_build(spec, &context, &error);

	g_assert_no_error(error);
	return argv;
}

Machine *machine_start(MachineFixture *fixture, const char *const *settings, const Firmware *firmware,
		       gboolean incoming)
{
	g_auto(GStrv) argv = machine_argv(fixture, settings, firmware, incoming);
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	fixture->gone = FALSE;
	machine_spawn(&fixture->options, argv, NULL, NULL, test_catch, &caught);
	Machine *machine = machine_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	return machine;
}

void machine_end(MachineFixture *fixture, Machine *machine)
{
	machine_kill(machine);
	test_wait(&fixture->gone);
	machine_free(machine);
	machine_assert_nothing_left();
}

void machine_assert_nothing_left(void)
{
	static const char *const files[] = { "qmp", "pid", "vnc", "serial", "qga" };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = paths_vm_run_file(TEST_ID, files[i]);
		g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	/* No child, not even a dead one. */
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint(errno, ==, ECHILD);
}

char *machine_ask(Machine *machine, const char *command, JsonNode *arguments)
{
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	qmp_execute(machine_qmp(machine), command, arguments, 0, test_catch, &caught);
	g_autoptr(JsonNode) node = qmp_execute_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
	return json_text(node, FALSE);
}

void machine_assert_state(Machine *machine, const char *state)
{
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	cmd_query_status(machine, test_catch, &caught);
	g_autofree char *text = cmd_query_status_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, state);
	test_forget(&caught);
}

void machine_run(Machine *machine, void (*command)(Machine *, GAsyncReadyCallback, gpointer))
{
	Caught caught = { NULL };
	g_autoptr(GError) error = NULL;

	command(machine, test_catch, &caught);
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
}
