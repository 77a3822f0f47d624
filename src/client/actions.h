/*
 * The action table: ONE row is a CLI verb, what a TUI key does, its help line, and in which states it is offered.
 * Nothing can exist on one side only.
 */
#pragma once

#include "client/client.h"

typedef enum {
	ACTION_START,
	ACTION_SHUTDOWN,
	ACTION_TURN_OFF,
	ACTION_RESET,
	ACTION_PAUSE,
	ACTION_RESUME,
	ACTION_SAVE,
	ACTION_DELETE,
	ACTION_CHECKPOINT,
	ACTION_REVERT,
	ACTION_COUNT
} ActionId;

typedef struct {
	ActionId id;
	const char *verb;   /* CLI and job: "turn-off" */
	const char *label;  /* menus: "Turn Off" */
	const char *method; /* of io.carrel.Vm */
	const char *states; /* states in which it is possible, separated by blanks */
	const char *help;   /* one sentence without full stop */
	gboolean options;   /* the method takes a{sv} */
	gboolean confirm;   /* a person is asked first */
} Action;

const Action *action_get(ActionId id);
const Action *action_find(const char *verb);

/* Whether @action is possible in @state, as far as the client can tell; the daemon decides. */
gboolean action_possible(const Action *action, const char *state);

/* Calls the method; finish gives the job's object path (caller frees). @options: a{sv}, floating, or NULL. */
void action_run(Client *client, const Action *action, const char *vm_path, GVariant *options,
		GAsyncReadyCallback callback, gpointer data);
char *action_run_finish(Client *client, GAsyncResult *result, GError **error);
char *action_run_sync(Client *client, const Action *action, const char *vm_path, GVariant *options,
		      GError **error);
