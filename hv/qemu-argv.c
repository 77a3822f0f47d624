#include "hv/qemu-argv.h"

#include <string.h>

#include "base/units.h"
#include "hv/qemu-argv-private.h"

#define SPARE_ROOT_PORTS 4
/* QEMU's own name of the memory: a saved state fits a machine with the file and one without. */
#define ID_MEMORY "pc.ram"
/* Of the name that libslirp's DHCP server tells the guest. */
#define DHCP_NAME_MAX 32

/* --- groups of options, in the order of the command line --- */

static void add_process(Builder *builder)
{
	g_autofree char *name = argv_escape(builder->spec->name);

	argv_take(builder, "-name", g_strdup_printf("guest=%s,process=carrel-vm,debug-threads=on", name));
	argv_add(builder, "-uuid", builder->spec->id);
	g_ptr_array_add(builder->argv, g_strdup("-nodefaults"));
	g_ptr_array_add(builder->argv, g_strdup("-no-user-config"));
	/* Stopped, so that consoles see the first frame of the firmware. */
	g_ptr_array_add(builder->argv, g_strdup("-S"));
	if (builder->context->caps->sandbox)
		argv_add(builder, "-sandbox",
			 "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	argv_add(builder, "-pidfile", builder->context->pid_file);
	argv_add(builder, "-msg", "timestamp=on");
	/* A guest that panicked stays on the screen. */
	argv_add(builder, "-action", "panic=pause");
	if (builder->context->incoming)
		argv_add(builder, "-incoming", "defer");
}

/* The kernel would be started again and again: when the installer restarts the machine, QEMU ends, and the next start is from the disk. */
static void add_installer(Builder *builder)
{
	const ArgvContext *context = builder->context;

	argv_add(builder, "-action", "reboot=shutdown");
	argv_add(builder, "-kernel", context->kernel);
	argv_add(builder, "-initrd", context->initrd);
	argv_add(builder, "-append", context->command_line);
}

static void add_machine(Builder *builder)
{
	const Firmware *firmware = builder->context->firmware;
	gboolean secure = firmware && firmware->secure_boot;
	gboolean localtime = g_str_equal(builder->spec->clock, "localtime") ||
			     (g_str_equal(builder->spec->clock, "auto") && vm_spec_is_windows(builder->spec));

	/* No guest of this century wants the HPET, and its timer costs host CPU. SMM protects the variables of Secure Boot. */
	argv_take(builder, "-machine",
		  g_strdup_printf("%s,hpet=off,vmport=off,smm=%s%s%s", builder->machine,
				  secure ? "on" : "off",
				  firmware ? ",pflash0=" NODE_CODE ",pflash1=" NODE_VARS : "",
				  builder->context->memory_kind ? ",memory-backend=" ID_MEMORY : ""));
	argv_add(builder, "-accel", builder->context->accel == ACCEL_KVM ? "kvm" : "tcg");
	if (secure)
		argv_add(builder, "-global", "driver=cfi.pflash01,property=secure,value=on");
	/* A guest that sleeps looks like one that hangs; nothing here wakes it. */
	argv_add(builder, "-global", builder->q35 ? "ICH9-LPC.disable_s3=1" : "PIIX4_PM.disable_s3=1");
	if (builder->context->accel == ACCEL_KVM)
		argv_add(builder, "-global", "kvm-pit.lost_tick_policy=delay");
	argv_take(builder, "-rtc",
		  g_strdup_printf("base=%s,clock=host,driftfix=slew", localtime ? "localtime" : "utc"));
	argv_add(builder, "-boot", "strict=on");
	if (builder->context->kernel)
		add_installer(builder);
}

/* Enlightenments that every kernel since 5.10 offers; hv-passthrough would make the guest depend on the host. */
#define WINDOWS_FEATURES                                                                                     \
	",hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff,hv-vpindex=on,hv-runtime=on,hv-time=on,hv-synic=on," \
	"hv-stimer=on,hv-stimer-direct=on,hv-frequencies=on,hv-tlbflush=on,hv-ipi=on"

static void add_processor(Builder *builder)
{
	const VmSpec *spec = builder->spec;
	gboolean kvm = builder->context->accel == ACCEL_KVM;
	g_autofree char *own = argv_escape(spec->cpu_model);
	const char *model = own;

	if (g_str_equal(spec->cpu_model, "auto"))
		model = kvm ? "host,migratable=on" : "max";
	argv_take(builder, "-cpu",
		  g_strconcat(model, kvm && vm_spec_is_windows(spec) ? WINDOWS_FEATURES : "", NULL));
	argv_take(builder, "-smp",
		  g_strdup_printf("cpus=%" G_GINT64_FORMAT ",sockets=1,cores=%" G_GINT64_FORMAT ",threads=1",
				  spec->cpus, spec->cpus));
	argv_take(builder, "-m", g_strdup_printf("size=%" G_GUINT64_FORMAT "K", spec->memory / 1024));
}

static void add_memory(Builder *builder)
{
	const ArgvContext *context = builder->context;

	if (context->memory_kind == MEMORY_OWN)
		return;
	JsonObject *memory = argv_object("qom-type", "memory-backend-file", "id", ID_MEMORY, "mem-path",
					 context->memory_file, NULL);
	json_object_set_int_member(memory, "size", (gint64)(builder->spec->memory / 1024 * 1024));
	json_object_set_boolean_member(memory, "share", context->memory_kind == MEMORY_TEMPLATE);
	argv_json(builder, "-object", memory);
}

#define ID_AUDIO "audio"

/* A chardev on a unix socket that a client may come to and leave at any time. */
static void add_socket(Builder *builder, const char *id, const char *path, const char *more)
{
	g_autofree char *escaped = argv_escape(path);

	argv_take(builder, "-chardev",
		  g_strdup_printf("socket,id=%s,path=%s,server=on,wait=off%s", id, escaped, more));
}

static void add_monitor(Builder *builder)
{
	add_socket(builder, "monitor", builder->context->qmp_socket, "");
	argv_add(builder, "-mon", "chardev=monitor,mode=control");
}

static gboolean has(const Builder *builder, const char *model)
{
	return qemu_caps_has_device(builder->context->caps, model);
}

static const char *sound_card(const Builder *builder)
{
	return builder->q35 ? "ich9-intel-hda" : "intel-hda";
}

static gboolean has_sound(const Builder *builder)
{
	return builder->spec->audio && has(builder, sound_card(builder)) && has(builder, "hda-output");
}

/* Viewers play it, who get it with the screen: QEMU itself opens no device of the host. */
static void add_sound(Builder *builder)
{
	if (!has_sound(builder))
		return;
	argv_add(builder, "-audiodev", "none,id=" ID_AUDIO);
	argv_json(builder, "-device",
		  builder->q35 ? argv_plain_pci_device(builder, sound_card(builder), ID_SOUND)
			       : argv_pci_device(builder, sound_card(builder), ID_SOUND));
	JsonObject *codec = argv_device(builder, "hda-output", NULL);
	json_object_set_string_member(codec, "bus", ID_SOUND ".0");
	json_object_set_string_member(codec, "audiodev", ID_AUDIO);
	argv_json(builder, "-device", codec);
}

static void add_display(Builder *builder)
{
	static const struct {
		const char *word, *model;
	} videos[] = {
		{"auto",    "VGA"       },
                { "std",    "VGA"       },
                { "virtio", "virtio-vga"}
	};
	const QemuCaps *caps = builder->context->caps;
	g_autofree char *socket = argv_escape(builder->context->vnc_socket);

	/* The D-Bus display has no client; it keeps QEMU's refresh timer at 30 ms, which VNC alone lets grow to seconds. */
	argv_add(builder, "-display", caps->display_dbus ? "dbus,p2p=on" : "none");
	if (caps->vnc)
		argv_take(builder, "-vnc",
			  g_strdup_printf("unix:%s,share=force-shared,lock-key-sync=off,power-control=off%s",
					  socket, has_sound(builder) ? ",audiodev=" ID_AUDIO : ""));
	else
		argv_fail(builder, CARREL_ERROR_HOST, "install a QEMU that has it",
			  "QEMU %s at `%s' is built without VNC", caps->version, caps->binary);
	for (gsize i = 0; i < G_N_ELEMENTS(videos); i++) {
		if (!g_str_equal(builder->spec->video, videos[i].word))
			continue;
		JsonObject *video = argv_device(builder, videos[i].model, NULL);
		json_object_set_string_member(video, "bus", builder->q35 ? "pcie.0" : "pci.0");
		json_object_set_string_member(video, "addr", builder->q35 ? "0x1" : "0x2");
		argv_json(builder, "-device", video);
	}
}

static void add_serial(Builder *builder)
{
	if (!builder->spec->serial)
		return;
	/* A restored guest goes on in the same log, a started one begins anew: so the log is bounded by one run. */
	g_autofree char *log = argv_escape(builder->context->serial_log);
	g_autofree char *more =
		g_strdup_printf(",logfile=%s,logappend=%s", log, builder->context->incoming ? "on" : "off");
	add_socket(builder, "serial0", builder->context->serial_socket, more);
	JsonObject *port = argv_device(builder, "isa-serial", NULL);
	json_object_set_string_member(port, "chardev", "serial0");
	argv_json(builder, "-device", port);
}

/* The channels to programs in the guest; the clipboard's is plugged in later (hv/clipboard.c). */
static void add_channels(Builder *builder)
{
	if (builder->spec->guest_agent || builder->spec->clipboard)
		argv_json(builder, "-device",
			  argv_pci_device(builder, "virtio-serial-pci", QEMU_ID_SERIAL_CTL));
}

static void add_guest_agent(Builder *builder)
{
	if (!builder->spec->guest_agent)
		return;
	add_socket(builder, "agent", builder->context->qga_socket, "");
	JsonObject *port = argv_device(builder, "virtserialport", NULL);
	json_object_set_string_member(port, "bus", QEMU_ID_SERIAL_CTL ".0");
	json_object_set_string_member(port, "chardev", "agent");
	json_object_set_string_member(port, "name", "org.qemu.guest_agent.0");
	argv_json(builder, "-device", port);
}

static void add_input(Builder *builder)
{
	argv_json(builder, "-device", argv_pci_device(builder, "qemu-xhci", ID_XHCI));
	JsonObject *tablet = argv_device(builder, "usb-tablet", NULL);
	json_object_set_string_member(tablet, "bus", ID_XHCI ".0");
	argv_json(builder, "-device", tablet);
}

/* Comforts: a QEMU built without one of them still runs the VM. */
static void add_comforts(Builder *builder)
{
	if (has(builder, "virtio-rng-pci")) {
		argv_json(builder, "-object", argv_object("qom-type", "rng-builtin", "id", "rng.src", NULL));
		JsonObject *rng = argv_pci_device(builder, "virtio-rng-pci", NULL);
		json_object_set_string_member(rng, "rng", "rng.src");
		argv_json(builder, "-device", rng);
	}
	if (builder->context->no_balloon || builder->context->memory_kind) {
		argv_pci_gap(builder);
	} else if (has(builder, "virtio-balloon-pci")) {
		JsonObject *balloon = argv_pci_device(builder, "virtio-balloon-pci", QEMU_ID_BALLOON);
		json_object_set_boolean_member(balloon, "free-page-reporting", TRUE);
		json_object_set_boolean_member(balloon, "deflate-on-oom", TRUE);
		argv_json(builder, "-device", balloon);
	}
	/* The generation id says "you were copied"; it is the VM's id, which a clone does not share. */
	if (has(builder, "vmgenid"))
		argv_json(builder, "-device",
			  argv_object("driver", "vmgenid", "guid", builder->spec->id, NULL));
	if (has(builder, "pvpanic"))
		argv_json(builder, "-device", argv_object("driver", "pvpanic", NULL));
}

static void add_tpm(Builder *builder)
{
	if (!builder->context->tpm_socket)
		return;
	g_autofree char *socket = argv_escape(builder->context->tpm_socket);
	argv_take(builder, "-chardev", g_strdup_printf("socket,id=tpm,path=%s", socket));
	argv_add(builder, "-tpmdev", "emulator,id=tpm0,chardev=tpm");
	JsonObject *tpm = argv_device(builder, builder->spec->generation == 2 ? "tpm-crb" : "tpm-tis", NULL);
	json_object_set_string_member(tpm, "tpmdev", "tpm0");
	argv_json(builder, "-device", tpm);
}

static const char *nic_driver(const Builder *builder, const NicSpec *nic)
{
	if (g_str_equal(nic->model, "auto"))
		return vm_spec_is_windows(builder->spec) ? "e1000e" : "virtio-net-pci";
	return g_str_equal(nic->model, "virtio") ? "virtio-net-pci" : nic->model;
}

static JsonObject *nic_device(Builder *builder, const NicSpec *nic)
{
	const char *driver = nic_driver(builder, nic);

	/* The old ones are plain PCI, which does not belong into a PCI Express port. */
	if (!builder->q35 || g_str_equal(driver, "virtio-net-pci") || g_str_equal(driver, "e1000e"))
		return argv_pci_device(builder, driver, nic->name);
	return argv_plain_pci_device(builder, driver, nic->name);
}

void argv_adapter_free(ArgvAdapter *adapter)
{
	g_clear_pointer(&adapter->netdev, json_object_unref);
	g_clear_pointer(&adapter->device, json_object_unref);
	g_free(adapter);
}

/* Onto the command line, or for later. */
static void put_adapter(Builder *builder, const NicSpec *nic, ArgvAdapter *adapter)
{
	if (!builder->adapters && builder->context->memory_kind != MEMORY_CLONE) {
		if (adapter->netdev)
			argv_json(builder, "-netdev", g_steal_pointer(&adapter->netdev));
		argv_json(builder, "-device", g_steal_pointer(&adapter->device));
	} else if (builder->adapters &&
		   g_str_equal(json_object_get_string_member(adapter->device, "bus"), "pcie.0")) {
		argv_fail(builder, CARREL_ERROR_USAGE, "set its field `model' to virtio",
			  "adapter `%s' of VM `%s' cannot be plugged in while it runs", nic->name,
			  builder->spec->name);
	} else if (builder->adapters) {
		g_ptr_array_add(builder->adapters, adapter);
		return;
	}
	argv_adapter_free(adapter);
}

static JsonObject *netdev_object(Builder *builder, const char *id)
{
	const QemuCaps *caps = builder->context->caps;
	g_autofree char *host = units_host_name(builder->spec->name, DHCP_NAME_MAX);

	if (!caps->user_net)
		argv_fail(builder, CARREL_ERROR_HOST, "install a QEMU that has it",
			  "QEMU %s at `%s' is built without user networking", caps->version, caps->binary);
	return argv_object("type", "user", "id", id, "hostname", host, NULL);
}

static void add_nic(Builder *builder, guint number)
{
	const NicSpec *nic = builder->spec->nics->pdata[number];
	g_autofree char *netdev = g_strconcat("net-", nic->name, NULL);
	gboolean plugged = builder->context->ports[number].kind == NETDEV_USER;
	ArgvAdapter *adapter = g_new0(ArgvAdapter, 1);

	adapter->netdev = plugged ? netdev_object(builder, netdev) : NULL;
	JsonObject *device = adapter->device = nic_device(builder, nic);
	if (plugged)
		json_object_set_string_member(device, "netdev", netdev);
	if (*nic->mac)
		json_object_set_string_member(device, "mac", nic->mac);
	/* Without the boot ROM the firmware is ready sooner. */
	if (!argv_boots_from(builder, "network"))
		json_object_set_string_member(device, "romfile", "");
	argv_boot_index(builder, device, "network", number);
	put_adapter(builder, nic, adapter);
}

static void add_nics(Builder *builder)
{
	for (guint i = 0; i < builder->spec->nics->len; i++)
		add_nic(builder, i);
}

static void add_spare_ports(Builder *builder)
{
	for (guint i = 0; builder->q35 && i < SPARE_ROOT_PORTS; i++)
		g_free(argv_root_port(builder));
}

static void add_users_own(Builder *builder)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) error = NULL;
	int count;

	if (!*builder->spec->qemu_args)
		return;
	if (!g_shell_parse_argv(builder->spec->qemu_args, &count, &words, &error)) {
		argv_fail(builder, CARREL_ERROR_USAGE, "quote it as in a shell",
			  "field `qemu_args' of VM `%s': %s", builder->spec->name, error->message);
		return;
	}
	for (char **word = words; *word; word++)
		g_ptr_array_add(builder->argv, g_strdup(*word));
}

