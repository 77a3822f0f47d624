/* New VMs: create and quick. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/connect.h"
#include "cli/fields.h"
#include "cli/guest-options.h"
#include "client/local-source.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/verbs.h"
#include "client/actions.h"
#include "client/guest-wait.h"

#define DEFAULT_IMAGE "carrel-live"
#define NAME_TRIES    1000
#define WAIT_MS       (10 * 60 * 1000)
#define NO_WAIT                                                                                              \
	{                                                                                                    \
		"no-wait", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job instead of waiting for it" \
	}

const Option create_options[] = {
	{"image",						      'i', OPTION_TEXT, VALUE_IMAGE, "IMAGE", NULL,
         "Make its disk, or fill its DVD drive, from a gallery image" },
	{ "disk",						 0, OPTION_TEXT, VALUE_FILE, "FILE", NULL, "Use an existing disk image where it is" },
	{ "disk-size",						     0, OPTION_SIZE, VALUE_NONE, "SIZE", NULL, "Size of its new disk; 0 for none" },
	{ "set", 's', OPTION_LIST, VALUE_FIELD, "KEY=VALUE", NULL,
         "Set any field; may be given more than once" },
	GUEST_OPTIONS,
	{ "unverified",						      0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Take also an image that has no hash" },
	NO_WAIT,
	{ .name = NULL						},
};

const Option quick_options[] = {
	{"name",							     'n', OPTION_TEXT, VALUE_NONE, "NAME", NULL,
         "Name of the VM; else the image's, with a number if that is taken" },
	{ "cold",						       0, OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Boot it, also where it could continue from a warm template" },
	{ "set",							    's', OPTION_LIST, VALUE_FIELD, "KEY=VALUE", NULL,
         "Set any field; may be given more than once" },
	{ "no-start", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Only make it" },
	{ "connect",							    'c', OPTION_OPTIONAL, VALUE_NONE, "VIA", CONNECT_CHOICES,
         "Open its console: in the terminal, a window, or by VNC" },
	{ "wait",						       'w', OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Return when the guest is up and set up, and open no console unless --connect is given" },
	{ "timeout",							      0, OPTION_DURATION, VALUE_NONE, "TIME", NULL,
         "With --wait, no longer than that; else 10 minutes" },
	GUEST_OPTIONS,
	{ "unverified",       0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Take also an image that has no hash" },
	NO_WAIT,
	{ .name = NULL							    },
};

/* --- what both share --- */

/* The job of a CreateVm call, or NULL. @fields and @options are consumed. */
static char *call_create(Client *client, GVariantBuilder *fields, GVariantDict *options, GError **error)
{
	g_autoptr(GVariant) reply = client_call_sync(
		client, "/io/carrel", "Manager", "CreateVm",
		g_variant_new("(a{ss}@a{sv})", fields, g_variant_dict_end(options)), NULL, error);
	char *job = NULL;

	if (reply)
		g_variant_get(reply, "(o)", &job);
	return job;
}

/* The password is chosen by carrel: nobody could log in at the console who was not told. */
static void print_login(Cli *cli, const char *path, const char *name, JsonObject *object)
{
	g_autoptr(GVariant) reply = client_call_sync(cli->client, path, "Vm", "Login", NULL, NULL, NULL);
	g_autoptr(GVariant) login = reply ? g_variant_get_child_value(reply, 0) : NULL;
	const char *user = "", *password = "";

	if (login) {
		g_variant_lookup(login, "user", "&s", &user);
		g_variant_lookup(login, "password", "&s", &password);
	}
	if (!*password)
		return;
	if (object) {
		json_object_set_string_member(object, "user", user);
		json_object_set_string_member(object, "password", password);
	} else {
		fprintf(stderr,
			"carrel: log in to `%s' as %s with the password %s; `carrel show' tells it again.\n",
			name, user, password);
	}
}

/* Prints the new VM: its name, or with --json an object like those of `list'; with @started also how. */
static gboolean print_vm(Cli *cli, const char *path, gboolean started, GError **error)
{
	g_autoptr(GVariant) name = client_get_sync(cli->client, path, "Vm", "Name", error);
	g_autoptr(GVariant) id = name ? client_get_sync(cli->client, path, "Vm", "Id", error) : NULL;
	g_autoptr(GVariant) instant =
		id && started ? client_get_sync(cli->client, path, "Vm", "Instant", error) : NULL;

	if (!id || (started && !instant))
		return FALSE;
	if (cli->json) {
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "id", g_variant_get_string(id, NULL));
		json_object_set_string_member(object, "name", g_variant_get_string(name, NULL));
		json_object_set_string_member(object, "path", path);
		print_login(cli, path, NULL, object);
		if (started)
			json_object_set_boolean_member(object, "instant", g_variant_get_boolean(instant));
		output_json(output_node(object));
	} else {
		puts(g_variant_get_string(name, NULL));
		print_login(cli, path, g_variant_get_string(name, NULL), NULL);
	}
	fflush(stdout);
	return TRUE;
}

