#include "spec/spec-fields.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"

#define KIB (G_GINT64_CONSTANT(1) << 10)
#define MIB (G_GINT64_CONSTANT(1) << 20)
#define TIB (G_GINT64_CONSTANT(1) << 40)

/* clang-format off */
#define VM(key, type, ...)   { SECTION_VM, #key, FIELD_##type, offsetof(VmSpec, key), __VA_ARGS__ }
#define DISK(key, type, ...) { SECTION_DISK, #key, FIELD_##type, offsetof(DiskSpec, key), __VA_ARGS__ }
#define NIC(key, type, ...)  { SECTION_NIC, #key, FIELD_##type, offsetof(NicSpec, key), __VA_ARGS__ }

/* key, type, min, max, default, choices, change, label, group, help */
static const SpecField fields[] = {
	VM(name,        STRING, 0, 0, "", NULL, CHANGE_RENAME, "Name", "General", "name of the VM and of its folder"),
	VM(id,          STRING, 0, 0, "", NULL, CHANGE_NEVER, "Id", "General", "UUID, also seen by the guest as its system UUID"),
	VM(notes,       TEXT,   0, 0, "", NULL, CHANGE_LIVE, "Notes", "General", "what you want to remember about the VM"),
	VM(os,          STRING, 0, 0, "", NULL, CHANGE_OFF, "Guest system", "General", "linux, windows, other or a libosinfo short id; decides on defaults"),
	VM(image,       STRING, 0, 0, "", NULL, CHANGE_NEVER, "Image", "General", "gallery item that the VM was made from"),
	VM(created,     STRING, 0, 0, "", NULL, CHANGE_NEVER, "Created", "General", "when the VM was made, RFC 3339"),
	VM(generation,  INT,    1, 2, "2", NULL, CHANGE_NEVER, "Generation", "General", "1 = BIOS, 2 = UEFI; fixed for life"),
	VM(cpus,        INT,    1, 288, "2", NULL, CHANGE_OFF, "Processors", "Processor", "number of virtual processors"),
	VM(cpu_model,   STRING, 0, 0, "auto", NULL, CHANGE_OFF, "Model", "Processor", "QEMU's CPU model; auto = host with KVM, max with TCG"),
	VM(accelerator, ENUM,   0, 0, "auto", "auto|kvm|tcg", CHANGE_OFF, "Accelerator", "Processor", "auto = KVM where it really works, else TCG"),
	VM(memory,      SIZE,   16 * MIB, 16 * TIB, "2G", NULL, CHANGE_OFF, "Startup memory", "Memory", "memory at start"),
	VM(machine,     STRING, 0, 0, "", NULL, CHANGE_OFF, "Machine type", "Firmware", "QEMU's versioned machine type, chosen at creation so that upgrades of QEMU change nothing"),
	VM(secure_boot, BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Secure Boot", "Firmware", "start signed boot loaders only (generation 2)"),
	VM(tpm,         BOOL,   0, 0, "off", NULL, CHANGE_OFF, "Trusted Platform Module", "Firmware", "a TPM 2.0, by swtpm"),
	VM(boot,        STRING, 0, 0, "disk,cdrom,network", NULL, CHANGE_OFF, "Boot order", "Firmware", "words out of disk, cdrom, network, separated by commas"),
	VM(iso,         PATH,   0, 0, "", NULL, CHANGE_LIVE, "DVD image", "Storage", "ISO file in the DVD drive, empty for none"),
	VM(seed,        PATH,   0, 0, "", NULL, CHANGE_OFF, "Seed", "Storage", "disc with the settings of the first start (cloud-init), beside the DVD drive; empty for none"),
	VM(drivers,     PATH,   0, 0, "", NULL, CHANGE_OFF, "Drivers", "Storage", "disc with drivers, beside the DVD drive, as virtio-win.iso for Windows; empty for none"),
	VM(video,       ENUM,   0, 0, "auto", "auto|std|virtio|none", CHANGE_OFF, "Video", "Devices", "auto = a standard VGA, which every system knows"),
	VM(keymap,      STRING, 0, 0, "us", NULL, CHANGE_LIVE, "Keyboard layout", "Devices", "xkb layout that the guest uses, for `carrel type'"),
	VM(clock,       ENUM,   0, 0, "auto", "auto|utc|localtime", CHANGE_OFF, "Clock", "Devices", "auto = local time for Windows, else UTC"),
	VM(guest_agent, BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Guest agent", "Integration services", "a channel for the QEMU guest agent"),
	VM(user,        STRING, 0, 0, "", NULL, CHANGE_LIVE, "User", "Integration services", "who `carrel ssh' logs in as; in a new guest that takes settings, its first user"),
	VM(clipboard,   BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Shared clipboard", "Integration services", "text goes between guest and console window; the guest needs spice-vdagent"),
	VM(audio,       BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Sound", "Devices", "a sound card that a console window plays"),
	VM(record,      BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Boot record", "Devices", "write down what the screen says, see `carrel screen --history'"),
	VM(serial,      BOOL,   0, 0, "on", NULL, CHANGE_OFF, "Serial port", "Devices", "a serial port, see `carrel connect --via serial'"),
	VM(qemu_args,   STRING, 0, 0, "", NULL, CHANGE_OFF, "QEMU arguments", "Devices", "further arguments for QEMU, for experts"),

	DISK(file,      PATH,   0, 0, "", NULL, CHANGE_OFF, "File", "Storage", "disk image, relative to the VM's folder or absolute"),
	DISK(format,    ENUM,   0, 0, "qcow2", "qcow2|raw|vhdx|vpc|vmdk|vdi", CHANGE_OFF, "Format", "Storage", "format of the file"),
	DISK(bus,       ENUM,   0, 0, "auto", "auto|virtio|scsi|sata|ide|nvme", CHANGE_OFF, "Bus", "Storage", "auto = virtio, SATA for Windows"),
	DISK(cache,     ENUM,   0, 0, "writeback", "writeback|none|writethrough|unsafe", CHANGE_OFF, "Cache", "Storage", "how the host caches writes; unsafe ignores flushes"),
	DISK(readonly,  BOOL,   0, 0, "off", NULL, CHANGE_OFF, "Read only", "Storage", "the guest cannot write"),

	{ SECTION_NIC, "switch", FIELD_STRING, offsetof(NicSpec, switch_name), 0, 0, "Default Switch", NULL, CHANGE_OFF, "Virtual switch", "Network", "virtual switch that the adapter is plugged into, empty for none" },
	NIC(mac,        MAC,    0, 0, "", NULL, CHANGE_OFF, "MAC address", "Network", "six bytes; chosen at creation"),
	NIC(model,      ENUM,   0, 0, "auto", "auto|virtio|e1000e|e1000|rtl8139", CHANGE_OFF, "Adapter model", "Network", "auto = virtio, e1000e for Windows"),
	NIC(connected,  BOOL,   0, 0, "on", NULL, CHANGE_LIVE, "Cable connected", "Network", "state of the link that the guest sees"),
};
/* clang-format on */

const SpecField *spec_fields(gsize *count)
{
	*count = G_N_ELEMENTS(fields);
	return fields;
}

const SpecField *spec_field(FieldSection section, const char *key)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].section == section && g_str_equal(fields[i].key, key))
			return &fields[i];
	return NULL;
}

static gpointer member(const SpecField *field, gconstpointer object)
{
	return (char *)object + field->offset;
}

char *spec_field_get(const SpecField *field, gconstpointer object)
{
	gpointer value = member(field, object);

	switch (field->type) {
	case FIELD_BOOL:
		return g_strdup(*(gboolean *)value ? "on" : "off");
	case FIELD_INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, *(gint64 *)value);
	case FIELD_SIZE:
		return units_format_size(*(guint64 *)value);
	case FIELD_STRING:
	case FIELD_TEXT:
	case FIELD_ENUM:
	case FIELD_PATH:
	case FIELD_MAC:
		return g_strdup(*(char **)value ? *(char **)value : "");
	}
	g_assert_not_reached();
}

static gboolean set_bool(const SpecField *field, gboolean *value, const char *text, GError **error)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false", "true", "0", "1" };

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(text, words[i]) == 0) {
			*value = i % 2;
			return TRUE;
		}
	return error_set(error, CARREL_ERROR_USAGE, "write on or off", "`%s' is not a value of `%s'", text,
			 field->key);
}

