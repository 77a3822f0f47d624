#include "model/vm-state.h"

#include "base/error.h"

static const char *const state_names[] = {
	[VM_OFF] = "off",           [VM_STARTING] = "starting",
	[VM_RUNNING] = "running",   [VM_PAUSING] = "pausing",
	[VM_PAUSED] = "paused",     [VM_RESUMING] = "resuming",
	[VM_SAVING] = "saving",     [VM_SAVED] = "saved",
	[VM_STOPPING] = "stopping", [VM_RESETTING] = "resetting",
	[VM_CRITICAL] = "critical",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == VM_STATE_COUNT);

#define IN(state)    (1u << (state))
#define WITH_PROCESS (IN(VM_RUNNING) | IN(VM_PAUSED) | IN(VM_CRITICAL))
#define BUSY                                                                                                 \
	(IN(VM_STARTING) | IN(VM_PAUSING) | IN(VM_RESUMING) | IN(VM_SAVING) | IN(VM_STOPPING) |              \
	 IN(VM_RESETTING))

typedef struct {
	VmOp op;
	const char *verb, *past; /* "start", "started" */
	guint states;            /* in which it is possible */
} OpRow;

/* Turning off is possible while another job runs: it is the way out when that job hangs. */
static const OpRow ops[] = {
	{VM_OP_START,            "start",             "started",      IN(VM_OFF) | IN(VM_SAVED)               },
	{ VM_OP_SHUTDOWN,        "shutdown",          "shut down",    IN(VM_RUNNING)                          },
	{ VM_OP_TURN_OFF,        "turn-off",          "turned off",   WITH_PROCESS | BUSY | IN(VM_SAVED)      },
	{ VM_OP_RESET,           "reset",             "reset",        WITH_PROCESS                            },
	{ VM_OP_PAUSE,           "pause",             "paused",       IN(VM_RUNNING)                          },
	{ VM_OP_RESUME,          "resume",            "resumed",      IN(VM_PAUSED) | IN(VM_CRITICAL)         },
	{ VM_OP_SAVE,            "save",              "saved",        IN(VM_RUNNING) | IN(VM_PAUSED)          },
	{ VM_OP_DELETE,          "delete",            "deleted",      IN(VM_OFF) | IN(VM_SAVED)               },
	{ VM_OP_CHECKPOINT,      "checkpoint",        "checkpointed",
         IN(VM_OFF) | IN(VM_SAVED) | IN(VM_RUNNING) | IN(VM_PAUSED)                                           },
	{ VM_OP_APPLY,           "revert",            "reverted",     IN(VM_OFF) | IN(VM_SAVED) | WITH_PROCESS},
	{ VM_OP_DROP_CHECKPOINT, "delete-checkpoint", "changed",      IN(VM_OFF) | IN(VM_SAVED) | WITH_PROCESS},
	{ VM_OP_RENAME,          "rename",            "renamed",      IN(VM_OFF) | IN(VM_SAVED)               },
	{ VM_OP_CONFIGURE,       "set",               "changed",      IN(VM_OFF)                              },
};
G_STATIC_ASSERT(G_N_ELEMENTS(ops) == VM_OP_COUNT);

const char *vm_state_name(VmState state)
{
	return state_names[state];
}

const char *vm_op_verb(VmOp op)
{
	return ops[op].verb;
}

/* What to do when an operation is refused in @state. */
static const char *state_hint(VmOp op, VmState state)
{
	if (state == VM_RUNNING && (op == VM_OP_START || op == VM_OP_RESUME))
		return "there is nothing to do";
	if (IN(state) & BUSY)
		return "wait until that has ended, or turn it off";
	switch (state) {
	case VM_OFF:
		return "start it first";
	case VM_RUNNING:
	case VM_CRITICAL:
		return "shut it down or turn it off first";
	case VM_PAUSED:
		return "resume it or turn it off first";
	case VM_SAVED:
		return "start it, or discard the saved state with turn-off";
	case VM_STARTING:
	case VM_PAUSING:
	case VM_RESUMING:
	case VM_SAVING:
	case VM_STOPPING:
	case VM_RESETTING:
	case VM_STATE_COUNT:
		break;
	}
	return NULL;
}

gboolean vm_op_check(VmOp op, VmState state, const char *vm_name, GError **error)
{
	g_assert(ops[op].op == op && state < VM_STATE_COUNT);
	if (ops[op].states & IN(state))
		return TRUE;
	return error_set(error, CARREL_ERROR_STATE, state_hint(op, state), "VM `%s' is %s and cannot be %s",
			 vm_name, state_names[state], ops[op].past);
}
