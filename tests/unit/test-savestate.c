/* Saving and restoring: the fake QEMU for what goes wrong, the real one for what must go right. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "hv-machine.h"

typedef struct {
	MachineFixture machine; /* first: set up and torn down as such */
	char *file, *part;
	guint64 done, total;
	GCancellable *cancel_at_progress;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer tricks)
{
	machine_set_up(&fixture->machine, tricks);
	fixture->file = g_build_filename(fixture->machine.folder, "saved-state", NULL);
	fixture->part = g_build_filename(fixture->machine.folder, "saved-state.part", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer tricks)
{
	machine_tear_down(&fixture->machine, tricks);
	g_free(fixture->file);
	g_free(fixture->part);
}

static void on_progress(guint64 done, guint64 total, gpointer data)
{
	Fixture *fixture = data;

	g_assert_cmpuint(done, <=, total);
	fixture->done = done;
	fixture->total = total;
	if (fixture->cancel_at_progress)
		g_cancellable_cancel(fixture->cancel_at_progress);
}

static gboolean save(Fixture *fixture, Machine *machine, GCancellable *cancellable, GError **error)
{
	Caught caught = { NULL };

	cmd_save_state(machine, fixture->file, on_progress, fixture, cancellable, test_catch, &caught);
	gboolean saved = cmd_finish(test_await(&caught), error);
	test_forget(&caught);
	return saved;
}

static gboolean load(Fixture *fixture, Machine *machine, GError **error)
{
	Caught caught = { NULL };

	cmd_load_state(machine, fixture->file, on_progress, fixture, NULL, test_catch, &caught);
	gboolean loaded = cmd_finish(test_await(&caught), error);
	test_forget(&caught);
	return loaded;
}

static void assert_no_file(Fixture *fixture)
{
	g_assert_false(g_file_test(fixture->file, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(fixture->part, G_FILE_TEST_EXISTS));
}

/* --- with the fake --- */

static void test_round(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	struct stat st;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	g_free(machine_ask(machine, "cont", NULL));
	g_assert_true(save(fixture, machine, NULL, &error));
	g_assert_cmpuint(fixture->total, ==, 1000);
	machine_assert_state(machine, "postmigrate");
	g_assert_cmpint(stat(fixture->file, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_assert_false(g_file_test(fixture->part, G_FILE_TEST_EXISTS));
	machine_end(&fixture->machine, machine);
	machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);
	machine_assert_state(machine, "inmigrate");
	g_assert_true(load(fixture, machine, &error));
	machine_assert_state(machine, "paused");
	machine_end(&fixture->machine, machine);
}

/* Whatever fails, the file is not there and the machine is. */
static void test_save_fails(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	g_assert_false(save(fixture, machine, NULL, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	assert_no_file(fixture);
	machine_assert_state(machine, "prelaunch");
	machine_end(&fixture->machine, machine);
}

static void test_save_cancelled(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	fixture->cancel_at_progress = cancellable;
	g_assert_false(save(fixture, machine, cancellable, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	assert_no_file(fixture);
	machine_end(&fixture->machine, machine);
}

/* The process ends in the middle, and its owner frees the machine in the last event. */
static void test_save_dies(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	cmd_save_state(machine, fixture->file, NULL, NULL, NULL, test_catch, &caught);
	kill(machine_pid(machine), SIGKILL);
	test_wait(&fixture->machine.gone);
	machine_free(machine);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	test_forget(&caught);
	assert_no_file(fixture);
}

static void test_no_folder(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	g_free(fixture->file);
	fixture->file = g_strdup("/nowhere/at/all");
	g_assert_false(save(fixture, machine, NULL, &error));
	g_assert_nonnull(strstr(error->message, "/nowhere/at/all"));
	g_assert_false(load(fixture, machine, NULL));
	machine_end(&fixture->machine, machine);
}

static void test_load_garbage(Fixture *fixture, gconstpointer tricks)
{
	static const char *const texts[] = { "", "QEV", "nonsense that is long enough" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);
		g_assert_true(g_file_set_contents(fixture->file, texts[i], -1, NULL));
		g_assert_false(load(fixture, machine, &error));
		g_assert_nonnull(strstr(error->message, "does not hold a saved state"));
		machine_assert_state(machine, "inmigrate");
		machine_end(&fixture->machine, machine);
	}
}

/* Looks right and is not: QEMU ends. */
static void test_load_broken(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);

	g_assert_true(g_file_set_contents(fixture->file, "QEVMgarbage", -1, NULL));
	g_assert_false(load(fixture, machine, &error));
	test_wait(&fixture->machine.gone);
	machine_free(machine);
}

/* --- with the real one --- */

/* A boot sector that counts in memory at 0x600 for ever. */
static const guint8 counter[] = {
	0x31, 0xc0,                   /* xor ax, ax */
	0x8e, 0xd8,                   /* mov ds, ax */
	0x66, 0xff, 0x06, 0x00, 0x06, /* again: inc dword [0x600] */
	0xeb, 0xf9,                   /* jmp again */
};

static void make_boot_disk(const char *path)
{
	g_autofree guint8 *sectors = g_malloc0(1024 * 1024);

	memcpy(sectors, counter, sizeof counter);
	sectors[510] = 0x55;
	sectors[511] = 0xaa;
	g_assert_true(g_file_set_contents(path, (char *)sectors, 1024 * 1024, NULL));
}

static guint32 read_counter(Machine *machine)
{
	JsonNode *arguments = json_from_string("{\"command-line\":\"xp /1xw 0x600\"}", NULL);
	g_autofree char *text = machine_ask(machine, "human-monitor-command", arguments);
	const char *value = strstr(text, ": 0x");

	g_assert_nonnull(value);
	return (guint32)g_ascii_strtoull(value + 4, NULL, 16);
}

/* Memory outside of RAM's first pages shows that the firmware has handed over: only our code writes there, upwards. */
static void wait_for_counting(Machine *machine)
{
	guint32 before = read_counter(machine), now = before;

	while (now <= before || now - before < 1000)
		now = read_counter(machine);
}

static void real_round(Fixture *fixture, const char *const *settings, const Firmware *firmware,
		       gboolean counts)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, settings, firmware, FALSE);
	guint32 before = 0;

	g_free(machine_ask(machine, "cont", NULL));
	if (counts)
		wait_for_counting(machine);
	save(fixture, machine, NULL, &error);
	g_assert_no_error(error);
	if (counts)
		before = read_counter(machine);
	g_assert_cmpuint(fixture->total, >, 16 * 1024 * 1024);
	machine_end(&fixture->machine, machine);

	machine = machine_start(&fixture->machine, settings, firmware, TRUE);
	load(fixture, machine, &error);
	g_assert_no_error(error);
	machine_assert_state(machine, "paused");
	if (counts)
		g_assert_cmpuint(read_counter(machine), ==, before);
	g_free(machine_ask(machine, "cont", NULL));
	machine_assert_state(machine, "running");
	if (counts)
		wait_for_counting(machine);
	machine_end(&fixture->machine, machine);
}

static void test_real_gen1(Fixture *fixture, gconstpointer data)
{
	static const char *const settings[] = {
		"generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.format=raw", "+nic", NULL
	};
	g_autofree char *disk = g_build_filename(fixture->machine.folder, "disk0.qcow2", NULL);

	if (!machine_use_real(&fixture->machine))
		return;
	make_boot_disk(disk);
	real_round(fixture, settings, NULL, TRUE);
}

/* In the firmware, with everything that a generation 2 machine has. */
static void test_real_gen2(Fixture *fixture, gconstpointer data)
{
	static const char *const settings[] = { "memory=256M", "+nic", NULL };
	g_autofree char *nvram = g_build_filename(fixture->machine.folder, "nvram.qcow2", NULL);

	if (!machine_use_real(&fixture->machine))
		return;
	g_autoptr(Firmware) firmware =
		firmware_find("x86_64", fixture->machine.caps->machine_q35, TRUE, NULL);
	if (!firmware) {
		g_test_skip("no UEFI firmware is installed");
		return;
	}
	const char *argv[] = { "qemu-img", "convert", "-O", "qcow2", firmware->vars, nvram, NULL };
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
	real_round(fixture, settings, firmware, FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, tricks, function) g_test_add(path, Fixture, tricks, set_up, function, tear_down)
	ADD("/savestate/round", NULL, test_round);
	ADD("/savestate/chatty", "chatty", test_round);
	ADD("/savestate/fails", "save-fails", test_save_fails);
	ADD("/savestate/refused-fd", "refuse=getfd", test_save_fails);
	ADD("/savestate/refused", "refuse=migrate", test_save_fails);
	ADD("/savestate/cancelled", "save-hangs", test_save_cancelled);
	ADD("/savestate/dies", "save-hangs", test_save_dies);
	ADD("/savestate/no-folder", NULL, test_no_folder);
	ADD("/savestate/load-garbage", NULL, test_load_garbage);
	ADD("/savestate/load-broken", NULL, test_load_broken);
	ADD("/savestate/real/gen1", NULL, test_real_gen1);
	ADD("/savestate/real/gen2", NULL, test_real_gen2);
	return test_run_in_home();
}
