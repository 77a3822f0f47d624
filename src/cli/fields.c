#include "cli/fields.h"

#include <string.h>

#include "base/error.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "spec/spec-fields.h"

/* Row of a path. Whether the VM has that disk or adapter is known to the daemon. */
static const SpecField *find_field(const char *path)
{
	const char *dot = strchr(path, '.');

	if (!dot)
		return spec_field(SECTION_VM, path);
	const SpecField *disk = spec_field(SECTION_DISK, dot + 1);
	return disk ? disk : spec_field(SECTION_NIC, dot + 1);
}

/* All paths that could have been meant, with @prefix ("disk0.") before the keys of sections. */
static GPtrArray *possible_paths(const char *prefix)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if ((fields[i].section == SECTION_VM) == !*prefix)
			g_ptr_array_add(paths, g_strconcat(prefix, fields[i].key, NULL));
	return paths;
}

static gboolean set_unknown(const char *path, GError **error)
{
	const char *dot = strchr(path, '.');
	g_autofree char *prefix = dot ? g_strndup(path, (gsize)(dot - path) + 1) : g_strdup("");
	g_autoptr(GPtrArray) paths = possible_paths(prefix);
	const char *near = suggest_nearest(path, paths);
	g_autofree char *hint = near ? g_strdup_printf("did you mean `%s'?", near)
				     : g_strdup("see `carrel help fields' for all fields");

	return error_set(error, CARREL_ERROR_USAGE, hint, "there is no field `%s'", path);
}

gboolean fields_add(GVariantBuilder *fields, const char *path, const char *value, GError **error)
{
	const SpecField *field = find_field(path);
	g_autofree char *absolute = NULL;

	if (!field)
		return set_unknown(path, error);
	if (!g_utf8_validate(value, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the value of `%s' is not valid UTF-8",
				 path);
	if (field->type == FIELD_PATH && *value)
		absolute = g_canonicalize_filename(value, NULL);
	g_variant_builder_add(fields, "{ss}", path, absolute ? absolute : value);
	return TRUE;
}

gboolean fields_add_word(GVariantBuilder *fields, const char *word, GError **error)
{
	const char *equals = strchr(word, '=');

	if (!equals || equals == word)
		return error_set(error, CARREL_ERROR_USAGE, "write KEY=VALUE, for example memory=4G",
				 "`%s' sets no field", word);
	g_autofree char *path = g_strndup(word, (gsize)(equals - word));
	return fields_add(fields, path, equals + 1, error);
}

gboolean fields_add_options(GVariantBuilder *fields, const Options *options, GError **error)
{
	for (const Option *option = cli_field_options(); option->name; option++) {
		const char *value = options_text(options, option->name);
		if (!value)
			continue;
		g_autofree char *path = g_strdelimit(g_strdup(option->name), "-", '_');
		const char *full = g_str_equal(path, "switch") ? "nic0.switch" : path;
		if (!fields_add(fields, full, value, error))
			return FALSE;
	}
	return TRUE;
}
