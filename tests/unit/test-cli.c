/* The command line as a program, against a fake service: what it prints where, and its exit status. Tables of command lines; what
 * they print stands in tests/golden/cli. */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "client/actions.h"
#include "config.h"
#include "fake-service.h"
#include "support.h"

typedef struct {
	const char *words; /* as in a shell */
	int status;
	const char *golden; /* file that stdout is compared with; NULL: stdout is empty */
	const char *says;   /* part of stderr; NULL: nothing there */
} Run;

/* A line of them for each test, so that a failure names it. */
/* clang-format off */
static const Run runs[] = {
	{ "help", 0, "help.txt", NULL },
	{ "--help", 0, "help.txt", NULL },
	{ "help create", 0, "help-create.txt", NULL },
	{ "create --help", 0, "help-create.txt", NULL },
	{ "help start", 0, "help-start.txt", NULL },
	{ "help gallery", 0, "help-gallery.txt", NULL },
	{ "help gallery list", 0, "help-gallery-list.txt", NULL },
	{ "help fields", 0, "help-fields.txt", NULL },
	{ "help fields --json", 0, "help-fields.json", NULL },
	{ "help frobnicate", 2, NULL, "carrel: there is no verb `frobnicate'; see `carrel help'.\n" },

	/* Wrong words. */
	{ "", 2, NULL, "without a terminal there is nothing to show" },
	{ "lsit", 2, NULL, "carrel: there is no verb `lsit'; did you mean `list'?\n" },
	{ "gallery lst", 2, NULL, "did you mean `gallery list'?" },
	{ "host chekc", 2, NULL, "did you mean `host check'?" },
	{ "switch", 2, NULL, "`switch' alone is no verb; add one of list, show." },
	{ "list extra", 2, NULL, "`list' has no use for argument `extra'" },
	{ "show", 2, NULL, "`show' needs VM; usage: carrel show VM." },
	{ "create x --memroy 2G", 2, NULL, "there is no option `--memroy'; did you mean `--memory'?" },
	{ "create x --memory", 2, NULL, "option `--memory' needs a value (SIZE)" },
	{ "create x --disk-size 2x", 2, NULL, "option `--disk-size': `2x' is not a size" },
	{ "create x --video cga", 2, NULL,
	  "`cga' is no value of option `--video'; it is one of auto std virtio none." },
	{ "create a/b", 2, NULL, "VM name `a/b' contains `/'" },
	{ "create x --image a --iso b", 2, NULL, "`--image' and `--iso' exclude each other" },
	{ "create x --set colour=red", 2, NULL, "there is no field `colour'" },
	{ "create x --iso /nowhere.iso", 1, NULL, "there is no file `/nowhere.iso' for the DVD drive" },
	{ "create x --disk /nowhere.qcow2", 1, NULL, "disk image `/nowhere.qcow2' does not exist" },
	{ "list --json=yes", 2, NULL, "option `--json' takes no value" },
	{ "list -q", 2, NULL, "there is no option `-q'" },
	{ "set web mem=3", 2, NULL, "there is no field `mem'; did you mean `memory'?" },
	{ "set web disk0.fil=x", 2, NULL, "there is no field `disk0.fil'; did you mean `disk0.file'?" },
	{ "set web memory", 2, NULL, "`memory' sets no field; write KEY=VALUE" },
	{ "delete web", 2, NULL, "without a terminal nobody can be asked; add --yes." },
	{ "connect web --via foo", 2, NULL, "it is one of term sdl vnc[=ADDRESS] web[=ADDRESS] serial." },
	{ "connect web", 2, NULL, "there is no terminal to show VM `web' on" },
	{ "connect web --stop", 2, NULL, "option `--stop' is for a server" },
	{ "connect web --via vnc --no-open", 2, NULL, "option `--no-open' is for the web server" },
	{ "screen web --wait '(['", 2, NULL, "`([' is no regular expression" },
	{ "mouse web 1 2 bite", 2, NULL, "there is no mouse action `bite'" },
	{ "mouse web -- -1 2", 2, NULL, "`-1' is no coordinate" },
	{ "completion tcsh", 2, NULL, "there is no completion for shell `tcsh'" },
	{ "list lsit --json", 2, NULL,
	  "{\"error\":{\"code\":\"usage\",\"message\":\"`list' has no use for argument `lsit'\"" },

	/* Reading. */
	{ "list", 0, "list.txt", NULL },
	{ "list --json", 0, "list.json", NULL },
	{ "--json list", 0, "list.json", NULL },
	{ "show web", 0, "show.txt", NULL },
	{ "show web --json", 0, "show.json", NULL },
	{ "show alpha --json", 0, "show-off.json", NULL },
	{ "show nobody", 3, NULL, "carrel: there is no VM `nobody'; list VMs with `carrel list'.\n" },
	{ "--json show nobody", 3, NULL,
	  "{\"error\":{\"code\":\"not_found\",\"message\":\"there is no VM `nobody'\",\"hint\":\"list VMs "
	  "with `carrel list'\"}}\n" },
	{ "gallery", 0, "gallery.txt", NULL },
	{ "gallery list --json", 0, "gallery.json", NULL },
	{ "gallery show carrel-live", 0, "gallery-show.txt", NULL },
	{ "gallery show carrel-live --json", 0, "gallery-show.json", NULL },
	{ "gallery show carrel-liv", 3, NULL,
	  "image `carrel-liv' does not exist; did you mean `carrel-live'?" },
	{ "switch list", 0, "switch.txt", NULL },
	{ "switch list --json", 0, "switch.json", NULL },
	{ "switch show 'Default Switch'", 0, "switch-show.txt", NULL },
	{ "switch show other", 3, NULL, "switch `other' does not exist" },
	{ "host", 0, "host.txt", NULL },
	{ "host --json", 0, "host.json", NULL },
	{ "host check", 0, "host-check.txt", NULL },
	{ "host check --json", 0, "host-check.json", NULL },
	{ "argv web", 0, "argv.txt", NULL },
	{ "argv web --json", 0, "argv.json", NULL },
	{ "jobs --json", 0, "jobs-none.json", NULL },
	{ "api call /io/carrel Manager.FindVm web", 0, "api-call.txt", NULL },
	{ "api call /io/carrel io.carrel.Manager.FindVm web --json", 0, "api-call.json", NULL },
	{ "api call /io/carrel Manager.FindVm nobody", 3, NULL, "there is no VM `nobody'" },
	{ "api call /io/carrel Manager.FindVm", 2, NULL, "method `FindVm' takes 1 arguments, not 0" },
	{ "api call /io/carrel Manager.Exit perhaps", 2, NULL, "`perhaps' is no value of type b" },
	{ "api call /io/carrel Manager.Nothing", 2, NULL, "has no method `io.carrel.Manager.Nothing'" },
	{ "api call nowhere Manager.ListVms", 2, NULL, "`nowhere' is no object path" },

	/* Doing. */
	{ "start alpha", 0, NULL, "start alpha: work\n" },
	{ "start alpha --no-wait", 0, "job.txt", NULL },
	{ "--json start alpha --no-wait", 0, "job.json", NULL },
	{ "start web", 4, NULL, "VM `web' is running and cannot be started; turn it off first." },
	{ "start broken", 5, NULL, "carrel: the disk of VM `broken' is gone; put it back.\n" },
	{ "start web nobody alpha", 4, NULL, "there is no VM `nobody'" },
	{ "start nobody web", 3, NULL, "VM `web' is running" },
	{ "set web notes=a=b memory=4G", 0, NULL, NULL },
	{ "set nobody notes=x", 3, NULL, "there is no VM `nobody'" },
	{ "rename web ''", 2, NULL, "VM name `' is empty" },
	{ "rename web two", 0, NULL, NULL },
	{ "delete alpha --yes", 0, NULL, "delete alpha: work\n" },
	{ "create web", 1, NULL, "the name is taken; take another name." },
	{ "create new --json", 0, "create.json", NULL },
	{ "quick nothing", 3, NULL, "there is no such image" },
	{ "quick --name web", 1, NULL, "the name is taken" },

	/* Completion. */
	{ "__complete ''", 0, "complete-verbs.txt", NULL },
	{ "__complete switch ''", 0, "complete-switch.txt", NULL },
	{ "__complete start ''", 0, "complete-vms.txt", NULL },
	{ "__complete start w", 0, "complete-vm.txt", NULL },
	{ "__complete mouse web 1 2 ''", 0, "complete-mouse.txt", NULL },
	{ "__complete mouse web 1 ''", 0, "complete-none.txt", NULL },
	{ "__complete connect --via ''", 0, "complete-via.txt", NULL },
	{ "__complete connect --via=s", 0, "complete-via-glued.txt", NULL },
	{ "__complete create new --disk", 0, "complete-option.txt", NULL },
	{ "__complete create new --switch ''", 0, "complete-switch-names.txt", NULL },
	{ "__complete create new --iso ''", 0, "complete-file.txt", NULL },
	{ "__complete --json show b", 0, "complete-leading.txt", NULL },
	{ "__complete set web mem", 0, "complete-field.txt", NULL },
	{ "__complete quick ''", 0, "complete-image.txt", NULL },
	{ "__complete list ''", 0, NULL, NULL },
	{ "__complete frobnicate ''", 0, NULL, NULL },
};
/* clang-format on */