/* Devices get their addresses in this order, so a saved state depends on it: new groups go to the end, before the spare ports. */
static void (*const groups[])(Builder *builder) = {
	add_process, add_machine,  add_processor, add_memory, argv_firmware, add_monitor,     add_display,
	add_serial,  add_tpm,      argv_disks,    argv_cdrom, add_nics,      add_channels,    add_guest_agent,
	add_input,   add_comforts, add_sound,     argv_seed,  argv_drivers,  add_spare_ports, add_users_own,
};

static gboolean choose_machine(Builder *builder)
{
	const VmSpec *spec = builder->spec;
	const QemuCaps *caps = builder->context->caps;

	builder->machine = *spec->machine          ? spec->machine
			   : spec->generation == 2 ? caps->machine_q35
						   : caps->machine_pc;
	builder->q35 = g_str_equal(builder->machine, "q35") || g_str_has_prefix(builder->machine, "pc-q35-");
	if (!builder->q35 && !g_str_equal(builder->machine, "pc") &&
	    !g_str_has_prefix(builder->machine, "pc-i440fx-"))
		argv_fail(builder, CARREL_ERROR_USAGE, "use one like pc-q35-7.2 or pc-i440fx-7.2",
			  "`%s' is no machine type for VM `%s'", builder->machine, spec->name);
	else if (spec->generation == 2 && !builder->context->firmware)
		argv_fail(builder, CARREL_ERROR_HOST, "install OVMF",
			  "VM `%s' is of generation 2 and has no UEFI firmware", spec->name);
	return builder->error == NULL;
}

