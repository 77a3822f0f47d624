/* Completion: the shells' scripts ask `carrel __complete WORD...', which answers from the tables and the daemon. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/mouse.h"
#include "cli/verbs.h"
#include "console/keys.h"
#include "spec/spec-fields.h"

/* Said instead of candidates: complete names of files. */
#define FILES ":file"

/* --- scripts --- */

static const char bash_script[] =
	"# bash completion for carrel\n"
	"_carrel()\n"
	"{\n"
	"	local -a words=()\n"
	"	local word line i glue=\n"
	"	# bash splits at `='; put such words together again.\n"
	"	for ((i = 1; i <= COMP_CWORD; i++)); do\n"
	"		word=${COMP_WORDS[i]}\n"
	"		if ((${#words[@]})) && [[ -n $glue || $word == = ]]; then\n"
	"			words[${#words[@]}-1]+=$word\n"
	"			[[ $word == = ]] && glue=1 || glue=\n"
	"		else\n"
	"			words+=(\"$word\")\n"
	"		fi\n"
	"	done\n"
	"	word=${words[${#words[@]}-1]}\n"
	"	COMPREPLY=()\n"
	"	while IFS= read -r line; do\n"
	"		if [[ $line == " FILES " ]]; then\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			while IFS= read -r line; do COMPREPLY+=(\"$line\"); done \\\n"
	"				< <(compgen -f -- \"${word#*=}\")\n"
	"			return\n"
	"		fi\n"
	"		line=${line%%$'\\t'*}\n"
	"		[[ $line == *= ]] && compopt -o nospace 2>/dev/null\n"
	"		[[ $word == *=* ]] && line=${line#*=}\n"
	"		printf -v line %q \"$line\"\n"
	"		COMPREPLY+=(\"$line\")\n"
	"	done < <(\"${COMP_WORDS[0]}\" __complete \"${words[@]}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _carrel carrel\n";

static const char zsh_script[] =
	"#compdef carrel\n"
	"_carrel()\n"
	"{\n"
	"	local line\n"
	"	local -a candidates\n"
	"	for line in \"${(@f)$(${words[1]} __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
	"		case $line in\n"
	"		" FILES ") _files; return ;;\n"
	"		?*) candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"		esac\n"
	"	done\n"
	"	_describe carrel candidates\n"
	"}\n"
	"if [[ $funcstack[1] == _carrel ]]; then\n"
	"	_carrel \"$@\"\n"
	"else\n"
	"	compdef _carrel carrel\n"
	"fi\n";

static const char fish_script[] = "# fish completion for carrel\n"
				  "function __carrel_complete\n"
				  "	set -l words (commandline -opc) (commandline -ct)\n"
				  "	set -l lines ($words[1] __complete $words[2..-1] 2>/dev/null)\n"
				  "	if test \"$lines[1]\" = " FILES "\n"
				  "		__fish_complete_path (commandline -ct)\n"
				  "	else\n"
				  "		printf '%s\\n' $lines\n"
				  "	end\n"
				  "end\n"
				  "complete -c carrel -f -a '(__carrel_complete)'\n";

static const struct {
	const char *shell, *script;
} scripts[] = {
	{"bash",  bash_script},
	{ "zsh",  zsh_script },
	{ "fish", fish_script},
};

gboolean cmd_completion(Cli *cli, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++)
		if (g_str_equal(scripts[i].shell, cli->args[0])) {
			fputs(scripts[i].script, stdout);
			return TRUE;
		}
	return error_set(error, CARREL_ERROR_USAGE, "it is one of bash, zsh, fish",
			 "there is no completion for shell `%s'", cli->args[0]);
}

/* --- candidates --- */

typedef struct {
	Cli *cli;
	const char *typed;  /* what candidates must begin with */
	const char *prefix; /* "--via=", put before each candidate */
	guint index;        /* of the argument that is typed, from 0 */
} Completion;

