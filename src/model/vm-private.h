/* What the files of src/model share about a Vm. Nobody else includes this. */
#pragma once

#include <sys/stat.h>

#include "hv/machine.h"
#include "model/model-private.h"
#include "model/vm.h"

#define VM_CONF        "vm.conf"
#define VM_SAVED_STATE "saved-state"
#define VM_USED_STATE  "saved-state.used"    /* being continued; see vm-start.c */
#define VM_RECORD      "screen-record.jsonl" /* console/record.h; the run before is VM_RECORD ".1" */
#define VM_NVRAM       "nvram.qcow2"
#define VM_INSTANT     "instant" /* see instant.c */

/* Which vm.conf was read last; any difference means that somebody edited it. */
typedef struct {
	gint64 mtime_ns;
	guint64 size, inode;
} FileStamp;

typedef enum { GUEST_BOOTING, GUEST_SETUP, GUEST_READY } GuestState;

struct Vm {
	Model *model; /* borrowed */
	char *folder;
	VmSpec *spec;
	char *conf_error; /* sentence about a broken vm.conf, or NULL */
	FileStamp stamp;

	VmState state;
	VmState machine_state; /* of the process: running, paused or critical */
	char *alert;           /* what went wrong with the machine, or NULL */
	char *last_words;      /* of a QEMU that died, until the job that it hurt has used them */
	Machine *machine;      /* NULL = no process */
	Accel accel;
	gint64 started;
	int tpm_pid;

	Job *job;              /* the one that runs, or NULL */
	struct VmRun *next;    /* a turn-off that waits for the job to end */
	gboolean instant;      /* its process continued from a template */
	GPtrArray *gone_waits; /* of GTask: who waits for the process to end */

	/* console.c */
	GPtrArray *console_waits; /* of GTask: opened while there was no process */
	GArray *console_tokens;   /* handed out, not yet ready */
	guint next_token, console_timeout;
	void (*consoles_done)(gpointer data);
	gpointer consoles_data;

	/* stats.c */
	guint64 cpu_us, resident;
	gint64 sampled;
	double cpu_usage;
	char *ip, *heartbeat;
	gint64 agent_asked;
	gboolean agent_busy;

	/* record.c */
	int recorder; /* pidfd of who writes the boot record, -1 = nobody */
	guint recorder_watch, recorder_restart, recorder_deaths;

	/* vm-guest.c */
	GuestState guest;
	char *guest_error; /* what cloud-init complained about, or NULL */
	gboolean guest_busy;

	/* vm-press.c */
	guint press_tick, presses;

	guint dirty; /* VmChange bits not yet announced */
};

/* One operation in progress: what its steps share. */
typedef struct VmRun {
	Vm *vm;
	VmOp op;
	Job *job;
	VmOpOptions options;
	/* start */
	Firmware *firmware;
	NetPort *ports;
	gboolean restoring;
	MemoryKind memory; /* template-make.c, instant.c */
	char *memory_file;
	gboolean instant;    /* this start continues from a template */
	gboolean fell_back;  /* it tried, and boots now */
	char *template_id;   /* the one, once it is chosen */
	GPtrArray *adapters; /* of ArgvAdapter: still to be plugged in */
	guint adapter_index;
	/* checkpoints */
	struct CheckpointRun *checkpoint; /* vm-checkpoint.h */
	gboolean start_again;             /* when this has ended well */
	/* save, delete */
	gboolean was_running;
	char *trash;
	guint link_index;
} VmRun;

/* vm.c */
Vm *vm_new(Model *model, const char *folder);
void vm_free(Vm *vm);
void vm_mark(Vm *vm, guint changes); /* announces on the next turn of the loop */
void vm_settle(Vm *vm);              /* state from what is there; no-op while a job runs */
void vm_set_alert(Vm *vm, const char *alert);
char *vm_file(const Vm *vm, const char *name);
void vm_on_machine(Machine *machine, MachineEvent event, const char *detail, gpointer data);
MachineOptions vm_machine_options(Vm *vm, char **log_file); /* @log_file owns the path meanwhile */
void vm_take_machine(Vm *vm, Machine *machine);
void vm_clear_run_dir(Vm *vm); /* what belongs to the process */
void vm_wait_gone(Vm *vm, guint timeout_s, GCancellable *cancellable, GAsyncReadyCallback callback,
		  gpointer data);