/* Ids of disks and adapters are the user's words; two of ours look alike. */
static gboolean check_ids(Builder *builder)
{
	static const char *const ours[] = { QEMU_ID_CDROM,  QEMU_NODE_CDROM, QEMU_ID_BALLOON,  QEMU_ID_SEED,
					    QEMU_NODE_SEED, QEMU_ID_DRIVERS, QEMU_NODE_DRIVERS };
	const VmSpec *spec = builder->spec;

	for (gsize i = 0; i < G_N_ELEMENTS(ours); i++)
		if (vm_spec_find_disk(spec, ours[i]) || vm_spec_find_nic(spec, ours[i]))
			argv_fail(builder, CARREL_ERROR_USAGE, "give it another name",
				  "VM `%s' has a disk or adapter named `%s', which stands for a device of "
				  "every VM",
				  spec->name, ours[i]);
	return builder->error == NULL;
}

static gboolean build(Builder *builder, GError **error)
{
	g_ptr_array_add(builder->argv, g_strdup(builder->context->caps->binary));
	if (choose_machine(builder) && check_ids(builder))
		for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
			groups[i](builder);
	if (builder->error)
		g_propagate_error(error, builder->error);
	return builder->error == NULL;
}

char **qemu_argv_build(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	Builder builder = { .spec = spec, .context = context, .argv = argv };

	if (!build(&builder, error))
		return NULL;
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

GPtrArray *qemu_argv_adapters(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) adapters = g_ptr_array_new_with_free_func((GDestroyNotify)argv_adapter_free);
	Builder builder = { .spec = spec, .context = context, .argv = argv, .adapters = adapters };

	return build(&builder, error) ? g_steal_pointer(&adapters) : NULL;
}

/* Only what needs it is quoted, for the eye. */
static char *shell_word(const char *word)
{
	gsize plain =
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%");

	return *word && !word[plain] ? g_strdup(word) : g_shell_quote(word);
}

char *qemu_argv_format(char **argv)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; argv[i]; i++) {
		g_autofree char *word = shell_word(argv[i]);
		if (i > 0)
			g_string_append(text, argv[i][0] == '-' ? " \\\n    " : " ");
		g_string_append(text, word);
	}
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}
