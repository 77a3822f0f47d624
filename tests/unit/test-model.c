/*
 * Operations on VMs, run against a fake QEMU: each ends as it says, and when any of its steps fails nothing is left behind and nothing is lost.
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/steps.h"
#include "model/model.h"

/* A test that waits longer than this hangs. */
#define PATIENCE_S 60

typedef struct {
	char *home;
	Model *model;
	gboolean ready, timed_out;
} Fixture;

static gboolean on_patience(gpointer data)
{
	g_error("the test waits for something that does not happen");
	return G_SOURCE_REMOVE;
}

static void iterate_until(gboolean (*done)(gpointer data), gpointer data)
{
	guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

	while (!done(data))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(patience);
}

static void on_ready(GObject *source, GAsyncResult *result, gpointer data)
{
	Fixture *f = data;

	g_assert_true(model_ready_finish(f->model, result, NULL));
	f->ready = TRUE;
}

static gboolean is_ready(gpointer data)
{
	return ((Fixture *)data)->ready;
}

static void open_model(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	f->ready = FALSE;
	f->model = model_new(&error);
	g_assert_no_error(error);
	model_ready(f->model, on_ready, f);
	iterate_until(is_ready, f);
}

static void setup(Fixture *f, gconstpointer data)
{
	g_autofree char *fake = g_test_build_filename(G_TEST_BUILT, "fakes", "fake-qemu", NULL);

	f->home = g_dir_make_tmp("carrel-model-XXXXXX", NULL);
	g_setenv("CARREL_HOME", f->home, TRUE);
	g_setenv("CARREL_QEMU", fake, TRUE);
	g_autofree char *run = paths_run_dir();
	g_assert_true(paths_ensure_private(run, NULL));
	open_model(f);
}

static gboolean job_ended(gpointer data)
{
	return ((Job *)data)->state != JOB_RUNNING;
}

/* The job's error, NULL when done. */
static GError *wait_job(Job *job)
{
	g_autoptr(Job) held = job_ref(job);

	iterate_until(job_ended, held);
	return held->error ? g_error_copy(held->error) : NULL;
}

static GError *run_op(Vm *vm, VmOp op, const VmOpOptions *options)
{
	GError *error = NULL;
	Job *job = vm_operate(vm, op, options, &error);

	return job ? wait_job(job) : error;
}

static void must(Vm *vm, VmOp op)
{
	g_autoptr(GError) error = run_op(vm, op, NULL);

	g_assert_no_error(error);
}

static GError *create(Fixture *f, const char *name)
{
	g_autoptr(GHashTable) fields = g_hash_table_new(g_str_hash, g_str_equal);
	CreateOptions options = { .has_disk_size = TRUE, .disk_size = 1 << 20 };
	GError *error = NULL;

	g_hash_table_insert(fields, (gpointer) "name", (gpointer)name);
	g_hash_table_insert(fields, (gpointer) "generation", (gpointer) "1");
	g_hash_table_insert(fields, (gpointer) "memory", (gpointer) "64M");
	Job *job = model_create_vm(f->model, fields, &options, &error);
	return job ? wait_job(job) : error;
}

static Vm *create_vm(Fixture *f, const char *name)
{
	g_autoptr(GError) error = create(f, name);

	g_assert_no_error(error);
	Vm *vm = model_find_vm(f->model, name, &error);
	g_assert_no_error(error);
	return vm;
}

static void teardown(Fixture *f, gconstpointer data)
{
	GPtrArray *vms = model_vms(f->model);

	for (guint i = 0; i < vms->len; i++)
		if (vm_pid(vms->pdata[i]))
			must(vms->pdata[i], VM_OP_TURN_OFF);
	model_free(f->model);
	g_assert_true(file_remove_tree(f->home, NULL));
	g_free(f->home);
}

/* Names below the store, but for the lock. */
static guint store_entries(Fixture *f)
{
	g_autoptr(GDir) dir = g_dir_open(model_store(f->model), 0, NULL);
	const char *name;
	guint count = 0;

	while ((name = g_dir_read_name(dir)))
		count += !g_str_equal(name, ".lock");
	return count;
}

static gboolean run_dir_exists(Vm *vm)
{
	g_autofree char *dir = paths_vm_run_dir(vm_id(vm));

	return g_file_test(dir, G_FILE_TEST_EXISTS);
}

static gboolean has_file(Vm *vm, const char *name)
{
	g_autofree char *path = g_build_filename(vm_folder(vm), name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Counts the steps of an operation by letting the one behind the last fail, which is none. */
#define MAX_STEPS 32

static void told_to_fail(const GError *error)
{
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "was told to fail"));
}

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

/* The fail-at-each-step loop of an operation on an existing VM: @check looks at what must hold after each failure. */
static guint fail_each_step(Vm *vm, VmOp op, const VmOpOptions *options, void (*check)(Vm *vm))
{
	for (guint steps = 0;; steps++) {
		g_assert_cmpuint(steps, <, MAX_STEPS);
		steps_fail_at((gint)steps);
		g_autoptr(GError) error = run_op(vm, op, options);
		steps_fail_at(-1);
		if (!error)
			return steps;
		told_to_fail(error);
		check(vm);
	}
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
