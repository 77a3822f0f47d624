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

/* Which vm.conf was read last; any difference means that somebody edited it. */
typedef struct {
	gint64 mtime_ns;
	guint64 size, inode;
} FileStamp;

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

/* vm-start.c, vm-stop.c, vm-save.c, vm-delete.c: step tables by operation. */
extern const Step vm_start_steps[], vm_shutdown_steps[], vm_turn_off_steps[], vm_reset_steps[],
	vm_pause_steps[], vm_resume_steps[], vm_save_steps[], vm_delete_steps[];
char **vm_build_argv(Vm *vm, const Firmware *firmware, const NetPort *ports, gboolean restoring,
		     GError **error);
gboolean vm_plug_ports(Vm *vm, NetPort **ports, GError **error);
gboolean vm_find_firmware(Vm *vm, Firmware **firmware, GError **error);
Accel vm_choose_accel(Vm *vm, GError **error);

/* vm-console.c */
void vm_consoles_attach(Vm *vm, void (*done)(gpointer data),
			gpointer data); /* gives all who wait a connection, then waits for them */
void vm_consoles_refuse(Vm *vm);        /* a start failed: those who waited for that one only */
void vm_consoles_free(Vm *vm);

/* vm-record.c: starts the boot record of a machine that is there, or goes on with it. Never fails. */
void vm_record(Vm *vm, gboolean append);

/* vm-stats.c */
void vm_sample(Vm *vm, gint64 now);
void vm_stats_reset(Vm *vm);
