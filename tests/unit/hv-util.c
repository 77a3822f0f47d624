#include "hv-util.h"

#include <string.h>

#include "base/file.h"
#include "spec/spec-fields.h"

#define PATIENCE_S 120

void test_catch(GObject *source, GAsyncResult *result, gpointer caught)
{
	((Caught *)caught)->result = g_object_ref(result);
}

static gboolean on_patience(gpointer data)
{
	g_error("the test waited %d s in vain", PATIENCE_S);
	return G_SOURCE_REMOVE;
}

GAsyncResult *test_await(Caught *caught)
{
	guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

	while (!caught->result)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(patience);
	return caught->result;
}

void test_forget(Caught *caught)
{
	g_clear_object(&caught->result);
}

void test_wait(const gboolean *condition)
{
	guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

	while (!*condition)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(patience);
}

char *test_home(void)
{
	char *home = g_dir_make_tmp("carrel-test-XXXXXX", NULL);

	g_assert_nonnull(home);
	g_setenv("CARREL_HOME", home, TRUE);
	return home;
}

void test_home_remove(char *home)
{
	g_assert_true(file_remove_tree(home, NULL));
	g_free(home);
}

int test_run_in_home(void)
{
	char *home = test_home();
	int status = g_test_run();

	test_home_remove(home);
	return status;
}

char *test_program(const char *relative)
{
	return g_test_build_filename(G_TEST_BUILT, "..", relative, NULL);
}

QemuCaps *test_caps(void)
{
	static const char *const devices[] = {
		"pcie-root-port",
		"virtio-blk-pci",
		"virtio-scsi-pci",
		"scsi-hd",
		"ide-hd",
		"ide-cd",
		"ich9-ahci",
		"nvme",
		"virtio-net-pci",
		"e1000",
		"e1000e",
		"rtl8139",
		"VGA",
		"virtio-vga",
		"isa-serial",
		"virtio-serial-pci",
		"virtserialport",
		"qemu-xhci",
		"usb-tablet",
		"virtio-rng-pci",
		"virtio-balloon-pci",
		"vmgenid",
		"pvpanic",
		"intel-hda",
		"ich9-intel-hda",
		"hda-output",
		"tpm-crb",
		"tpm-tis",
	};
	QemuCaps *caps = g_new0(QemuCaps, 1);

	caps->binary = g_strdup("/usr/bin/qemu-system-x86_64");
	caps->version = g_strdup("7.2.22");
	caps->arch = g_strdup("x86_64");
	caps->machine_q35 = g_strdup("pc-q35-7.2");
	caps->machine_pc = g_strdup("pc-i440fx-7.2");
	caps->display_dbus = caps->vnc = caps->io_uring = caps->sandbox = caps->user_net = TRUE;
	caps->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(devices); i++)
		g_hash_table_add(caps->devices, g_strdup(devices[i]));
	return caps;
}

QemuCaps *test_real_caps(void)
{
	Caught caught = { NULL };

	qemu_caps_probe(NULL, test_catch, &caught);
	QemuCaps *caps = qemu_caps_probe_finish(test_await(&caught), NULL);
	test_forget(&caught);
	return caps;
}

VmSpec *test_spec(const char *const *settings)
{
	VmSpec *spec = vm_spec_new();
	g_autoptr(GError) error = NULL;

	vm_spec_set(spec, "name", "test", NULL);
	vm_spec_set(spec, "id", "6f1d2c3b-0a1b-4c5d-8e9f-102030405060", NULL);
	for (; settings && *settings; settings++) {
		g_auto(GStrv) pair = g_strsplit(*settings, "=", 2);
		if (g_str_equal(*settings, "+disk")) {
			DiskSpec *disk = vm_spec_add_disk(spec, NULL);
			g_free(disk->file);
			disk->file = g_strconcat(disk->name, ".qcow2", NULL);
		} else if (g_str_equal(*settings, "+nic")) {
			NicSpec *nic = vm_spec_add_nic(spec, NULL);
			g_free(nic->mac);
			nic->mac = g_strdup_printf("52:54:00:00:00:%02x", spec->nics->len);
		} else {
			vm_spec_set(spec, pair[0], pair[1], &error);
			g_assert_no_error(error);
		}
	}
	return spec;
}
