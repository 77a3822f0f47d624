#include "ui/details-rows.h"

#include <string.h>

#include "base/units.h"
#include "spec/spec-fields.h"
#include "ui/vm-text.h"

static void row_free(gpointer data)
{
	DetailsRow *row = data;

	g_free(row->value);
	g_free(row);
}

static GPtrArray *rows_new(void)
{
	return g_ptr_array_new_with_free_func(row_free);
}

/* Takes @value. */
static void add(GPtrArray *rows, const char *label, char *value, Role role)
{
	DetailsRow *row = g_new(DetailsRow, 1);

	*row = (DetailsRow){ label, value, role };
	g_ptr_array_add(rows, row);
}

static void add_wrapped(GPtrArray *rows, const char *label, const char *text, int width, Role role)
{
	g_autoptr(GPtrArray) lines = canvas_wrap(text, width);

	for (guint i = 0; i < lines->len; i++)
		add(rows, i ? "" : label, g_strdup(lines->pdata[i]), role);
}

/* --- summary ------------------------------------------------------------------------------------------------------------- */

static char *memory_text(const ClientVm *vm)
{
	g_autofree char *startup = units_format_size_human(vm->memory_startup);
	g_autofree char *assigned = units_format_size_human(vm->memory_assigned);
	g_autofree char *demand = units_format_size_human(vm->memory_demand);

	if (!vm->memory_assigned)
		return g_strdup(startup);
	return g_strdup_printf("%s assigned, %s used", assigned, demand);
}

static char *processors_text(const ClientVm *vm)
{
	if (!*vm->accelerator)
		return g_strdup_printf("%u", vm->cpus);
	return g_strdup_printf("%u, %s", vm->cpus,
			       g_str_equal(vm->accelerator, "kvm") ? "KVM" : "emulated (TCG)");
}

static char *network_text(const ClientVm *vm)
{
	if (!*vm->switch_name)
		return g_strdup("not connected");
	return *vm->ip ? g_strdup_printf("%s, %s", vm->switch_name, vm->ip) : g_strdup(vm->switch_name);
}

static char *system_text(const ClientVm *vm)
{
	return g_strdup_printf("%s, generation %u (%s)", *vm->os ? vm->os : "unknown", vm->generation,
			       vm->generation == 2 ? "UEFI" : "BIOS");
}

static char *heartbeat_text(const ClientVm *vm)
{
	if (g_str_equal(vm->heartbeat, "ok"))
		return g_strdup("the guest agent answers");
	return g_strdup(g_str_equal(vm->heartbeat, "none") ? "no guest agent" : "unknown");
}

GPtrArray *details_rows_summary(const ClientVm *vm, int width)
{
	GPtrArray *rows = rows_new();

	if (*vm->status)
		add_wrapped(rows, "Status", vm->status, width,
			    vm_text_is_coming_up(vm) ? ROLE_NORMAL : ROLE_BAD);
	add(rows, "System", system_text(vm), ROLE_NORMAL);
	add(rows, "Processors", processors_text(vm), ROLE_NORMAL);
	add(rows, "Memory", memory_text(vm), ROLE_NORMAL);
	add(rows, "Network", network_text(vm), ROLE_NORMAL);
	if (vm->pid)
		add(rows, "Heartbeat", heartbeat_text(vm), ROLE_NORMAL);
	add(rows, "Created", vm_text_time(vm->created), ROLE_NORMAL);
	if (*vm->checkpoint)
		add(rows, "Checkpoint", g_strdup(vm->checkpoint), ROLE_NORMAL);
	add(rows, "Folder", g_strdup(vm->folder), ROLE_NORMAL);
	if (*vm->notes)
		add_wrapped(rows, "Notes", vm->notes, width, ROLE_NORMAL);
	return rows;
}

/* --- pages made of the field table --------------------------------------------------------------------------------------- */

static void add_fields(GPtrArray *rows, FieldSection section, gconstpointer object, const char *skip_groups)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		char *value;
		if (fields[i].section != section || (skip_groups && strstr(skip_groups, fields[i].group)))
			continue;
		value = spec_field_get(&fields[i], object);
		if (*value)
			add(rows, fields[i].label, value, ROLE_NORMAL);
		else
			g_free(value);
	}
}

GPtrArray *details_rows_hardware(const VmSpec *spec)
{
	GPtrArray *rows = rows_new();

	add_fields(rows, SECTION_VM, spec, "General Storage");
	return rows;
}

static void add_disk(GPtrArray *rows, GVariant *disk)
{
	const char *path = "", *format = "";
	guint64 size = 0, used = 0;

	g_variant_lookup(disk, "path", "&s", &path);
	g_variant_lookup(disk, "format", "&s", &format);
	g_variant_lookup(disk, "size", "t", &size);
	g_variant_lookup(disk, "used", "t", &used);
	g_autofree char *size_text = units_format_size_human(size),
			*used_text = units_format_size_human(used);
	add(rows, "  Size", g_strdup_printf("%s, %s used on this host, %s", size_text, used_text, format),
	    ROLE_NORMAL);
}

GPtrArray *details_rows_storage(const VmSpec *spec, GVariant *disks)
{
	GPtrArray *rows = rows_new();

	for (guint i = 0; i < spec->disks->len; i++) {
		const DiskSpec *disk = spec->disks->pdata[i];
		add(rows, disk->name, g_strdup(disk->file), ROLE_NORMAL);
		for (gsize j = 0; disks && j < g_variant_n_children(disks); j++) {
			g_autoptr(GVariant) info = g_variant_get_child_value(disks, j);
			const char *name = "";
			if (g_variant_lookup(info, "name", "&s", &name) && g_str_equal(name, disk->name))
				add_disk(rows, info);
		}
	}
	add(rows, "DVD drive", g_strdup(*spec->iso ? spec->iso : "empty"),
	    *spec->iso ? ROLE_NORMAL : ROLE_DIM);
	return rows;
}

GPtrArray *details_rows_network(const VmSpec *spec, const ClientVm *vm)
{
	GPtrArray *rows = rows_new();

	for (guint i = 0; i < spec->nics->len; i++) {
		const NicSpec *nic = spec->nics->pdata[i];
		add(rows, "Adapter", g_strdup(nic->name), ROLE_HEADING);
		add_fields(rows, SECTION_NIC, nic, NULL);
	}
	if (!rows->len)
		add(rows, "Adapter", g_strdup("none"), ROLE_DIM);
	if (*vm->ip)
		add(rows, "Address", g_strdup(vm->ip), ROLE_NORMAL);
	return rows;
}

GPtrArray *details_rows_waiting(void)
{
	GPtrArray *rows = rows_new();

	add(rows, "", g_strdup("Loading\xe2\x80\xa6"), ROLE_DIM);
	return rows;
}