gboolean vm_wait_gone_finish(GAsyncResult *result, GError **error);

/* vm-adopt.c: finds a machine that runs already. Finish always succeeds. */
void vm_adopt(Vm *vm, GAsyncReadyCallback callback, gpointer data);

/* vm-config.c */
gboolean vm_load(Vm *vm); /* reads vm.conf if its stamp changed; TRUE when something is new */

/* vm-operate.c */
void vm_run_end(VmRun *run, GError *error);

/* vm-start.c, vm-stop.c, vm-save.c, vm-delete.c, vm-checkpoint-*.c: step tables by operation. */
extern const Step vm_start_steps[], vm_instant_steps[], vm_shutdown_steps[], vm_turn_off_steps[],
	vm_reset_steps[], vm_pause_steps[], vm_resume_steps[], vm_save_steps[], vm_delete_steps[],
	vm_checkpoint_steps[], vm_apply_steps[], vm_drop_steps[];
void vm_run_clear(VmRun *run); /* what a start has gathered */
char **vm_build_argv(const VmRun *run, GError **error);
GPtrArray *vm_build_adapters(const VmRun *run, GError **error); /* see qemu_argv_adapters() */
gboolean vm_plug_ports(Vm *vm, NetPort **ports, GError **error);
gboolean vm_find_firmware(Vm *vm, Firmware **firmware, GError **error);
Accel vm_choose_accel(Vm *vm, GError **error);

/* instant.c: the first start of a VM that may continue from a template; how far it is stands in VM_INSTANT. */
typedef enum {
	INSTANT_NO,
	INSTANT_WANTED,     /* at the first start */
	INSTANT_CONTINUING, /* on the way; a daemon that dies leaves this */
	INSTANT_DONE /* its process, or its saved state, came from a template: see ArgvContext.no_balloon */
} InstantState;
InstantState vm_instant_state(const Vm *vm);
gboolean vm_instant_set(const char *folder, InstantState state, GError **error);
void vm_instant_recover(Vm *vm); /* there is no process: back to how it was made */
/* A start failed, or @run was a cold one that is done: TRUE when it is now to be run again, cold. */
gboolean vm_instant_falls_back(VmRun *run, const GError *error);
void instant_step_template(Steps *steps, gpointer context);
void instant_undo_template(Steps *steps, gpointer context);
void instant_step_continue(Steps *steps, gpointer context);
void instant_step_identity(Steps *steps, gpointer context);
void instant_step_adapters(Steps *steps, gpointer context);
void instant_step_yours(Steps *steps, gpointer context);

/* vm-create.c: a VM that is in no list, in the folder of templates. The job is told about progress. Finish gives the VM, owned by the caller, or NULL. */
typedef struct {
	const char *folder; /* of templates */
	Job *job;
} HiddenPlace;
void vm_create_hidden(Model *model, GHashTable *fields, const CreateOptions *options,
		      const HiddenPlace *place, GAsyncReadyCallback callback, gpointer data);
Vm *vm_create_hidden_finish(GAsyncResult *result, GError **error);

/* vm-console.c */
void vm_consoles_attach(Vm *vm, void (*done)(gpointer data),
			gpointer data); /* gives all who wait a connection, then waits for them */
void vm_consoles_refuse(Vm *vm);        /* a start failed: those who waited for that one only */
void vm_consoles_free(Vm *vm);

/* vm-record.c: starts the boot record of a machine that is there, or goes on with it. Never fails. */
void vm_record(Vm *vm, gboolean append);
void vm_record_adopt(Vm *vm);  /* of a machine that was found running */
void vm_record_reset(Vm *vm);  /* the machine was reset: the record gets a mark */
void vm_record_forget(Vm *vm); /* the machine is gone, and its recorder goes by itself */

/* vm-guest.c: the agent answered; nothing is known any more; what there is to say, or NULL. */
void vm_guest_answered(Vm *vm);
void vm_guest_reset(Vm *vm);
const char *vm_guest_status(const Vm *vm);

/* vm-stats.c */
void vm_sample(Vm *vm, gint64 now);
void vm_stats_reset(Vm *vm);
