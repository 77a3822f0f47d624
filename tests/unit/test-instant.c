/*
 * Instant create against a fake QEMU whose guest takes the name that it is given: a template is made, VMs continue from it, and when any step on
 * that way fails they boot, as if there had been none.
 */
#include <unistd.h>

#include "hv/disk.h"
#include "tests/unit/model-fixture.h"

/* An image that is ready: the file and the note beside it, under the name that the gallery asks for. */
static void give_image(Fixture *f, const char *variable, const char *id, const char *file)
{
	g_autofree char *path = g_build_filename(f->home, file, NULL);
	g_autofree char *note = g_strconcat(path, ".json", NULL);
	g_autofree char *bytes = NULL;
	gsize length;

	if (g_str_has_suffix(file, ".qcow2")) {
		const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", path, "1M", NULL };
		g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
					   NULL, NULL, NULL));
	} else {
		g_assert_true(g_file_set_contents(path, "an image", -1, NULL));
	}
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)bytes, length);
	g_autofree char *text =
		g_strdup_printf("{\"id\":\"%s\",\"sha256\":\"%s\",\"size\":%zu,\"version\":\"1\","
				"\"built\":\"2026-11-22T20:58:00Z\"}",
				id, sum, length);
	g_assert_true(g_file_set_contents(note, text, -1, NULL));
	g_setenv(variable, path, TRUE);
}

static void setup_images(Fixture *f, gconstpointer tricks)
{
	g_autofree char *fake = g_test_build_filename(G_TEST_BUILT, "fakes", "fake-qemu", NULL);

	f->home = g_dir_make_tmp("carrel-instant-XXXXXX", NULL);
	g_setenv("CARREL_HOME", f->home, TRUE);
	g_setenv("CARREL_QEMU", fake, TRUE);
	g_setenv("FAKE_QEMU", tricks, TRUE);
	give_image(f, "CARREL_LIVE_ISO", "carrel-live", "live.iso");
	give_image(f, "DEBIAN_SERVER_DISK", "debian-server", "debian.qcow2");
	g_autofree char *run = paths_run_dir();
	g_assert_true(paths_ensure_private(run, NULL));
	open_model(f);
}

static GHashTable *small(void)
{
	GHashTable *fields = g_hash_table_new(g_str_hash, g_str_equal);

	g_hash_table_insert(fields, (gpointer) "generation", (gpointer) "1");
	g_hash_table_insert(fields, (gpointer) "memory", (gpointer) "64M");
	return fields;
}

static GError *warm(Fixture *f, const char *image)
{
	g_autoptr(GHashTable) fields = small();
	GError *error = NULL;
	Job *job = model_warm_image(f->model, image, fields, &error);

	return job ? wait_job(job) : error;
}

static void must_warm(Fixture *f, const char *image)
{
	g_autoptr(GError) error = warm(f, image);

	g_assert_no_error(error);
}

static Vm *create_from(Fixture *f, const char *image, const char *name)
{
	g_autoptr(GHashTable) fields = small();
	CreateOptions options = { .image = image, .instant = TRUE };
	g_autoptr(GError) error = NULL;

	g_hash_table_insert(fields, (gpointer) "name", (gpointer)name);
	Job *job = model_create_vm(f->model, fields, &options, &error);
	g_assert_no_error(error);
	error = wait_job(job);
	g_assert_no_error(error);
	Vm *vm = model_find_vm(f->model, name, &error);
	g_assert_no_error(error);
	return vm;
}

static void delete (Vm *vm)
{
	const VmOpOptions options = { .force = TRUE };
	g_autoptr(GError) error = run_op(vm, VM_OP_DELETE, &options);

	g_assert_no_error(error);
}

static guint count_templates(Fixture *f)
{
	g_autoptr(GArray) all = model_templates(f->model);

	return all->len;
}

static guint entries(Fixture *f)
{
	g_autofree char *path = paths_templates_dir();
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(dir))
		count++;
	return count;
}

static char *backing_of(const Vm *vm)
{
	g_autofree char *path = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);

	return disk_backing(path);
}

static gboolean rests_on_template(const Vm *vm)
{
	g_autofree char *templates = paths_templates_dir(), *backing = backing_of(vm);

	return backing && g_str_has_prefix(backing, templates);
}

