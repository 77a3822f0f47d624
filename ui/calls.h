/*
 * Calls on the daemon for somebody who may be gone when the answer comes (a view that was closed): answers are then dropped.
 * Nothing here blocks.
 */
#pragma once

#include "client/client.h"
#include "spec/vm-spec.h"

typedef struct Calls Calls;

/* Exactly one of @reply and @error is NULL; all are borrowed. */
typedef void (*CallDone)(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error);
/* @spec belongs to the callee. */
typedef void (*CallSpecDone)(gpointer owner, VmSpec *spec, const GError *error);

Calls *calls_new(Client *client, gpointer owner);
/* The owner goes; calls that are under way are cancelled. */
void calls_free(Calls *calls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calls, calls_free)

/* As client_call(). @done may be NULL. */
void calls_send(Calls *calls, const char *path, const char *interface, const char *method,
		GVariant *parameters, CallDone done);
/* Property Spec of a VM. */
void calls_get_spec(Calls *calls, const char *vm_path, CallSpecDone done);
