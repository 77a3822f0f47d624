/* Runs carrel-osinfo and keeps what it said. For osinfo*.c only. */
#pragma once

#include <gio/gio.h>

/* @args: words behind the program's name, NULL-terminated. @about: a file whose change makes a kept answer old, or NULL. The answer is its JSON. */
void osinfo_ask(const char *const *args, const char *about, gboolean keep, GCancellable *cancellable,
		GAsyncReadyCallback callback, gpointer data);
char *osinfo_ask_finish(GAsyncResult *result, GError **error);
