#include "spec/spec-file.h"

#include <confuse.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "spec/spec-fields.h"

/* libconfuse gives its error function no user data; parsing is synchronous, so one pointer is enough. */
static struct {
	const char *path;
	const char *text;
	GError **error;
	GHashTable *seen; /* of cfg_opt_t *: what has a value already */
} parsing;

static const char *const section_names[SECTION_COUNT] = { [SECTION_DISK] = "disk", [SECTION_NIC] = "nic" };

static const char *line_start(const char *text, int line)
{
	while (--line > 0 && (text = strchr(text, '\n')))
		text++;
	return text;
}

/* libconfuse counts lines only. The column is that of the word it complains about, in its quotes. */
static int column_of(const char *message, int line)
{
	const char *start = line_start(parsing.text, line);
	const char *open = strchr(message, '\'');
	const char *close = open ? strchr(open + 1, '\'') : NULL;

	if (!start)
		return 1;
	while (close && close > open + 1) {
		g_autofree char *word = g_strndup(open + 1, (gsize)(close - open) - 1);
		gsize length = strcspn(start, "\n");
		const char *found = g_strstr_len(start, (gssize)length, word);
		if (found)
			return (int)(found - start) + 1;
		open = strchr(close + 1, '\'');
		close = open ? strchr(open + 1, '\'') : NULL;
	}
	return (int)strspn(start, " \t") + 1;
}

static void on_parse_error(cfg_t *cfg, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

static void on_parse_error(cfg_t *cfg, const char *format, va_list args)
{
	g_autofree char *message = g_strdup_vprintf(format, args);
	int line = MAX(cfg->line, 1);

	if (parsing.error && !*parsing.error)
		error_set(parsing.error, CARREL_ERROR_USAGE,
			  "correct that line; vm.conf(5) lists every field", "%s:%d:%d: %s", parsing.path,
			  line, column_of(message, line), message);
}

/* Checks each value as it is read, so that a wrong one is reported where it stands. */
static int check_value(cfg_t *cfg, cfg_opt_t *opt, FieldSection section)
{
	static gpointer scratch[SECTION_COUNT]; /* a place to parse into, made once */
	const SpecField *field = spec_field(section, cfg_opt_name(opt));
	g_autoptr(GError) error = NULL;

	if (!scratch[SECTION_VM]) {
		VmSpec *spec = vm_spec_new();
		scratch[SECTION_VM] = spec;
		scratch[SECTION_DISK] = vm_spec_add_disk(spec, NULL);
		scratch[SECTION_NIC] = vm_spec_add_nic(spec, NULL);
	}
	/* libconfuse takes the last of two; a person who wrote both reads the first. */
	if (!g_hash_table_add(parsing.seen, opt)) {
		cfg_error(cfg, "'%s' is set twice", cfg_opt_name(opt));
		return -1;
	}
	if (spec_field_set(field, scratch[section], cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1), &error))
		return 0;
	g_autofree char *sentence = error_message(error);
	g_autofree char *quoted = g_strdelimit(g_strdup(sentence), "`", '\'');
	cfg_error(cfg, "%s", quoted);
	return -1;
}

static int check_vm_value(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_value(cfg, opt, SECTION_VM);
}

static int check_disk_value(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_value(cfg, opt, SECTION_DISK);
}

static int check_nic_value(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_value(cfg, opt, SECTION_NIC);
}

#define MAX_OPTIONS 64

/* One string option per row of the table: values are parsed by the table, so that units work unquoted too. */
static guint add_options(cfg_opt_t *options, FieldSection section)
{
	gsize count;
	guint used = 0;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		if (fields[i].section != section)
			continue;
		g_assert(used < MAX_OPTIONS - 4);
		options[used++] = (cfg_opt_t)CFG_STR(fields[i].key, NULL, CFGF_NODEFAULT);
	}
	return used;
}

