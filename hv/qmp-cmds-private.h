/* Inside of hv/ only: what qmp-cmds.c and migrate.c share. */
#pragma once

#include "hv/qmp-cmds.h"

/* An object of strings from pairs, ended by NULL. Owned by the caller. */
JsonNode *cmd_arguments(const char *key, ...) G_GNUC_NULL_TERMINATED;

/* Ends the GTask @data, whose reference it takes, as a command without an answer did. */
void cmd_done(GObject *source, GAsyncResult *result, gpointer data);

/* The monitor, or NULL and an error that names the VM. */
Qmp *cmd_monitor(Machine *machine, GError **error);
