/* The command line: golden files for a table of VMs, what must never stand in it, and errors. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "hv-util.h"

#define LISTEN_PATHS                                                                                         \
	.qmp_socket = "/run/carrel/qmp", .qga_socket = "/run/carrel/qga", .vnc_socket = "/run/carrel/vnc",   \
	.serial_socket = "/run/carrel/serial", .serial_log = "/store/test/serial.log",                       \
	.pid_file = "/run/carrel/pid"

typedef struct {
	const char *name;
	const char *settings[20];
	gboolean kvm, incoming, minimal, tpm, no_net, no_balloon, installer;
	MemoryKind memory;
	const char *vm_dir;
} Case;

/* clang-format off */
static const Case cases[] = {
	{ .name = "gen1", .settings = { "generation=1", "secure_boot=off", "+disk", "+nic", "iso=/isos/live.iso" } },
	{ .name = "gen2-secure-boot", .settings = { "+disk", "+nic" } },
	{ .name = "gen2", .settings = { "secure_boot=off", "+disk", "+nic", "boot=cdrom,disk", "video=virtio", "cpus=4" } },
	{ .name = "gen2-kvm", .settings = { "secure_boot=off", "+disk", "+nic" }, .kvm = TRUE },
	{ .name = "windows", .settings = { "os=win11", "tpm=on", "memory=4G", "+disk", "+nic" }, .kvm = TRUE, .tpm = TRUE },
	{ .name = "windows-tcg-gen1",
	  .settings = { "os=windows", "generation=1", "secure_boot=off", "tpm=on", "+disk", "+nic" },
	  .tpm = TRUE },
	{ .name = "buses-gen1",
	  .settings = { "generation=1", "secure_boot=off", "+disk", "disk0.bus=ide", "+disk", "disk1.bus=ide", "+disk", "disk2.bus=ide",
			"+disk", "disk3.bus=sata", "+disk", "disk4.bus=scsi", "+disk", "disk5.bus=nvme", "+disk" } },
	{ .name = "buses-gen2",
	  .settings = { "secure_boot=off", "+disk", "disk0.bus=sata", "disk0.cache=none", "+disk", "disk1.bus=sata",
			"disk1.cache=writethrough", "+disk", "disk2.bus=sata", "disk2.cache=unsafe", "+disk", "disk3.bus=scsi", "+disk",
			"disk4.bus=scsi", "disk4.readonly=on", "+disk", "disk5.bus=nvme", "disk5.format=raw", "disk5.file=/dev/sdz" } },
	{ .name = "nics",
	  .settings = { "secure_boot=off", "boot=network,disk", "+nic", "+nic", "nic1.model=e1000", "+nic", "nic2.model=e1000e", "+nic",
			"nic3.model=rtl8139" } },
	{ .name = "not-plugged", .settings = { "secure_boot=off", "+nic", "boot=disk" }, .no_net = TRUE },
	{ .name = "seed", .settings = { "secure_boot=off", "+disk", "+nic", "seed=seed.iso" } },
	{ .name = "seed-windows", .settings = { "os=win11", "+disk", "seed=/isos/unattend.iso" } },
	{ .name = "seed-windows-gen1",
	  .settings = { "os=win10", "generation=1", "secure_boot=off", "+disk", "disk0.bus=ide", "+disk", "disk1.bus=ide", "seed=seed.iso" } },
	{ .name = "drivers", .settings = { "os=win11", "+disk", "disk0.bus=virtio", "seed=unattend.iso", "drivers=/isos/virtio-win.iso" } },
	{ .name = "drivers-gen1",
	  .settings = { "os=win10", "generation=1", "secure_boot=off", "+disk", "disk0.bus=ide", "seed=seed.iso", "drivers=/isos/a,b.iso" } },
	{ .name = "drivers-linux-gen1",
	  .settings = { "generation=1", "secure_boot=off", "+disk", "disk0.bus=ide", "+disk", "disk1.bus=ide", "drivers=/isos/d.iso" } },
	{ .name = "drivers-sata", .settings = { "os=win11", "+disk", "+disk", "+disk", "seed=unattend.iso", "drivers=d.iso" } },
	{ .name = "incoming", .settings = { "secure_boot=off", "+disk" }, .incoming = TRUE },
	{ .name = "template", .settings = { "secure_boot=off", "+disk", "+nic" }, .memory = MEMORY_TEMPLATE },
	{ .name = "clone", .settings = { "secure_boot=off", "+disk", "+nic" }, .memory = MEMORY_CLONE, .incoming = TRUE },
	{ .name = "clone-saved", .settings = { "secure_boot=off", "+disk", "+nic" }, .no_balloon = TRUE, .incoming = TRUE },
	{ .name = "clone-gen1", .settings = { "generation=1", "+disk", "+nic" }, .memory = MEMORY_CLONE, .incoming = TRUE },
	{ .name = "installer", .settings = { "secure_boot=off", "+disk", "iso=/isos/debian.iso" }, .installer = TRUE },
	{ .name = "minimal-caps", .settings = { "secure_boot=off", "+disk" }, .minimal = TRUE },
	{ .name = "bare",
	  .settings = { "generation=1", "secure_boot=off", "serial=off", "guest_agent=off", "video=none", "boot=", "clock=localtime",
			"machine=pc-i440fx-5.2", "cpu_model=Skylake-Client,-avx", "qemu_args=-device 'edu,id=a b' -d guest_errors" } },
	{ .name = "odd-names",
	  .settings = { "name=caf\303\251, \"x\" = 'y' \\ \346\227\245\346\234\254", "secure_boot=off", "+disk",
			"disk0.file=d,i\"s'k \\ \346\227\245.qcow2", "+nic", "iso=/isos/a,b c\".iso" },
	  .vm_dir = "/store/caf\303\251, \"x\"" },
};
/* clang-format on */

