/*
 * Writes a qcow2 image (version 3) from front to back, without knowing beforehand how large the disk is: clusters of data in the order in which they
 * come, behind each half gigabyte of the disk the table (L2) of what is in it, at the end the table of those (L1) and the counts, and last of all the
 * header, so that what is not finished is no image. Clusters of zeroes take no room. Source: QEMU's docs/interop/qcow2.txt.
 */
#pragma once

#include "gallery/output.h"

typedef struct Qcow2Writer Qcow2Writer;

/* @output is copied; its file is empty. */
Qcow2Writer *qcow2_writer_new(const Output *output);
void qcow2_writer_free(Qcow2Writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qcow2Writer, qcow2_writer_free)

/* What the disk has at @offset; never before the end of what was written. What is left out is zero. */
gboolean qcow2_writer_write(Qcow2Writer *writer, guint64 offset, const guint8 *bytes, gsize length,
			    GError **error);

/* @virtual_size is rounded up to sectors of 512 bytes; nothing was written behind it. @size: of the file. */
gboolean qcow2_writer_finish(Qcow2Writer *writer, guint64 virtual_size, guint64 *size, GError **error);
