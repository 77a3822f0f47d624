/* Checkpoints: create, list, apply, delete, rename. */
#include "base/error.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/verbs.h"

const Option checkpoint_options[] = {
	{"no-wait",    0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job instead of waiting for it" },
	{ .name = NULL},
};

/* Calls @method of the VM that is the first argument. Consumes floating @arguments. */
static GVariant *call_vm(Cli *cli, const char *method, GVariant *arguments, GError **error)
{
	g_autoptr(GVariant) sunk = arguments ? g_variant_ref_sink(arguments) : NULL;
	g_autofree char *path = cli_find_vm(cli, cli->args[0], error);

	return path ? client_call_sync(cli->client, path, "Vm", method, sunk, NULL, error) : NULL;
}

static gboolean run_job(Cli *cli, const char *method, GVariant *arguments, GError **error)
{
	g_autoptr(GVariant) reply = call_vm(cli, method, arguments, error);
	g_autofree char *job = NULL;

	if (!reply)
		return FALSE;
	g_variant_get(reply, "(o)", &job);
	return cli_finish_job(cli, job, NULL, error);
}

gboolean cmd_checkpoint_create(Cli *cli, GError **error)
{
	GVariantDict options;

	g_variant_dict_init(&options, NULL);
	if (cli->n_args > 1)
		g_variant_dict_insert(&options, "name", "s", cli->args[1]);
	return run_job(cli, "CreateCheckpoint", g_variant_new("(@a{sv})", g_variant_dict_end(&options)),
		       error);
}

gboolean cmd_checkpoint_apply(Cli *cli, GError **error)
{
	return run_job(cli, "ApplyCheckpoint", g_variant_new("(s)", cli->args[1]), error);
}

gboolean cmd_checkpoint_delete(Cli *cli, GError **error)
{
	return run_job(cli, "DeleteCheckpoint", g_variant_new("(s)", cli->args[1]), error);
}

gboolean cmd_checkpoint_rename(Cli *cli, GError **error)
{
	g_autoptr(GVariant) reply =
		call_vm(cli, "RenameCheckpoint", g_variant_new("(ss)", cli->args[1], cli->args[2]), error);

	return reply != NULL;
}

/* --- list --------------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *id, *name, *parent; /* borrowed from the dictionary */
	gint64 created;
	gboolean memory, current;
} Row;

static Row read_row(GVariant *dict)
{
	Row row = { .id = "", .name = "", .parent = "" };

	g_variant_lookup(dict, "id", "&s", &row.id);
	g_variant_lookup(dict, "name", "&s", &row.name);
	g_variant_lookup(dict, "parent", "&s", &row.parent);
	g_variant_lookup(dict, "created", "x", &row.created);
	g_variant_lookup(dict, "memory", "b", &row.memory);
	g_variant_lookup(dict, "current", "b", &row.current);
	return row;
}

static JsonObject *json_row(const Row *row)
{
	JsonObject *object = json_object_new();

	output_set_string(object, "id", row->id);
	output_set_string(object, "name", row->name);
	output_set_string(object, "parent", row->parent);
	output_set_time(object, "created", row->created);
	json_object_set_boolean_member(object, "memory", row->memory);
	json_object_set_boolean_member(object, "current", row->current);
	return object;
}

static void print_rows(Cli *cli, GVariant *rows)
{
	static const char *const headings[] = { "ID", "NAME", "MADE", "MEMORY", "FROM", "NOW", NULL };
	OutputTable *table = cli->json ? NULL : output_table_new(headings);
	JsonArray *array = cli->json ? json_array_new() : NULL;

	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(rows, i);
		Row row = read_row(dict);
		g_autofree char *made = units_format_time(row.created);
		if (array)
			json_array_add_object_element(array, json_row(&row));
		else
			output_table_row(table, row.id, row.name, made ? made : "", row.memory ? "yes" : "no",
					 row.parent, row.current ? "here" : "", NULL);
	}
	if (array)
		output_json(output_array(array));
	else
		output_table_print(table);
}

gboolean cmd_checkpoint_list(Cli *cli, GError **error)
{
	g_autoptr(GVariant) reply = call_vm(cli, "ListCheckpoints", NULL, error);

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) rows = g_variant_get_child_value(reply, 0);
	print_rows(cli, rows);
	return TRUE;
}
