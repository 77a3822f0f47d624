/* Inside of hv/ only: what qmp-cmds.c and migrate.c share. */
#pragma once

#include "hv/qmp-cmds.h"

/* An object of strings from pairs, ended by NULL. Owned by the caller. */
JsonNode *cmd_arguments(const char *key, ...) G_GNUC_NULL_TERMINATED;

/* The monitor, or NULL and an error that names the VM. */
Qmp *cmd_monitor(Machine *machine, GError **error);
