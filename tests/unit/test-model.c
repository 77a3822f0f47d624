/*
 * Operations on VMs, run against a fake QEMU: each ends as it says, and when any of its steps fails nothing is left behind and nothing is lost.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/model-fixture.h"

static void test_create(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_true(has_file(vm, "vm.conf"));
	g_assert_true(has_file(vm, "disk0.qcow2"));
	g_autoptr(GError) error = create(f, "WEB");
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_EXISTS);
	g_assert_cmpuint(store_entries(f), ==, 1);
}

static void test_create_fails(Fixture *f, gconstpointer data)
{
	guint steps = 0;

	for (;; steps++) {
		g_assert_cmpuint(steps, <, MAX_STEPS);
		steps_fail_at((gint)steps);
		g_autoptr(GError) error = create(f, "web");
		steps_fail_at(-1);
		if (!error)
			break;
		told_to_fail(error);
		g_assert_cmpuint(store_entries(f), ==, 0);
		g_assert_cmpuint(model_vms(f->model)->len, ==, 0);
	}
	g_assert_cmpuint(steps, >=, 5);
	g_assert_cmpuint(model_vms(f->model)->len, ==, 1);
}

static void test_lifecycle(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	must(vm, VM_OP_START);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	int pid = vm_pid(vm);
	g_assert_cmpint(kill(pid, 0), ==, 0);
	must(vm, VM_OP_PAUSE);
	g_assert_cmpint(vm_state(vm), ==, VM_PAUSED);
	must(vm, VM_OP_RESUME);
	must(vm, VM_OP_RESET);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	g_autoptr(GError) error = run_op(vm, VM_OP_START, NULL);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
	must(vm, VM_OP_SAVE);
	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
	g_assert_cmpint(vm_pid(vm), ==, 0);
	g_assert_false(run_dir_exists(vm));
	must(vm, VM_OP_START);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	g_assert_false(has_file(vm, "saved-state"));
	must(vm, VM_OP_TURN_OFF);
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_false(run_dir_exists(vm));
	must(vm, VM_OP_DELETE);
	g_assert_cmpuint(model_vms(f->model)->len, ==, 0);
	g_assert_cmpuint(store_entries(f), ==, 0);
}

static void check_off(Vm *vm)
{
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_cmpint(vm_pid(vm), ==, 0);
	g_assert_false(run_dir_exists(vm));
	g_assert_cmpstr(vm_status(vm), ==, "");
}

static void test_start_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	/* The last step comes when the guest runs already and cannot fail by itself; it removes a file. */
	g_assert_cmpuint(fail_each_step(vm, VM_OP_START, NULL, check_off), >=, 9);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
}

static void check_saved(Vm *vm)
{
	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
	g_assert_cmpint(vm_pid(vm), ==, 0);
	g_assert_true(has_file(vm, "saved-state"));
	g_assert_false(has_file(vm, "saved-state.used"));
	g_assert_false(run_dir_exists(vm));
}

static void test_restore_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	must(vm, VM_OP_START);
	must(vm, VM_OP_SAVE);
	fail_each_step(vm, VM_OP_START, NULL, check_saved);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	g_assert_false(has_file(vm, "saved-state.used"));
}

static void check_running(Vm *vm)
{
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	g_assert_false(has_file(vm, "saved-state"));
	g_assert_false(has_file(vm, "saved-state.part"));
}

static void test_save_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	must(vm, VM_OP_START);
	g_assert_cmpuint(fail_each_step(vm, VM_OP_SAVE, NULL, check_running), ==, 4);
	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
}

static void check_there(Vm *vm)
{
	g_assert_true(has_file(vm, "vm.conf"));
	g_assert_true(has_file(vm, "disk0.qcow2"));
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
}

static void test_delete_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	fail_each_step(vm, VM_OP_DELETE, NULL, check_there);
	g_assert_cmpuint(model_vms(f->model)->len, ==, 0);
	g_assert_cmpuint(store_entries(f), ==, 0);
}

static void test_keep_disks(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	VmOpOptions options = { .keep_disks = TRUE };
	g_autofree char *disk = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);
	g_autofree char *conf = g_build_filename(vm_folder(vm), "vm.conf", NULL);
	g_autoptr(GError) error = run_op(vm, VM_OP_DELETE, &options);

	g_assert_no_error(error);
	g_assert_true(g_file_test(disk, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(conf, G_FILE_TEST_EXISTS));
	g_autoptr(GError) taken = create(f, "web");
	g_assert_error(taken, CARREL_ERROR, CARREL_ERROR_EXISTS);
}

