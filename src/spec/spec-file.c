#include "spec/spec-file.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "spec/conf.h"
#include "spec/spec-fields.h"

/* While a file is read: what it becomes, and the disk or adapter whose values come now. */
typedef struct {
	VmSpec *spec;
	gpointer section;
} Reading;

/* The keys of each section, from the table; made once. */
static const ConfGroup *groups(void)
{
	static const char *const sections[SECTION_COUNT] = { [SECTION_DISK] = "disk", [SECTION_NIC] = "nic" };
	static ConfGroup made[SECTION_COUNT];
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (guint i = 0; i < SECTION_COUNT && !made[SECTION_COUNT - 1].keys; i++) {
		g_autoptr(GPtrArray) keys = g_ptr_array_new();
		for (gsize k = 0; k < count; k++)
			if (fields[k].section == (FieldSection)i)
				g_ptr_array_add(keys, (gpointer)fields[k].key);
		g_ptr_array_add(keys, NULL);
		made[i] = (ConfGroup){ sections[i],
				       (const char *const *)g_ptr_array_free(g_steal_pointer(&keys), FALSE) };
	}
	return made;
}

static gboolean check_value(guint group, const char *key, const char *text, GError **error)
{
	static gpointer scratch[SECTION_COUNT]; /* a place to parse into, made once */

	if (!scratch[SECTION_VM]) {
		VmSpec *spec = vm_spec_new();
		scratch[SECTION_VM] = spec;
		scratch[SECTION_DISK] = vm_spec_add_disk(spec, NULL);
		scratch[SECTION_NIC] = vm_spec_add_nic(spec, NULL);
	}
	return spec_field_set(spec_field((FieldSection)group, key), scratch[group], text, error);
}

static void open_section(guint group, const char *title, gpointer data)
{
	Reading *reading = data;

	reading->section = group == SECTION_DISK ? (gpointer)vm_spec_add_disk(reading->spec, title)
						 : (gpointer)vm_spec_add_nic(reading->spec, title);
}

static void take_value(guint group, const char *key, const char *text, gpointer data)
{
	Reading *reading = data;

	spec_field_set(spec_field((FieldSection)group, key),
		       group == SECTION_VM ? (gpointer)reading->spec : reading->section, text,
		       NULL); /* checked while parsing */
}

/* Values come in the order of groups, the VM's own first. */
G_STATIC_ASSERT(SECTION_VM == 0);

static ConfFormat vm_conf(void)
{
	return (ConfFormat){ groups(),    SECTION_COUNT,
			     "vm.conf",   "correct that line; vm.conf(5) lists every field",
			     check_value, open_section,
			     take_value };
}

static VmSpec *validated(VmSpec *spec, gboolean parsed, const char *path, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (parsed && vm_spec_validate(spec, &local))
		return spec;
	if (parsed) {
		g_autofree char *message = error_message(local);
		error_set(error, CARREL_ERROR_USAGE, error_hint(local), "%s:1:1: %s", path, message);
	}
	vm_spec_free(spec);
	return NULL;
}

VmSpec *spec_file_parse(const char *text, const char *path, GError **error)
{
	ConfFormat format = vm_conf();
	Reading reading = { vm_spec_new(), NULL };

	return validated(reading.spec, conf_parse(&format, text, path, &reading, error), path, error);
}

VmSpec *spec_file_load(const char *path, GError **error)
{
	ConfFormat format = vm_conf();
	Reading reading = { vm_spec_new(), NULL };

	return validated(reading.spec, conf_load(&format, path, SPEC_FILE_MAX, &reading, error), path, error);
}

static gboolean is_bare(const SpecField *field, const char *text)
{
	if (field->type == FIELD_BOOL || field->type == FIELD_INT || field->type == FIELD_SIZE)
		return TRUE;
	return field->type == FIELD_ENUM && *text;
}

static void format_section(GString *out, FieldSection section, gconstpointer object, const char *indent)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		const SpecField *field = &fields[i];
		if (field->section != section)
			continue;
		g_autofree char *text = spec_field_get(field, object);
		if (section == SECTION_VM)
			g_string_append_printf(out, "\n# %s: %s\n", field->label, field->help);
		/* Defaults are shown but not fixed, except those that a later carrel may choose differently. */
		gboolean is_default = g_str_equal(text, field->fallback);
		g_string_append_printf(out, "%s%s%s = ", indent, is_default ? "# " : "", field->key);
		if (is_bare(field, text))
			g_string_append(out, text);
		else
			conf_append_quoted(out, text);
		g_string_append_c(out, '\n');
	}
}

char *spec_file_format(const VmSpec *spec)
{
	GString *out = g_string_new("# A virtual machine of carrel; see vm.conf(5). Edit it while the VM is "
				    "off, or use `carrel set'.\n"
				    "# A line that begins with # shows a default.\n");

	format_section(out, SECTION_VM, spec, "");
	for (guint i = 0; i < spec->disks->len; i++) {
		const DiskSpec *disk = spec->disks->pdata[i];
		g_string_append_printf(out, "\ndisk %s {\n", disk->name);
		format_section(out, SECTION_DISK, disk, "\t");
		g_string_append(out, "}\n");
	}
	for (guint i = 0; i < spec->nics->len; i++) {
		const NicSpec *nic = spec->nics->pdata[i];
		g_string_append_printf(out, "\nnic %s {\n", nic->name);
		format_section(out, SECTION_NIC, nic, "\t");
		g_string_append(out, "}\n");
	}
	return g_string_free(out, FALSE);
}

gboolean spec_file_save(const VmSpec *spec, const char *path, GError **error)
{
	g_autofree char *text = spec_file_format(spec);

	return file_replace(path, text, -1, 0644, error);
}