static gboolean set_int(const SpecField *field, gint64 *value, const char *text, GError **error)
{
	gint64 number;

	if (g_ascii_string_to_signed(text, 10, field->min, field->max, &number, NULL)) {
		*value = number;
		return TRUE;
	}
	return error_set(error, CARREL_ERROR_USAGE, NULL,
			 "`%s' is not a value of `%s', which is a number from %" G_GINT64_FORMAT
			 " to %" G_GINT64_FORMAT,
			 text, field->key, field->min, field->max);
}

static gboolean set_size(const SpecField *field, guint64 *value, const char *text, GError **error)
{
	guint64 bytes;

	if (!units_parse_size(text, &bytes, error)) {
		g_prefix_error(error, "`%s': ", field->key);
		return FALSE;
	}
	if (bytes < (guint64)field->min || bytes > (guint64)field->max) {
		g_autofree char *min = units_format_size((guint64)field->min);
		g_autofree char *max = units_format_size((guint64)field->max);
		return error_set(error, CARREL_ERROR_USAGE,
				 "write a number with K, M, G or T, for example 2G",
				 "`%s' is not a value of `%s', which is a size from %s to %s", text,
				 field->key, min, max);
	}
	*value = bytes;
	return TRUE;
}

static gboolean is_choice(const SpecField *field, const char *text)
{
	g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);

	return g_strv_contains((const char *const *)words, text);
}

