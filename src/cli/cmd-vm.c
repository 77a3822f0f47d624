/* VMs: list, show, set, rename, delete. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/verbs.h"
#include "client/actions.h"
#include "spec/spec-fields.h"

/* --- list --- */

static void list_json(GPtrArray *vms)
{
	JsonArray *array = json_array_sized_new(vms->len);

	for (guint i = 0; i < vms->len; i++)
		json_array_add_object_element(array, row_vm(vms->pdata[i]));
	output_json(output_array(array));
}

static char *uptime_text(const ClientVm *vm)
{
	gint64 uptime = row_uptime(vm);

	return uptime >= 0 ? units_format_duration((guint64)uptime) : g_strdup("");
}

static void list_row(OutputTable *table, const ClientVm *vm)
{
	g_autofree char *cpu = vm->pid ? g_strdup_printf("%.0f %%", vm->cpu_usage) : g_strdup("");
	g_autofree char *memory = units_format_size_human(vm->pid ? vm->memory_assigned : vm->memory_startup);
	g_autofree char *uptime = uptime_text(vm);

	output_table_row(table, vm->name, vm->state, cpu, memory, uptime, vm->status, NULL);
}

gboolean cmd_list(Cli *cli, GError **error)
{
	static const char *const headings[] = { "NAME", "STATE", "CPU", "MEMORY", "UPTIME", "STATUS", NULL };
	Client *client = cli_client(cli, TRUE, error);

	if (!client)
		return FALSE;
	GPtrArray *vms = client_vms(client);
	if (cli->json) {
		list_json(vms);
		return TRUE;
	}
	if (!vms->len) {
		fprintf(stderr, "carrel: there is no VM yet; make one with `carrel quick'.\n");
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (guint i = 0; i < vms->len; i++)
		list_row(table, vms->pdata[i]);
	output_table_print(table);
	return TRUE;
}

/* --- show --- */

typedef struct {
	ClientVm *vm; /* borrowed from the client's list */
	VmSpec *spec;
	GVariant *spec_dict, *disks, *login; /* a{sv}; aa{sv}; a{sv} */
} Shown;

static void shown_clear(Shown *shown)
{
	g_clear_pointer(&shown->spec, vm_spec_free);
	g_clear_pointer(&shown->spec_dict, g_variant_unref);
	g_clear_pointer(&shown->disks, g_variant_unref);
	g_clear_pointer(&shown->login, g_variant_unref);
}

static gboolean load_shown(Client *client, const char *path, Shown *shown, GError **error)
{
	g_autoptr(GVariant) disks = client_call_sync(client, path, "Vm", "Disks", NULL, NULL, error);
	g_autoptr(GVariant) login =
		disks ? client_call_sync(client, path, "Vm", "Login", NULL, NULL, error) : NULL;

	if (!login)
		return FALSE;
	shown->disks = g_variant_get_child_value(disks, 0);
	shown->login = g_variant_get_child_value(login, 0);
	shown->spec_dict = client_get_sync(client, path, "Vm", "Spec", error);
	if (!shown->spec_dict)
		return FALSE;
	shown->spec = vm_spec_from_variant(shown->spec_dict);
	shown->vm = client_find_vm(client, path);
	if (shown->vm)
		return TRUE;
	return error_set(error, CARREL_ERROR_NOT_FOUND, NULL, "VM `%s' was deleted just now",
			 shown->spec->name);
}

/* The dict of @list (aa{sv}) whose "name" is @name; NULL when there is none. */
static GVariant *named(GVariant *list, const char *name)
{
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *dict = g_variant_get_child_value(list, i);
		const char *other = NULL;
		if (g_variant_lookup(dict, "name", "&s", &other) && g_str_equal(other, name))
			return dict;
		g_variant_unref(dict);
	}
	return NULL;
}

