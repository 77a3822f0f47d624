/* Into the guest: ssh. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "client/guest-wait.h"

#define SSH_PORT   22
#define TIMEOUT_MS (5 * 60 * 1000)

const Option ssh_options[] = {
	{"user",				   'l', OPTION_TEXT, VALUE_NONE, "NAME", NULL, "Log in as NAME; else as the VM's user" },
	{ "timeout",			     0, OPTION_DURATION, VALUE_NONE, "TIME", NULL,
         "Wait that long for the guest's ssh server, for example 30s; else 5 minutes" },
	{ "print-config",				  0, OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Print what ssh_config(5) needs to come in, and do not" },
	{ .name = NULL},
};

/* All that ssh must be told. */
typedef struct {
	char *path, *id;
	GVariant *login; /* a{sv} */
	char *host;
	guint port;
	const char *user, *key, *known_hosts; /* of @login; "" = not known */
} Target;

static void target_clear(Target *target)
{
	g_free(target->path);
	g_free(target->id);
	g_free(target->host);
	g_clear_pointer(&target->login, g_variant_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

static gboolean find_target(Cli *cli, Target *target, GError **error)
{
	g_autoptr(GVariant) port = NULL, login = NULL, id = NULL;

	target->path = cli_find_vm(cli, cli->args[0], error);
	if (!target->path || !(id = client_get_sync(cli->client, target->path, "Vm", "Id", error)))
		return FALSE;
	target->id = g_variant_dup_string(id, NULL);
	port = client_call_sync(cli->client, target->path, "Vm", "OpenPort", g_variant_new("(u)", SSH_PORT),
				NULL, error);
	login = port ? client_call_sync(cli->client, target->path, "Vm", "Login", NULL, NULL, error) : NULL;
	if (!login)
		return FALSE;
	g_variant_get(port, "(su)", &target->host, &target->port);
	target->login = g_variant_get_child_value(login, 0);
	target->user = target->key = target->known_hosts = "";
	g_variant_lookup(target->login, "user", "&s", &target->user);
	g_variant_lookup(target->login, "key", "&s", &target->key);
	g_variant_lookup(target->login, "known_hosts", "&s", &target->known_hosts);
	if (options_has(cli->options, "user"))
		target->user = options_text(cli->options, "user");
	return TRUE;
}

/* --- what ssh is told -------------------------------------------------------------------------------------------------- */

/* ssh takes a path as words in quotes, and % begins a token. */
static char *quoted_path(const char *path)
{
	GString *text = g_string_new("\"");

	for (const char *p = path; *p; p++) {
		if (*p == '%')
			g_string_append_c(text, '%');
		else if (*p == '"' || *p == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, *p);
	}
	return g_string_free(g_string_append_c(text, '"'), FALSE);
}

static void add_setting(GPtrArray *settings, const char *key, char *value)
{
	g_ptr_array_add(settings, g_strdup(key));
	g_ptr_array_add(settings, value);
}

/* Pairs of ssh_config's keys and values. The guest is known by the VM's id: its port changes with each start, and its name may. */
static GPtrArray *settings_of(const Target *target)
{
	GPtrArray *settings = g_ptr_array_new_with_free_func(g_free);

	add_setting(settings, "HostName", g_strdup(target->host));
	add_setting(settings, "Port", g_strdup_printf("%u", target->port));
	if (*target->user)
		add_setting(settings, "User", g_strdup(target->user));
	add_setting(settings, "HostKeyAlias", g_strdup_printf("carrel-%s", target->id));
	add_setting(settings, "UserKnownHostsFile", quoted_path(target->known_hosts));
	/* It is seen for the first time on a way that only this host's users can enter. */
	add_setting(settings, "StrictHostKeyChecking", g_strdup("accept-new"));
	add_setting(settings, "CheckHostIP", g_strdup("no"));
	if (*target->key) {
		/* Else an agent with many keys has tried them all before this one. */
		add_setting(settings, "IdentityFile", quoted_path(target->key));
		add_setting(settings, "IdentitiesOnly", g_strdup("yes"));
	}
	return settings;
}

static void print_config(Cli *cli, const Target *target)
{
	g_autoptr(GPtrArray) settings = settings_of(target);

	if (cli->json) {
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "host", target->host);
		json_object_set_int_member(object, "port", target->port);
		output_set_string(object, "user", *target->user ? target->user : NULL);
		output_set_string(object, "identity", *target->key ? target->key : NULL);
		json_object_set_string_member(object, "known_hosts", target->known_hosts);
		output_json(output_node(object));
		return;
	}
	printf("Host \"%s\"\n", cli->args[0]);
	for (guint i = 0; i + 1 < settings->len; i += 2)
		printf("\t%s %s\n", (char *)settings->pdata[i], (char *)settings->pdata[i + 1]);
}

static GPtrArray *ssh_argv(Cli *cli, const Target *target)
{
	g_autoptr(GPtrArray) settings = settings_of(target);
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("ssh"));
	for (guint i = 0; i + 1 < settings->len; i += 2) {
		g_ptr_array_add(argv, g_strdup("-o"));
		g_ptr_array_add(argv, g_strconcat(settings->pdata[i], "=", settings->pdata[i + 1], NULL));
	}
	/* Says that a host key was added, which nobody has asked. */
	if (!options_has(cli->options, "verbose"))
		g_ptr_array_add(argv, g_strdup("-oLogLevel=ERROR"));
	g_ptr_array_add(argv, g_strdup("--"));
	g_ptr_array_add(argv, g_strdup(target->host));
	for (guint i = 1; i < cli->n_args; i++)
		g_ptr_array_add(argv, g_strdup(cli->args[i]));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* --- the verb ---------------------------------------------------------------------------------------------------------- */

void ssh_report(const char *sentence, gpointer name)
{
	fprintf(stderr, "%s: %s\n", (const char *)name, sentence);
}

/* The exit status is ssh's own from here on: the command's, 255 when ssh itself failed. */
gboolean cmd_ssh(Cli *cli, GError **error)
{
	g_auto(Target) target = { NULL };

	if (!find_target(cli, &target, error))
		return FALSE;
	if (options_has(cli->options, "print-config")) {
		print_config(cli, &target);
		return TRUE;
	}
	GuestWait wait = { .client = cli->client,
			   .path = target.path,
			   .name = cli->args[0],
			   .timeout_ms = options_ms(cli->options, "timeout", TIMEOUT_MS),
			   .report = ssh_report,
			   .data = cli->args[0] };
	if (!guest_wait_ssh_sync(&wait, target.host, target.port, error))
		return FALSE;
	g_autoptr(GPtrArray) argv = ssh_argv(cli, &target);
	fflush(NULL);
	execvp("ssh", (char *const *)argv->pdata);
	return error_set(error, CARREL_ERROR_HOST, "install openssh-client", "ssh cannot be run: %s",
			 g_strerror(errno));
}
