/* The real QEMU takes the generated command lines, and its own words come through when it does not start. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "hv-machine.h"

static void make_disk(MachineFixture *fixture, const char *name, const char *size)
{
	g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
	const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", path, size, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
}

typedef struct {
	const char *name;
	const char *settings[16];
} RealCase;

static const RealCase real_cases[] = {
	{"gen1",
         { "generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.bus=ide", "+disk", "+nic",
	    "iso=medium.iso" }										},
	{ "gen2",
         { "generation=2", "secure_boot=off", "memory=128M", "+disk", "+disk", "disk1.bus=scsi", "+nic",
	    "video=virtio" }										  },
	{ "gen2-secure-boot",
         { "generation=2", "memory=128M", "+disk", "disk0.bus=nvme", "+disk", "disk1.bus=sata", "+nic" }      },
	{ "gen1-seed",         { "generation=1", "secure_boot=off", "memory=64M", "+disk", "seed=medium.iso" }},
	{ "gen2-seed-windows",
         { "secure_boot=off", "memory=128M", "os=win11", "+disk", "iso=medium.iso", "seed=medium.iso" }       },
	{ "gen2-nics",
         { "secure_boot=off", "memory=128M", "+nic", "+nic", "nic1.model=e1000", "+nic", "nic2.model=e1000e",
	    "+nic", "nic3.model=rtl8139" }								    },
	{ "gen1-sata",
         { "generation=1", "secure_boot=off", "memory=64M", "+disk", "disk0.bus=sata", "+disk",
	    "disk1.bus=scsi" }										},
};

static void change_iso(Machine *machine, const char *path)
{
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	cmd_change_iso(machine, path, test_catch, &caught);
	cmd_finish(test_await(&caught), &error);
	g_assert_no_error(error);
	test_forget(&caught);
}

/* The generated command line is one that QEMU takes, without a word of complaint. */
static void test_real(MachineFixture *fixture, gconstpointer data)
{
	const RealCase *test = data;
	g_autoptr(VmSpec) spec = test_spec(test->settings);
	g_autoptr(Firmware) firmware = NULL;

	if (!machine_use_real(fixture))
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
	Machine *machine = machine_start(fixture, test->settings, firmware, FALSE);
	machine_assert_state(machine, "prelaunch");
	change_iso(machine, "");
	change_iso(machine, fixture->caps->binary);
	machine_run(machine, cmd_quit);
	test_wait(&fixture->gone);
	g_assert_null(fixture->detail);
	machine_free(machine);
	machine_assert_nothing_left();
	g_autofree char *words = file_tail(fixture->log, 4096);
	g_assert_null(strstr(words, "warning"));
}

static void test_real_words(MachineFixture *fixture, gconstpointer data)
{
	static const char *const settings[] = { "generation=1", "secure_boot=off", "+disk", NULL };
	g_autoptr(GError) error = NULL;
	Caught caught = { NULL };

	if (!machine_use_real(fixture))
		return;
	g_auto(GStrv) argv = machine_argv(fixture, settings, NULL, FALSE);
	machine_spawn(&fixture->options, argv, NULL, NULL, test_catch, &caught);
	g_assert_null(machine_finish(test_await(&caught), &error));
	test_forget(&caught);
	g_assert_nonnull(strstr(error->message, "disk0.qcow2"));
	g_assert_nonnull(strstr(error->message, "No such file"));
	g_assert_null(strstr(error->message, "Z qemu"));
	machine_assert_nothing_left();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(real_cases); i++) {
		g_autofree char *path = g_strconcat("/machine-real/", real_cases[i].name, NULL);
		g_test_add(path, MachineFixture, &real_cases[i], machine_set_up_plain, test_real,
			   machine_tear_down);
	}
	g_test_add("/machine-real/words", MachineFixture, NULL, machine_set_up_plain, test_real_words,
		   machine_tear_down);
	return test_run_in_home();
}
