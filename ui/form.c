#include "ui/form.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"

/* What CreateVm takes besides the fields of a VM. */
typedef struct {
	guint64 disk_size;
	char *disk, *hostname, *password, *ssh_keys;
	gboolean instant;
} CreateExtras;

#define TIB (G_GINT64_CONSTANT(1) << 40)

/* clang-format off */
static const SpecField extra_fields[] = {
	{ SECTION_VM, "disk_size", FIELD_SIZE, offsetof(CreateExtras, disk_size), 0, 64 * TIB, "20G", NULL, CHANGE_OFF,
	  "New disk", "Storage", "Size of the new virtual disk; it grows as it is filled; 0 for none" },
	{ SECTION_VM, "disk", FIELD_PATH, offsetof(CreateExtras, disk), 0, 0, "", NULL, CHANGE_OFF,
	  "Existing disk", "Storage", "Absolute path of a disk image that is used where it lies; empty for none" },
	{ SECTION_VM, "instant", FIELD_BOOL, offsetof(CreateExtras, instant), 0, 0, "on", NULL, CHANGE_OFF,
	  "Instant", "System", "Continue from a warm template of the image, where there is one, instead of booting" },
	{ SECTION_VM, "hostname", FIELD_STRING, offsetof(CreateExtras, hostname), 0, 0, "", NULL, CHANGE_OFF,
	  "Host name", "Guest", "What the guest calls itself; empty: the VM's name" },
	{ SECTION_VM, "password", FIELD_STRING, offsetof(CreateExtras, password), 0, 0, "", NULL, CHANGE_OFF,
	  "Password", "Guest", "Of the first user; empty: a new one is made, Settings and `carrel show' tell it" },
	{ SECTION_VM, "ssh_keys", FIELD_STRING, offsetof(CreateExtras, ssh_keys), 0, 0, "", NULL, CHANGE_OFF,
	  "SSH key", "Guest", "A line of authorized_keys, besides those of your own ~/.ssh" },
};
/* clang-format on */

/* Rows of the short forms, in their order. */
static const char *const new_paths[] = { "name",        "generation", "os",        "cpus",  "memory",
					 "secure_boot", "tpm",        "disk_size", "disk",  "iso",
					 "nic0.switch", "video",      "keymap",    "notes", NULL };
static const char *const quick_paths[] = { "name",        "memory",      "cpus",    "disk_size", "generation",
					   "secure_boot", "nic0.switch", "instant", "user",      "hostname",
					   "password",    "ssh_keys",    NULL };

struct Form {
	FormKind kind;
	VmSpec *spec;
	CreateExtras extras;
	char *state;
	GPtrArray *rows; /* of FormRow */
};

static void row_free(gpointer data)
{
	FormRow *row = data;

	g_free(row->path);
	g_free(row->heading);
	g_free(row->text);
	g_free(row->original);
	g_free(row->error);
	g_free(row);
}

/* --- which rows --------------------------------------------------------------------------------------------------------- */

static const char *lock_reason(const Form *form, const SpecField *field)
{
	if (form->kind != FORM_SETTINGS)
		return NULL;
	switch (field->change) {
	case CHANGE_NEVER:
		return "fixed when the VM was made";
	case CHANGE_RENAME:
		return "to change it, press m in the list of VMs";
	case CHANGE_OFF:
		return g_str_equal(form->state, "off") || g_str_equal(form->state, "critical")
			       ? NULL
			       : "turn the VM off to change it";
	case CHANGE_LIVE:
		return NULL;
	}
	return NULL;
}

static void add_row(Form *form, const char *path, const SpecField *field, gpointer object)
{
	FormRow *row = g_new0(FormRow, 1);

	row->path = g_strdup(path);
	row->field = field;
	row->object = object;
	row->option = object == &form->extras;
	row->text = spec_field_get(field, object);
	row->original = g_strdup(row->text);
	row->locked = lock_reason(form, field);
	g_ptr_array_add(form->rows, row);
}

static void add_path(Form *form, const char *path)
{
	gpointer object;
	const SpecField *field;

	for (gsize i = 0; i < G_N_ELEMENTS(extra_fields); i++)
		if (g_str_equal(extra_fields[i].key, path)) {
			add_row(form, path, &extra_fields[i], &form->extras);
			return;
		}
	field = spec_field_at(form->spec, path, &object, NULL);
	if (field)
		add_row(form, path, field, object);
}

