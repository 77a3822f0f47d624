/* The host and the daemon's work: host, host check, argv, jobs, events. */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/verbs.h"

/* --- host --- */

static GVariant *call_host_check(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);

	return client ? client_call_sync(client, "/io/carrel", "Manager", "HostCheck", NULL, NULL, error)
		      : NULL;
}

/* A value of @info as a person reads it; caller frees. */
static char *info_text(const char *key, GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		return g_variant_dup_string(value, NULL);
	if (g_str_has_prefix(key, "memory") && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
		return units_format_size_human(g_variant_get_uint64(value));
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_DOUBLE)) {
		double number = g_variant_get_double(value);
		return number ? g_strdup_printf("%g", number) : g_strdup("not measured");
	}
	return g_variant_print(value, FALSE);
}

static void print_info(GVariant *info)
{
	static const char *const rows[][2] = {
		{"qemu",                "QEMU"        },
		{ "qemu_version",       "QEMU version"},
		{ "accelerator",        "accelerator" },
		{ "accelerator_reason", "because"     },
		{ "kvm_speed",          "speed of KVM"},
		{ "arch",               "architecture"},
		{ "cpus",               "processors"  },
		{ "memory",             "memory"      },
		{ "memory_available",   "available"   },
	};
	OutputTable *table = output_table_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(info, rows[i][0], NULL);
		g_autofree char *text = value ? info_text(rows[i][0], value) : NULL;
		if (text && *text)
			output_table_row(table, rows[i][1], text, NULL);
	}
	output_table_print(table);
}

gboolean cmd_host(Cli *cli, GError **error)
{
	g_autoptr(GVariant) reply = call_host_check(cli, error);

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) info = g_variant_get_child_value(reply, 0);
	if (cli->json)
		output_json(json_from_variant(info, TRUE));
	else
		print_info(info);
	return TRUE;
}

static const char *check_text(GVariant *check, const char *key)
{
	const char *text = "";

	g_variant_lookup(check, key, "&s", &text);
	return text;
}

gboolean cmd_host_check(Cli *cli, GError **error)
{
	static const char *const headings[] = { "VERDICT", "CHECK", "REQUIREMENT", "FOUND", "REMEDY", NULL };
	g_autoptr(GVariant) reply = call_host_check(cli, error);

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) checks = g_variant_get_child_value(reply, 1);
	if (cli->json) {
		output_json(json_from_variant(checks, TRUE));
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (gsize i = 0; i < g_variant_n_children(checks); i++) {
		g_autoptr(GVariant) check = g_variant_get_child_value(checks, i);
		output_table_row(table, check_text(check, "verdict"), check_text(check, "name"),
				 check_text(check, "requirement"), check_text(check, "found"),
				 check_text(check, "remedy"), NULL);
	}
	output_table_print(table);
	return TRUE;
}

/* --- argv --- */

/* Quoted for a shell where that is needed. */
static char *shell_word(const char *word)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_=+,./:@%";

	if (*word && !word[strspn(word, plain)])
		return g_strdup(word);
	return g_shell_quote(word);
}

gboolean cmd_argv(Cli *cli, GError **error)
{
	g_autofree char *path = cli_find_vm(cli, cli->args[0], error);
	g_autoptr(GVariant) reply =
		path ? client_call_sync(cli->client, path, "Vm", "Argv", NULL, NULL, error) : NULL;

	if (!reply)
		return FALSE;
	g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);
	if (cli->json) {
		output_json(json_from_variant(list, FALSE));
		return TRUE;
	}
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		const char *word;
		g_variant_get_child(list, i, "&s", &word);
		g_autofree char *quoted = shell_word(word);
		printf("%s%s", i ? " " : "", quoted);
	}
	putchar('\n');
	return TRUE;
}

/* --- jobs --- */

static void jobs_json(GPtrArray *jobs)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < jobs->len; i++)
		json_array_add_object_element(array, row_job(jobs->pdata[i]));
	output_json(output_array(array));
}