/* --- create --- */

/* "disk" must be there; the daemon says the same, but only the shell's user knows the relative path that was typed. */
static gboolean add_disk(GVariantDict *options, const char *file, GError **error)
{
	if (!file)
		return TRUE;
	g_autofree char *absolute = g_canonicalize_filename(file, NULL);
	if (!g_file_test(absolute, G_FILE_TEST_EXISTS))
		return error_set(error, CARREL_ERROR_FAILED, "check the path",
				 "disk image `%s' does not exist", file);
	g_variant_dict_insert(options, "disk", "s", absolute);
	return TRUE;
}

static gboolean check_iso(const char *file, GError **error)
{
	if (!file || !*file || g_file_test(file, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, "check the path",
			 "there is no file `%s' for the DVD drive", file);
}

static gboolean check_sources(const Cli *cli, GError **error)
{
	static const char *const sources[] = { "image", "iso", "disk" };
	const char *first = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		if (!options_has(cli->options, sources[i]))
			continue;
		if (first && (g_str_equal(first, "image") || g_str_equal(sources[i], "image")))
			return error_set(error, CARREL_ERROR_USAGE, "give one of them",
					 "options `--%s' and `--%s' exclude each other", first, sources[i]);
		first = sources[i];
	}
	return TRUE;
}

static gboolean collect_fields(Cli *cli, GVariantBuilder *fields, GError **error)
{
	const GPtrArray *words = options_list(cli->options, "set");

	if (!fields_add(fields, "name", cli->args[0], error) ||
	    !fields_add_options(fields, cli->options, error))
		return FALSE;
	for (guint i = 0; i < words->len; i++)
		if (!fields_add_word(fields, words->pdata[i], error))
			return FALSE;
	return TRUE;
}

static gboolean collect_options(Cli *cli, GVariantDict *options, GError **error)
{
	const char *image = options_text(cli->options, "image");

	if (image)
		g_variant_dict_insert(options, "image", "s", image);
	if (options_has(cli->options, "unverified"))
		g_variant_dict_insert(options, "unverified", "b", TRUE);
	if (options_has(cli->options, "disk-size"))
		g_variant_dict_insert(options, "disk_size", "t", options_size(cli->options, "disk-size", 0));
	return guest_options_add(options, cli->options, error) &&
	       add_disk(options, options_text(cli->options, "disk"), error) &&
	       check_iso(options_text(cli->options, "iso"), error);
}

gboolean cmd_create(Cli *cli, GError **error)
{
	g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
	g_autofree char *vm = NULL;

	if (!units_check_name("VM", cli->args[0], error) || !check_sources(cli, error) ||
	    !collect_fields(cli, &fields, error) || !collect_options(cli, &options, error))
		return FALSE;
	Client *client = cli_client(cli, FALSE, error);
	g_autofree char *job = client ? call_create(client, &fields, &options, error) : NULL;
	if (!job || !cli_finish_job(cli, job, &vm, error))
		return FALSE;
	if (vm && !cli->json)
		print_login(cli, vm, cli->args[0], NULL);
	return !vm || !cli->json || print_vm(cli, vm, FALSE, error);
}

/* --- quick --- */

/* "carrel-live", "carrel-live-2", ... */
static char *numbered_name(const char *base, guint number)
{
	return number > 1 ? g_strdup_printf("%s-%u", base, number) : g_strdup(base);
}

static gboolean is_taken(Client *client, const char *name)
{
	GPtrArray *vms = client_vms(client);

	for (guint i = 0; i < vms->len; i++)
		if (g_str_equal(((ClientVm *)vms->pdata[i])->name, name))
			return TRUE;
	return FALSE;
}

static gboolean add_source(const Cli *cli, GVariantBuilder *fields, GVariantDict *options, const char *image,
			   GError **error)
{
	if (local_source_is(image))
		return local_source_add(fields, options, image, error);
	g_variant_dict_insert(options, "image", "s", image);
	g_variant_dict_insert(options, "instant", "b", !options_has(cli->options, "cold"));
	return TRUE;
}

