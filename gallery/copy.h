/* Copying of large files beside the main loop. */
#pragma once

#include <gio/gio.h>

/* Copies the regular file @from to the new file @to in a thread; shares the blocks where the file system can. On failure @to may be
 * there in part. */
void copy_file(const char *from, const char *to, GCancellable *cancellable, GAsyncReadyCallback callback,
	       gpointer data);
gboolean copy_file_finish(GAsyncResult *result, GError **error);
