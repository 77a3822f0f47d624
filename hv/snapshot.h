/*
 * Internal snapshots of qcow2 images, all at one moment: by the monitor of the machine that has them open, or by qemu-img where none has.
 * QEMU docs/interop/qcow2.txt "Snapshots"; qapi/block-core.json, qapi/transaction.json; qemu-img(1).
 */
#pragma once

#include "hv/machine.h"

/* Of all the block nodes @nodes (NULL-terminated), or of none. The machine must be stopped if they are to belong to its memory. Finish with cmd_finish(). */
void cmd_snapshot_disks(Machine *machine, const char *const *nodes, const char *tag,
			GAsyncReadyCallback callback, gpointer data);
/* The machine must not be one that was migrated and stopped since: QEMU 7.2 ends with a failed assertion then. */
void cmd_drop_snapshot(Machine *machine, const char *node, const char *tag, GAsyncReadyCallback callback,
		       gpointer data);

typedef enum {
	SNAPSHOT_MAKE,
	SNAPSHOT_APPLY, /* the image is as it was then; the snapshot stays */
	SNAPSHOT_DROP
} SnapshotOp;

/* @path: absolute, an image that nobody has open. Finish with disk_finish(). */
void disk_snapshot(const char *path, SnapshotOp op, const char *tag, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data);