static gboolean check_text(const SpecField *field, const char *text, GError **error)
{
	if (!g_utf8_validate(text, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the value of `%s' is not valid UTF-8",
				 field->key);
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (g_unichar_iscntrl(c) && !(field->type == FIELD_TEXT && (c == '\n' || c == '\t')))
			return error_set(error, CARREL_ERROR_USAGE, NULL,
					 "the value of `%s' contains a control character", field->key);
	}
	if (field->type == FIELD_ENUM && !is_choice(field, text)) {
		g_autofree char *hint =
			g_strdelimit(g_strdup_printf("it is one of %s", field->choices), "|", ' ');
		return error_set(error, CARREL_ERROR_USAGE, hint, "`%s' is not a value of `%s'", text,
				 field->key);
	}
	if (field->type == FIELD_MAC && *text && !units_check_mac(text, error))
		return FALSE;
	return TRUE;
}

gboolean spec_field_set(const SpecField *field, gpointer object, const char *text, GError **error)
{
	gpointer value = member(field, object);

	switch (field->type) {
	case FIELD_BOOL:
		return set_bool(field, value, text, error);
	case FIELD_INT:
		return set_int(field, value, text, error);
	case FIELD_SIZE:
		return set_size(field, value, text, error);
	case FIELD_STRING:
	case FIELD_TEXT:
	case FIELD_ENUM:
	case FIELD_PATH:
	case FIELD_MAC:
		if (!check_text(field, text, error))
			return FALSE;
		g_free(*(char **)value);
		*(char **)value = g_strdup(text);
		return TRUE;
	}
	g_assert_not_reached();
}

static const SpecField *unknown_field(const char *path, GError **error)
{
	error_set(error, CARREL_ERROR_USAGE, "see `carrel help fields' for all fields",
		  "there is no field `%s'", path);
	return NULL;
}

const SpecField *spec_field_at(VmSpec *spec, const char *path, gpointer *object, GError **error)
{
	const char *dot = strchr(path, '.');
	g_autofree char *section = dot ? g_strndup(path, (gsize)(dot - path)) : NULL;
	const SpecField *field = NULL;

	if (!dot) {
		*object = spec;
		field = spec_field(SECTION_VM, path);
	} else if ((*object = vm_spec_find_disk(spec, section))) {
		field = spec_field(SECTION_DISK, dot + 1);
	} else if ((*object = vm_spec_find_nic(spec, section))) {
		field = spec_field(SECTION_NIC, dot + 1);
	} else {
		error_set(error, CARREL_ERROR_USAGE, "see `carrel show VM'",
			  "VM `%s' has no disk or adapter `%s'", spec->name, section);
		return NULL;
	}
	return field ? field : unknown_field(path, error);
}

gboolean vm_spec_set(VmSpec *spec, const char *path, const char *text, GError **error)
{
	gpointer object;
	const SpecField *field = spec_field_at(spec, path, &object, error);

	return field && spec_field_set(field, object, text, error);
}

static void add_paths(GPtrArray *paths, FieldSection section, const char *prefix)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].section == section)
			g_ptr_array_add(paths, g_strconcat(prefix, *prefix ? "." : "", fields[i].key, NULL));
}

