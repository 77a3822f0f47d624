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

/* --- templates --- */

typedef void (*Transfer)(Machine *machine, const char *file, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer data);

static gboolean transfer(Fixture *fixture, Machine *machine, Transfer begin, GError **error)
{
	Caught caught = { NULL };

	begin(machine, fixture->file, NULL, test_catch, &caught);
	gboolean done = cmd_finish(test_await(&caught), error);
	test_forget(&caught);
	return done;
}

static void test_template(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	g_assert_true(transfer(fixture, machine, cmd_save_template, &error));
	machine_end(&fixture->machine, machine);
	machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);
	g_assert_true(transfer(fixture, machine, cmd_load_template, &error));
	machine_assert_state(machine, "paused");
	/* From now on it is a machine as others, whose saved state holds its memory. */
	g_assert_true(save(fixture, machine, NULL, &error));
	machine_end(&fixture->machine, machine);
	machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);
	g_assert_true(load(fixture, machine, &error));
	machine_end(&fixture->machine, machine);
}

static void test_template_is_no_saved_state(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	g_assert_true(transfer(fixture, machine, cmd_save_template, &error));
	machine_end(&fixture->machine, machine);
	machine = machine_start(&fixture->machine, machine_plain, NULL, TRUE);
	g_assert_false(load(fixture, machine, &error));
	test_wait(&fixture->machine.gone);
	machine_free(machine);
}

static const char *const with_nic[] = { "generation=1", "secure_boot=off", "memory=64M", "+nic", NULL };

