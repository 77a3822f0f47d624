/*
 * A client without a daemon: the functions of client/client.h over lists that a test fills; calls are kept until the test answers
 * them. Linked in place of src/client/client*.c.
 */
#pragma once

#include "client/client.h"

ClientVm *fake_add_vm(Client *client, const char *name, const char *state);
void fake_remove_vm(Client *client, ClientVm *vm);
ClientJob *fake_add_job(Client *client, guint number, const char *verb, const char *subject,
			const char *state);
ClientImage *fake_add_image(Client *client, const char *id, const char *name);
/* Replaces a string of one of these structs. */
void fake_set(char **string, const char *text);

/* As if the daemon had reported it; CONNECTED and DISCONNECTED also change client_is_connected(). */
void fake_tell(Client *client, ClientEvent event, gpointer object);

/* The oldest call that is not answered: "/path Interface.Method parameters", NULL when there is none. Caller frees. */
char *fake_next_call(Client *client);
/* Answers it with @reply (floating, may be NULL for "()") or @error (taken), and lets the answer arrive. */
void fake_reply(Client *client, GVariant *reply);
void fake_fail(Client *client, GError *error);
/* Runs what is due in the main loop. */
void fake_settle(void);
