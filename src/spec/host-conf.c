#include "spec/host-conf.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/units.h"
#include "spec/conf.h"

typedef enum { KIND_TEXT, KIND_WORD, KIND_BOOL, KIND_COUNT, KIND_SIZE } Kind;

/* One key of either group. Values of KIND_WORD are one of @words. */
typedef struct {
	const char *key;
	Kind kind;
	gsize offset;
	const char *fallback;
	const char *const *words;
	const char *help;
} Row;

static const char *const on_off[] = { "off", "on", NULL };
static const char *const types[] = { "auto", "carrel", "hyperv", "simplestreams", "osinfo", NULL };

/* clang-format off: crashes on such tables */
static const Row host_rows[] = {
	{"templates",        KIND_WORD,  offsetof(HostSpec, templates),       "off", on_off,
         "keep images started and ready, so that Quick Create takes a second: off, on"},
	{ "templates_count", KIND_COUNT, offsetof(HostSpec, templates_count), "4",   NULL,
         "at most so many of them; the one not used for longest goes first"           },
	{ "templates_size",  KIND_SIZE,  offsetof(HostSpec, templates_size),  "10G", NULL,
         "room that they may take together"                                           },
};

static const Row source_rows[] = {
	{"type",     KIND_WORD, offsetof(SourceSpec, type),    "auto", types, NULL},
	{ "url",     KIND_TEXT, offsetof(SourceSpec, url),     "",     NULL,  NULL},
	{ "keyring", KIND_TEXT, offsetof(SourceSpec, keyring), "",     NULL,  NULL},
	{ "enabled", KIND_BOOL, offsetof(SourceSpec, enabled), "on",   NULL,  NULL},
};

static const char *const host_keys[] = { "templates", "templates_count", "templates_size", NULL };
static const char *const source_keys[] = { "type", "url", "keyring", "enabled", NULL };
static const ConfGroup conf_groups[] = {
	{NULL,      host_keys  },
        { "source", source_keys}
};
/* clang-format on */

static const Row *find_row(gboolean source, const char *key)
{
	const Row *rows = source ? source_rows : host_rows;
	gsize count = source ? G_N_ELEMENTS(source_rows) : G_N_ELEMENTS(host_rows);

	for (gsize i = 0; i < count; i++)
		if (g_str_equal(rows[i].key, key))
			return &rows[i];
	return NULL;
}

static gboolean set_text(const Row *row, gpointer object, const char *text, GError **error)
{
	char **place = &G_STRUCT_MEMBER(char *, object, row->offset);

	if (row->kind == KIND_WORD && !g_strv_contains(row->words, text)) {
		g_autofree char *words = g_strjoinv(", ", (char **)row->words);
		return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' of `%s' is none of %s", text,
				 row->key, words);
	}
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p))
			return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' has a control character",
					 row->key);
	g_free(*place);
	*place = g_strdup(text);
	return TRUE;
}

static gboolean set_bool(const Row *row, gboolean *place, const char *text, GError **error)
{
	static const char *const words[] = { "no", "off", "false", "yes", "on", "true" };

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		if (!g_str_equal(words[i], text))
			continue;
		*place = i >= G_N_ELEMENTS(words) / 2;
		return TRUE;
	}
	return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' of `%s' is neither on nor off", text,
			 row->key);
}

static gboolean set_value(const Row *row, gpointer object, const char *text, GError **error)
{
	switch (row->kind) {
	case KIND_TEXT:
	case KIND_WORD:
		return set_text(row, object, text, error);
	case KIND_BOOL:
		return set_bool(row, &G_STRUCT_MEMBER(gboolean, object, row->offset), text, error);
	case KIND_COUNT:
		return g_ascii_string_to_unsigned(text, 10, 0, 1000,
						  &G_STRUCT_MEMBER(guint64, object, row->offset), NULL) ||
		       error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' of `%s' is no number from 0 to 1000",
				 text, row->key);
	case KIND_SIZE:
		return units_parse_size(text, &G_STRUCT_MEMBER(guint64, object, row->offset), error);
	}
	return FALSE;
}

static void set_defaults(const Row *rows, gsize count, gpointer object)
{
	for (gsize i = 0; i < count; i++)
		set_value(&rows[i], object, rows[i].fallback, NULL);
}

/* --- sources ---------------------------------------------------------------------------------------------------------- */

static void source_free(gpointer data)
{
	SourceSpec *source = data;

	g_free(source->name);
	g_free(source->type);
	g_free(source->url);
	g_free(source->keyring);
	if (source->shipped)
		source_free(source->shipped);
	g_free(source);
}

static SourceSpec *source_new(const char *name)
{
	SourceSpec *source = g_new0(SourceSpec, 1);

	source->name = g_strdup(name);
	set_defaults(source_rows, G_N_ELEMENTS(source_rows), source);
	return source;
}

static SourceSpec *source_copy(const SourceSpec *source)
{
	SourceSpec *copy = g_new0(SourceSpec, 1);

	copy->name = g_strdup(source->name);
	copy->type = g_strdup(source->type);
	copy->url = g_strdup(source->url);
	copy->keyring = g_strdup(source->keyring);
	copy->enabled = source->enabled;
	return copy;
}