static GPtrArray *adapters(Fixture *fixture, const char *const *settings)
{
	g_autoptr(VmSpec) spec = test_spec(settings);
	g_autoptr(GError) error = NULL;
	NetPort ports[1] = { { NETDEV_USER } };
	Firmware firmware = { "/code", "/vars", "raw", FALSE };
	ArgvContext context = { .caps = fixture->machine.caps,
				.firmware = spec->generation == 2 ? &firmware : NULL,
				.vm_dir = "/",
				.qmp_socket = "/q",
				.qga_socket = "/a",
				.vnc_socket = "/v",
				.serial_socket = "/s",
				.serial_log = "/l",
				.pid_file = "/p",
				.ports = ports,
				.memory_kind = MEMORY_CLONE,
				.memory_file = "/m" };
	GPtrArray *array = qemu_argv_adapters(spec, &context, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(array->len, ==, 1);
	return array;
}

static gboolean plug(Fixture *fixture, Machine *machine, const char *const *settings, GError **error)
{
	g_autoptr(GPtrArray) array = adapters(fixture, settings);
	Caught caught = { NULL };

	cmd_plug_adapter(machine, array->pdata[0], test_catch, &caught);
	gboolean done = cmd_finish(test_await(&caught), error);
	test_forget(&caught);
	return done;
}

static gboolean unplug(Machine *machine, GError **error)
{
	Caught caught = { NULL };

	cmd_unplug_adapter(machine, "nic0", test_catch, &caught);
	gboolean done = cmd_finish(test_await(&caught), error);
	test_forget(&caught);
	return done;
}

static void test_adapter(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Machine *machine = machine_start(&fixture->machine, with_nic, NULL, FALSE);

	g_assert_true(unplug(machine, &error));
	g_assert_true(plug(fixture, machine, with_nic, &error));
	machine_end(&fixture->machine, machine);
}

static void test_adapter_refused(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL, error_too = NULL;
	Machine *machine = machine_start(&fixture->machine, with_nic, NULL, FALSE);

	g_assert_false(unplug(machine, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_true(plug(fixture, machine, with_nic, &error_too));
	machine_end(&fixture->machine, machine);
}

static void test_adapter_dies(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };
	Machine *machine = machine_start(&fixture->machine, with_nic, NULL, FALSE);

	cmd_unplug_adapter(machine, "nic0", test_catch, &caught);
	kill(machine_pid(machine), SIGKILL);
	test_wait(&fixture->machine.gone);
	machine_free(machine);
	g_assert_false(cmd_finish(test_await(&caught), &error));
	test_forget(&caught);
}

static void test_disk_bytes(Fixture *fixture, gconstpointer tricks)
{
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };
	guint64 bytes = 0;
	Machine *machine = machine_start(&fixture->machine, machine_plain, NULL, FALSE);

	cmd_query_disk_bytes(machine, test_catch, &caught);
	g_assert_true(cmd_query_disk_bytes_finish(test_await(&caught), &bytes, &error));
	g_assert_cmpuint(bytes, ==, 1023);
	test_forget(&caught);
	machine_end(&fixture->machine, machine);
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

/* The boot sector's code knows no hot-plug, but a reset takes out what was asked to leave. */
static void unplug_by_reset(Machine *machine)
{
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	cmd_unplug_adapter(machine, "nic0", test_catch, &caught);
	g_free(machine_ask(machine, "system_reset", NULL));
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
}

/* A template, two clones of it one after the other, each with an adapter; and the second is saved as any VM. */
static void real_template(Fixture *fixture, const char *const *settings, const Firmware *firmware,
			  gboolean counts)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *memory = g_build_filename(fixture->machine.folder, "memory", NULL);
	g_autofree char *saved = g_build_filename(fixture->machine.folder, "saved-clone", NULL);
	struct stat st, after;
	guint32 before = 0;

	fixture->machine.memory_kind = MEMORY_TEMPLATE;
	Machine *machine = machine_start(&fixture->machine, settings, firmware, FALSE);
	unplug_by_reset(machine);
	g_free(machine_ask(machine, "cont", NULL));
	if (counts)
		wait_for_counting(machine);
	transfer(fixture, machine, cmd_save_template, &error);
	g_assert_no_error(error);
	before = counts ? read_counter(machine) : 0;
	machine_end(&fixture->machine, machine);
	g_assert_cmpint(stat(memory, &st), ==, 0);

	fixture->machine.memory_kind = MEMORY_CLONE;
	for (guint i = 0; i < 2; i++) {
		machine = machine_start(&fixture->machine, settings, firmware, TRUE);
		transfer(fixture, machine, cmd_load_template, &error);
		g_assert_no_error(error);
		/* The first one has not changed what the second one begins with. */
		if (counts)
			g_assert_cmpuint(read_counter(machine), ==, before);
		g_free(machine_ask(machine, "cont", NULL));
		if (counts)
			wait_for_counting(machine);
		plug(fixture, machine, settings, &error);
		g_assert_no_error(error);
		if (i == 0)
			machine_end(&fixture->machine, machine);
	}
	g_assert_cmpint(stat(memory, &after), ==, 0);
	g_assert_cmpint(st.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);

	g_free(fixture->file);
	fixture->file = g_steal_pointer(&saved);
	save(fixture, machine, NULL, &error);
	g_assert_no_error(error);
	before = counts ? read_counter(machine) : 0;
	machine_end(&fixture->machine, machine);
	/* By then the template may be gone; the adapter stands on the command line, in its place. */
	g_assert_cmpint(unlink(memory), ==, 0);
	fixture->machine.memory_kind = MEMORY_OWN;
	fixture->machine.no_balloon = TRUE;
	machine = machine_start(&fixture->machine, settings, firmware, TRUE);
	load(fixture, machine, &error);
	g_assert_no_error(error);
	if (counts)
		g_assert_cmpuint(read_counter(machine), ==, before);
	machine_end(&fixture->machine, machine);
}

static void test_real_template_gen1(Fixture *fixture, gconstpointer data)
{
	static const char *const settings[] = {
		"generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.format=raw", "+nic", NULL
	};
	g_autofree char *disk = g_build_filename(fixture->machine.folder, "disk0.qcow2", NULL);

	if (!machine_use_real(&fixture->machine))
		return;
	make_boot_disk(disk);
	real_template(fixture, settings, NULL, TRUE);
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
	ADD("/savestate/template", NULL, test_template);
	ADD("/savestate/template-is-no-saved-state", NULL, test_template_is_no_saved_state);
	ADD("/savestate/adapter", NULL, test_adapter);
	ADD("/savestate/adapter-refused", "refuse=device_del", test_adapter_refused);
	ADD("/savestate/adapter-dies", "adapter-stays", test_adapter_dies);
	ADD("/savestate/disk-bytes", NULL, test_disk_bytes);
	ADD("/savestate/real/template", NULL, test_real_template_gen1);
	ADD("/savestate/real/gen1", NULL, test_real_gen1);
	ADD("/savestate/real/gen2", NULL, test_real_gen2);
	return test_run_in_home();
}
