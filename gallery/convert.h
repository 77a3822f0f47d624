/*
 * Disk images that cannot be read in one pass (VHDX, VHD, VMDK, VDI) become qcow2, by qemu-img in a child. Images are not trusted: qemu-img is told the format,
 * never asked for it; runs with limits on memory, time and open files; and what names other files is refused before it sees it, since looking
 * at an image may be enough to have another file opened. Needs prlimit(1) of util-linux.
 */
#pragma once

#include <gio/gio.h>

#include "gallery/image-format.h"

/* Done and total in per mille of the work. */
typedef void (*ConvertProgress)(guint64 done, guint64 total, gpointer data);

/*
 * Whether an image can stand alone, and its virtual size in bytes. CARREL_ERROR_VERIFY: it has a backing file, a parent, data in other files, is encrypted,
 * damaged, larger than UNPACK_IMAGE_MAX, or of another format than it was said to be. CARREL_ERROR_HOST: qemu-img or prlimit is missing. For IMAGE_ISO and
 * IMAGE_RAW the size of the file is the answer.
 */
void convert_check(const char *path, ImageFormat format, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data);
gboolean convert_check_finish(GAsyncResult *result, guint64 *virtual_size, GError **error);

/* Checks as above, then reads @from as @format and nothing else, and writes @to. On failure @to is gone; CARREL_ERROR_FAILED when there is
 * no room for it. @progress may be NULL. */
void convert_image(const char *from, ImageFormat format, const char *to, ConvertProgress progress,
		   gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data);
gboolean convert_image_finish(GAsyncResult *result, GError **error);