gboolean source_spec_set(SourceSpec *source, const char *key, const char *text, GError **error)
{
	return set_value(find_row(TRUE, key), source, text, error);
}

/* Becomes a folder's name, and the last word of ids. */
static gboolean check_source_name(const char *name, GError **error)
{
	gsize length = strlen(name);
	gboolean good = length > 0 && length <= 32 && g_ascii_isalnum(*name);

	for (const char *p = name; good && *p; p++)
		good = g_ascii_isalnum(*p) || strchr("-_.", *p);
	return good || error_set(error, CARREL_ERROR_USAGE, "take letters, digits and `-'",
				 "`%s' is no name for a source", name);
}

SourceSpec *host_spec_find_source(const HostSpec *spec, const char *name)
{
	for (guint i = 0; i < spec->sources->len; i++)
		if (g_str_equal(((SourceSpec *)spec->sources->pdata[i])->name, name))
			return spec->sources->pdata[i];
	return NULL;
}

static gint place_of(const HostSpec *spec, const char *name)
{
	for (guint i = 0; i < spec->sources->len; i++)
		if (g_str_equal(((SourceSpec *)spec->sources->pdata[i])->name, name))
			return (gint)i;
	return -1;
}

/* What stands before a named one must be named too, since unnamed ones come first. */
static void name_all(HostSpec *spec)
{
	for (guint i = 0; i < spec->sources->len; i++)
		((SourceSpec *)spec->sources->pdata[i])->changed = TRUE;
}

SourceSpec *host_spec_add_source(HostSpec *spec, const char *name, const char *before, GError **error)
{
	SourceSpec *known = host_spec_find_source(spec, name);
	gint place = before ? place_of(spec, before) : -1;

	if (!check_source_name(name, error))
		return NULL;
	if (known && known->enabled) {
		error_set(error, CARREL_ERROR_EXISTS, "take another name, or remove that one first",
			  "there is a source `%s' already", name);
		return NULL;
	}
	if (before && place < 0) {
		error_set(error, CARREL_ERROR_NOT_FOUND, "see `carrel gallery sources'",
			  "there is no source `%s'", before);
		return NULL;
	}
	if (before)
		name_all(spec);
	SourceSpec *source = known ? g_ptr_array_steal_index(spec->sources, (guint)place_of(spec, name))
				   : source_new(name);
	source->enabled = source->changed = TRUE;
	place = before ? place_of(spec, before) : -1;
	g_ptr_array_insert(spec->sources, place, source);
	return source;
}