static void offer(const Completion *completion, const char *word, const char *help)
{
	/* A daemon's name may hold a newline only if the daemon is not ours; do not let it make two candidates. */
	if (g_str_has_prefix(word, completion->typed) && !strpbrk(word, "\n\t"))
		printf("%s%s\t%s\n", completion->prefix, word, help ? help : "");
}

static void offer_vms(const Completion *completion)
{
	Client *client = cli_client(completion->cli, TRUE, NULL);
	GPtrArray *vms = client ? client_vms(client) : NULL;

	for (guint i = 0; vms && i < vms->len; i++) {
		const ClientVm *vm = vms->pdata[i];
		offer(completion, vm->name, vm->state);
	}
}

static void offer_images(const Completion *completion)
{
	Client *client = cli_client(completion->cli, FALSE, NULL);
	GPtrArray *images = client && client_load_images_sync(client, NULL) ? client_images(client) : NULL;

	for (guint i = 0; images && i < images->len; i++) {
		const ClientImage *image = images->pdata[i];
		offer(completion, image->id, image->name);
	}
}

static void offer_switches(const Completion *completion)
{
	Client *client = cli_client(completion->cli, FALSE, NULL);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "ListSwitches", NULL, NULL, NULL)
		       : NULL;
	g_autoptr(GVariant) list = reply ? g_variant_get_child_value(reply, 0) : NULL;

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = NULL;
		const char *name = "";
		g_variant_get_child(list, i, "(o@a{sv})", NULL, &dict);
		g_variant_lookup(dict, "Name", "&s", &name);
		offer(completion, name, NULL);
	}
}

static void offer_choices(const Completion *completion, const char *choices)
{
	g_auto(GStrv) words = g_strsplit(choices, "|", -1);

	for (char **word = words; *word; word++) {
		(*word)[strcspn(*word, "[")] = '\0'; /* what may follow is for people to write */
		offer(completion, *word, NULL);
	}
}

static void offer_fields(const Completion *completion)
{
	static const char *const prefixes[SECTION_COUNT] = { "", "disk0.", "nic0." };
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		if (fields[i].change != CHANGE_OFF && fields[i].change != CHANGE_LIVE)
			continue;
		g_autofree char *word = g_strconcat(prefixes[fields[i].section], fields[i].key, "=", NULL);
		offer(completion, word, fields[i].help);
	}
}

static void offer_keys(const Completion *completion)
{
	/* Of a chord, the key behind the last dash. */
	const char *dash = strrchr(completion->typed, '-');
	g_autofree char *before =
		g_strndup(completion->typed, dash ? (gsize)(dash + 1 - completion->typed) : 0);
	const Completion last = { completion->cli, dash ? dash + 1 : completion->typed, before, 0 };

	for (const char *const *name = key_names(); *name; name++)
		offer(&last, *name, NULL);
}

/* First words of verbs, or the second ones behind @first. */
static void offer_verbs_behind(const Completion *completion, const char *first)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const Verb *verb = verbs; verb->name; verb++) {
		if ((verb->flags & VERB_HIDDEN) || !g_str_has_prefix(verb->name, first))
			continue;
		const char *rest = verb->name + strlen(first);
		g_autofree char *word = g_strndup(rest, strcspn(rest, " "));
		gboolean whole = strlen(word) == strlen(rest);
		if (g_hash_table_add(seen, g_strdup(word)))
			offer(completion, word, whole ? verb_help(verb) : verb->group);
	}
}

static void offer_verbs(const Completion *completion)
{
	offer_verbs_behind(completion, "");
}

static void offer_shells(const Completion *completion)
{
	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++)
		offer(completion, scripts[i].shell, NULL);
}

/* Behind VM X Y. */
static void offer_mouse(const Completion *completion)
{
	const char *name, *help;

	for (guint i = 0; completion->index == 3 && (name = mouse_action_name(i, &help)); i++)
		offer(completion, name, help);
}

static void offer_files(const Completion *completion)
{
	puts(FILES);
}

