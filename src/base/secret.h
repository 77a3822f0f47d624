/* Secrets by which viewers are let in. */
#pragma once

#include <glib.h>

/* VNC authentication knows 8 characters and no more; a token has 192 bits. Letters, digits, `-' and `_'. */
#define SECRET_PASSWORD 8
#define SECRET_TOKEN    32

/* @length random characters; the caller frees them. NULL and @error when the kernel gives none. */
char *secret_new(gsize length, GError **error);
/* Takes the same time wherever they differ. */
gboolean secret_equal(const char *secret, const char *given);

/*
 * Tickets stand for a secret where others may look over the shoulder: on a command line, which every user of this host can read. Whoever
 * knows @secret can make one; it is good for one use, within a minute.
 */
#define SECRET_TICKET_S 60
/* @now: seconds since 1970. Caller frees. */
char *secret_ticket_new(const char *secret, gint64 now, GError **error);
/* @used: a table of strings that remembers the tickets of the last minute; of g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL). */
gboolean secret_ticket_take(const char *secret, const char *ticket, gint64 now, GHashTable *used);