/* Disks: what is found (path, sizes) and what is set (file, bus, ...) in one object each. */
static JsonArray *disks_json(const Shown *shown)
{
	g_autoptr(GVariant) set = g_variant_lookup_value(shown->spec_dict, "disks", G_VARIANT_TYPE("aa{sv}"));
	JsonArray *array = json_array_new();

	for (guint i = 0; i < shown->spec->disks->len; i++) {
		const DiskSpec *disk = shown->spec->disks->pdata[i];
		g_autoptr(GVariant) found = named(shown->disks, disk->name);
		g_autoptr(GVariant) wanted = set ? named(set, disk->name) : NULL;
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "name", disk->name);
		if (found)
			row_add_dict(object, found);
		if (wanted)
			row_add_dict(object, wanted);
		json_array_add_object_element(array, object);
	}
	return array;
}

/* Of the guest's first user, where carrel set it; "" else. */
static const char *password_of(const Shown *shown)
{
	const char *password = "";

	g_variant_lookup(shown->login, "password", "&s", &password);
	return password;
}

static void show_json(const Shown *shown)
{
	const ClientVm *vm = shown->vm;
	JsonObject *object = row_vm(vm);

	output_set_string(object, "status", *vm->status ? vm->status : NULL);
	if (vm->pid)
		json_object_set_int_member(object, "pid", vm->pid);
	else
		json_object_set_null_member(object, "pid");
	json_object_set_string_member(object, "accelerator",
				      *vm->accelerator ? vm->accelerator : shown->spec->accelerator);
	json_object_set_string_member(object, "accelerator_setting", shown->spec->accelerator);
	json_object_set_string_member(object, "folder", vm->folder);
	json_object_set_string_member(object, "heartbeat", vm->heartbeat);
	output_set_string(object, "guest_state", *vm->guest_state ? vm->guest_state : NULL);
	output_set_time(object, "started", vm->started);
	output_set_string(object, "created", *shown->spec->created ? shown->spec->created : NULL);
	json_object_set_double_member(object, "cpu_usage", vm->cpu_usage);
	output_set_string(object, "password", *password_of(shown) ? password_of(shown) : NULL);
	json_object_set_array_member(object, "disks", disks_json(shown));
	row_add_dict(object, shown->spec_dict);
	output_json(output_node(object));
}

static void show_disk_sizes(OutputTable *table, GVariant *disks)
{
	for (gsize i = 0; i < g_variant_n_children(disks); i++) {
		g_autoptr(GVariant) disk = g_variant_get_child_value(disks, i);
		const char *name = "";
		guint64 size = 0, used = 0;
		g_variant_lookup(disk, "name", "&s", &name);
		g_variant_lookup(disk, "size", "t", &size);
		g_variant_lookup(disk, "used", "t", &used);
		g_autofree char *size_text = units_format_size_human(size);
		g_autofree char *used_text = units_format_size_human(used);
		g_autofree char *text = g_strdup_printf("%s, %s used", size_text, used_text);
		output_table_row(table, name, text, NULL);
	}
}

static void show_live(OutputTable *table, const Shown *shown)
{
	const ClientVm *vm = shown->vm;
	g_autofree char *pid = vm->pid ? g_strdup_printf("%u", vm->pid) : g_strdup("");
	g_autofree char *cpu = vm->pid ? g_strdup_printf("%.0f %%", vm->cpu_usage) : g_strdup("");
	g_autofree char *demand = vm->pid ? units_format_size_human(vm->memory_demand) : g_strdup("");
	g_autofree char *uptime = uptime_text(vm);
	const char *const rows[][2] = {
		{"state",           vm->state         },
		{ "status",         vm->status        },
		{ "uptime",         uptime            },
		{ "pid",            pid               },
		{ "cpu usage",      cpu               },
		{ "memory demand",  demand            },
		{ "accelerates by", vm->accelerator   },
		{ "heartbeat",      vm->heartbeat     },
		{ "guest",          vm->guest_state   },
		{ "ip",             vm->ip            },
		{ "checkpoint",     vm->checkpoint    },
		{ "folder",         vm->folder        },
		{ "password",       password_of(shown)},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (*rows[i][1])
			output_table_row(table, rows[i][0], rows[i][1], NULL);
	show_disk_sizes(table, shown->disks);
}

/* What is so now, then every field by the name under which `set' changes it. */
static void show_text(const Shown *shown)
{
	OutputTable *table = output_table_new(NULL);
	g_auto(GStrv) paths = vm_spec_paths(shown->spec);

	show_live(table, shown);
	output_table_row(table, "", NULL);
	for (char **path = paths; *path; path++) {
		gpointer object;
		const SpecField *field = spec_field_at(shown->spec, *path, &object, NULL);
		g_autofree char *text = field ? spec_field_get(field, object) : NULL;
		if (text)
			output_table_row(table, *path, text, NULL);
	}
	output_table_print(table);
}

gboolean cmd_show(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, TRUE, error);
	g_autofree char *path = client ? client_find_vm_sync(client, cli->args[0], error) : NULL;
	Shown shown = { 0 };

	gboolean good = path && load_shown(client, path, &shown, error);
	if (good && cli->json)
		show_json(&shown);
	else if (good)
		show_text(&shown);
	shown_clear(&shown);
	return good;
}

