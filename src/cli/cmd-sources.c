/* The gallery's sources and its store: sources, add-source, remove-source, refresh, download, prune. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/verbs.h"

/* clang-format off: crashes on such tables */
const Option source_options[] = {
	{"type",					 0, OPTION_TEXT, VALUE_NONE, "TYPE", "auto|carrel|hyperv|simplestreams|osinfo",
         "What kind of feed it is; found out otherwise" },
	{ "keyring",				   0, OPTION_TEXT, VALUE_FILE, "FILE", NULL,
         "OpenPGP keys, by one of which the feed must be signed" },
	{ "before",					0, OPTION_TEXT, VALUE_NONE, "SOURCE", NULL, "Put it before this one, not at the end" },
	{ "no-refresh", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Do not fetch it now" },
	{ .name = NULL				    },
};

const Option refresh_options[] = {
	{"no-wait",    0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job and return at once" },
	{ .name = NULL},
};

const Option download_options[] = {
	{"unverified", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Take also an image that has no hash" },
	{ "no-wait", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job and return at once" },
	{ .name = NULL       },
};

const Option prune_options[] = {
	{"all",        0, OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Also images that no VM stands on, but the gallery offers" },
	{ "dry-run", 'n', OPTION_FLAG, VALUE_NONE, NULL, NULL, "Say what would be removed" },
	{ .name = NULL       },
};
/* clang-format on */

/* --- sources ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *type, *url, *error, *signature, *signer; /* borrowed from the reply */
	guint items;
	gint64 fetched, checked;
	gboolean builtin, busy;
} SourceRow;

static SourceRow read_source(GVariant *dict)
{
	SourceRow row = { "", "", "", "", "", "", 0, 0, 0, FALSE, FALSE };

	g_variant_lookup(dict, "name", "&s", &row.name);
	g_variant_lookup(dict, "type", "&s", &row.type);
	g_variant_lookup(dict, "url", "&s", &row.url);
	g_variant_lookup(dict, "error", "&s", &row.error);
	g_variant_lookup(dict, "signature", "&s", &row.signature);
	g_variant_lookup(dict, "signer", "&s", &row.signer);
	g_variant_lookup(dict, "items", "u", &row.items);
	g_variant_lookup(dict, "fetched", "x", &row.fetched);
	g_variant_lookup(dict, "checked", "x", &row.checked);
	g_variant_lookup(dict, "builtin", "b", &row.builtin);
	g_variant_lookup(dict, "busy", "b", &row.busy);
	return row;
}

/* "3 days ago": how old the copy is that the gallery works with. */
static char *age_text(const SourceRow *row)
{
	gint64 age = g_get_real_time() / G_USEC_PER_SEC - row->fetched;

	if (row->builtin)
		return g_strdup("built in");
	if (row->busy)
		return g_strdup("being fetched");
	return row->fetched ? units_format_age(age) : g_strdup("never fetched");
}

static JsonObject *source_json(GVariant *dict)
{
	SourceRow row = read_source(dict);
	JsonObject *object = json_object_new();

	output_set_time(object, "fetched", row.fetched);
	output_set_time(object, "checked", row.checked);
	if (row.fetched)
		json_object_set_int_member(object, "age_s", g_get_real_time() / G_USEC_PER_SEC - row.fetched);
	else
		json_object_set_null_member(object, "age_s");
	output_set_string(object, "error", *row.error ? row.error : NULL);
	row_add_dict(object, dict);
	return object;
}

static void print_sources(GVariant *list)
{
	static const char *const headings[] = { "SOURCE", "TYPE", "ITEMS", "AGE", "SIGNATURE", "URL", NULL };
	OutputTable *table = output_table_new(headings);

	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(list, i);
		SourceRow row = read_source(dict);
		g_autofree char *items = g_strdup_printf("%u", row.items);
		g_autofree char *age = age_text(&row);
		output_table_row(table, row.name, row.type, items, age, row.signature, row.url, NULL);
	}
	output_table_print(table);
}

/* What was wrong the last time, and what was left out, below the table: sentences are too long for a cell. */
static void print_troubles(GVariant *list)
{
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(list, i);
		g_autofree const char **warnings = NULL;
		SourceRow row = read_source(dict);
		g_autofree char *error = output_clean(row.error);
		if (*error)
			printf("%s: %s\n", row.name, error);
		g_variant_lookup(dict, "warnings", "^a&s", &warnings);
		for (const char **warning = warnings; warning && *warning; warning++) {
			g_autofree char *clean = output_clean(*warning);
			printf("%s: left out: %s\n", row.name, clean);
		}
	}
}

gboolean cmd_gallery_sources(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "ListSources", NULL, NULL, error)
		       : NULL;

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);
	const char *conf_error;
	g_variant_get_child(reply, 1, "&s", &conf_error);
	if (*conf_error)
		g_printerr("carrel: warning: carrel.conf is not in force: %s\n", conf_error);
	if (!cli->json) {
		print_sources(list);
		print_troubles(list);
		return TRUE;
	}
	JsonArray *array = json_array_new();
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(list, i);
		json_array_add_object_element(array, source_json(dict));
	}
	output_json(output_array(array));
	return TRUE;
}

