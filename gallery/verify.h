/* Hashing of large files beside the main loop. */
#pragma once

#include <gio/gio.h>

/* Bytes done out of @total; on the caller's main context, never after the result. */
typedef void (*VerifyProgress)(guint64 done, guint64 total, gpointer data);

/*
 * SHA-256 of the regular file @path, read in a thread. Finish gives 64 lower-case hex digits (caller frees), or CARREL_ERROR_FAILED
 * (cannot be read; the message names it) or CARREL_ERROR_CANCELLED. @progress may be NULL.
 */
void verify_hash(const char *path, VerifyProgress progress, gpointer progress_data, GCancellable *cancellable,
		 GAsyncReadyCallback callback, gpointer data);
char *verify_hash_finish(GAsyncResult *result, GError **error);

/* 64 lower-case hex digits? */
gboolean verify_is_sha256(const char *text);