gboolean cmd_jobs(Cli *cli, GError **error)
{
	static const char *const headings[] = { "JOB",  "VERB",     "SUBJECT", "STATE",
						"STEP", "PROGRESS", "ERROR",   NULL };
	Client *client = cli_client(cli, TRUE, error);

	if (!client)
		return FALSE;
	GPtrArray *jobs = client_jobs(client);
	if (cli->json) {
		jobs_json(jobs);
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (guint i = 0; i < jobs->len; i++) {
		const ClientJob *job = jobs->pdata[i];
		g_autofree char *number = g_strdup_printf("%u", job->number);
		g_autofree char *progress = progress_text(job);
		g_autoptr(GError) failure = client_job_error(job);
		g_autofree char *message = failure ? error_message(failure) : g_strdup("");
		output_table_row(table, number, job->verb, job->subject, job->state, job->step, progress,
				 message, NULL);
	}
	output_table_print(table);
	return TRUE;
}

/* --- events --- */

typedef struct {
	const Cli *cli;
	GHashTable *lines; /* object path to the line printed last */
	gboolean stopped, gone;
} Events;

typedef enum { SUBJECT_VM, SUBJECT_JOB, SUBJECT_NONE } Subject;

static const struct {
	const char *name;
	Subject subject;
} event_rows[] = {
	[CLIENT_CONNECTED] = {"connected",       SUBJECT_NONE},
	[CLIENT_DISCONNECTED] = { "disconnected",   SUBJECT_NONE},
	[CLIENT_VM_ADDED] = { "vm-added",       SUBJECT_VM  },
	[CLIENT_VM_CHANGED] = { "vm-changed",     SUBJECT_VM  },
	[CLIENT_VM_REMOVED] = { "vm-removed",     SUBJECT_VM  },
	[CLIENT_JOB_ADDED] = { "job-added",      SUBJECT_JOB },
	[CLIENT_JOB_CHANGED] = { "job-changed",    SUBJECT_JOB },
	[CLIENT_JOB_REMOVED] = { "job-removed",    SUBJECT_JOB },
	[CLIENT_IMAGES_CHANGED] = { "images-changed", SUBJECT_NONE},
};

static void event_json(ClientEvent event, gpointer object)
{
	JsonObject *json = json_object_new();
	g_autofree char *name = g_strdelimit(g_strdup(event_rows[event].name), "-", '_');

	output_set_time(json, "time", g_get_real_time() / G_USEC_PER_SEC);
	json_object_set_string_member(json, "event", name);
	if (event_rows[event].subject == SUBJECT_VM)
		json_object_set_object_member(json, "vm", row_vm(object));
	else if (event_rows[event].subject == SUBJECT_JOB)
		json_object_set_object_member(json, "job", row_job(object));
	output_json_line(output_node(json));
}

static char *describe(ClientEvent event, gpointer object)
{
	if (event_rows[event].subject == SUBJECT_VM) {
		const ClientVm *vm = object;
		return g_strdup_printf("%s %s%s%s", vm->name, vm->state, *vm->status ? ": " : "", vm->status);
	}
	if (event_rows[event].subject == SUBJECT_JOB) {
		const ClientJob *job = object;
		g_autofree char *progress = progress_text(job);
		return g_strdup_printf("%u %s %s %s %s %s", job->number, job->verb, job->subject, job->state,
				       job->step, progress);
	}
	return g_strdup("");
}

/* Values that change all the time (processor, memory) make no line for a person. */
static void event_text(Events *events, ClientEvent event, gpointer object)
{
	g_autofree char *words = describe(event, object);
	g_autofree char *clean = output_clean(words);
	g_autofree char *line = g_strdup_printf("%s %s", event_rows[event].name, g_strchomp(clean));
	g_autofree char *now = units_format_time(g_get_real_time() / G_USEC_PER_SEC);
	const char *path = object ? *(char *const *)object : "";

	if (object && g_strcmp0(g_hash_table_lookup(events->lines, path), line) == 0)
		return;
	g_hash_table_insert(events->lines, g_strdup(path), g_strdup(line));
	printf("%s %s\n", now, line);
	fflush(stdout);
}

static void on_event(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	Events *events = data;

	events->gone |= event == CLIENT_DISCONNECTED;
	if (events->cli->json)
		event_json(event, object);
	else
		event_text(events, event, object);
}

static gboolean on_stop(gpointer data)
{
	((Events *)data)->stopped = TRUE;
	return G_SOURCE_CONTINUE;
}

gboolean cmd_events(Cli *cli, GError **error)
{
	Events events = { .cli = cli };

	if (!cli_client(cli, TRUE, error))
		return FALSE;
	events.lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	guint watch = client_watch(cli->client, on_event, &events);
	guint interrupt = g_unix_signal_add(SIGINT, on_stop, &events);
	guint terminate = g_unix_signal_add(SIGTERM, on_stop, &events);
	while (!events.stopped && !events.gone)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(interrupt);
	g_source_remove(terminate);
	client_unwatch(cli->client, watch);
	g_hash_table_unref(events.lines);
	return !events.gone ||
	       error_set(error, CARREL_ERROR_FAILED, "start `carrel events' again", "carreld went away");
}
