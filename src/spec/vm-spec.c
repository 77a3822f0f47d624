#include "spec/vm-spec.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "spec/spec-fields.h"

static gboolean is_string(const SpecField *field)
{
	return field->type != FIELD_BOOL && field->type != FIELD_INT && field->type != FIELD_SIZE;
}

/* Walks the rows of one section; the struct's owned strings are exactly its string fields plus the section's name. */
static void section_defaults(FieldSection section, gpointer object)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if (fields[i].section == section &&
		    !spec_field_set(&fields[i], object, fields[i].fallback, NULL))
			g_error("default of field %s is not valid", fields[i].key);
}

static void section_copy(FieldSection section, gpointer to, gconstpointer from)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		if (fields[i].section != section)
			continue;
		g_autofree char *text = spec_field_get(&fields[i], from);
		spec_field_set(&fields[i], to, text, NULL);
	}
}

static void section_clear(FieldSection section, gpointer object)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if (fields[i].section == section && is_string(&fields[i]))
			g_clear_pointer((char **)((char *)object + fields[i].offset), g_free);
}

static void disk_free(gpointer data)
{
	section_clear(SECTION_DISK, data);
	g_free(((DiskSpec *)data)->name);
	g_free(data);
}

static void nic_free(gpointer data)
{
	section_clear(SECTION_NIC, data);
	g_free(((NicSpec *)data)->name);
	g_free(data);
}

VmSpec *vm_spec_new(void)
{
	VmSpec *spec = g_new0(VmSpec, 1);

	spec->disks = g_ptr_array_new_with_free_func(disk_free);
	spec->nics = g_ptr_array_new_with_free_func(nic_free);
	section_defaults(SECTION_VM, spec);
	return spec;
}

void vm_spec_free(VmSpec *spec)
{
	if (!spec)
		return;
	section_clear(SECTION_VM, spec);
	g_ptr_array_unref(spec->disks);
	g_ptr_array_unref(spec->nics);
	g_free(spec);
}

VmSpec *vm_spec_copy(const VmSpec *spec)
{
	VmSpec *copy = vm_spec_new();

	section_copy(SECTION_VM, copy, spec);
	for (guint i = 0; i < spec->disks->len; i++) {
		const DiskSpec *disk = spec->disks->pdata[i];
		section_copy(SECTION_DISK, vm_spec_add_disk(copy, disk->name), disk);
	}
	for (guint i = 0; i < spec->nics->len; i++) {
		const NicSpec *nic = spec->nics->pdata[i];
		section_copy(SECTION_NIC, vm_spec_add_nic(copy, nic->name), nic);
	}
	return copy;
}

static char *next_name(const VmSpec *spec, const char *prefix)
{
	for (guint i = 0;; i++) {
		g_autofree char *name = g_strdup_printf("%s%u", prefix, i);
		if (!vm_spec_find_disk(spec, name) && !vm_spec_find_nic(spec, name))
			return g_steal_pointer(&name);
	}
}

DiskSpec *vm_spec_add_disk(VmSpec *spec, const char *name)
{
	DiskSpec *disk = g_new0(DiskSpec, 1);

	disk->name = name && *name ? g_strdup(name) : next_name(spec, "disk");
	section_defaults(SECTION_DISK, disk);
	g_ptr_array_add(spec->disks, disk);
	return disk;
}

NicSpec *vm_spec_add_nic(VmSpec *spec, const char *name)
{
	NicSpec *nic = g_new0(NicSpec, 1);

	nic->name = name && *name ? g_strdup(name) : next_name(spec, "nic");
	section_defaults(SECTION_NIC, nic);
	g_ptr_array_add(spec->nics, nic);
	return nic;
}

DiskSpec *vm_spec_find_disk(const VmSpec *spec, const char *name)
{
	for (guint i = 0; i < spec->disks->len; i++)
		if (g_str_equal(((DiskSpec *)spec->disks->pdata[i])->name, name))
			return spec->disks->pdata[i];
	return NULL;
}

NicSpec *vm_spec_find_nic(const VmSpec *spec, const char *name)
{
	for (guint i = 0; i < spec->nics->len; i++)
		if (g_str_equal(((NicSpec *)spec->nics->pdata[i])->name, name))
			return spec->nics->pdata[i];
	return NULL;
}

gboolean vm_spec_is_windows(const VmSpec *spec)
{
	return g_str_has_prefix(spec->os, "win");
}

/* Section titles become ids of QEMU's devices: qapi's rule for ids is a letter, then letters, digits, '-', '.', '_'; names of
 * block nodes have at most 31. */
static gboolean check_section_name(const VmSpec *spec, const char *name, guint uses, GError **error)
{
	gboolean good = g_ascii_isalpha(*name) && strlen(name) <= 31;

	for (const char *p = name; good && *p; p++)
		good = g_ascii_isalnum(*p) || *p == '-' || *p == '_';
	if (!good)
		return error_set(error, CARREL_ERROR_USAGE,
				 "use a letter and up to 30 letters, digits, `-' or `_'",
				 "`%s' is not a name for a disk or adapter of VM `%s'", name, spec->name);
	if (uses > 1)
		return error_set(error, CARREL_ERROR_USAGE, "give each a name of its own",
				 "VM `%s' has two disks or adapters named `%s'", spec->name, name);
	return TRUE;
}

static guint count_name(const VmSpec *spec, const char *name)
{
	guint uses = 0;

	for (guint i = 0; i < spec->disks->len; i++)
		uses += g_str_equal(((DiskSpec *)spec->disks->pdata[i])->name, name);
	for (guint i = 0; i < spec->nics->len; i++)
		uses += g_str_equal(((NicSpec *)spec->nics->pdata[i])->name, name);
	return uses;
}

static gboolean check_boot(const VmSpec *spec, GError **error)
{
	static const char *const known[] = { "disk", "cdrom", "network", NULL };
	g_auto(GStrv) words = g_strsplit(spec->boot, ",", -1);

	for (char **word = words; *word; word++)
		if (!g_strv_contains(known, g_strstrip(*word)))
			return error_set(error, CARREL_ERROR_USAGE,
					 "use disk, cdrom and network, separated by commas",
					 "`%s' in `boot' is no boot device", *word);
	return TRUE;
}

gboolean vm_spec_validate(const VmSpec *spec, GError **error)
{
	if (!units_check_name("VM", spec->name, error) || !check_boot(spec, error))
		return FALSE;
	if (!g_uuid_string_is_valid(spec->id))
		return error_set(error, CARREL_ERROR_USAGE, "write a UUID as uuidgen makes it",
				 "`%s' is no id for VM `%s'", spec->id, spec->name);
	for (guint i = 0; i < spec->disks->len; i++) {
		const DiskSpec *disk = spec->disks->pdata[i];
		if (!check_section_name(spec, disk->name, count_name(spec, disk->name), error))
			return FALSE;
		if (!*disk->file)
			return error_set(error, CARREL_ERROR_USAGE, "set its `file'",
					 "disk `%s' of VM `%s' has no file", disk->name, spec->name);
	}
	for (guint i = 0; i < spec->nics->len; i++) {
		const NicSpec *nic = spec->nics->pdata[i];
		if (!check_section_name(spec, nic->name, count_name(spec, nic->name), error))
			return FALSE;
	}
	return TRUE;
}
