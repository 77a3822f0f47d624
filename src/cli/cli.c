/* From words to a verb and back to an exit status. */
#include "cli/cli.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "client/wait.h"
#include "config.h"

Client *cli_client(Cli *cli, gboolean fill, GError **error)
{
	if (!cli->client)
		cli->client = client_connect_sync(fill, error);
	return cli->client;
}

char *cli_find_vm(Cli *cli, const char *name, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);

	return client ? client_find_vm_sync(client, name, error) : NULL;
}

static void report_json(const GError *error)
{
	JsonObject *outer = json_object_new(), *inner = json_object_new();
	g_autofree char *message = error_message(error);

	json_object_set_string_member(inner, "code", error_code_name(error));
	json_object_set_string_member(inner, "message", message);
	output_set_string(inner, "hint", error_hint(error));
	json_object_set_object_member(outer, "error", inner);
	g_autoptr(JsonNode) node = output_node(outer);
	g_autofree char *text = json_to_string(node, FALSE);
	fprintf(stderr, "%s\n", text);
}

void cli_report(const Cli *cli, const GError *error)
{
	g_autofree char *sentence = error_sentence(error);
	g_autofree char *clean = output_clean(sentence);

	fflush(stdout);
	fprintf(stderr, "carrel: %s\n", clean);
	if (cli->json)
		report_json(error);
}

gboolean cli_each_argument(Cli *cli, CliEach run, GError **error)
{
	if (!cli_client(cli, FALSE, error))
		return FALSE;
	for (guint i = 0; i < cli->n_args; i++) {
		g_autoptr(GError) failure = NULL;
		if (run(cli, cli->args[i], &failure))
			continue;
		cli_report(cli, failure);
		if (!cli->status)
			cli->status = error_exit_status(failure);
	}
	return TRUE;
}

/* --- jobs --- */

typedef struct {
	Client *client;
	const char *job;
} Interrupt;

/* Ctrl-C cancels the job; what it was doing is undone and then it ends. A second one ends only us. */
static gboolean on_interrupt(gpointer data)
{
	Interrupt *interrupt = data;

	client_call(interrupt->client, interrupt->job, "Job", "Cancel", NULL, NULL, NULL, NULL);
	signal(SIGINT, SIG_DFL);
	return G_SOURCE_CONTINUE;
}

static gboolean print_job(const Cli *cli, const char *path, GError **error)
{
	if (!cli->json) {
		puts(path);
		return TRUE;
	}
	g_autoptr(ClientJob) job = client_get_job_sync(cli->client, path, error);
	if (job)
		output_json(output_node(row_job(job)));
	return job != NULL;
}

gboolean cli_finish_job(Cli *cli, const char *job, char **result, GError **error)
{
	if (options_has(cli->options, "no-wait"))
		return print_job(cli, job, error);
	g_autoptr(Progress) progress = progress_new(cli->json && !isatty(STDERR_FILENO));
	Interrupt interrupt = { cli->client, job };
	guint source = g_unix_signal_add(SIGINT, on_interrupt, &interrupt);
	gboolean done = wait_for_job_sync(cli->client, job, progress_show, progress, result, error);
	g_source_remove(source);
	return done;
}

/* --- dispatch --- */

/* Words that could stand behind @prefix ("gallery ", or "" for all first words). */
static GPtrArray *next_words(const char *prefix)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (const Verb *verb = verbs; verb->name; verb++)
		if (!(verb->flags & VERB_HIDDEN) && g_str_has_prefix(verb->name, prefix)) {
			const char *rest = verb->name + strlen(prefix);
			g_autofree char *word = g_strndup(rest, strcspn(rest, " "));
			if (!g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
				g_ptr_array_add(words, g_steal_pointer(&word));
		}
	return words;
}

static char *join_words(GPtrArray *words)
{
	g_ptr_array_add(words, NULL);
	return g_strjoinv(", ", (char **)words->pdata);
}

static gboolean set_unknown_verb(char *const *words, GError **error)
{
	g_autofree char *prefix = g_strconcat(words[0], " ", NULL);
	g_autoptr(GPtrArray) below = next_words(prefix);
	g_autoptr(GPtrArray) all = next_words("");

	if (below->len && !words[1]) {
		g_autofree char *list = join_words(below);
		g_autofree char *hint = g_strdup_printf("add one of %s", list);
		return error_set(error, CARREL_ERROR_USAGE, hint, "`%s' alone is no verb", words[0]);
	}
	const char *wrong = below->len ? words[1] : words[0];
	const char *near = suggest_nearest(wrong, below->len ? below : all);
	g_autofree char *hint = near ? g_strdup_printf("did you mean `%s%s'?", below->len ? prefix : "", near)
				     : g_strdup("see `carrel help'");
	return error_set(error, CARREL_ERROR_USAGE, hint, "there is no verb `%s%s'", below->len ? prefix : "",
			 wrong);
}