/* A QEMU that has only what no VM can do without. */
static void make_minimal(QemuCaps *caps)
{
	static const char *const comforts[] = { "virtio-rng-pci", "virtio-balloon-pci", "vmgenid", "pvpanic",
						"hda-output" };

	caps->display_dbus = caps->io_uring = caps->sandbox = caps->user_net = FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(comforts); i++)
		g_hash_table_remove(caps->devices, comforts[i]);
}

/* Calls @use with what @test stands for. */
static gpointer with_context(const Case *test, QemuCaps *caps,
			     gpointer (*use)(const VmSpec *spec, const ArgvContext *context, GError **error),
			     GError **error)
{
	g_autoptr(VmSpec) spec = test_spec(test->settings);
	Firmware firmware = { "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "raw",
			      spec->secure_boot };
	NetPort ports[8];

	for (guint i = 0; i < G_N_ELEMENTS(ports); i++)
		ports[i].kind = test->no_net ? NETDEV_NONE : NETDEV_USER;
	ArgvContext context = {
		.caps = caps,
		.accel = test->kvm ? ACCEL_KVM : ACCEL_TCG,
		.firmware = spec->generation == 2 ? &firmware : NULL,
		.vm_dir = test->vm_dir ? test->vm_dir : "/store/test",
		.tpm_socket = test->tpm ? "/run/carrel/tpm" : NULL,
		.ports = ports,
		.incoming = test->incoming,
		.memory_kind = test->memory,
		.memory_file = test->memory ? "/store/template, 1/memory" : NULL,
		.no_balloon = test->no_balloon,
		.kernel = test->installer ? "/store/test/install/kernel" : NULL,
		.initrd = test->installer ? "/store/test/install/initrd" : NULL,
		.command_line = test->installer ? "auto=true debconf/priority=critical" : NULL,
		LISTEN_PATHS,
	};
	return use(spec, &context, error);
}

static gpointer argv_of(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	return qemu_argv_build(spec, context, error);
}

static gpointer adapters_of(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	return qemu_argv_adapters(spec, context, error);
}

static char **build_with(const Case *test, QemuCaps *caps, GError **error)
{
	return with_context(test, caps, argv_of, error);
}

static char **build(const Case *test)
{
	g_autoptr(QemuCaps) caps = test_caps();
	g_autoptr(GError) error = NULL;

	if (test->minimal)
		make_minimal(caps);
	char **argv = build_with(test, caps, &error);
	g_assert_no_error(error);
	return argv;
}