/* --- set, rename --- */

gboolean cmd_set(Cli *cli, GError **error)
{
	g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));

	for (guint i = 1; i < cli->n_args; i++)
		if (!fields_add_word(&fields, cli->args[i], error))
			return FALSE;
	g_autofree char *path = cli_find_vm(cli, cli->args[0], error);
	if (!path)
		return FALSE;
	g_autoptr(GVariant) reply = client_call_sync(cli->client, path, "Vm", "Set",
						     g_variant_new("(a{ss})", &fields), NULL, error);
	return reply != NULL;
}

gboolean cmd_rename(Cli *cli, GError **error)
{
	if (!units_check_name("VM", cli->args[1], error))
		return FALSE;
	g_autofree char *path = cli_find_vm(cli, cli->args[0], error);
	if (!path)
		return FALSE;
	g_autoptr(GVariant) reply = client_call_sync(cli->client, path, "Vm", "Rename",
						     g_variant_new("(s)", cli->args[1]), NULL, error);
	return reply != NULL;
}

/* --- delete --- */

const Option delete_options[] = {
	{"yes",         'y', OPTION_FLAG, VALUE_NONE, NULL, NULL, "Do not ask" },
	{ "keep-disks",  0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Leave the disks' files where they are" },
	{ "force",         'f', OPTION_FLAG, VALUE_NONE, NULL, NULL, "Turn it off first if it runs" },
	{ "no-wait", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job instead of waiting for it" },
	{ .name = NULL},
};

/* Asks on the terminal; anything but y is no. */
static gboolean ask(Cli *cli, const char *name)
{
	char answer[16] = "";
	const char *what = options_has(cli->options, "keep-disks") ? "but keep its disks" : "and its disks";

	fprintf(stderr, "Delete VM `%s' %s? [y/N] ", name, what);
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static gboolean delete_one(Cli *cli, const char *name, GError **error)
{
	g_autofree char *path = cli_find_vm(cli, name, error);
	GVariantDict options;

	if (!path)
		return FALSE;
	if (!options_has(cli->options, "yes") && !ask(cli, name))
		return error_set(error, CARREL_ERROR_CANCELLED, NULL, "VM `%s' was not deleted", name);
	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "keep_disks", "b", options_has(cli->options, "keep-disks"));
	g_variant_dict_insert(&options, "force", "b", options_has(cli->options, "force"));
	g_autofree char *job = action_run_sync(cli->client, action_get(ACTION_DELETE), path,
					       g_variant_dict_end(&options), error);
	return job && cli_finish_job(cli, job, NULL, error);
}

gboolean cmd_delete(Cli *cli, GError **error)
{
	if (!options_has(cli->options, "yes") && !(isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
		return error_set(error, CARREL_ERROR_USAGE, "add --yes",
				 "without a terminal nobody can be asked");
	/* A name that is wrong, and nothing is deleted: perhaps the others are, too. */
	for (guint i = 0; i < cli->n_args; i++) {
		g_autofree char *path = cli_find_vm(cli, cli->args[i], error);
		if (!path)
			return FALSE;
	}
	return cli_each_argument(cli, delete_one, error);
}
