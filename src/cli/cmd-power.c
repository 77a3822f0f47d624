/* Power: one function for all verbs; the action table says which method each is. */
#include "base/error.h"
#include "cli/verbs.h"
#include "client/actions.h"

#define NO_WAIT                                                                                              \
	{                                                                                                    \
		"no-wait", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the job instead of waiting for it" \
	}

const Option power_options[] = { NO_WAIT, { .name = NULL } };

const Option start_options[] = {
	{"paused",     0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Leave it paused at its first instruction" },
	NO_WAIT,
	{ .name = NULL},
};

const Option shutdown_options[] = {
	{"timeout",        0, OPTION_DURATION, VALUE_NONE, "TIME", NULL,
         "How long the guest may take, 2m by default" },
	NO_WAIT,
	{ .name = NULL},
};

/* The action's a{sv} from the options that were given. */
static GVariant *action_options(const Cli *cli)
{
	GVariantDict dict;
	guint64 timeout = options_ms(cli->options, "timeout", 0);

	g_variant_dict_init(&dict, NULL);
	if (options_has(cli->options, "paused"))
		g_variant_dict_insert(&dict, "paused", "b", TRUE);
	if (timeout)
		g_variant_dict_insert(&dict, "timeout_s", "u",
				      (guint32)MIN((timeout + 999) / 1000, G_MAXUINT32));
	return g_variant_dict_end(&dict);
}

static gboolean power_one(Cli *cli, const char *name, GError **error)
{
	const Action *action = action_find(cli->verb->name);
	g_autofree char *path = cli_find_vm(cli, name, error);

	if (!path)
		return FALSE;
	g_autofree char *job = action_run_sync(cli->client, action, path, action_options(cli), error);
	return job && cli_finish_job(cli, job, NULL, error);
}

gboolean cmd_power(Cli *cli, GError **error)
{
	return cli_each_argument(cli, power_one, error);
}
