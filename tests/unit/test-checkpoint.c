/* Checkpoints: notes, and operations against a fake QEMU and real disks, of which each step fails once. */
#include "model/checkpoint.h"

#include "tests/unit/model-fixture.h"

/* --- notes ------------------------------------------------------------------------------------------------------------- */

static void test_notes(void)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"name\":\"a\\u001bb\",\"created_us\":1,\"memory\":false,\"disks\":[]}",
		"{\"name\":\"\",\"created_us\":1,\"memory\":false,\"disks\":[]}",
		"{\"name\":\"a\",\"created_us\":\"1\",\"memory\":false,\"disks\":[]}",
		"{\"name\":\"a\",\"created_us\":1,\"memory\":1,\"disks\":[]}",
		"{\"name\":\"a\",\"created_us\":1,\"memory\":true,\"disks\":[1]}",
		"{\"name\":\"a\",\"created_us\":1,\"memory\":true,\"disks\":[{\"node\":\"x\"}]}",
	};
	static const char good[] =
		"{\"name\":\"before\",\"parent\":\"../../x\",\"created_us\":7,\"memory\":true,"
		"\"disks\":[{\"node\":\"disk0\",\"path\":\"a.qcow2\"}]}";
	g_autoptr(GError) error = NULL;
	g_autoptr(Checkpoint) checkpoint = checkpoint_parse(good, strlen(good), "0123abcd", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(checkpoint->name, ==, "before");
	g_assert_cmpstr(checkpoint->parent, ==, "");
	g_assert_cmpuint(checkpoint->disks->len, ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) wrong = NULL;
		g_assert_null(checkpoint_parse(bad[i], strlen(bad[i]), "0123abcd", &wrong));
		g_assert_error(wrong, CARREL_ERROR, CARREL_ERROR_FAILED);
	}
}

/* --- operations --------------------------------------------------------------------------------------------------------- */

/* Tags of the internal snapshots in the VM's disk, one a line. Caller frees. */
static char *snapshots(const Vm *vm)
{
	g_autofree char *disk = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);
	const char *argv[] = { "qemu-img", "snapshot", "-l", "-U", disk, NULL };
	char *out = NULL;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
				   NULL, NULL));
	return out;
}

static gboolean has_snapshots(const Vm *vm)
{
	g_autofree char *list = snapshots(vm);

	return strstr(list, "carrel-") != NULL;
}

static guint count(const Vm *vm)
{
	g_autoptr(GPtrArray) all = vm_checkpoints(vm);

	return all->len;
}

static void make(Vm *vm, const char *name)
{
	VmOpOptions options = { .checkpoint = name };
	g_autoptr(GError) error = run_op(vm, VM_OP_CHECKPOINT, &options);

	g_assert_no_error(error);
}

static void apply(Vm *vm, const char *name)
{
	VmOpOptions options = { .checkpoint = name };
	g_autoptr(GError) error = run_op(vm, VM_OP_APPLY, &options);

	g_assert_no_error(error);
}

static void set_notes(Vm *vm, const char *text)
{
	g_autofree char *path = g_build_filename(vm_folder(vm), "vm.conf", NULL);
	g_autofree char *conf = NULL;

	g_assert_true(g_file_get_contents(path, &conf, NULL, NULL));
	g_autoptr(GRegex) regex = g_regex_new("^notes = .*\n", G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *without = g_regex_replace_literal(regex, conf, -1, 0, "", 0, NULL);
	g_autofree char *with = g_strdup_printf("notes = \"%s\"\n%s", text, without);
	g_assert_true(g_file_set_contents(path, with, -1, NULL));
}

static void test_off(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	g_autoptr(GError) error = run_op(vm, VM_OP_APPLY, NULL);

	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND);
	set_notes(vm, "one");
	model_rescan(f->model);
	make(vm, "first");
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_true(has_snapshots(vm));
	set_notes(vm, "two");
	model_rescan(f->model);
	make(vm, "second");
	g_autofree char *name = vm_checkpoint_name(vm);
	g_assert_cmpstr(name, ==, "second");
	apply(vm, "first");
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_cmpstr(vm_spec(vm)->notes, ==, "one");
	make(vm, "third");
	g_autoptr(GPtrArray) all = vm_checkpoints(vm);
	g_assert_cmpuint(all->len, ==, 3);
	g_assert_cmpstr(((Checkpoint *)all->pdata[2])->parent, ==, ((Checkpoint *)all->pdata[0])->id);
	/* The first one goes; the third now comes from nothing. */
	VmOpOptions first = { .checkpoint = "first" };
	g_autoptr(GError) none = run_op(vm, VM_OP_DROP_CHECKPOINT, &first);
	g_assert_no_error(none);
	g_autoptr(GPtrArray) left = vm_checkpoints(vm);
	g_assert_cmpuint(left->len, ==, 2);
	g_assert_cmpstr(((Checkpoint *)left->pdata[1])->parent, ==, "");
	g_assert_true(vm_rename_checkpoint(vm, "third", "second", NULL));
	VmOpOptions second = { .checkpoint = "second" };
	g_autoptr(GError) two = run_op(vm, VM_OP_APPLY, &second);
	g_assert_error(two, CARREL_ERROR, CARREL_ERROR_USAGE);
}

