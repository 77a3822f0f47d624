/* The boot record of a VM, for people and programs. */
#pragma once

#include "cli/verbs.h"

typedef struct History History;

/* Of the VM at @path; @previous: of the run before. NULL with @error. */
History *history_load(Client *client, const char *path, gboolean previous, GError **error);
void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

/* Whether any line that stood on the screen matches. */
gboolean history_matches(const History *history, const GRegex *regex);

/* The last @last entries, 0 = all: seconds since the start and the line, or an object with all that is known. */
void history_print(const History *history, guint64 last);
void history_print_json(const History *history, guint64 last);