static char *create_named(Cli *cli, const char *image, const char *name, GError **error)
{
	g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
	const GPtrArray *words = options_list(cli->options, "set");

	g_variant_builder_add(&fields, "{ss}", "name", name);
	for (guint i = 0; i < words->len; i++)
		if (!fields_add_word(&fields, words->pdata[i], error))
			return NULL;
	if (!add_source(cli, &fields, &options, image, error))
		return NULL;
	if (!fields_add_options(&fields, cli->options, error) ||
	    !guest_options_add(&options, cli->options, error))
		return NULL;
	if (options_has(cli->options, "unverified"))
		g_variant_dict_insert(&options, "unverified", "b", TRUE);
	return call_create(cli->client, &fields, &options, error);
}

/* The list says which names are taken; another client may still be quicker, and then the next name is tried. */
static char *create_next(Cli *cli, const char *image, GError **error)
{
	g_autofree char *base = local_source_is(image) ? local_source_name(image) : g_strdup(image);

	for (guint number = 1; number <= NAME_TRIES; number++) {
		g_autofree char *name = numbered_name(base, number);
		g_autoptr(GError) failure = NULL;
		if (is_taken(cli->client, name))
			continue;
		char *job = create_named(cli, image, name, &failure);
		if (job)
			return job;
		if (!g_error_matches(failure, CARREL_ERROR, CARREL_ERROR_EXISTS)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return NULL;
		}
	}
	error_set(error, CARREL_ERROR_EXISTS, "give a --name", "there are %d VMs made from `%s' already",
		  NAME_TRIES, image);
	return NULL;
}

/* How to connect; NULL = not at all. */
static const char *quick_via(const Cli *cli)
{
	const char *via = options_text(cli->options, "connect");

	if (options_has(cli->options, "connect"))
		return via ? via : "term";
	return !options_has(cli->options, "wait") && !cli->json && isatty(STDIN_FILENO) &&
			       isatty(STDOUT_FILENO)
		       ? "term"
		       : NULL;
}

static gboolean quick_start(Cli *cli, const char *vm, GError **error)
{
	g_autofree char *job = action_run_sync(cli->client, action_get(ACTION_START), vm, NULL, error);

	return job && cli_finish_job(cli, job, NULL, error);
}

/* --wait: until the guest says that it is up. */
static gboolean quick_wait(Cli *cli, const char *vm, GError **error)
{
	g_autoptr(GVariant) name = client_get_sync(cli->client, vm, "Vm", "Name", error);

	if (!name)
		return FALSE;
	GuestWait wait = { .client = cli->client,
			   .path = vm,
			   .name = g_variant_get_string(name, NULL),
			   .timeout_ms = options_ms(cli->options, "timeout", WAIT_MS),
			   .report = ssh_report,
			   .data = (gpointer)g_variant_get_string(name, NULL) };
	return guest_wait_ready_sync(&wait, error);
}

gboolean cmd_quick(Cli *cli, GError **error)
{
	const char *image = cli->n_args ? cli->args[0] : DEFAULT_IMAGE;
	const char *name = options_text(cli->options, "name");
	const char *via = quick_via(cli);
	gboolean start = !options_has(cli->options, "no-start");
	g_autofree char *vm = NULL;

	if (name && !units_check_name("VM", name, error))
		return FALSE;
	if (options_has(cli->options, "iso"))
		return error_set(error, CARREL_ERROR_USAGE, "use `carrel create'",
				 "option `--iso' and an image exclude each other");
	Client *client = cli_client(cli, TRUE, error);
	if (!client)
		return FALSE;
	g_autofree char *job = name ? create_named(cli, image, name, error) : create_next(cli, image, error);
	if (!job || !cli_finish_job(cli, job, &vm, error))
		return FALSE;
	if (!vm) /* --no-wait */
		return TRUE;
	if (via && (start || options_has(cli->options, "connect")))
		return print_vm(cli, vm, FALSE, error) && connect_via(cli, vm, via, start, error);
	/* Printed also when it does not start: it is there. */
	gboolean started = start && quick_start(cli, vm, error);
	if (!print_vm(cli, vm, started, started || !start ? error : NULL) || (start && !started))
		return FALSE;
	return !started || !options_has(cli->options, "wait") || quick_wait(cli, vm, error);
}
