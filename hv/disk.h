/* Disk images through qemu-img; each call is one short child. Paths are absolute. */
#pragma once

#include <gio/gio.h>

typedef struct {
	char *path, *format;
	guint64 size;  /* what the guest sees, bytes */
	guint64 used;  /* on the host */
	char *backing; /* or NULL */
} DiskInfo;

void disk_info_free(DiskInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiskInfo, disk_info_free)

/* A new qcow2 of @size bytes (lazy refcounts off, extended_l2 off, cluster 64K); with @backing (+ its format) an overlay on it,
 * @size 0 = the backing's. Fails when @path exists; nothing is left on failure. */
void disk_create(const char *path, guint64 size, const char *backing, const char *backing_format,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* A copy converted to qcow2; for NVRAM templates. */
void disk_convert(const char *from, const char *from_format, const char *to, GCancellable *cancellable,
		  GAsyncReadyCallback callback, gpointer data);
gboolean disk_finish(GAsyncResult *result, GError **error);

/* Safe while a VM runs (-U). The format is probed only when @format is NULL; files from others: pass the format. */
void disk_info(const char *path, const char *format, GCancellable *cancellable, GAsyncReadyCallback callback,
	       gpointer data);
DiskInfo *disk_info_finish(GAsyncResult *result, GError **error);

/* The backing file that a qcow2 image names in its header, as it stands there; NULL when it names none, or is no qcow2. Reads a few hundred bytes and asks nobody.
 * Caller frees. */
char *disk_backing(const char *path);
/* How big the guest sees the qcow2 image, bytes; 0 when it is none. */
guint64 disk_virtual_size(const char *path);