static void test_running(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	must(vm, VM_OP_START);
	make(vm, "on");
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	must(vm, VM_OP_PAUSE);
	make(vm, "paused");
	g_assert_cmpint(vm_state(vm), ==, VM_PAUSED);
	must(vm, VM_OP_SAVE);
	make(vm, "saved");
	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
	must(vm, VM_OP_TURN_OFF);
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_autoptr(GPtrArray) all = vm_checkpoints(vm);
	for (guint i = 0; i < 3; i++)
		g_assert_true(((Checkpoint *)all->pdata[i])->memory);
	/* The fake's monitor says that it has made snapshots of its disk, but only qemu-img does. */
	apply(vm, "saved");
	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
	must(vm, VM_OP_START);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	g_assert_cmpuint(count(vm), ==, 3);
}

static void nothing_left(Vm *vm)
{
	g_assert_cmpuint(count(vm), ==, 0);
	g_assert_false(has_file(vm, "checkpoints/.new"));
}

static void check_off_clean(Vm *vm)
{
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_false(has_snapshots(vm));
	nothing_left(vm);
}

static void check_running_clean(Vm *vm)
{
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
	nothing_left(vm);
}

static void test_make_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");

	g_assert_cmpuint(fail_each_step(vm, VM_OP_CHECKPOINT, NULL, check_off_clean), >=, 6);
	g_assert_cmpuint(count(vm), ==, 1);
	vm = create_vm(f, "other");
	must(vm, VM_OP_START);
	g_assert_cmpuint(fail_each_step(vm, VM_OP_CHECKPOINT, NULL, check_running_clean), >=, 6);
	g_assert_cmpint(vm_state(vm), ==, VM_RUNNING);
}

/* It is as it was: saved, with the settings of now, and nothing of the attempt in its disk. */
static void check_still_two(Vm *vm)
{
	g_autofree char *list = snapshots(vm);

	g_assert_cmpint(vm_state(vm), ==, VM_SAVED);
	g_assert_cmpstr(vm_spec(vm)->notes, ==, "two");
	g_assert_null(strstr(list, "undo"));
	g_assert_true(has_file(vm, "saved-state"));
}

static void test_apply_fails(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	VmOpOptions options = { .checkpoint = "first" };

	set_notes(vm, "one");
	model_rescan(f->model);
	make(vm, "first");
	set_notes(vm, "two");
	model_rescan(f->model);
	must(vm, VM_OP_START);
	must(vm, VM_OP_SAVE);
	g_assert_cmpuint(fail_each_step(vm, VM_OP_APPLY, &options, check_still_two), >=, 5);
	g_assert_cmpint(vm_state(vm), ==, VM_OFF);
	g_assert_cmpstr(vm_spec(vm)->notes, ==, "one");
	g_assert_false(has_file(vm, ".aside-saved-state"));
}

static void test_refused(Fixture *f, gconstpointer data)
{
	Vm *vm = create_vm(f, "web");
	VmOpOptions odd = { .checkpoint = "a\033b" };
	g_autofree char *conf = g_build_filename(vm_folder(vm), "vm.conf", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) name = run_op(vm, VM_OP_CHECKPOINT, &odd);

	g_assert_error(name, CARREL_ERROR, CARREL_ERROR_USAGE);
	make(vm, "good");
	/* A disk in a format that has no snapshots. */
	g_assert_true(g_file_get_contents(conf, &text, NULL, NULL));
	g_autoptr(GRegex) regex = g_regex_new("(file = \"?disk0.qcow2\"?)", 0, 0, NULL);
	g_autofree char *raw = g_regex_replace(regex, text, -1, 0, "\\1\n\tformat = raw", 0, NULL);
	g_assert_cmpstr(raw, !=, text);
	g_assert_true(g_file_set_contents(conf, raw, -1, NULL));
	model_rescan(f->model);
	g_autoptr(GError) format = run_op(vm, VM_OP_CHECKPOINT, NULL);
	g_assert_error(format, CARREL_ERROR, CARREL_ERROR_USAGE);
	/* The good one brings the old settings back; without its disk it cannot. */
	g_autofree char *disk = g_build_filename(vm_folder(vm), "disk0.qcow2", NULL);
	g_autofree char *moved = g_build_filename(vm_folder(vm), "moved", NULL);
	g_assert_cmpint(g_rename(disk, moved), ==, 0);
	g_autoptr(GError) gone = run_op(vm, VM_OP_APPLY, NULL);
	g_assert_error(gone, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_cmpint(g_rename(moved, disk), ==, 0);
	g_autoptr(GError) back = run_op(vm, VM_OP_APPLY, NULL);
	g_assert_no_error(back);
	g_assert_cmpstr(((DiskSpec *)vm_spec(vm)->disks->pdata[0])->format, ==, "qcow2");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	carrel_error_quark();
	g_test_add_func("/checkpoint/notes", test_notes);
#define TEST(name, function) g_test_add("/checkpoint/" name, Fixture, NULL, setup, function, teardown)
	TEST("off", test_off);
	TEST("running", test_running);
	TEST("make-fails", test_make_fails);
	TEST("apply-fails", test_apply_fails);
	TEST("refused", test_refused);
	return g_test_run();
}
