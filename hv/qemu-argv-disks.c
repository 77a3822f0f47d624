/* Storage on the command line: firmware flash, disks on their buses, the DVD drive. */
#include <string.h>

#include "hv/qemu-argv-private.h"

/* QEMU's node names have 31 bytes at most. */
#define NODE_NAME_MAX 31
#define SATA_PORTS    6
#define IDE_SLOTS     4
#define SCSI_TARGETS  256
/* Where QEMU's own -cdrom puts it: third port of the AHCI, or master of the second IDE channel. */
#define CDROM_SLOT 2
/* The last one of either controller, for Windows guests with a seed. */
#define SEED_SATA_SLOT 5
#define SEED_IDE_SLOT  3
/* Of a disc with drivers: the last one that is left. */
#define DRIVERS_SATA_SLOT 4
#define DRIVERS_IDE_SLOT  1

/* The protocol node below a format node; never a format guessed from content that a guest wrote. */
static JsonObject *file_node(const char *path, gboolean readonly)
{
	JsonObject *file = argv_object("driver", g_str_has_prefix(path, "/dev/") ? "host_device" : "file",
				       "filename", path, NULL);

	if (readonly)
		json_object_set_boolean_member(file, "read-only", TRUE);
	return file;
}

static void add_node(Builder *builder, const char *node, const char *format, const char *path,
		     gboolean readonly)
{
	JsonObject *top = argv_object("driver", format, "node-name", node, NULL);

	json_object_set_boolean_member(top, "read-only", readonly);
	json_object_set_object_member(top, "file", file_node(path, readonly));
	argv_json(builder, "-blockdev", top);
}

void argv_firmware(Builder *builder)
{
	const Firmware *firmware = builder->context->firmware;
	g_autofree char *vars = argv_vm_path(builder, "nvram.qcow2");

	if (!firmware)
		return;
	add_node(builder, NODE_CODE, "raw", firmware->code, TRUE);
	add_node(builder, NODE_VARS, "qcow2", vars, FALSE);
}

static void set_cache(JsonObject *node, const DiskSpec *disk)
{
	JsonObject *cache = json_object_new();

	json_object_set_boolean_member(cache, "direct", g_str_equal(disk->cache, "none"));
	json_object_set_boolean_member(cache, "no-flush", g_str_equal(disk->cache, "unsafe"));
	json_object_set_object_member(node, "cache", cache);
}

static void add_disk_node(Builder *builder, const DiskSpec *disk)
{
	g_autofree char *path = argv_vm_path(builder, disk->file);
	JsonObject *node = argv_object("driver", disk->format, "node-name", disk->name, NULL);
	JsonObject *file = file_node(path, disk->readonly);

	json_object_set_string_member(file, "aio", builder->context->caps->io_uring ? "io_uring" : "threads");
	json_object_set_boolean_member(node, "read-only", disk->readonly);
	if (!disk->readonly) {
		/* What the guest trims or zeroes is given back to the host. */
		json_object_set_string_member(file, "discard", "unmap");
		json_object_set_string_member(node, "discard", "unmap");
		json_object_set_string_member(node, "detect-zeroes", "unmap");
	}
	set_cache(file, disk);
	set_cache(node, disk);
	json_object_set_object_member(node, "file", file);
	argv_json(builder, "-blockdev", node);
}

static JsonObject *virtio_disk(Builder *builder, const DiskSpec *disk)
{
	return argv_pci_device(builder, "virtio-blk-pci", disk->name);
}

static JsonObject *nvme_disk(Builder *builder, const DiskSpec *disk)
{
	JsonObject *device = argv_pci_device(builder, "nvme", disk->name);

	json_object_set_string_member(device, "serial", disk->name);
	return device;
}