/* All paths of the spec, group by group in the order in which the groups appear first. */
static void add_all(Form *form)
{
	g_auto(GStrv) paths = vm_spec_paths(form->spec);
	g_autoptr(GPtrArray) groups = g_ptr_array_new();
	gpointer object;
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if (!g_ptr_array_find_with_equal_func(groups, fields[i].group, g_str_equal, NULL))
			g_ptr_array_add(groups, (gpointer)fields[i].group);
	for (guint g = 0; g < groups->len; g++)
		for (char **path = paths; *path; path++) {
			const SpecField *field = spec_field_at(form->spec, *path, &object, NULL);
			if (field && g_str_equal(field->group, groups->pdata[g]))
				add_row(form, *path, field, object);
		}
}

/* "Storage", or "Storage: disk0" for rows of a disk or an adapter. */
static char *heading_of(const FormRow *row)
{
	const char *dot = strchr(row->path, '.');
	g_autofree char *section = dot ? g_strndup(row->path, (gsize)(dot - row->path)) : NULL;

	return section ? g_strdup_printf("%s: %s", row->field->group, section) : g_strdup(row->field->group);
}

static void set_headings(Form *form)
{
	const char *last = "";

	for (guint i = 0; i < form->rows->len; i++) {
		FormRow *row = form->rows->pdata[i];
		g_autofree char *heading = heading_of(row);
		if (g_str_equal(heading, last))
			continue;
		row->heading = g_steal_pointer(&heading);
		last = row->heading;
	}
}

Form *form_new(FormKind kind, const VmSpec *spec, const char *state)
{
	Form *form = g_new0(Form, 1);
	const char *const *paths = kind == FORM_NEW ? new_paths : quick_paths;

	form->kind = kind;
	form->spec = vm_spec_copy(spec);
	form->state = g_strdup(state ? state : "off");
	form->rows = g_ptr_array_new_with_free_func(row_free);
	for (gsize i = 0; i < G_N_ELEMENTS(extra_fields); i++)
		spec_field_set(&extra_fields[i], &form->extras, extra_fields[i].fallback, NULL);
	if (kind == FORM_SETTINGS)
		add_all(form);
	else
		for (; *paths; paths++)
			add_path(form, *paths);
	if (kind != FORM_QUICK)
		set_headings(form);
	return form;
}

void form_free(Form *form)
{
	g_ptr_array_unref(form->rows);
	vm_spec_free(form->spec);
	g_free(form->extras.disk);
	g_free(form->extras.hostname);
	g_free(form->extras.password);
	g_free(form->extras.ssh_keys);
	g_free(form->state);
	g_free(form);
}

guint form_count(const Form *form)
{
	return form->rows->len;
}

const FormRow *form_row(const Form *form, guint index)
{
	return form->rows->pdata[index];
}

int form_find(const Form *form, const char *path)
{
	for (guint i = 0; i < form->rows->len; i++)
		if (g_str_equal(form_row(form, i)->path, path))
			return (int)i;
	return -1;
}