/* "host chekc": `host' is a verb too, but takes no arguments; then the second word was meant as part of the verb. */
static gboolean is_wrong_member(const Verb *verb, char *const *words, guint used)
{
	g_autofree char *prefix = g_strconcat(verb->name, " ", NULL);
	g_autoptr(GPtrArray) below = next_words(prefix);

	return below->len && verb->max == 0 && words[used] && *words[used] != '-';
}

static gboolean check_arguments(const Cli *cli, GError **error)
{
	const Verb *verb = cli->verb;

	if (cli->n_args >= verb->min && cli->n_args <= verb->max)
		return TRUE;
	g_autofree char *usage = help_usage(verb);
	g_autofree char *hint = g_strdup_printf("usage: %s", usage);
	if (cli->n_args < verb->min)
		return error_set(error, CARREL_ERROR_USAGE, hint, "`%s' needs %s", verb->name,
				 cli->n_args ? "more arguments" : verb->arguments);
	return error_set(error, CARREL_ERROR_USAGE, hint, "`%s' has no use for argument `%s'", verb->name,
			 cli->args[verb->max]);
}

/* Options before the verb: up to the first word that is none. */
static guint count_leading(char *const *words)
{
	guint count = 0;

	while (words[count] && words[count][0] == '-' && words[count][1] && !g_str_equal(words[count], "--"))
		count++;
	return count;
}

static gboolean has_word(char *const *words, const char *word)
{
	for (; *words && !g_str_equal(*words, "--"); words++)
		if (g_str_equal(*words, word))
			return TRUE;
	return FALSE;
}

/* Parses all that stands around the verb into @cli. */
static gboolean parse(Cli *cli, char *const *words, guint leading, guint used, GError **error)
{
	g_autoptr(GPtrArray) rest = g_ptr_array_new();
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < leading; i++)
		g_ptr_array_add(rest, words[i]);
	if (cli->verb->flags & VERB_RAW)
		g_ptr_array_add(rest, (gpointer) "--");
	for (guint i = leading + used; words[i]; i++)
		g_ptr_array_add(rest, words[i]);
	g_ptr_array_add(rest, NULL);
	cli->options = options_parse(verb_options(cli->verb), (char *const *)rest->pdata, arguments, error);
	if (!cli->options)
		return FALSE;
	cli->n_args = arguments->len;
	g_ptr_array_add(arguments, NULL);
	cli->args = (char **)g_ptr_array_free(g_steal_pointer(&arguments), FALSE);
	cli->json = options_has(cli->options, "json");
	return TRUE;
}

static gboolean run_verb(Cli *cli, GError **error)
{
	log_init("carrel", LOG_STYLE_TOOL, options_has(cli->options, "verbose"));
	if (options_has(cli->options, "help")) {
		help_print(cli->verb);
		return TRUE;
	}
	return check_arguments(cli, error) && cli->verb->run(cli, error);
}

/* No verb: --version, --help, or the TUI. */
static gboolean run_bare(Cli *cli, char *const *words, GError **error)
{
	static const Option *const globals[] = { global_options, NULL };
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

	cli->options = options_parse(globals, words, arguments, error);
	if (!cli->options)
		return FALSE;
	cli->json = options_has(cli->options, "json");
	log_init("carrel", LOG_STYLE_TOOL, options_has(cli->options, "verbose"));
	if (options_has(cli->options, "version")) {
		printf("carrel %s\n", PACKAGE_VERSION);
	} else if (options_has(cli->options, "help")) {
		help_print(NULL);
	} else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		cli->status = cli->frontends->run_tui();
	} else {
		return error_set(error, CARREL_ERROR_USAGE, "give a verb, see `carrel help'",
				 "without a terminal there is nothing to show");
	}
	return TRUE;
}

static gboolean dispatch(Cli *cli, char *const *words, GError **error)
{
	guint leading = count_leading(words), used = 0;

	cli->json = has_word(words, "--json"); /* for errors that come before options are parsed */
	if (!words[leading])
		return run_bare(cli, words, error);
	cli->verb = verb_find(words + leading, &used);
	if (!cli->verb || is_wrong_member(cli->verb, words + leading, used))
		return set_unknown_verb(words + leading, error);
	return parse(cli, words, leading, used, error) && run_verb(cli, error);
}

/* Bytes that did not reach a full disk are an error like any other. */
static gboolean flush_output(GError **error)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot write to standard output");
}

int cli_main(int argc, char **argv, const CliFrontends *frontends)
{
	Cli cli = { .frontends = frontends };
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	/* `carrel ... | head' ends without a word, as other programs do; GSocket's first use would undo that, so it comes before. */
	g_type_class_unref(g_type_class_ref(G_TYPE_SOCKET));
	signal(SIGPIPE, SIG_DFL);
	carrel_error_quark();
	gboolean good = dispatch(&cli, argv + 1, &error);
	good = good && flush_output(&error);
	if (!good) {
		cli.status = error_exit_status(error);
		cli_report(&cli, error);
	}
	client_free(cli.client);
	options_free(cli.options);
	g_strfreev(cli.args);
	return cli.status;
}