static JsonObject *scsi_disk(Builder *builder, const DiskSpec *disk)
{
	guint target = builder->scsi_slots++;

	if (target == 0)
		argv_json(builder, "-device", argv_pci_device(builder, "virtio-scsi-pci", ID_SCSI));
	if (target >= SCSI_TARGETS)
		argv_fail(builder, CARREL_ERROR_USAGE, NULL, "VM `%s' has more than %d SCSI disks",
			  builder->spec->name, SCSI_TARGETS);
	JsonObject *device = argv_device(builder, "scsi-hd", disk->name);
	json_object_set_string_member(device, "bus", ID_SCSI ".0");
	json_object_set_int_member(device, "scsi-id", target);
	return device;
}

/* Windows looks for settings on discs and knows no virtio at first; cloud-init looks on any disk, and the kernels of some cloud images know nothing but
 * virtio. */
static gboolean seed_in_drive(const Builder *builder)
{
	return *builder->spec->seed && vm_spec_is_windows(builder->spec);
}

/* Places of drives with discs, which disks leave free. */
static gboolean is_drive_slot(const Builder *builder, guint slot, guint seed_slot, guint drivers_slot)
{
	return slot == CDROM_SLOT || (slot == seed_slot && seed_in_drive(builder)) ||
	       (slot == drivers_slot && *builder->spec->drivers);
}

static guint next_sata_slot(Builder *builder)
{
	/* The extra controller has none. */
	while (builder->q35 && is_drive_slot(builder, builder->sata_slots, SEED_SATA_SLOT, DRIVERS_SATA_SLOT))
		builder->sata_slots++;
	return builder->sata_slots++;
}

static guint next_ide_slot(Builder *builder)
{
	while (is_drive_slot(builder, builder->ide_slots, SEED_IDE_SLOT, DRIVERS_IDE_SLOT))
		builder->ide_slots++;
	return builder->ide_slots++;
}

/* q35 has an AHCI with buses ide.0 to ide.5, one of them the DVD drive's; i440fx gets a controller for it. */
static JsonObject *sata_disk(Builder *builder, const DiskSpec *disk)
{
	guint slot = next_sata_slot(builder);

	if (slot >= SATA_PORTS)
		argv_fail(builder, CARREL_ERROR_USAGE, "use bus=virtio or bus=scsi for the others",
			  "VM `%s' has more SATA disks than ports", builder->spec->name);
	if (!builder->q35 && !builder->ahci)
		argv_json(builder, "-device", argv_pci_device(builder, "ich9-ahci", ID_AHCI));
	builder->ahci = TRUE;
	g_autofree char *bus = g_strdup_printf("%s.%u", builder->q35 ? "ide" : ID_AHCI, slot);
	JsonObject *device = argv_device(builder, "ide-hd", disk->name);
	json_object_set_string_member(device, "bus", bus);
	return device;
}

static void set_ide_slot(JsonObject *device, guint slot)
{
	g_autofree char *bus = g_strdup_printf("ide.%u", slot / 2);

	json_object_set_string_member(device, "bus", bus);
	json_object_set_int_member(device, "unit", slot % 2);
}

static JsonObject *ide_disk(Builder *builder, const DiskSpec *disk)
{
	guint slot = next_ide_slot(builder);

	if (builder->q35)
		argv_fail(builder, CARREL_ERROR_USAGE, "use bus=sata",
			  "disk `%s' of VM `%s' wants IDE, which generation 2 has not", disk->name,
			  builder->spec->name);
	else if (slot >= IDE_SLOTS)
		argv_fail(builder, CARREL_ERROR_USAGE, "use another bus for the others",
			  "VM `%s' has more IDE disks than slots", builder->spec->name);
	JsonObject *device = argv_device(builder, "ide-hd", disk->name);
	set_ide_slot(device, slot);
	return device;
}

typedef struct {
	const char *name;
	JsonObject *(*device)(Builder *builder, const DiskSpec *disk);
	gboolean error_policy; /* the device model has werror and rerror */
} Bus;

static const Bus buses[] = {
	{"virtio", virtio_disk, TRUE },
        { "scsi",  scsi_disk,   TRUE },
        { "sata",  sata_disk,   TRUE },
	{ "ide",   ide_disk,    TRUE },
        { "nvme",  nvme_disk,   FALSE},
};