static void test_golden(gconstpointer data)
{
	const Case *test = data;
	g_autofree char *name = g_strconcat(test->name, ".txt", NULL);
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", "argv", name, NULL);
	g_auto(GStrv) argv = build(test);
	g_autofree char *text = qemu_argv_format(argv);
	g_autofree char *golden = NULL;

	if (g_strcmp0(g_getenv("CARREL_GOLDEN"), "write") == 0)
		g_assert_true(file_replace(path, text, -1, 0644, NULL));
	g_assert_true(g_file_get_contents(path, &golden, NULL, NULL));
	g_assert_cmpstr(text, ==, golden);
}

/* facts/network.md: a server-side stream netdev can freeze QEMU. And nothing may listen where others can come. */
static void test_never(gconstpointer data)
{
	static const char *const never[] = { "tcp:",      "host=",    "hostfwd", "port=5",        "0.0.0.0",
					     "127.0.0.1", "spice",    "telnet:", "websocket",     "password",
					     "fd=",       "-monitor", "-k",      "hv-passthrough" };
	g_auto(GStrv) argv = build(data);

	for (guint i = 0; argv[i]; i++) {
		for (gsize n = 0; n < G_N_ELEMENTS(never); n++)
			g_assert_false(g_str_has_prefix(never[n], "-") ? g_str_equal(argv[i], never[n])
								       : strstr(argv[i], never[n]) != NULL);
		if (g_str_equal(argv[i], "-netdev"))
			g_assert_null(strstr(argv[i + 1], "stream"));
		if (strstr(argv[i], "server=on"))
			g_assert_true(g_str_has_prefix(argv[i], "socket,") && strstr(argv[i], ",path=") &&
				      strstr(argv[i], "wait=off"));
	}
}

/* A shell gets back what was formatted. */
static void test_format(gconstpointer data)
{
	g_auto(GStrv) argv = build(data);
	g_autofree char *text = qemu_argv_format(argv);
	g_auto(GStrv) lines = g_strsplit(text, "\\\n", -1);
	g_autofree char *joined = g_strjoinv("", lines);
	g_auto(GStrv) again = NULL;

	g_assert_true(g_shell_parse_argv(joined, NULL, &again, NULL));
	g_assert_true(g_strv_equal((const char *const *)argv, (const char *const *)again));
}

typedef struct {
	Case request;
	CarrelError code;
	const char *words;
	const char *lacking; /* device to take away */
} Bad;

/* clang-format off: version 14 crashes on these */
static const Bad bad_cases[] = {
	{{ .settings = { "+disk", "disk0.bus=ide" } },								  CARREL_ERROR_USAGE, "IDE",             NULL        },
	{ { .settings = { "generation=1", "machine=microvm" } },                                                        CARREL_ERROR_USAGE, "microvm",         NULL        },
	{ { .settings = { "qemu_args=-x 'open" } },								     CARREL_ERROR_USAGE, "qemu_args",       NULL        },
	{ { .settings = { "+disk", "disk0.bus=nvme" } },								CARREL_ERROR_HOST,  "`nvme'",          "nvme"      },
	{ { .settings = { "+nic" }, .minimal = TRUE },								  CARREL_ERROR_HOST,  "user networking", NULL        },
	{ { .settings = { "video=virtio" } },									   CARREL_ERROR_HOST,  "`virtio-vga'",    "virtio-vga"},
	{ { .settings = { "generation=1", "+disk", "disk0.bus=ide", "+disk", "disk1.bus=ide", "+disk",
			  "disk2.bus=ide", "+disk", "disk3.bus=ide" } },
         CARREL_ERROR_USAGE,														"more IDE disks",
         NULL																			      },
	{ { .settings = { "+disk", "disk0.bus=sata", "+disk", "disk1.bus=sata", "+disk", "disk2.bus=sata",
			  "+disk", "disk3.bus=sata", "+disk", "disk4.bus=sata", "+disk", "disk5.bus=sata" } },
         CARREL_ERROR_USAGE,														"SATA",
         NULL																			      },
	{ { .settings = { "os=win11", "+disk", "+disk", "+disk", "+disk", "seed=s.iso", "drivers=d.iso" } },
         CARREL_ERROR_USAGE,														"more SATA disks",
         NULL																			      },
	{ { .settings = { "generation=1", "drivers=d.iso", "seed=s.iso", "os=win10", "+disk", "disk0.bus=ide",
			  "+disk", "disk1.bus=ide" } },
         CARREL_ERROR_USAGE,														"more IDE disks",
         NULL																			      },
};
/* clang-format on */

