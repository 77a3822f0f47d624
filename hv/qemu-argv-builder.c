/* What the groups of options are written with: words, JSON objects, devices and their places on the PCI bus. */
#include <string.h>

#include "hv/qemu-argv-private.h"

/* Slots of pcie.0: 1 is the video card's; 2 to 0x12 hold root ports, 8 each; 0x1a down to 0x13 hold plain PCI cards; 0x1b and up are
 * the chip set's own. */
#define ROOT_PORT_SLOT 2
#define ROOT_PORT_MAX  ((0x13 - ROOT_PORT_SLOT) * 8)
#define PLAIN_SLOT     0x1a
#define PLAIN_MAX      8
/* Of i440fx's bus: 0 and 1 are the chip set's, 2 is the video card's. */
#define PCI_SLOT_END 0x20

void argv_fail(Builder *builder, CarrelError code, const char *hint, const char *format, ...)
{
	va_list args;

	if (builder->error)
		return;
	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	builder->error = error_new(code, hint, "%s", sentence);
}

void argv_take(Builder *builder, const char *option, char *value)
{
	g_ptr_array_add(builder->argv, g_strdup(option));
	g_ptr_array_add(builder->argv, value);
}

void argv_add(Builder *builder, const char *option, const char *value)
{
	argv_take(builder, option, g_strdup(value));
}

void argv_json(Builder *builder, const char *option, JsonObject *object)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);

	argv_take(builder, option, json_to_string(node, FALSE));
	json_object_unref(object);
}

JsonObject *argv_object(const char *key, ...)
{
	JsonObject *object = json_object_new();
	va_list args;

	va_start(args, key);
	for (; key; key = va_arg(args, const char *))
		json_object_set_string_member(object, key, va_arg(args, const char *));
	va_end(args);
	return object;
}

JsonObject *argv_device(Builder *builder, const char *model, const char *id)
{
	const QemuCaps *caps = builder->context->caps;

	if (!qemu_caps_has_device(caps, model))
		argv_fail(builder, CARREL_ERROR_HOST, "change the VM's settings, or install a complete QEMU",
			  "QEMU %s at `%s' has no device `%s', which VM `%s' wants", caps->version,
			  caps->binary, model, builder->spec->name);
	return id ? argv_object("driver", model, "id", id, NULL) : argv_object("driver", model, NULL);
}

char *argv_root_port(Builder *builder)
{
	guint number = builder->root_ports++;
	g_autofree char *id = g_strdup_printf("port.%u", number);
	g_autofree char *address = g_strdup_printf("0x%x.0x%x", ROOT_PORT_SLOT + number / 8, number % 8);
	JsonObject *port = argv_device(builder, "pcie-root-port", id);

	if (number >= ROOT_PORT_MAX)
		argv_fail(builder, CARREL_ERROR_USAGE, "put disks on SCSI, which takes 256 of them",
			  "VM `%s' has too many devices", builder->spec->name);
	json_object_set_string_member(port, "bus", "pcie.0");
	json_object_set_string_member(port, "addr", address);
	if (number % 8 == 0)
		json_object_set_boolean_member(port, "multifunction", TRUE);
	json_object_set_int_member(port, "chassis", number + 1);
	argv_json(builder, "-device", port);
	return g_steal_pointer(&id);
}

/* The slot that QEMU would choose by itself; said, so that a device that is not there leaves its place empty. */
static char *next_slot(Builder *builder)
{
	guint slot = (g_str_equal(builder->spec->video, "none") ? 2 : 3) + builder->pci_cards++;

	if (slot >= PCI_SLOT_END)
		argv_fail(builder, CARREL_ERROR_USAGE, "put disks on SCSI, which takes 256 of them",
			  "VM `%s' has too many devices", builder->spec->name);
	return g_strdup_printf("0x%x", slot);
}

JsonObject *argv_pci_device(Builder *builder, const char *model, const char *id)
{
	JsonObject *device = argv_device(builder, model, id);
	g_autofree char *place = builder->q35 ? argv_root_port(builder) : next_slot(builder);

	json_object_set_string_member(device, "bus", builder->q35 ? place : "pci.0");
	if (!builder->q35)
		json_object_set_string_member(device, "addr", place);
	return device;
}

void argv_pci_gap(Builder *builder)
{
	g_free(builder->q35 ? argv_root_port(builder) : next_slot(builder));
}

char *argv_escape(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

char *argv_vm_path(const Builder *builder, const char *file)
{
	return g_canonicalize_filename(file, builder->context->vm_dir);
}

static guint boot_rank(const Builder *builder, const char *kind)
{
	g_auto(GStrv) words = g_strsplit(builder->spec->boot, ",", -1);

	for (guint i = 0; words[i]; i++)
		if (g_str_equal(g_strstrip(words[i]), kind))
			return i + 1;
	return 0;
}

gboolean argv_boots_from(const Builder *builder, const char *kind)
{
	return boot_rank(builder, kind) > 0;
}

void argv_boot_index(const Builder *builder, JsonObject *device, const char *kind, guint nth)
{
	guint rank = boot_rank(builder, kind);

	if (rank)
		json_object_set_int_member(device, "bootindex", rank * 1000 + nth);
}

JsonObject *argv_plain_pci_device(Builder *builder, const char *model, const char *id)
{
	guint number = builder->plain_cards++;
	g_autofree char *address = g_strdup_printf("0x%x", PLAIN_SLOT - number);
	JsonObject *device = argv_device(builder, model, id);

	if (number >= PLAIN_MAX)
		argv_fail(builder, CARREL_ERROR_USAGE, "use model=virtio for the others",
			  "VM `%s' has more than %d adapters of old models", builder->spec->name, PLAIN_MAX);
	json_object_set_string_member(device, "bus", "pcie.0");
	json_object_set_string_member(device, "addr", address);
	return device;
}