gboolean host_spec_remove_source(HostSpec *spec, const char *name, GError **error)
{
	SourceSpec *source = host_spec_find_source(spec, name);

	if (!source || !source->enabled)
		return error_set(error, CARREL_ERROR_NOT_FOUND, "see `carrel gallery sources'",
				 "there is no source `%s'", name);
	if (!source->shipped)
		return g_ptr_array_remove(spec->sources, source);
	source->enabled = FALSE;
	source->changed = TRUE;
	/* Where it stands when the file is read again. */
	g_ptr_array_add(spec->sources, g_ptr_array_steal_index(spec->sources, (guint)place_of(spec, name)));
	return TRUE;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

typedef struct {
	HostSpec *spec;
	SourceSpec *source; /* whose values come now */
	gboolean shipped;   /* the file is the one that carrel ships */
} Reading;

static gboolean check_value(guint group, const char *key, const char *text, GError **error)
{
	/* A place to parse into, big enough for either. */
	g_autoptr(HostSpec) host = g_new0(HostSpec, 1);
	SourceSpec *source = source_new("");

	host->sources = g_ptr_array_new_with_free_func(source_free);
	g_ptr_array_add(host->sources, source);
	return set_value(find_row(group == 1, key), group == 1 ? (gpointer)source : host, text, error);
}

static void open_section(guint group, const char *title, gpointer data)
{
	Reading *reading = data;
	gint place = place_of(reading->spec, title);
	SourceSpec *source =
		place < 0 ? source_new(title) : g_ptr_array_steal_index(reading->spec->sources, (guint)place);

	source->changed |= !reading->shipped;
	g_ptr_array_add(reading->spec->sources, source);
	reading->source = source;
}

static void take_value(guint group, const char *key, const char *text, gpointer data)
{
	Reading *reading = data;

	set_value(find_row(group == 1, key), group == 1 ? (gpointer)reading->source : reading->spec, text,
		  NULL);
}

/* Titles are no values, so libconfuse has not checked them. */
static gboolean check_titles(const HostSpec *spec, const char *path, GError **error)
{
	for (guint i = 0; i < spec->sources->len; i++) {
		const SourceSpec *source = spec->sources->pdata[i];
		g_autoptr(GError) local = NULL;
		if (!check_source_name(source->name, &local) ||
		    !(*source->url || !source->enabled ||
		      error_set(&local, CARREL_ERROR_USAGE, "give it a `url'", "source `%s' has no `url'",
				source->name))) {
			g_autofree char *message = error_message(local);
			return error_set(error, CARREL_ERROR_USAGE, error_hint(local), "%s:1:1: %s", path,
					 message);
		}
	}
	return TRUE;
}

HostSpec *host_conf_parse(const char *text, const char *path, const char *shipped_text, GError **error)
{
	static const ConfFormat format = { conf_groups,   G_N_ELEMENTS(conf_groups),
					   "carrel.conf", "correct that line, or remove it",
					   check_value,   open_section,
					   take_value };
	g_autoptr(HostSpec) spec = g_new0(HostSpec, 1);
	Reading reading = { spec, NULL, TRUE };

	spec->sources = g_ptr_array_new_with_free_func(source_free);
	set_defaults(host_rows, G_N_ELEMENTS(host_rows), spec);
	if (shipped_text && !conf_parse(&format, shipped_text, "sources.conf", &reading, error))
		return NULL;
	for (guint i = 0; i < spec->sources->len; i++) {
		SourceSpec *source = spec->sources->pdata[i];
		source->shipped = source_copy(source);
	}
	reading.shipped = FALSE;
	if (text && !conf_parse(&format, text, path, &reading, error))
		return NULL;
	return check_titles(spec, path, error) ? g_steal_pointer(&spec) : NULL;
}

static gboolean read_if_there(const char *path, char **text, GError **error)
{
	gsize length = 0;

	*text = NULL;
	if (!path || !g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!(*text = file_read(path, HOST_CONF_MAX, &length, error)))
		return FALSE;
	return strlen(*text) == length ||
	       error_set(error, CARREL_ERROR_USAGE, "it is no carrel.conf", "%s:1:1: has a NUL byte", path);
}

HostSpec *host_conf_load(const char *path, const char *shipped, GError **error)
{
	g_autofree char *text = NULL, *shipped_text = NULL;

	if (!read_if_there(path, &text, error) || !read_if_there(shipped, &shipped_text, error))
		return NULL;
	return host_conf_parse(text, path, shipped_text, error);
}

void host_spec_free(HostSpec *spec)
{
	if (!spec)
		return;
	g_free(spec->templates);
	g_ptr_array_unref(spec->sources);
	g_free(spec);
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

static char *get_value(const Row *row, gconstpointer object)
{
	switch (row->kind) {
	case KIND_BOOL:
		return g_strdup(G_STRUCT_MEMBER(gboolean, object, row->offset) ? "on" : "off");
	case KIND_COUNT:
		return g_strdup_printf("%" G_GUINT64_FORMAT, G_STRUCT_MEMBER(guint64, object, row->offset));
	case KIND_SIZE:
		return units_format_size(G_STRUCT_MEMBER(guint64, object, row->offset));
	case KIND_TEXT:
	case KIND_WORD:
		break;
	}
	return g_strdup(G_STRUCT_MEMBER(char *, object, row->offset));
}

static void format_value(GString *out, const Row *row, const char *before, const char *text)
{
	g_string_append_printf(out, "%s%s = ", before, row->key);
	if (row->kind == KIND_TEXT)
		conf_append_quoted(out, text);
	else
		g_string_append(out, text);
	g_string_append_c(out, '\n');
}

static void format_host_row(GString *out, const Row *row, const HostSpec *spec)
{
	g_autofree char *text = get_value(row, spec);

	g_string_append_printf(out, "\n# %s\n", row->help);
	format_value(out, row, g_str_equal(text, row->fallback) ? "# " : "", text);
}

/* What is as shipped is left to the next version of carrel. */
static void format_source_row(GString *out, const Row *row, const SourceSpec *source)
{
	g_autofree char *text = get_value(row, source);
	g_autofree char *known = source->shipped ? get_value(row, source->shipped) : g_strdup(row->fallback);

	if (!g_str_equal(text, known))
		format_value(out, row, "\t", text);
}

char *host_conf_format(const HostSpec *spec)
{
	GString *out = g_string_new("# Settings of carrel on this host. A line that begins with # shows a "
				    "default.\n");

	for (gsize i = 0; i < G_N_ELEMENTS(host_rows); i++)
		format_host_row(out, &host_rows[i], spec);
	g_string_append(out, "\n# The gallery's sources, see `carrel gallery sources': those that carrel "
			     "ships, then these in their order.\n");
	for (guint i = 0; i < spec->sources->len; i++) {
		const SourceSpec *source = spec->sources->pdata[i];
		if (!source->changed)
			continue;
		g_string_append_printf(out, "source %s {\n", source->name);
		for (gsize k = 0; k < G_N_ELEMENTS(source_rows); k++)
			format_source_row(out, &source_rows[k], source);
		g_string_append(out, "}\n");
	}
	return g_string_free(out, FALSE);
}

gboolean host_conf_save(const HostSpec *spec, const char *path, GError **error)
{
	g_autofree char *text = host_conf_format(spec);
	g_autofree char *dir = g_path_get_dirname(path);

	if (g_mkdir_with_parents(dir, 0700) < 0)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot make folder `%s'", dir);
	return file_replace(path, text, -1, 0644, error);
}