static void test_bad(gconstpointer data)
{
	const Bad *bad = data;
	g_autoptr(QemuCaps) caps = test_caps();
	g_autoptr(GError) error = NULL;

	if (bad->request.minimal)
		make_minimal(caps);
	if (bad->lacking)
		g_hash_table_remove(caps->devices, bad->lacking);
	g_assert_null(build_with(&bad->request, caps, &error));
	g_assert_error(error, CARREL_ERROR, (gint)bad->code);
	g_assert_nonnull(strstr(error->message, bad->words));
}

static char *object_text(JsonObject *object)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);

	return json_to_string(node, FALSE);
}

static gboolean holds(char **argv, const char *text)
{
	return g_strv_contains((const char *const *)argv, text);
}

/* What is plugged into a clone later is what stands on the command line otherwise, in the same place; and the rest does not move. */
static void test_adapters(gconstpointer generation)
{
	Case plain = { .settings = { generation, "secure_boot=off", "+disk", "+nic", "+nic" } }, clone = plain;
	g_autoptr(QemuCaps) caps = test_caps();
	g_autoptr(GError) error = NULL;

	clone.memory = MEMORY_CLONE;
	g_auto(GStrv) with = build_with(&plain, caps, &error);
	g_auto(GStrv) without = build_with(&clone, caps, &error);
	g_autoptr(GPtrArray) adapters = with_context(&clone, caps, adapters_of, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(adapters->len, ==, 2);
	for (guint i = 0; i < adapters->len; i++) {
		ArgvAdapter *adapter = adapters->pdata[i];
		g_autofree char *netdev = object_text(adapter->netdev),
				*device = object_text(adapter->device);
		g_assert_true(holds(with, netdev) && holds(with, device));
		g_assert_false(holds(without, netdev) || holds(without, device));
	}
	/* All that a clone has besides its memory is on the other's command line. */
	for (char **word = without; *word; word++)
		if (g_str_has_prefix(*word, "{") && !strstr(*word, "memory-backend-file"))
			g_assert_true(holds(with, *word));
}

static void test_adapter_without_hotplug(void)
{
	const Case test = {
		.settings = {"secure_boot=off", "+nic", "nic0.model=rtl8139"},
                  .memory = MEMORY_CLONE
	};
	g_autoptr(QemuCaps) caps = test_caps();
	g_autoptr(GError) error = NULL;

	g_assert_null(with_context(&test, caps, adapters_of, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "nic0"));
}

static void test_reserved_name(void)
{
	g_autoptr(VmSpec) spec = test_spec(NULL);
	g_autoptr(QemuCaps) caps = test_caps();
	g_autoptr(GError) error = NULL;
	Firmware firmware = { "/code", "/vars", "raw", TRUE };
	ArgvContext context = { .caps = caps, .firmware = &firmware, .vm_dir = "/store/test", LISTEN_PATHS };

	vm_spec_add_disk(spec, "cdrom0");
	g_assert_null(qemu_argv_build(spec, &context, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "cdrom0"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *golden = g_strconcat("/argv/golden/", cases[i].name, NULL);
		g_autofree char *never = g_strconcat("/argv/never/", cases[i].name, NULL);
		g_autofree char *format = g_strconcat("/argv/format/", cases[i].name, NULL);
		g_test_add_data_func(golden, &cases[i], test_golden);
		g_test_add_data_func(never, &cases[i], test_never);
		g_test_add_data_func(format, &cases[i], test_format);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
		g_autofree char *path = g_strdup_printf("/argv/bad/%" G_GSIZE_FORMAT, i);
		g_test_add_data_func(path, &bad_cases[i], test_bad);
	}
	g_test_add_func("/argv/reserved-name", test_reserved_name);
	g_test_add_data_func("/argv/adapters/gen1", "generation=1", test_adapters);
	g_test_add_data_func("/argv/adapters/gen2", "generation=2", test_adapters);
	g_test_add_func("/argv/adapters/no-hotplug", test_adapter_without_hotplug);
	return g_test_run();
}
