/* States of a VM, what is possible in each, and their names. */
#pragma once

#include <glib.h>

typedef enum {
	VM_OFF,       /* no process */
	VM_STARTING,  /* a start job runs */
	VM_RUNNING,   /* the guest's processors run */
	VM_PAUSING,   /* a pause job runs */
	VM_PAUSED,    /* process there, processors stopped */
	VM_RESUMING,  /* a resume job runs */
	VM_SAVING,    /* memory is being written */
	VM_SAVED,     /* no process; memory in the file saved-state */
	VM_STOPPING,  /* shutting down or being turned off */
	VM_RESETTING, /* a reset job runs */
	VM_CRITICAL,  /* process there, stopped by an error (disk full, panic); Status says which */
	VM_STATE_COUNT
} VmState;

const char *vm_state_name(VmState state);

typedef enum {
	VM_OP_START,
	VM_OP_SHUTDOWN,
	VM_OP_TURN_OFF,
	VM_OP_RESET,
	VM_OP_PAUSE,
	VM_OP_RESUME,
	VM_OP_SAVE,
	VM_OP_DELETE,
	VM_OP_CHECKPOINT,
	VM_OP_APPLY, /* go back to a checkpoint */
	VM_OP_DROP_CHECKPOINT,
	VM_OP_RENAME,
	VM_OP_CONFIGURE, /* change of a field that needs the VM off */
	VM_OP_COUNT
} VmOp;

/* "start", as in jobs and on the command line. */
const char *vm_op_verb(VmOp op);

/* TRUE, or CARREL_ERROR_STATE naming the VM, its state and what to do. */
gboolean vm_op_check(VmOp op, VmState state, const char *vm_name, GError **error);
