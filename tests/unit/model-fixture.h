/* A model in a home of its own, with a fake QEMU, and operations that are waited for. */
#pragma once

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/steps.h"
#include "model/model.h"

/* A test that waits longer than this hangs; a template takes some ten seconds, since a guest at rest must be one for a while. */
#define PATIENCE_S 120

typedef struct {
	char *home;
	Model *model;
	gboolean ready;
} Fixture;

static inline gboolean on_patience(gpointer data)
{
	g_error("the test waits for something that does not happen");
	return G_SOURCE_REMOVE;
}

static inline void iterate_until(gboolean (*done)(gpointer data), gpointer data)
{
	guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

	while (!done(data))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(patience);
}

static inline void on_ready(GObject *source, GAsyncResult *result, gpointer data)
{
	Fixture *f = data;

	g_assert_true(model_ready_finish(f->model, result, NULL));
	f->ready = TRUE;
}

static inline gboolean is_ready(gpointer data)
{
	return ((Fixture *)data)->ready;
}

static inline void open_model(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	f->ready = FALSE;
	f->model = model_new(&error);
	g_assert_no_error(error);
	model_ready(f->model, on_ready, f);
	iterate_until(is_ready, f);
}

static inline void setup(Fixture *f, gconstpointer data)
{
	g_autofree char *fake = g_test_build_filename(G_TEST_BUILT, "fakes", "fake-qemu", NULL);

	f->home = g_dir_make_tmp("carrel-model-XXXXXX", NULL);
	g_setenv("CARREL_HOME", f->home, TRUE);
	g_setenv("CARREL_QEMU", fake, TRUE);
	g_autofree char *run = paths_run_dir();
	g_assert_true(paths_ensure_private(run, NULL));
	open_model(f);
}

static inline gboolean job_ended(gpointer data)
{
	return ((Job *)data)->state != JOB_RUNNING;
}

/* The job's error, NULL when done. */
static inline GError *wait_job(Job *job)
{
	g_autoptr(Job) held = job_ref(job);

	iterate_until(job_ended, held);
	return held->error ? g_error_copy(held->error) : NULL;
}

static inline GError *run_op(Vm *vm, VmOp op, const VmOpOptions *options)
{
	GError *error = NULL;
	Job *job = vm_operate(vm, op, options, &error);

	return job ? wait_job(job) : error;
}

static inline void must(Vm *vm, VmOp op)
{
	g_autoptr(GError) error = run_op(vm, op, NULL);

	g_assert_no_error(error);
}

static inline void teardown(Fixture *f, gconstpointer data)
{
	GPtrArray *vms = model_vms(f->model);

	for (guint i = 0; i < vms->len; i++)
		if (vm_pid(vms->pdata[i]))
			must(vms->pdata[i], VM_OP_TURN_OFF);
	model_free(f->model);
	g_assert_true(file_remove_tree(f->home, NULL));
	g_free(f->home);
}

static inline GError *create(Fixture *f, const char *name)
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

static inline Vm *create_vm(Fixture *f, const char *name)
{
	g_autoptr(GError) error = create(f, name);

	g_assert_no_error(error);
	Vm *vm = model_find_vm(f->model, name, &error);
	g_assert_no_error(error);
	return vm;
}

/* Names below the store, but for the lock. */
static inline guint store_entries(Fixture *f)
{
	g_autoptr(GDir) dir = g_dir_open(model_store(f->model), 0, NULL);
	const char *name;
	guint count = 0;

	while ((name = g_dir_read_name(dir)))
		count += !g_str_equal(name, ".lock");
	return count;
}

static inline gboolean run_dir_exists(Vm *vm)
{
	g_autofree char *dir = paths_vm_run_dir(vm_id(vm));

	return g_file_test(dir, G_FILE_TEST_EXISTS);
}

static inline gboolean has_file(const Vm *vm, const char *name)
{
	g_autofree char *path = g_build_filename(vm_folder(vm), name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Counts the steps of an operation by letting the one behind the last fail, which is none. */
#define MAX_STEPS 32

static inline void told_to_fail(const GError *error)
{
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "was told to fail"));
}

/* The fail-at-each-step loop of an operation on an existing VM: @check looks at what must hold after each failure. */
static inline guint fail_each_step(Vm *vm, VmOp op, const VmOpOptions *options, void (*check)(Vm *vm))
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