/* The daemon dies without a word; the next one finds the VM as it was. */
static void test_adopt(Fixture *f, gconstpointer data)
{
	static const VmOp before[] = { VM_OP_RESUME, VM_OP_PAUSE };
	static const VmState expected[] = { VM_RUNNING, VM_PAUSED };
	Vm *vm = create_vm(f, "web");
	int pid;

	must(vm, VM_OP_START);
	pid = vm_pid(vm);
	for (guint i = 0; i < G_N_ELEMENTS(before); i++) {
		if (before[i] == VM_OP_PAUSE)
			must(vm, VM_OP_PAUSE);
		model_free(f->model);
		open_model(f);
		vm = model_find_vm(f->model, "web", NULL);
		g_assert_cmpint(vm_pid(vm), ==, pid);
		g_assert_cmpint(vm_state(vm), ==, expected[i]);
		g_assert_cmpstr(vm_accelerator(vm), ==, "tcg");
	}
}

static void test_turn_off_while_starting(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	g_autoptr(GError) error = NULL;
	g_autoptr(Job) start = job_ref(vm_operate(vm, VM_OP_START, NULL, &error));
	Job *off = vm_operate(vm, VM_OP_TURN_OFF, NULL, &error);

	g_assert_no_error(error);
	error = wait_job(off);
	g_assert_no_error(error);
	g_assert_cmpint(start->state, !=, JOB_RUNNING);
	check_off(vm);
}

static void test_killed(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	must(vm, VM_OP_START);
	kill(vm_pid(vm), SIGKILL);
	g_autoptr(GError) error = run_op(vm, VM_OP_SHUTDOWN, NULL);
	while (vm_pid(vm))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_false(run_dir_exists(vm));
}

static void test_store_locked(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(model_new(&error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_EXISTS);
	g_assert_nonnull(strstr(error->message, "is held by another carreld"));
}

static void test_missing_disk(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	g_autofree char *disk = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);

	g_assert_cmpint(g_unlink(disk), ==, 0);
	g_autoptr(GError) error = run_op(vm, VM_OP_START, NULL);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, disk));
	check_off(vm);
}

static void test_rename(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	g_autoptr(GError) error = NULL;
	g_autofree char *id = g_strdup(vm_id(vm));

	create_vm(f, "other");
	g_assert_false(vm_rename(vm, "other", &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_EXISTS);
	g_clear_error(&error);
	g_assert_false(vm_rename(vm, "a/b", &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_USAGE);
	g_clear_error(&error);
	g_assert_true(vm_rename(vm, "www", &error));
	g_assert_true(model_find_vm(f->model, "www", NULL) == vm);
	g_assert_cmpstr(vm_id(vm), ==, id);
	must(vm, VM_OP_START);
	g_assert_false(vm_rename(vm, "x", &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
}

/* An edit by hand counts at once, a broken one is told and hurts nobody else. */
static void test_edited(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	Vm *other = create_vm(f, "other");
	g_autofree char *conf = g_build_filename(vm_folder(vm), "vm.conf", NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(conf, &text, NULL, NULL));
	g_autofree char *more = g_strconcat(text, "cpus = 3\n", NULL);
	g_assert_true(g_file_set_contents(conf, more, -1, NULL));
	model_rescan(f->model);
	g_assert_cmpint(vm_spec(vm)->cpus, ==, 3);
	g_autofree char *broken = g_strconcat(text, "cpus = three\n", NULL);
	g_assert_true(g_file_set_contents(conf, broken, -1, NULL));
	model_rescan(f->model);
	g_assert_nonnull(strstr(vm_status(vm), "vm.conf:"));
	g_autoptr(GError) error = run_op(vm, VM_OP_START, NULL);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_USAGE);
	must(other, VM_OP_START);
	g_assert_true(g_file_set_contents(conf, text, -1, NULL));
	model_rescan(f->model);
	g_assert_cmpstr(vm_status(vm), ==, "");
}

typedef struct {
	const char *name;
	void (*test)(Fixture *f, gconstpointer data);
} TestRow;

static const TestRow tests[] = {
	{"/model/create",                      test_create                 },
	{ "/model/create-fails-at-each-step",  test_create_fails           },
	{ "/model/lifecycle",                  test_lifecycle              },
	{ "/model/start-fails-at-each-step",   test_start_fails            },
	{ "/model/restore-fails-at-each-step", test_restore_fails          },
	{ "/model/save-fails-at-each-step",    test_save_fails             },
	{ "/model/delete-fails-at-each-step",  test_delete_fails           },
	{ "/model/keep-disks",                 test_keep_disks             },
	{ "/model/adopt",                      test_adopt                  },
	{ "/model/turn-off-while-starting",    test_turn_off_while_starting},
	{ "/model/killed",                     test_killed                 },
	{ "/model/store-locked",               test_store_locked           },
	{ "/model/missing-disk",               test_missing_disk           },
	{ "/model/rename",                     test_rename                 },
	{ "/model/edited",                     test_edited                 },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Failures are provoked here, and warned about. */
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
