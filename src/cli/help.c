/* help: of all verbs, of one, of the fields. All of it from tables. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/suggest.h"

#define WIDTH 78

const ExitStatus exit_statuses[] = {
	{0,  "done"							      },
	{ 1, "it was tried and failed, or the name is taken, or it was cancelled"},
	{ 2, "wrong usage"						       },
	{ 3, "no such VM, image or switch"                                       },
	{ 4, "not possible in this state"                                        },
	{ 5, "this host cannot"						  },
	{ 6, "timed out"							 },
	{ 7, "verification failed: a hash or signature does not match"           },
	{ 0, NULL								},
};

char *help_usage(const Verb *verb)
{
	return g_strconcat("carrel ", verb->name, *verb->arguments ? " " : "", verb->arguments, NULL);
}

char *help_option(const Option *option)
{
	g_autofree char *letter = option->letter ? g_strdup_printf("-%c, ", option->letter) : g_strdup("");

	if (option->type == OPTION_FLAG)
		return g_strdup_printf("%s--%s", letter, option->name);
	if (option->type == OPTION_OPTIONAL)
		return g_strdup_printf("%s--%s[=%s]", letter, option->name, option->argument);
	return g_strdup_printf("%s--%s %s", letter, option->name, option->argument);
}

char *help_path(const SpecField *field)
{
	static const char *const prefixes[SECTION_COUNT] = { "", "disk0.", "nic0." };

	return g_strconcat(prefixes[field->section], field->key, NULL);
}

const char *help_change(const SpecField *field)
{
	static const char *const texts[] = {
		[CHANGE_NEVER] = "at creation only",
		[CHANGE_RENAME] = "by `carrel rename'",
		[CHANGE_OFF] = "while it is off",
		[CHANGE_LIVE] = "at any time",
	};

	return texts[field->change];
}

char *help_values(const SpecField *field)
{
	static const char *const texts[] = {
		[FIELD_BOOL] = "on or off",
		[FIELD_STRING] = "text",
		[FIELD_TEXT] = "text, may have lines",
		[FIELD_PATH] = "file",
		[FIELD_MAC] = "MAC address",
	};

	if (field->type == FIELD_ENUM)
		return g_strdup(field->choices);
	if (field->type == FIELD_INT)
		return g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, field->min, field->max);
	if (field->type == FIELD_SIZE) {
		g_autofree char *min = units_format_size((guint64)field->min);
		g_autofree char *max = units_format_size((guint64)field->max);
		return g_strdup_printf("size, %s to %s", min, max);
	}
	return g_strdup(texts[field->type]);
}

/* --- all verbs --- */

