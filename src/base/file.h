/* Files that must not be lost: atomic replacement, locks, removal of folders. */
#pragma once

#include <glib.h>

/* Replaces @path by @length bytes (-1: a string): temporary file beside it, fsync, rename, fsync of the directory. On
 * failure the old content stays and the temporary file is gone. @mode applies to a new file. */
gboolean file_replace(const char *path, const char *contents, gssize length, int mode, GError **error);

/* Reads a regular file of at most @max bytes that others may have made: no device or FIFO can block us, no size fill the
 * memory. The result ends in a NUL that is not counted; @length may be NULL. Caller frees. */
char *file_read(const char *path, gsize max, gsize *length, GError **error);

/* Takes an exclusive flock(2) on @path (made if missing) and writes our pid into it. Returns the fd that holds the
 * lock until it is closed, or -1; *@holder is the pid written there when somebody else holds it, else 0. */
int file_lock(const char *path, int *holder, GError **error);

/* Removes a directory and all below it; follows no symlink, crosses into no mount of others' files. A missing one is
 * no error. */
gboolean file_remove_tree(const char *dir, GError **error);

/* The last @max bytes of a text file as valid UTF-8, or NULL. For words of a program that died. Caller frees. */
char *file_tail(const char *path, gsize max);

/* Turns errno of a failed file operation into a carrel error; ENOSPC and EACCES get hints that help. Returns FALSE. */
gboolean file_error(GError **error, int saved_errno, const char *doing, const char *path);
