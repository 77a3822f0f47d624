#include "cli/options.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/suggest.h"

struct Options {
	GHashTable *values; /* name of an option to GPtrArray of char *, empty for one without value */
	GPtrArray *none;
};

/* --- finding rows --- */

static const Option *find_long(const Option *const *tables, const char *name, gsize length)
{
	for (; *tables; tables++)
		for (const Option *row = *tables; row->name; row++)
			if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
				return row;
	return NULL;
}

static const Option *find_letter(const Option *const *tables, char letter)
{
	for (; *tables; tables++)
		for (const Option *row = *tables; row->name; row++)
			if (row->letter && row->letter == letter)
				return row;
	return NULL;
}

static void set_unknown(const Option *const *tables, const char *word, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *plain = g_strndup(word, strcspn(word, "="));

	for (const Option *const *table = tables; *table; table++)
		for (const Option *row = *table; row->name; row++)
			g_ptr_array_add(names, g_strconcat("--", row->name, NULL));
	const char *near = suggest_nearest(plain, names);
	g_autofree char *hint =
		near ? g_strdup_printf("did you mean `%s'?", near)
		     : g_strdup("see `carrel help', or put `--' before an argument that begins with `-'");
	error_set(error, CARREL_ERROR_USAGE, hint, "there is no option `%s'", plain);
}

/* --- values --- */

/* "vnc[=ADDRESS]" is met by "vnc" and by "vnc=" with anything behind it. */
static gboolean meets_choice(const char *choice, const char *value)
{
	gsize length = strcspn(choice, "[");

	return strncmp(value, choice, length) == 0 &&
	       (value[length] == '\0' || (choice[length] == '[' && value[length] == '='));
}

static gboolean is_choice(const Option *option, const char *value)
{
	g_auto(GStrv) choices = g_strsplit(option->choices, "|", -1);

	for (char **choice = choices; *choice; choice++)
		if (meets_choice(*choice, value))
			return TRUE;
	return FALSE;
}

static gboolean check_value(const Option *option, const char *value, GError **error)
{
	guint64 number;
	gboolean good = TRUE;

	if (option->choices && !is_choice(option, value)) {
		g_autofree char *hint =
			g_strdelimit(g_strdup_printf("it is one of %s", option->choices), "|", ' ');
		return error_set(error, CARREL_ERROR_USAGE, hint, "`%s' is no value of option `--%s'", value,
				 option->name);
	}
	if (option->type == OPTION_SIZE)
		good = units_parse_size(value, &number, error);
	else if (option->type == OPTION_DURATION)
		good = units_parse_duration(value, &number, error);
	if (!good)
		g_prefix_error(error, "option `--%s': ", option->name);
	return good;
}

static gboolean store(Options *options, const Option *option, const char *value, GError **error)
{
	GPtrArray *values = g_hash_table_lookup(options->values, option->name);

	if (value && !check_value(option, value, error))
		return FALSE;
	if (!values) {
		values = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(options->values, (gpointer)option->name, values);
	}
	if (option->type != OPTION_LIST)
		g_ptr_array_set_size(values, 0); /* the last one counts */
	if (value)
		g_ptr_array_add(values, g_strdup(value));
	return TRUE;
}

/* --- parsing --- */

typedef struct {
	const Option *const *tables;
	char *const *next; /* word behind the current one */
	Options *options;
} Parser;

static gboolean wants_word(const Option *option)
{
	return option->type != OPTION_FLAG && option->type != OPTION_OPTIONAL;
}

/* @value: what stood behind "=" or the letter, or NULL. */
static gboolean take_option(Parser *parser, const Option *option, const char *value, GError **error)
{
	if (option->type == OPTION_FLAG && value)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "option `--%s' takes no value",
				 option->name);
	if (!value && wants_word(option)) {
		value = *parser->next;
		if (!value)
			return error_set(error, CARREL_ERROR_USAGE, NULL, "option `--%s' needs a value (%s)",
					 option->name, option->argument);
		parser->next++;
	}
	return store(parser->options, option, value, error);
}

static gboolean take_long(Parser *parser, const char *word, GError **error)
{
	const char *name = word + 2;
	const char *equals = strchr(name, '=');
	const Option *option =
		find_long(parser->tables, name, equals ? (gsize)(equals - name) : strlen(name));

	if (option)
		return take_option(parser, option, equals ? equals + 1 : NULL, error);
	set_unknown(parser->tables, word, error);
	return FALSE;
}

/* "-v", "-ny", "-nNAME" */
static gboolean take_letters(Parser *parser, const char *word, GError **error)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const Option *option = find_letter(parser->tables, *letter);
		if (!option) {
			set_unknown(parser->tables, word, error);
			return FALSE;
		}
		if (wants_word(option))
			return take_option(parser, option, letter[1] ? letter + 1 : NULL, error);
		if (!take_option(parser, option, NULL, error))
			return FALSE;
	}
	return TRUE;
}

Options *options_parse(const Option *const *tables, char *const *words, GPtrArray *arguments, GError **error)
{
	g_autoptr(Options) options = g_new0(Options, 1);
	Parser parser = { tables, words, options };

	options->values =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	options->none = g_ptr_array_new();
	while (*parser.next) {
		const char *word = *parser.next++;
		gboolean good = TRUE;
		if (g_str_equal(word, "--")) {
			while (*parser.next)
				g_ptr_array_add(arguments, g_strdup(*parser.next++));
		} else if (g_str_has_prefix(word, "--")) {
			good = take_long(&parser, word, error);
		} else if (*word == '-' && word[1]) {
			good = take_letters(&parser, word, error);
		} else {
			g_ptr_array_add(arguments, g_strdup(word));
		}
		if (!good)
			return NULL;
	}
	return g_steal_pointer(&options);
}

void options_free(Options *options)
{
	if (!options)
		return;
	g_hash_table_unref(options->values);
	g_ptr_array_unref(options->none);
	g_free(options);
}

/* --- reading --- */

gboolean options_has(const Options *options, const char *name)
{
	return g_hash_table_contains(options->values, name);
}

const char *options_text(const Options *options, const char *name)
{
	const GPtrArray *values = g_hash_table_lookup(options->values, name);

	return values && values->len ? values->pdata[values->len - 1] : NULL;
}

guint64 options_size(const Options *options, const char *name, guint64 fallback)
{
	const char *text = options_text(options, name);

	if (text)
		units_parse_size(text, &fallback, NULL);
	return fallback;
}

guint64 options_ms(const Options *options, const char *name, guint64 fallback)
{
	const char *text = options_text(options, name);

	if (text)
		units_parse_duration(text, &fallback, NULL);
	return fallback;
}

const GPtrArray *options_list(const Options *options, const char *name)
{
	const GPtrArray *values = g_hash_table_lookup(options->values, name);

	return values ? values : options->none;
}