static void print_wrapped(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize column = 0;

	for (char **word = words; *word; word++) {
		if (column && column + 1 + strlen(*word) > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += (gsize)printf("%s%s", column ? " " : "", *word);
	}
	putchar('\n');
}

static void print_options(const Option *options)
{
	for (; options->name; options++) {
		g_autofree char *option = help_option(options);
		printf("  %-26s  %s\n", option, options->help);
	}
}

static void print_section(const char *heading, const Option *options)
{
	if (!options->name)
		return;
	printf("\n%s\n", heading);
	print_options(options);
}

static void print_group(const Verb *first)
{
	printf("\n%s\n", first->group);
	for (const Verb *verb = first; verb->name && g_str_equal(verb->group, first->group); verb++) {
		if (verb->flags & VERB_HIDDEN)
			continue;
		g_autofree char *usage = g_strconcat(verb->name, " ", verb->arguments, NULL);
		printf("  %-26s  %s\n", usage, verb_help(verb));
	}
}

static void print_all(void)
{
	const char *group = NULL;

	puts("Usage: carrel [-v] [--json] VERB ...\n\n"
	     "carrel makes and runs virtual machines. Without a verb, on a terminal, it is a\n"
	     "full-screen program. `carrel help VERB' explains a verb.");
	for (const Verb *verb = verbs; verb->name; verb++) {
		if (g_strcmp0(group, verb->group) != 0)
			print_group(verb);
		group = verb->group;
	}
	print_section("Options of every verb", global_options);
	puts("\nExit status");
	for (const ExitStatus *row = exit_statuses; row->meaning; row++)
		printf("  %d  %s\n", row->status, row->meaning);
}

/* --- one verb --- */

void help_print(const Verb *verb)
{
	if (!verb) {
		print_all();
		return;
	}
	g_autofree char *usage = help_usage(verb);
	gboolean has_fields = (verb->flags & VERB_FIELDS) != 0;
	printf("Usage: %s%s\n\n", usage, verb->options->name || has_fields ? " [OPTION...]" : "");
	g_autofree char *sentence = g_strconcat(verb_help(verb), ".", NULL);
	print_wrapped(sentence);
	if (verb->detail) {
		putchar('\n');
		print_wrapped(verb->detail);
	}
	print_section("Options", verb->options);
	if (has_fields)
		print_section("Options for fields", cli_field_options());
	print_section("Options of every verb", global_options);
}

/* --- fields --- */

static void fields_json(void)
{
	static const char *const sections[SECTION_COUNT] = { "vm", "disk", "nic" };
	JsonArray *array = json_array_new();
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		JsonObject *object = json_object_new();
		g_autofree char *path = help_path(&fields[i]);
		g_autofree char *values = help_values(&fields[i]);
		json_object_set_string_member(object, "field", path);
		json_object_set_string_member(object, "key", fields[i].key);
		json_object_set_string_member(object, "section", sections[fields[i].section]);
		json_object_set_string_member(object, "values", values);
		json_object_set_string_member(object, "default", fields[i].fallback);
		json_object_set_string_member(object, "changeable", help_change(&fields[i]));
		json_object_set_string_member(object, "help", fields[i].help);
		json_array_add_object_element(array, object);
	}
	output_json(output_array(array));
}

static void fields_text(void)
{
	static const char *const headings[] = { "FIELD", "VALUES", "DEFAULT", "CHANGEABLE", "MEANING", NULL };
	OutputTable *table = output_table_new(headings);
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		g_autofree char *path = help_path(&fields[i]);
		g_autofree char *values = help_values(&fields[i]);
		output_table_row(table, path, values, fields[i].fallback, help_change(&fields[i]),
				 fields[i].help, NULL);
	}
	output_table_print(table);
	puts("\nFurther disks and adapters are disk1, disk2, ... and nic1, nic2, ...");
}

/* --- the verb help --- */

/* "gallery": the verbs that begin so. FALSE when there are none. */
static gboolean print_family(const char *word)
{
	g_autofree char *prefix = g_strconcat(word, " ", NULL);
	gboolean found = FALSE;

	for (const Verb *verb = verbs; verb->name; verb++) {
		if (!g_str_has_prefix(verb->name, prefix) || (verb->flags & VERB_HIDDEN))
			continue;
		g_autofree char *usage = help_usage(verb);
		printf("%-28s  %s\n", usage, verb_help(verb));
		found = TRUE;
	}
	return found;
}

static gboolean unknown_topic(Cli *cli, GError **error)
{
	g_autofree char *topic = g_strjoinv(" ", cli->args);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (const Verb *verb = verbs; verb->name; verb++)
		if (!(verb->flags & VERB_HIDDEN))
			g_ptr_array_add(names, (gpointer)verb->name);
	const char *near = suggest_nearest(topic, names);
	g_autofree char *hint = near ? g_strdup_printf("did you mean `carrel help %s'?", near)
				     : g_strdup("see `carrel help'");
	return error_set(error, CARREL_ERROR_USAGE, hint, "there is no verb `%s'", topic);
}

gboolean cmd_help(Cli *cli, GError **error)
{
	guint used = 0;

	if (!cli->n_args) {
		print_all();
		return TRUE;
	}
	if (g_str_equal(cli->args[0], "fields")) {
		if (cli->json)
			fields_json();
		else
			fields_text();
		return TRUE;
	}
	const Verb *verb = verb_find(cli->args, &used);
	if (verb && used == cli->n_args && !(verb->flags & VERB_HIDDEN)) {
		help_print(verb);
		return TRUE;
	}
	return (cli->n_args == 1 && print_family(cli->args[0])) || unknown_topic(cli, error);
}
