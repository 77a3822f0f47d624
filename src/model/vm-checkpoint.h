/* What the files of checkpoints share: one operation on one checkpoint, and walks over its disks. */
#pragma once

#include "hv/disk.h"
#include "hv/snapshot.h"
#include "model/checkpoint.h"
#include "model/vm-private.h"

#define CHECKPOINT_STATE "state"
#define VM_TPM           "tpm"

typedef struct CheckpointRun {
	Checkpoint *note; /* the one that is made, applied or deleted */
	char *tag;        /* of its snapshots */
	char *undo_tag;   /* apply: of what is there until it is done */
	char *old_conf;   /* apply: vm.conf until then */
	guint done;       /* disks of the last walk that are done */
	GError *error;    /* what is told when the disks are tidy again */
} CheckpointRun;

/* What @op on a checkpoint needs; NULL with @error when there is no such one, or it cannot be made now. */
CheckpointRun *checkpoint_run_new(Vm *vm, VmOp op, const VmOpOptions *options, GError **error);
void checkpoint_run_free(CheckpointRun *run);

/* Calls @done when qemu-img has done @op with @tag on the first @count disks of the run's checkpoint, one after another, or at the first error. Disks that a
 * running machine has open are for SNAPSHOT_DROP only, by its monitor. */
typedef void (*DisksDone)(Steps *steps, VmRun *run, GError *error);
void checkpoint_disks(Steps *steps, VmRun *run, SnapshotOp op, const char *tag, guint count, DisksDone done);

/* --- as DisksDone --- */
void checkpoint_step_done(Steps *steps, VmRun *run, GError *error);
void checkpoint_step_undone(Steps *steps, VmRun *run, GError *error); /* logs @error */

/* A walk over the disks failed: takes @error, does @op with @tag on those that were done, and then fails the step. */
void checkpoint_fail(Steps *steps, VmRun *run, SnapshotOp op, const char *tag, GError *error);

/* Copies the file or folder @from, if there is one, to @to, which is not there. */
gboolean checkpoint_copy(const char *from, const char *to, GError **error);