void form_set_state(Form *form, const char *state)
{
	g_free(form->state);
	form->state = g_strdup(state);
	for (guint i = 0; i < form->rows->len; i++) {
		FormRow *row = form->rows->pdata[i];
		row->locked = lock_reason(form, row->field);
	}
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

static void write_row(FormRow *row, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_free(row->text);
	row->text = g_strdup(text);
	g_clear_pointer(&row->error, g_free);
	if (!spec_field_set(row->field, row->object, text, &error))
		row->error = error_sentence(error);
}

void form_set_text(Form *form, guint index, const char *text)
{
	FormRow *row = form->rows->pdata[index];

	if (!row->locked && !g_str_equal(row->text, text))
		write_row(row, text);
}

void form_preset(Form *form, const char *path, const char *text)
{
	int index = form_find(form, path);
	FormRow *row;

	if (index < 0)
		return;
	row = form->rows->pdata[index];
	write_row(row, text);
	g_free(row->original);
	row->original = g_strdup(row->text);
}

void form_drop(Form *form, const char *path)
{
	int index = form_find(form, path);

	if (index >= 0)
		g_ptr_array_remove_index(form->rows, (guint)index);
}

/* Words to choose from, NULL when there are none. Caller frees. */
static char **choices_of(const FormRow *row)
{
	const SpecField *field = row->field;
	gboolean few = field->type == FIELD_INT && field->max - field->min < 4;
	g_autoptr(GPtrArray) words = NULL;

	if (field->type == FIELD_BOOL)
		return g_strsplit("off|on", "|", -1);
	if (field->type == FIELD_ENUM)
		return g_strsplit(field->choices, "|", -1);
	if (!few)
		return NULL;
	words = g_ptr_array_new();
	for (gint64 number = field->min; number <= field->max; number++)
		g_ptr_array_add(words, g_strdup_printf("%d", (int)number));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

gboolean form_has_choices(const FormRow *row)
{
	g_auto(GStrv) words = choices_of(row);

	return words != NULL;
}

gboolean form_cycle(Form *form, guint index, int step)
{
	const FormRow *row = form_row(form, index);
	g_auto(GStrv) words = choices_of(row);
	int count, now = 0;

	if (!words || !*words)
		return FALSE;
	count = (int)g_strv_length(words);
	g_assert(count > 0);
	while (now < count && !g_str_equal(words[now], row->text))
		now++;
	form_set_text(form, index, words[((now % count) + step + count) % count]);
	return TRUE;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

gboolean form_is_changed(const FormRow *row)
{
	return !g_str_equal(row->text, row->original);
}

static void check_name(Form *form)
{
	int index = form_find(form, "name");
	FormRow *row = index < 0 ? NULL : form->rows->pdata[index];
	g_autoptr(GError) error = NULL;

	if (!row || row->locked || row->error || units_check_name("VM", row->text, &error))
		return;
	row->error = error_sentence(error);
}

int form_check(Form *form)
{
	check_name(form);
	for (guint i = 0; i < form->rows->len; i++)
		if (form_row(form, i)->error)
			return (int)i;
	return -1;
}

int form_place_error(Form *form, const char *sentence)
{
	for (guint i = 0; i < form->rows->len; i++) {
		FormRow *row = form->rows->pdata[i];
		g_autofree char *path = g_strdup_printf("`%s'", row->path),
				*key = g_strdup_printf("`%s'", row->field->key);
		if (row->locked || (!strstr(sentence, path) && !strstr(sentence, key)))
			continue;
		g_free(row->error);
		row->error = g_strdup(sentence);
		return (int)i;
	}
	return -1;
}

GVariant *form_fields(const Form *form, gboolean name)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
	for (guint i = 0; i < form->rows->len; i++) {
		const FormRow *row = form_row(form, i);
		gboolean wanted = form_is_changed(row) || (name && g_str_equal(row->path, "name"));
		if (wanted && !row->option)
			g_variant_builder_add(&builder, "{ss}", row->path, row->text);
	}
	return g_variant_builder_end(&builder);
}

/* What the guest is told at its first start. */
static void add_guest_options(const Form *form, GVariantDict *options)
{
	const char *const texts[][2] = {
		{"hostname",  form->extras.hostname},
		{ "password", form->extras.password},
		{ "ssh_keys", form->extras.ssh_keys},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (*texts[i][1])
			g_variant_dict_insert(options, texts[i][0], "s", texts[i][1]);
}

void form_add_options(const Form *form, GVariantDict *options)
{
	int size = form_find(form, "disk_size"), disk = form_find(form, "disk");
	gboolean has_disk = disk >= 0 && *form->extras.disk;

	/* A disk of one's own takes the place of a new one unless a size was asked for. */
	if (size >= 0 &&
	    (form_is_changed(form_row(form, (guint)size)) || (form->kind == FORM_NEW && !has_disk)))
		g_variant_dict_insert(options, "disk_size", "t", form->extras.disk_size);
	if (has_disk)
		g_variant_dict_insert(options, "disk", "s", form->extras.disk);
	if (form->kind == FORM_QUICK)
		g_variant_dict_insert(options, "instant", "b", form->extras.instant);
	add_guest_options(form, options);
}
