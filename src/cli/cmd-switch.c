/* Virtual switches: list, show. */
#include "base/error.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/verbs.h"

typedef struct {
	const char *name, *kind, *description; /* borrowed from the reply */
	guint adapters;
} SwitchRow;

static SwitchRow read_switch(GVariant *dict)
{
	SwitchRow row = { "", "", "", 0 };

	g_variant_lookup(dict, "Name", "&s", &row.name);
	g_variant_lookup(dict, "Kind", "&s", &row.kind);
	g_variant_lookup(dict, "Description", "&s", &row.description);
	g_variant_lookup(dict, "Adapters", "u", &row.adapters);
	return row;
}

/* The properties of every switch, a{sv} each. Owned array of owned variants. */
static GPtrArray *load_switches(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	g_autoptr(GVariant) reply =
		client ? client_call_sync(client, "/io/carrel", "Manager", "ListSwitches", NULL, NULL, error)
		       : NULL;

	if (!reply)
		return NULL;
	GPtrArray *switches = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *dict;
		g_variant_get_child(list, i, "(o@a{sv})", NULL, &dict);
		g_ptr_array_add(switches, dict);
	}
	return switches;
}

static JsonObject *switch_json(GVariant *dict)
{
	JsonObject *object = json_object_new();

	row_add_dict(object, dict);
	return object;
}

static void list_json(GPtrArray *switches)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < switches->len; i++)
		json_array_add_object_element(array, switch_json(switches->pdata[i]));
	output_json(output_array(array));
}

gboolean cmd_switch_list(Cli *cli, GError **error)
{
	static const char *const headings[] = { "NAME", "KIND", "ADAPTERS", "DESCRIPTION", NULL };
	g_autoptr(GPtrArray) switches = load_switches(cli, error);

	if (!switches)
		return FALSE;
	if (cli->json) {
		list_json(switches);
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (guint i = 0; i < switches->len; i++) {
		SwitchRow row = read_switch(switches->pdata[i]);
		g_autofree char *adapters = g_strdup_printf("%u", row.adapters);
		output_table_row(table, row.name, row.kind, adapters, row.description, NULL);
	}
	output_table_print(table);
	return TRUE;
}

static GVariant *find_switch(GPtrArray *switches, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < switches->len; i++) {
		SwitchRow row = read_switch(switches->pdata[i]);
		if (g_str_equal(row.name, name))
			return switches->pdata[i];
		g_ptr_array_add(names, (gpointer)row.name);
	}
	const char *near = suggest_nearest(name, names);
	g_autofree char *hint = near ? g_strdup_printf("did you mean `%s'?", near)
				     : g_strdup("list switches with `carrel switch list'");
	error_set(error, CARREL_ERROR_NOT_FOUND, hint, "switch `%s' does not exist", name);
	return NULL;
}

gboolean cmd_switch_show(Cli *cli, GError **error)
{
	g_autoptr(GPtrArray) switches = load_switches(cli, error);
	GVariant *found = switches ? find_switch(switches, cli->args[0], error) : NULL;

	if (!found)
		return FALSE;
	if (cli->json) {
		output_json(output_node(switch_json(found)));
		return TRUE;
	}
	SwitchRow row = read_switch(found);
	g_autofree char *adapters = g_strdup_printf("%u", row.adapters);
	OutputTable *table = output_table_new(NULL);
	output_table_row(table, "name", row.name, NULL);
	output_table_row(table, "kind", row.kind, NULL);
	output_table_row(table, "adapters", adapters, NULL);
	output_table_row(table, "description", row.description, NULL);
	output_table_print(table);
	return TRUE;
}