char **vm_spec_paths(const VmSpec *spec)
{
	GPtrArray *paths = g_ptr_array_new();

	add_paths(paths, SECTION_VM, "");
	for (guint i = 0; i < spec->disks->len; i++)
		add_paths(paths, SECTION_DISK, ((DiskSpec *)spec->disks->pdata[i])->name);
	for (guint i = 0; i < spec->nics->len; i++)
		add_paths(paths, SECTION_NIC, ((NicSpec *)spec->nics->pdata[i])->name);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(paths, FALSE);
}

static GVariant *field_variant(const SpecField *field, gconstpointer object)
{
	gpointer value = member(field, object);

	switch (field->type) {
	case FIELD_BOOL:
		return g_variant_new_boolean(*(gboolean *)value);
	case FIELD_INT:
		return g_variant_new_int64(*(gint64 *)value);
	case FIELD_SIZE:
		return g_variant_new_uint64(*(guint64 *)value);
	case FIELD_STRING:
	case FIELD_TEXT:
	case FIELD_ENUM:
	case FIELD_PATH:
	case FIELD_MAC:
		return g_variant_new_string(*(char **)value ? *(char **)value : "");
	}
	g_assert_not_reached();
}

static void add_section(GVariantBuilder *builder, FieldSection section, gconstpointer object)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].section == section)
			g_variant_builder_add(builder, "{sv}", fields[i].key,
					      field_variant(&fields[i], object));
}

/* DiskSpec and NicSpec both begin with their name. */
G_STATIC_ASSERT(offsetof(DiskSpec, name) == 0 && offsetof(NicSpec, name) == 0);

static GVariant *sections_variant(FieldSection section, GPtrArray *objects)
{
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < objects->len; i++) {
		g_variant_builder_open(&all, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&all, "{sv}", "name",
				      g_variant_new_string(*(char **)objects->pdata[i]));
		add_section(&all, section, objects->pdata[i]);
		g_variant_builder_close(&all);
	}
	return g_variant_builder_end(&all);
}

GVariant *vm_spec_to_variant(const VmSpec *spec)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	add_section(&builder, SECTION_VM, spec);
	g_variant_builder_add(&builder, "{sv}", "disks", sections_variant(SECTION_DISK, spec->disks));
	g_variant_builder_add(&builder, "{sv}", "nics", sections_variant(SECTION_NIC, spec->nics));
	return g_variant_builder_end(&builder);
}

static void set_from_variant(FieldSection section, gpointer object, GVariant *dict)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (fields[i].section != section)
			continue;
		g_autoptr(GVariant) value = g_variant_lookup_value(dict, fields[i].key, NULL);
		g_autofree char *text = NULL;
		if (!value)
			continue;
		if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
			text = g_variant_dup_string(value, NULL);
		else
			text = g_variant_print(value, FALSE);
		spec_field_set(&fields[i], object, text, NULL);
	}
}

static void sections_from_variant(VmSpec *spec, FieldSection section, GVariant *dict, const char *key)
{
	g_autoptr(GVariant) all = g_variant_lookup_value(dict, key, G_VARIANT_TYPE("aa{sv}"));

	for (gsize i = 0; all && i < g_variant_n_children(all); i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(all, i);
		const char *name = NULL;
		g_variant_lookup(one, "name", "&s", &name);
		gpointer object = section == SECTION_DISK ? (gpointer)vm_spec_add_disk(spec, name)
							  : (gpointer)vm_spec_add_nic(spec, name);
		set_from_variant(section, object, one);
	}
}

VmSpec *vm_spec_from_variant(GVariant *dict)
{
	VmSpec *spec = vm_spec_new();

	set_from_variant(SECTION_VM, spec, dict);
	sections_from_variant(spec, SECTION_DISK, dict, "disks");
	sections_from_variant(spec, SECTION_NIC, dict, "nics");
	return spec;
}
