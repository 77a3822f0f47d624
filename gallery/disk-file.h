/*
 * Bytes of a disk image of any format that qemu-img reads, for looking at it. Blocks: for carrel-osinfo only. An image that refers to other files is not read,
 * since whoever made it would choose what we open.
 */
#pragma once

#include <gio/gio.h>

typedef struct DiskFile DiskFile;

/* "qcow2", "vmdk", "vdi", "vhdx", "vpc", "raw", by its magic. NULL with CARREL_ERROR_FAILED when @path cannot be read. */
DiskFile *disk_file_open(const char *path, GError **error);
void disk_file_free(DiskFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiskFile, disk_file_free)

const char *disk_file_format(const DiskFile *file);

/* A MediumRead; @data is the DiskFile. */
gboolean disk_file_read(guint64 offset, void *buffer, gsize length, gpointer data);
