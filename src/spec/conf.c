#include "spec/conf.h"

#include <confuse.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

/* libconfuse gives its callbacks no user data; parsing is synchronous, so one of these is enough. */
static struct {
	const ConfFormat *format;
	const char *path;
	const char *text;
	GError **error;
	GHashTable *seen; /* of cfg_opt_t *: what has a value already */
} parsing;

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
		error_set(parsing.error, CARREL_ERROR_USAGE, parsing.format->hint, "%s:%d:%d: %s",
			  parsing.path, line, column_of(message, line), message);
}

/* Which keys these are: a section knows its name, the top level has none of ours. */
static guint group_of(cfg_t *cfg)
{
	for (guint i = 1; i < parsing.format->count; i++)
		if (g_strcmp0(cfg_name(cfg), parsing.format->groups[i].section) == 0)
			return i;
	return 0;
}

static int check_value(cfg_t *cfg, cfg_opt_t *opt)
{
	g_autoptr(GError) error = NULL;

	/* libconfuse takes the last of two; a person who wrote both reads the first. */
	if (!g_hash_table_add(parsing.seen, opt)) {
		cfg_error(cfg, "'%s' is set twice", cfg_opt_name(opt));
		return -1;
	}
	if (parsing.format->check(group_of(cfg), cfg_opt_name(opt),
				  cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1), &error))
		return 0;
	g_autofree char *sentence = error_message(error);
	g_autofree char *quoted = g_strdelimit(g_strdup(sentence), "`", '\'');
	cfg_error(cfg, "%s", quoted);
	return -1;
}

/* One string option per key; @sections are those that may stand among them. */
static cfg_opt_t *make_options(const ConfGroup *group, cfg_opt_t *sections, guint n_sections)
{
	guint used = 0, keys = g_strv_length((char **)group->keys);
	cfg_opt_t *options = g_new0(cfg_opt_t, keys + n_sections + 1);

	for (; used < keys; used++)
		options[used] = (cfg_opt_t)CFG_STR(group->keys[used], NULL, CFGF_NODEFAULT);
	for (guint i = 0; i < n_sections; i++)
		options[used++] = sections[i];
	options[used] = (cfg_opt_t)CFG_END();
	return options;
}

static void watch_values(cfg_t *cfg, const ConfGroup *group)
{
	for (const char *const *key = group->keys; *key; key++) {
		g_autofree char *name =
			group->section ? g_strdup_printf("%s|%s", group->section, *key) : g_strdup(*key);
		cfg_set_validate_func(cfg, name, check_value);
	}
}

/* libconfuse copies what it is given. */
static cfg_t *new_parser(const ConfFormat *format)
{
	g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
	cfg_opt_t *sections = g_new0(cfg_opt_t, format->count);

	g_ptr_array_add(owned, sections);
	for (guint i = 1; i < format->count; i++) {
		cfg_opt_t *options = make_options(&format->groups[i], NULL, 0);
		g_ptr_array_add(owned, options);
		sections[i - 1] = (cfg_opt_t)CFG_SEC(format->groups[i].section, options,
						     CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	}
	cfg_opt_t *top = make_options(&format->groups[0], sections, format->count - 1);
	g_ptr_array_add(owned, top);
	cfg_t *cfg = cfg_init(top, CFGF_NONE);
	cfg_set_error_function(cfg, on_parse_error);
	for (guint i = 0; i < format->count; i++)
		watch_values(cfg, &format->groups[i]);
	return cfg;
}

static void hand_out_group(cfg_t *cfg, guint group, gpointer data)
{
	const ConfFormat *format = parsing.format;

	for (const char *const *key = format->groups[group].keys; *key; key++) {
		const char *text = cfg_size(cfg, *key) > 0 ? cfg_getstr(cfg, *key) : NULL;
		if (text)
			format->take(group, *key, text, data);
	}
}

static void hand_out(cfg_t *cfg, gpointer data)
{
	const ConfFormat *format = parsing.format;

	hand_out_group(cfg, 0, data);
	for (guint group = 1; group < format->count; group++) {
		const char *section = format->groups[group].section;
		for (unsigned i = 0; i < cfg_size(cfg, section); i++) {
			cfg_t *one = cfg_getnsec(cfg, section, i);
			format->open(group, cfg_title(one), data);
			hand_out_group(one, group, data);
		}
	}
}

gboolean conf_parse(const ConfFormat *format, const char *text, const char *path, gpointer data,
		    GError **error)
{
	GError *local = NULL;

	if (!g_utf8_validate(text, -1, NULL)) {
		g_autofree char *hint = g_strdup_printf("it is no %s", format->name);
		return error_set(error, CARREL_ERROR_USAGE, hint, "%s:1:1: is not UTF-8 text", path);
	}
	parsing.format = format;
	parsing.path = path;
	parsing.text = text;
	parsing.error = &local;
	parsing.seen = g_hash_table_new(NULL, NULL);
	cfg_t *cfg = new_parser(format);
	int result = cfg_parse_buf(cfg, text);
	if (result == CFG_SUCCESS && !local)
		hand_out(cfg, data);
	else if (!local)
		error_set(&local, CARREL_ERROR_USAGE, NULL, "%s:1:1: cannot be parsed", path);
	cfg_free(cfg);
	g_hash_table_unref(parsing.seen);
	memset(&parsing, 0, sizeof parsing);
	if (local)
		g_propagate_error(error, local);
	return !local;
}

gboolean conf_load(const ConfFormat *format, const char *path, gsize max, gpointer data, GError **error)
{
	gsize length = 0;
	g_autofree char *text = file_read(path, max, &length, error);

	if (!text)
		return FALSE;
	if (strlen(text) != length) {
		g_autofree char *hint = g_strdup_printf("it is no %s", format->name);
		return error_set(error, CARREL_ERROR_USAGE, hint, "%s:1:1: has a NUL byte", path);
	}
	return conf_parse(format, text, path, data, error);
}

/* libconfuse expands ${VAR} in double quotes, never in single ones; newlines may stand in both. */
void conf_append_quoted(GString *out, const char *text)
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