/* --- running --- */

typedef struct {
	char *out, *err;
	int status;
} Result;

static void result_clear(Result *result)
{
	g_free(result->out);
	g_free(result->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

static Result run_carrel(const char *words)
{
	g_autofree char *line = g_strconcat("/proc/self/exe --cli ", words, NULL);
	g_auto(GStrv) argv = NULL;
	g_autoptr(GError) error = NULL;
	Result result = { 0 };

	g_assert_true(g_shell_parse_argv(line, NULL, &argv, &error));
	g_autoptr(GSubprocess) carrel =
		g_subprocess_newv((const char *const *)argv,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	g_assert_no_error(error);
	g_subprocess_communicate_utf8(carrel, NULL, NULL, &result.out, &result.err, &error);
	g_assert_no_error(error);
	g_assert_true(g_subprocess_get_if_exited(carrel));
	result.status = g_subprocess_get_exit_status(carrel);
	return result;
}

/* Uptimes are what they are. */
static char *without_times(const char *text)
{
	g_autoptr(GRegex) json = g_regex_new("(\"uptime_s\" : )\\d+", 0, 0, NULL);
	g_autoptr(GRegex) words = g_regex_new("\\d+ d \\d\\d:\\d\\d", 0, 0, NULL);
	g_autofree char *half = g_regex_replace(json, text, -1, 0, "\\1N", 0, NULL);

	return g_regex_replace(words, half, -1, 0, "N d HH:MM", 0, NULL);
}

static void test_run(gconstpointer data)
{
	const Run *run = data;
	g_auto(Result) result = { 0 };

	fake_service_end();
	result = run_carrel(run->words);
	g_test_message("stderr: %s", result.err);
	g_assert_cmpint(result.status, ==, run->status);
	if (run->golden) {
		g_autofree char *name = g_strconcat("cli/", run->golden, NULL);
		g_autofree char *text = without_times(result.out);
		assert_golden(name, text);
	} else {
		g_assert_cmpstr(result.out, ==, "");
	}
	if (!run->says)
		g_assert_cmpstr(result.err, ==, "");
	else if (!strstr(result.err, run->says))
		g_error("`%s' is not in: %s", run->says, result.err);
}

/* --- what a line of the table cannot say --- */

/* Names that are in the list are skipped, a name that another client took meanwhile too. */
static void test_quick(void)
{
	g_autofree char *told = g_build_filename(g_getenv("CARREL_HOME"), "created", NULL);
	g_autofree char *text = NULL;

	fake_service_end();
	g_auto(Result) result = run_carrel("quick --no-start");
	g_assert_cmpint(result.status, ==, 0);
	g_assert_cmpstr(result.out, ==, "alpha\n");
	g_assert_true(g_file_get_contents(told, &text, NULL, NULL));
	g_assert_cmpstr(text, ==,
			"({'name': 'carrel-live-2'}, {'image': <'carrel-live'>, 'instant': <true>})");
}

/* What create hands to the daemon: options by field, paths absolute, sizes as numbers. */
static void test_create(void)
{
	g_autofree char *told = g_build_filename(g_getenv("CARREL_HOME"), "created", NULL);
	g_autofree char *iso = g_build_filename(g_getenv("CARREL_HOME"), "some.iso", NULL);
	g_autofree char *text = NULL;

	fake_service_end();
	write_file(iso, "iso");
	g_assert_cmpint(g_chdir(g_getenv("CARREL_HOME")), ==, 0);
	g_auto(Result) result = run_carrel(
		"create new --iso some.iso --cpu-model=max --memory 1G --switch Other --disk-size 4G "
		"--set notes='a = b' --set disk0.cache=none");
	g_assert_cmpstr(result.out, ==, "");
	g_assert_cmpint(result.status, ==, 0);
	g_assert_true(g_file_get_contents(told, &text, NULL, NULL));
	g_autofree char *expected =
		g_strdup_printf("({'name': 'new', 'cpu_model': 'max', 'memory': '1G', 'iso': '%s', "
				"'nic0.switch': 'Other', 'notes': 'a = b',"
				" 'disk0.cache': 'none'}, {'disk_size': <uint64 4294967296>})",
				iso);
	g_assert_cmpstr(text, ==, expected);
}

/* Bytes that make a terminal do things stand in the notes of a VM; they must not come out. */
static void test_no_control(void)
{
	fake_service_end();
	g_auto(Result) result = run_carrel("show broken");
	g_assert_cmpint(result.status, ==, 0);
	g_assert_null(strchr(result.out, '\033'));
}

static void test_version(void)
{
	g_auto(Result) result = run_carrel("--version");

	g_assert_cmpint(result.status, ==, 0);
	g_assert_cmpstr(result.out, ==, "carrel " PACKAGE_VERSION "\n");
}

static void test_table(void)
{
	for (guint id = 0; id < ACTION_COUNT; id++) {
		/* "checkpoint" is a group of verbs, of which the action is this one; to the others it is an argument. */
		char *const words[] = { (char *)action_get(id)->verb, "create", NULL };
		guint used;
		g_assert_nonnull(verb_find(words, &used));
	}
	for (const Verb *verb = verbs; verb->name; verb++) {
		const char *help = verb_help(verb);
		g_assert_nonnull(verb->run);
		g_assert_true(g_ascii_isupper(*help) && !g_str_has_suffix(help, "."));
		g_assert_cmpuint(verb->min, <=, verb->max);
		for (const Option *option = verb->options; option->name; option++) {
			g_assert_true(g_ascii_isupper(*option->help) && !g_str_has_suffix(option->help, "."));
			g_assert_cmpint(option->type == OPTION_FLAG, ==, option->argument == NULL);
		}
	}
}

/* Runs a checker on @text in a file; skipped where it is not installed. */
static void check_with(const char *program, const char *arguments, const char *name, const char *text)
{
	g_autofree char *found = g_find_program_in_path(program);
	g_autofree char *path = g_build_filename(g_getenv("CARREL_HOME"), name, NULL);
	g_autofree char *out = NULL, *err = NULL;
	int status;

	if (!found) {
		g_test_message("%s is not installed", program);
		return;
	}
	write_file(path, text);
	g_autofree char *line = g_strdup_printf("%s %s %s", found, arguments, path);
	g_assert_true(g_spawn_command_line_sync(line, &out, &err, &status, NULL));
	g_assert_cmpstr(err, ==, "");
	g_assert_cmpint(status, ==, 0);
	if (g_str_equal(program, "mandoc"))
		g_assert_cmpstr(out, ==, "");
}

static void test_pages(void)
{
	static const char *const pages[] = { "carrel.1", "carreld.8", "vm.conf.5" };

	for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *words = g_strconcat("__man ", pages[i], NULL);
		g_auto(Result) result = run_carrel(words);
		g_assert_cmpint(result.status, ==, 0);
		g_assert_cmpuint(strlen(result.out), >, 1000);
		check_with("mandoc", "-Tlint -Wstyle", pages[i], result.out);
		check_with("groff", "-man -Tutf8 -ww -z", pages[i], result.out);
	}
}

static void test_scripts(void)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };

	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		g_autofree char *words = g_strconcat("completion ", shells[i], NULL);
		g_auto(Result) result = run_carrel(words);
		g_assert_cmpint(result.status, ==, 0);
		g_assert_nonnull(strstr(result.out, "__complete"));
		check_with(shells[i], "-n", shells[i], result.out);
	}
}