/* --- what goes right --- */

static void test_round(Fixture *f, gconstpointer tricks)
{
	must_warm(f, "debian-server");
	g_assert_cmpuint(model_vms(f->model)->len, ==, 0);
	Vm *one = create_from(f, "debian-server", "one"), *two = create_from(f, "debian-server", "two");
	must(one, VM_OP_START);
	must(two, VM_OP_START);
	g_assert_true(vm_is_instant(one) && vm_is_instant(two));
	g_assert_cmpint(vm_state(one), ==, VM_RUNNING);
	g_assert_true(rests_on_template(one) && rests_on_template(two));
	g_assert_false(has_file(one, "disk0.qcow2.cold") || has_file(one, "disk0.qcow2.clone"));

	/* Saved and continued it is one still; booted it is not. */
	must(one, VM_OP_SAVE);
	g_assert_false(vm_is_instant(one));
	must(one, VM_OP_START);
	must(one, VM_OP_TURN_OFF);
	must(one, VM_OP_START);
	g_assert_false(vm_is_instant(one) || has_file(one, "instant"));

	/* What they rest on stays until they are gone. */
	g_assert_cmpuint(model_cool_image(f->model, "debian-server"), ==, 1);
	g_assert_cmpuint(entries(f), ==, 1);
	delete (one);
	g_assert_cmpuint(count_templates(f), ==, 0);
	g_assert_cmpuint(entries(f), ==, 1);
	delete (two);
	g_assert_cmpuint(count_templates(f), ==, 0);
	g_assert_cmpuint(entries(f), ==, 0);
}

/* A new daemon: the template is still there, and so is a VM that came from it. */
static void test_again(Fixture *f, gconstpointer tricks)
{
	must_warm(f, "carrel-live");
	Vm *vm = create_from(f, "carrel-live", "one");
	must(vm, VM_OP_START);
	model_free(f->model);
	open_model(f);
	vm = model_find_vm(f->model, "one", NULL);
	g_assert_true(vm_is_instant(vm));
	vm = create_from(f, "carrel-live", "two");
	must(vm, VM_OP_START);
	g_assert_true(vm_is_instant(vm));
	g_autoptr(GError) error = warm(f, "carrel-live");
	g_assert_no_error(error);
	g_assert_cmpuint(count_templates(f), ==, 1);
}

static gboolean is_warm(gpointer data)
{
	return count_templates(data) == 1;
}

/* With `templates = on' the first VM boots, and the next one continues. */
static void test_by_itself(Fixture *f, gconstpointer tricks)
{
	g_autofree char *conf = paths_config_file();

	Vm *vm = create_from(f, "carrel-live", "unasked");
	must(vm, VM_OP_START);
	g_assert_cmpuint(model_jobs(f->model)->len, ==, 2);
	g_assert_true(g_file_set_contents(conf, "templates = on\n", -1, NULL));
	vm = create_from(f, "carrel-live", "first");
	must(vm, VM_OP_START);
	g_assert_false(vm_is_instant(vm));
	iterate_until(is_warm, f);
	vm = create_from(f, "carrel-live", "second");
	must(vm, VM_OP_START);
	g_assert_true(vm_is_instant(vm));
}

/* --- who does not continue --- */

