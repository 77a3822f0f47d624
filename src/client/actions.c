#include "client/actions.h"

#include <string.h>

#define BUSY " starting pausing resuming saving stopping resetting"

/* States as in src/model/vm-state.c, which decides. */
static const Action actions[] = {
	{ACTION_START,       "start",      "Start",      "Start",            "off saved",
         "Start it, or continue it from its saved state",												      TRUE,  FALSE},
	{ ACTION_SHUTDOWN,   "shutdown",   "Shut Down",  "Shutdown",         "running",
         "Ask the guest to shut down and wait until it is off",												TRUE,  FALSE},
	{ ACTION_TURN_OFF,   "turn-off",   "Turn Off",   "TurnOff",          "running paused critical saved" BUSY,
         "Turn it off at once, like pulling the plug; discards a saved state",										 FALSE, TRUE },
	{ ACTION_RESET,      "reset",      "Reset",      "Reset",            "running paused critical",
         "Restart it at once, like the reset button",													  FALSE, TRUE },
	{ ACTION_PAUSE,      "pause",      "Pause",      "Pause",            "running",                            "Stop its processors; its memory stays",    FALSE,
         FALSE																			     },
	{ ACTION_RESUME,     "resume",     "Resume",     "Resume",           "paused critical",                    "Let a paused one go on",                   FALSE,
         FALSE																			     },
	{ ACTION_SAVE,       "save",       "Save",       "Save",             "running paused",                     "Write its memory to disk and turn it off",
         FALSE,																		       FALSE},
	{ ACTION_DELETE,     "delete",     "Delete",     "Delete",           "off saved",                          "Delete it and its files",                  TRUE,  TRUE },
	{ ACTION_CHECKPOINT, "checkpoint", "Checkpoint", "CreateCheckpoint", "off saved running paused",
         "Keep what it is now, its disks, settings and memory, to go back to",										 TRUE,  FALSE},
	{ ACTION_REVERT,     "revert",     "Revert",     "Revert",           "off saved running paused critical",
         "Go back to the checkpoint that it goes on from; what came since is lost",                                                                            FALSE, TRUE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(actions) == ACTION_COUNT);

const Action *action_get(ActionId id)
{
	g_assert(actions[id].id == id);
	return &actions[id];
}

const Action *action_find(const char *verb)
{
	for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
		if (g_str_equal(actions[i].verb, verb))
			return &actions[i];
	return NULL;
}

gboolean action_possible(const Action *action, const char *state)
{
	gsize length = strlen(state);

	for (const char *at = action->states; length && (at = strstr(at, state)); at += length)
		if ((at == action->states || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return TRUE;
	return FALSE;
}

/* (a{sv}) where the method takes options, else (). Consumes a floating @options. */
static GVariant *arguments(const Action *action, GVariant *options)
{
	g_autoptr(GVariant) sunk = options ? g_variant_ref_sink(options) : NULL;

	if (!action->options)
		return NULL;
	if (sunk)
		return g_variant_new("(@a{sv})", sunk);
	return g_variant_new("(a{sv})", NULL);
}

static char *job_path(GVariant *reply)
{
	char *job = NULL;

	if (reply)
		g_variant_get(reply, "(o)", &job);
	return job;
}

void action_run(Client *client, const Action *action, const char *vm_path, GVariant *options,
		GAsyncReadyCallback callback, gpointer data)
{
	client_call(client, vm_path, "Vm", action->method, arguments(action, options), NULL, callback, data);
}

char *action_run_finish(Client *client, GAsyncResult *result, GError **error)
{
	g_autoptr(GVariant) reply = client_call_finish(client, NULL, result, error);

	return job_path(reply);
}

char *action_run_sync(Client *client, const Action *action, const char *vm_path, GVariant *options,
		      GError **error)
{
	g_autoptr(GVariant) reply = client_call_sync(client, vm_path, "Vm", action->method,
						     arguments(action, options), NULL, error);

	return job_path(reply);
}
