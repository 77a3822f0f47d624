/* The key pair by which carrel itself comes into guests: made once for each store, by ssh-keygen, without a passphrase. */
#pragma once

#include <gio/gio.h>

/* Makes sure that it is there. Finish gives the public key, one line as in authorized_keys (caller frees), or CARREL_ERROR_HOST when there is no
 * ssh-keygen. */
void ssh_key_ensure(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
char *ssh_key_ensure_finish(GAsyncResult *result, GError **error);

/* Whether @line can be a line of authorized_keys: one key, and not a private one. */
gboolean ssh_key_check(const char *line, GError **error);

/* Adds to @keys (of char *, owned by it) the public keys that the user has in @home/.ssh; those that are in it already are not added again. */
void ssh_key_add_users(const char *home, GPtrArray *keys);

/* Adds the lines of @text, an authorized_keys or .pub file; empty lines and comments are left out. */
gboolean ssh_key_add_text(const char *text, GPtrArray *keys, GError **error);