static void test_does_not_fit(Fixture *f, gconstpointer tricks)
{
	must_warm(f, "debian-server");
	Vm *vm = create_from(f, "debian-server", "big");
	g_autoptr(GHashTable) fields = small();
	g_autofree char *disk = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);
	const char *grow[] = { "qemu-img", "resize", "-q", disk, "30G", NULL };

	/* Its user has made its disk larger: that is what is booted. */
	g_assert_true(g_spawn_sync(NULL, (char **)grow, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
	must(vm, VM_OP_START);
	g_assert_false(vm_is_instant(vm) || rests_on_template(vm));
	/* Another image, and one that nobody wanted to continue. */
	vm = create_from(f, "carrel-live", "other");
	must(vm, VM_OP_START);
	g_assert_false(vm_is_instant(vm));
	g_assert_cmpuint(count_templates(f), ==, 1);
}

/* --- what goes wrong --- */

/* Each step of the start fails in turn; the VM boots from its own disk each time. The last round is the one in which none fails. */
static void test_start_fails(Fixture *f, gconstpointer tricks)
{
	guint step = 0;
	gboolean instant = FALSE;

	must_warm(f, "debian-server");
	for (; !instant; step++) {
		g_assert_cmpuint(step, <, MAX_STEPS);
		Vm *vm = create_from(f, "debian-server", "web");
		steps_fail_at((gint)step);
		must(vm, VM_OP_START);
		steps_fail_at(-1);
		instant = vm_is_instant(vm);
		g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
		g_assert_cmpint(rests_on_template(vm), ==, instant);
		g_assert_cmpint(has_file(vm, "instant"), ==, instant);
		g_assert_false(has_file(vm, "disk0.qcow2.cold") || has_file(vm, "disk0.qcow2.clone"));
		delete (vm);
	}
	g_assert_cmpuint(step, >=, 15);
	g_assert_cmpuint(count_templates(f), ==, 1);
}

/* The guest does not take its name, or lets go of QEMU in the middle: it was nobody's yet. */
static void test_guest_fails(Fixture *f, gconstpointer tricks)
{
	static const char *const cases[] = { "agent;stranger", "agent;refuse=device_add",
					     "agent;crash=migrate-incoming", "agent;refuse=cont" };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_setenv("FAKE_QEMU", "agent", TRUE);
		must_warm(f, "carrel-live");
		Vm *vm = create_from(f, "carrel-live", "web");
		g_setenv("FAKE_QEMU", cases[i], TRUE);
		g_autoptr(GError) error = run_op(vm, VM_OP_START, NULL);
		g_assert_false(vm_is_instant(vm));
		/* Only a QEMU that cannot even boot is an error. */
		g_assert_cmpint(error != NULL, ==, strstr(cases[i], "cont") != NULL);
		delete (vm);
	}
}

/* Each step on the way to a template fails in turn: none, and nothing is left. */
static void test_warm_fails(Fixture *f, gconstpointer tricks)
{
	static const char *const steps[] = { "register",          "check",       "spawn",
					     "take out identity", "write state", "keep" };

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_setenv("CARREL_FAIL_STEP", steps[i], TRUE);
		g_autoptr(GError) error = warm(f, "debian-server");
		g_unsetenv("CARREL_FAIL_STEP");
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
		g_assert_cmpuint(count_templates(f), ==, 0);
		g_assert_cmpuint(entries(f), ==, 0);
	}
}

static gboolean rests(gpointer data)
{
	return g_str_equal(((Job *)data)->step, "wait until it rests");
}

static void test_called_off(Fixture *f, gconstpointer tricks)
{
	g_autoptr(GHashTable) fields = small();
	Job *job = model_warm_image(f->model, "debian-server", fields, NULL);
	g_autoptr(GError) busy = NULL;

	iterate_until(rests, job);
	g_assert_null(model_warm_image(f->model, "carrel-live", fields, &busy));
	g_assert_error(busy, CARREL_ERROR, CARREL_ERROR_STATE);
	g_assert_cmpuint(model_cool_image(f->model, "debian-server"), ==, 1);
	g_autoptr(Job) held = job_ref(job);
	g_autoptr(GError) error = wait_job(job);
	g_assert_nonnull(error);
	g_assert_cmpint(held->state, ==, JOB_CANCELLED);
	g_assert_cmpuint(entries(f), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	g_autofree char *program = g_find_program_in_path("qemu-img");
	if (!program) {
		g_print("1..0 # SKIP no qemu-img is installed\n");
		return 0;
	}
#define ADD(path, function) g_test_add(path, Fixture, "agent", setup_images, function, teardown)
	ADD("/instant/round", test_round);
	ADD("/instant/again", test_again);
	ADD("/instant/by-itself", test_by_itself);
	ADD("/instant/does-not-fit", test_does_not_fit);
	ADD("/instant/start-fails", test_start_fails);
	ADD("/instant/guest-fails", test_guest_fails);
	ADD("/instant/warm-fails", test_warm_fails);
	ADD("/instant/called-off", test_called_off);
	return g_test_run();
}