static const Bus *bus_of(const Builder *builder, const DiskSpec *disk)
{
	const char *wanted = disk->bus;

	if (g_str_equal(wanted, "auto"))
		wanted = vm_spec_is_windows(builder->spec) ? "sata" : "virtio";
	for (gsize i = 0; i < G_N_ELEMENTS(buses); i++)
		if (g_str_equal(buses[i].name, wanted))
			return &buses[i];
	return &buses[0];
}

static void add_disk(Builder *builder, const DiskSpec *disk, guint number)
{
	const Bus *bus = bus_of(builder, disk);

	if (strlen(disk->name) > NODE_NAME_MAX)
		argv_fail(builder, CARREL_ERROR_USAGE, "give it a shorter name",
			  "the name of disk `%s' has more than %d characters", disk->name, NODE_NAME_MAX);
	add_disk_node(builder, disk);
	JsonObject *device = bus->device(builder, disk);
	json_object_set_string_member(device, "drive", disk->name);
	json_object_set_string_member(device, "write-cache",
				      g_str_equal(disk->cache, "writethrough") ? "off" : "on");
	if (bus->error_policy) {
		/* A full host file system stops the guest instead of showing it a broken disk. */
		json_object_set_string_member(device, "werror", "stop");
		json_object_set_string_member(device, "rerror", "stop");
	}
	argv_boot_index(builder, device, "disk", number);
	argv_json(builder, "-device", device);
}

void argv_disks(Builder *builder)
{
	for (guint i = 0; i < builder->spec->disks->len; i++)
		add_disk(builder, builder->spec->disks->pdata[i], i);
}

void argv_cdrom(Builder *builder)
{
	JsonObject *drive = argv_device(builder, "ide-cd", QEMU_ID_CDROM);

	if (*builder->spec->iso) {
		g_autofree char *path = argv_vm_path(builder, builder->spec->iso);
		add_node(builder, QEMU_NODE_CDROM, "raw", path, TRUE);
		json_object_set_string_member(drive, "drive", QEMU_NODE_CDROM);
	}
	if (builder->q35)
		json_object_set_string_member(drive, "bus", "ide.2");
	else
		set_ide_slot(drive, CDROM_SLOT);
	argv_boot_index(builder, drive, "cdrom", 0);
	argv_json(builder, "-device", drive);
}

static JsonObject *extra_drive(Builder *builder, const char *id, guint sata_slot, guint ide_slot)
{
	JsonObject *device = argv_device(builder, "ide-cd", id);
	g_autofree char *bus = g_strdup_printf("ide.%u", sata_slot);

	if (builder->q35)
		json_object_set_string_member(device, "bus", bus);
	else
		set_ide_slot(device, ide_slot);
	return device;
}

/* No bootindex: it is never started from. */
void argv_seed(Builder *builder)
{
	if (!*builder->spec->seed)
		return;
	g_autofree char *path = argv_vm_path(builder, builder->spec->seed);
	add_node(builder, QEMU_NODE_SEED, "raw", path, TRUE);
	JsonObject *device = seed_in_drive(builder)
				     ? extra_drive(builder, QEMU_ID_SEED, SEED_SATA_SLOT, SEED_IDE_SLOT)
				     : argv_pci_device(builder, "virtio-blk-pci", QEMU_ID_SEED);
	json_object_set_string_member(device, "drive", QEMU_NODE_SEED);
	argv_json(builder, "-device", device);
}

/* In a drive that every system knows, since it is for what the system does not know. */
void argv_drivers(Builder *builder)
{
	if (!*builder->spec->drivers)
		return;
	g_autofree char *path = argv_vm_path(builder, builder->spec->drivers);
	add_node(builder, QEMU_NODE_DRIVERS, "raw", path, TRUE);
	JsonObject *device = extra_drive(builder, QEMU_ID_DRIVERS, DRIVERS_SATA_SLOT, DRIVERS_IDE_SLOT);
	json_object_set_string_member(device, "drive", QEMU_NODE_DRIVERS);
	argv_json(builder, "-device", device);
}