/* --- a console of the person's --- */

static int fake_tui(void)
{
	return 0;
}

static int fake_console(const char *const *vm_paths, gboolean view_only, gboolean start)
{
	return 0;
}

int main(int argc, char **argv)
{
	static const CliFrontends frontends = { fake_tui, fake_console };

	if (fake_service_is(argv[0]))
		return fake_service_main(argc, argv);
	if (argc > 1 && g_str_equal(argv[1], "--cli"))
		return cli_main(argc - 1, argv + 1, &frontends);
	g_autoptr(TempDir) dir = fake_service_enter("test-cli", argv);
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		g_autofree char *plain = g_strdelimit(g_strdup(runs[i].words), "/", '|');
		g_autofree char *path = g_strdup_printf("/cli/run/%s", *plain ? plain : "nothing");
		g_test_add_data_func(path, &runs[i], test_run);
	}
	g_test_add_func("/cli/quick", test_quick);
	g_test_add_func("/cli/create", test_create);
	g_test_add_func("/cli/no-control", test_no_control);
	g_test_add_func("/cli/version", test_version);
	g_test_add_func("/cli/table", test_table);
	g_test_add_func("/cli/pages", test_pages);
	g_test_add_func("/cli/scripts", test_scripts);
	int status = g_test_run();
	fake_service_end();
	return status;
}
