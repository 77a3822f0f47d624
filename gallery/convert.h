/* Conversion of disk images that cannot be read in one pass (VHDX, VHD, VMDK, VDI) to qcow2, by qemu-img in a child. */
#pragma once

#include <gio/gio.h>

#include "gallery/unpack.h"

/* Done and total in per mille of the work. */
typedef void (*ConvertProgress)(guint64 done, guint64 total, gpointer data);

/* @from is read as @format and nothing else (never by probing, and with no backing or data file outside: such images are CARREL_ERROR_VERIFY). On
 * failure @to is gone. CARREL_ERROR_HOST when qemu-img is missing. */
void convert_image(const char *from, ImageFormat format, const char *to, ConvertProgress progress,
		   gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data);
gboolean convert_image_finish(GAsyncResult *result, GError **error);

/* Whether the image names files outside itself (backing file, external data, VMDK extents, VHDX parent), and its virtual size. Uses `qemu-img info' with limits
 * on memory and time. */
void convert_check(const char *path, ImageFormat format, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data);
gboolean convert_check_finish(GAsyncResult *result, guint64 *virtual_size, GError **error);