static void (*const offers[])(const Completion *completion) = {
	[VALUE_VM] = offer_vms,     [VALUE_IMAGE] = offer_images, [VALUE_SWITCH] = offer_switches,
	[VALUE_FILE] = offer_files, [VALUE_FIELD] = offer_fields, [VALUE_KEY] = offer_keys,
	[VALUE_VERB] = offer_verbs, [VALUE_SHELL] = offer_shells, [VALUE_MOUSE] = offer_mouse,
};

static void offer_kind(const Completion *completion, ValueKind kind)
{
	if (offers[kind])
		offers[kind](completion);
}

static void offer_value(const Completion *completion, const Option *option)
{
	if (option->choices)
		offer_choices(completion, option->choices);
	else
		offer_kind(completion, option->value);
}

static void offer_options(const Completion *completion, const Option *const *tables)
{
	for (; *tables; tables++)
		for (const Option *option = *tables; option->name; option++) {
			g_autofree char *word = g_strconcat("--", option->name, NULL);
			offer(completion, word, option->help);
		}
}

/* --- where the last word stands --- */

static const Option *find_option(const Option *const *tables, const char *word)
{
	gsize length = strcspn(word, "=");

	for (; g_str_has_prefix(word, "--") && *tables; tables++)
		for (const Option *option = *tables; option->name; option++)
			if (strlen(option->name) == length - 2 &&
			    strncmp(option->name, word + 2, length - 2) == 0)
				return option;
	return NULL;
}

static gboolean wants_word(const Option *option, const char *word)
{
	return option && option->type != OPTION_FLAG && option->type != OPTION_OPTIONAL && !strchr(word, '=');
}

/* Arguments among @words, which stand between the verb and the last word. */
static guint count_arguments(const Option *const *tables, char *const *words, guint count)
{
	guint arguments = 0;

	for (guint i = 0; i < count; i++) {
		if (wants_word(find_option(tables, words[i]), words[i]))
			i++;
		else if (words[i][0] != '-' || !words[i][1])
			arguments++;
	}
	return arguments;
}

static void complete_verb(Cli *cli, const Verb *verb, char *const *words, guint count, const char *last)
{
	const Option *const *tables = verb_options(verb);
	const Option *before = count ? find_option(tables, words[count - 1]) : NULL;
	Completion completion = { cli, last, "", 0 };
	const char *equals = strchr(last, '=');

	if (before && wants_word(before, words[count - 1])) {
		offer_value(&completion, before);
	} else if (g_str_has_prefix(last, "--") && equals) {
		g_autofree char *prefix = g_strndup(last, (gsize)(equals - last) + 1);
		const Option *option = find_option(tables, last);
		const Completion value = { cli, equals + 1, prefix, 0 };
		if (option)
			offer_value(&value, option);
	} else if (*last == '-') {
		offer_options(&completion, tables);
	} else {
		completion.index = count_arguments(tables, words, count);
		if (completion.index < verb->max)
			offer_kind(&completion, completion.index ? verb->rest : verb->first);
	}
}

gboolean cmd_complete(Cli *cli, GError **error)
{
	char *const *words = cli->args;
	guint count = cli->n_args ? cli->n_args - 1 : 0, used = 0;
	const char *last = cli->n_args ? cli->args[count] : "";
	static const Option *const globals[] = { global_options, NULL };
	const Completion completion = { cli, last, "", 0 };

	while (count && words[0][0] == '-') {
		words++;
		count--;
	}
	g_autofree char *first = count == 1 ? g_strconcat(words[0], " ", NULL) : NULL;
	g_autofree char **before = g_new0(char *, count + 1);
	memcpy(before, words, count * sizeof *before);
	const Verb *verb = verb_find(before, &used);
	if (!count && *last == '-')
		offer_options(&completion, globals);
	else if (!count)
		offer_verbs(&completion);
	if (first)
		offer_verbs_behind(&completion, first);
	if (verb)
		complete_verb(cli, verb, words + used, count - used, last);
	return TRUE;
}