/* --- adding and removing ------------------------------------------------------------------------------------------------- */

static gboolean is_address(const char *word)
{
	return strstr(word, "://") || strchr(word, '/') || g_file_test(word, G_FILE_TEST_EXISTS);
}

/* A path is that of this shell's folder, not of the daemon's. */
static void add_url(GVariantDict *options, const char *word)
{
	g_autofree char *path = strstr(word, "://") ? g_strdup(word) : g_canonicalize_filename(word, NULL);

	g_variant_dict_insert(options, "url", "s", path);
}

static gboolean refresh(Cli *cli, const char *name, GError **error)
{
	g_autoptr(GVariant) reply = client_call_sync(cli->client, "/io/carrel", "Manager", "RefreshGallery",
						     g_variant_new("(s)", name), NULL, error);
	const char *job;

	if (!reply)
		return FALSE;
	g_variant_get(reply, "(&o)", &job);
	return cli_finish_job(cli, job, NULL, error);
}

static void add_texts(Cli *cli, GVariantDict *options)
{
	static const char *const names[] = { "type", "before" };
	const char *keyring = options_text(cli->options, "keyring");

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *text = options_text(cli->options, names[i]);
		if (text)
			g_variant_dict_insert(options, names[i], "s", text);
	}
	if (keyring) {
		g_autofree char *path =
			strchr(keyring, '/') ? g_canonicalize_filename(keyring, NULL) : g_strdup(keyring);
		g_variant_dict_insert(options, "keyring", "s", path);
	}
}

gboolean cmd_gallery_add_source(Cli *cli, GError **error)
{
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
	const char *last = cli->args[cli->n_args - 1];
	const char *name;

	if (cli->n_args == 2)
		g_variant_dict_insert(&options, "name", "s", cli->args[0]);
	if (cli->n_args == 2 || is_address(last))
		add_url(&options, last);
	else
		g_variant_dict_insert(&options, "name", "s", last);
	add_texts(cli, &options);
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "AddSource",
					  g_variant_new("(@a{sv})", g_variant_dict_end(&options)), NULL,
					  error)
		       : NULL;
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(&s)", &name);
	if (cli->json) {
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "name", name);
		output_json(output_node(object));
	} else {
		printf("%s\n", name);
	}
	return options_has(cli->options, "no-refresh") || refresh(cli, name, error);
}

gboolean cmd_gallery_remove_source(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply = client ? client_call_sync(client, "/io/carrel", "Manager", "RemoveSource",
							      g_variant_new("(s)", cli->args[0]), NULL, error)
					   : NULL;

	return reply != NULL;
}

gboolean cmd_gallery_refresh(Cli *cli, GError **error)
{
	return cli_client(cli, FALSE, error) && refresh(cli, cli->n_args ? cli->args[0] : "", error);
}

/* --- the store ----------------------------------------------------------------------------------------------------------- */

gboolean cmd_gallery_download(Cli *cli, GError **error)
{
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
	Client *client = cli_client(cli, FALSE, error);
	const char *job;

	g_variant_dict_insert(&options, "unverified", "b", options_has(cli->options, "unverified"));
	g_autoptr(GVariant) reply =
		client ? client_call_sync(
				 client, "/io/carrel", "Manager", "DownloadImage",
				 g_variant_new("(s@a{sv})", cli->args[0], g_variant_dict_end(&options)), NULL,
				 error)
		       : NULL;
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(&o)", &job);
	return cli_finish_job(cli, job, NULL, error);
}

static void prune_json(guint64 freed, const char *const *names, gboolean dry_run)
{
	JsonObject *object = json_object_new();
	JsonArray *array = json_array_new();

	for (const char *const *name = names; *name; name++)
		json_array_add_string_element(array, *name);
	json_object_set_int_member(object, "freed", (gint64)freed);
	json_object_set_boolean_member(object, "dry_run", dry_run);
	json_object_set_array_member(object, "removed", array);
	output_json(output_node(object));
}

gboolean cmd_gallery_prune(Cli *cli, GError **error)
{
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
	gboolean dry_run = options_has(cli->options, "dry-run");
	Client *client = cli_client(cli, FALSE, error);
	g_autofree const char **names = NULL;
	guint64 freed;

	g_variant_dict_insert(&options, "all", "b", options_has(cli->options, "all"));
	g_variant_dict_insert(&options, "dry_run", "b", dry_run);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "PruneImages",
					  g_variant_new("(@a{sv})", g_variant_dict_end(&options)), NULL,
					  error)
		       : NULL;
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(t^a&s)", &freed, &names);
	if (cli->json) {
		prune_json(freed, names, dry_run);
		return TRUE;
	}
	g_autofree char *size = units_format_size_human(freed);
	for (const char **name = names; *name; name++)
		printf("%s%s\n", dry_run ? "would remove " : "removed ", *name);
	printf("%s %s\n", size, dry_run ? "would be free" : "freed");
	return TRUE;
}
