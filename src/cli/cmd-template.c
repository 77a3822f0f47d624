/* Warm templates: gallery warm, cool, templates. */
#include "base/error.h"
#include "base/units.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "cli/verbs.h"

const Option warm_options[] = {
	{"set",        's', OPTION_LIST, VALUE_FIELD, "KEY=VALUE", NULL,
         "Set any field; may be given more than once" },
	{ "no-wait", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job instead of waiting for it" },
	{ .name = NULL},
};

gboolean cmd_gallery_warm(Cli *cli, GError **error)
{
	g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
	const GPtrArray *words = options_list(cli->options, "set");
	g_autofree char *job = NULL;

	if (!fields_add_options(&fields, cli->options, error))
		return FALSE;
	for (guint i = 0; i < words->len; i++)
		if (!fields_add_word(&fields, words->pdata[i], error))
			return FALSE;
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "WarmImage",
					  g_variant_new("(sa{ss})", cli->args[0], &fields), NULL, error)
		       : NULL;
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(o)", &job);
	return cli_finish_job(cli, job, NULL, error);
}

gboolean cmd_gallery_cool(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	guint count = 0;
	g_autoptr(GVariant) reply = client ? client_call_sync(client, "/io/carrel", "Manager", "CoolImage",
							      g_variant_new("(s)", cli->args[0]), NULL, error)
					   : NULL;

	if (!reply)
		return FALSE;
	g_variant_get(reply, "(u)", &count);
	if (count == 0)
		return error_set(error, CARREL_ERROR_NOT_FOUND, "see `carrel gallery templates'",
				 "there is no template of `%s'", cli->args[0]);
	return TRUE;
}

typedef struct {
	const char *id, *image;
	guint64 memory, size;
	gint64 created, used;
} Row;

static Row read_row(GVariant *dict)
{
	Row row = { .id = "", .image = "" };

	g_variant_lookup(dict, "id", "&s", &row.id);
	g_variant_lookup(dict, "image", "&s", &row.image);
	g_variant_lookup(dict, "memory", "t", &row.memory);
	g_variant_lookup(dict, "size", "t", &row.size);
	g_variant_lookup(dict, "created", "x", &row.created);
	g_variant_lookup(dict, "used", "x", &row.used);
	return row;
}

static void add_json(JsonArray *array, const Row *row)
{
	JsonObject *object = json_object_new();

	output_set_string(object, "id", row->id);
	output_set_string(object, "image", row->image);
	json_object_set_int_member(object, "memory", (gint64)row->memory);
	json_object_set_int_member(object, "size", (gint64)row->size);
	output_set_time(object, "created", row->created);
	output_set_time(object, "used", row->used);
	json_array_add_object_element(array, object);
}

static void print_json(GVariant *rows)
{
	JsonArray *array = json_array_new();

	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(rows, i);
		Row row = read_row(dict);
		add_json(array, &row);
	}
	output_json(output_array(array));
}

static void print_table(GVariant *rows)
{
	static const char *const headings[] = { "IMAGE", "MEMORY", "ON DISK", "MADE", "LAST USED", NULL };
	OutputTable *table = output_table_new(headings);

	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(rows, i);
		Row row = read_row(dict);
		g_autofree char *memory = units_format_size_human(row.memory);
		g_autofree char *size = units_format_size_human(row.size);
		g_autofree char *made = units_format_time(row.created), *used = units_format_time(row.used);
		output_table_row(table, row.image, memory, size, made ? made : "", used ? used : "", NULL);
	}
	output_table_print(table);
}

gboolean cmd_gallery_templates(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "ListTemplates", NULL, NULL, error)
		       : NULL;

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) rows = g_variant_get_child_value(reply, 0);
	if (cli->json)
		print_json(rows);
	else
		print_table(rows);
	return TRUE;
}