static cfg_t *new_parser(void)
{
	static cfg_opt_t disk[MAX_OPTIONS], nic[MAX_OPTIONS], vm[MAX_OPTIONS];

	if (!vm[0].name) {
		disk[add_options(disk, SECTION_DISK)] = (cfg_opt_t)CFG_END();
		nic[add_options(nic, SECTION_NIC)] = (cfg_opt_t)CFG_END();
		guint used = add_options(vm, SECTION_VM);
		vm[used++] = (cfg_opt_t)CFG_SEC("disk", disk, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
		vm[used++] = (cfg_opt_t)CFG_SEC("nic", nic, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
		vm[used] = (cfg_opt_t)CFG_END();
	}
	cfg_t *cfg = cfg_init(vm, CFGF_NONE);
	cfg_set_error_function(cfg, on_parse_error);
	gsize count;
	const SpecField *fields = spec_fields(&count);
	static const cfg_validate_callback_t checks[SECTION_COUNT] = { check_vm_value, check_disk_value,
								       check_nic_value };
	for (gsize i = 0; i < count; i++) {
		const char *section = section_names[fields[i].section];
		g_autofree char *name =
			section ? g_strdup_printf("%s|%s", section, fields[i].key) : g_strdup(fields[i].key);
		cfg_set_validate_func(cfg, name, checks[fields[i].section]);
	}
	return cfg;
}

static void take_values(cfg_t *cfg, FieldSection section, gpointer object)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		if (fields[i].section != section || cfg_size(cfg, fields[i].key) == 0)
			continue;
		const char *text = cfg_getstr(cfg, fields[i].key);
		if (text)
			spec_field_set(&fields[i], object, text, NULL); /* checked while parsing */
	}
}

static VmSpec *take_spec(cfg_t *cfg)
{
	VmSpec *spec = vm_spec_new();

	take_values(cfg, SECTION_VM, spec);
	for (unsigned i = 0; i < cfg_size(cfg, "disk"); i++) {
		cfg_t *section = cfg_getnsec(cfg, "disk", i);
		take_values(section, SECTION_DISK, vm_spec_add_disk(spec, cfg_title(section)));
	}
	for (unsigned i = 0; i < cfg_size(cfg, "nic"); i++) {
		cfg_t *section = cfg_getnsec(cfg, "nic", i);
		take_values(section, SECTION_NIC, vm_spec_add_nic(spec, cfg_title(section)));
	}
	return spec;
}

VmSpec *spec_file_parse(const char *text, const char *path, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(VmSpec) spec = NULL;

	if (!g_utf8_validate(text, -1, NULL)) {
		error_set(error, CARREL_ERROR_USAGE, "it is no vm.conf", "%s:1:1: is not UTF-8 text", path);
		return NULL;
	}
	parsing.path = path;
	parsing.text = text;
	parsing.error = &local;
	parsing.seen = g_hash_table_new(NULL, NULL);
	cfg_t *cfg = new_parser();
	int result = cfg_parse_buf(cfg, text);
	if (result == CFG_SUCCESS && !local)
		spec = take_spec(cfg);
	else if (!local)
		error_set(&local, CARREL_ERROR_USAGE, NULL, "%s:1:1: cannot be parsed", path);
	cfg_free(cfg);
	g_hash_table_unref(parsing.seen);
	memset(&parsing, 0, sizeof parsing);
	if (!spec) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	if (vm_spec_validate(spec, &local))
		return g_steal_pointer(&spec);
	g_autofree char *message = error_message(local);
	error_set(error, CARREL_ERROR_USAGE, error_hint(local), "%s:1:1: %s", path, message);
	return NULL;
}

VmSpec *spec_file_load(const char *path, GError **error)
{
	gsize length = 0;
	g_autofree char *text = file_read(path, SPEC_FILE_MAX, &length, error);

	if (!text)
		return NULL;
	if (strlen(text) != length) {
		error_set(error, CARREL_ERROR_USAGE, "it is no vm.conf", "%s:1:1: has a NUL byte", path);
		return NULL;
	}
	return spec_file_parse(text, path, error);
}

/* libconfuse expands ${VAR} in double quotes, never in single ones; newlines may stand in both. */
static void append_quoted(GString *out, const char *text)
{
	char quote = strchr(text, '$') ? '\'' : '"';

	g_string_append_c(out, quote);
	for (const char *p = text; *p; p++) {
		if (*p == quote || *p == '\\')
			g_string_append_c(out, '\\');
		if (*p == '\n' && quote == '"')
			g_string_append(out, "\\n");
		else if (*p == '\t' && quote == '"')
			g_string_append(out, "\\t");
		else
			g_string_append_c(out, *p);
	}
	g_string_append_c(out, quote);
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
			append_quoted(out, text);
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
