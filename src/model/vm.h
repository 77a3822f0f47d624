/*
 * A virtual machine as the daemon knows it: its spec, its state, its process. Only src/model changes it; everybody
 * else reads and asks for operations, each of which is a Job.
 *
 * Contract: operations check the state first (vm-state.h) and fail at once with CARREL_ERROR_STATE; once a job was given out, its
 * outcome is in the job. At most one job per VM runs at a time, except that turn-off may follow on any. After a job ended the VM is
 * in a state without a process running for nothing and without half-made files.
 */
#pragma once

#include "model/job.h"
#include "model/vm-state.h"
#include "spec/vm-spec.h"

typedef struct Vm Vm;
typedef struct Model Model;

/* What changed; the API sends only these properties. */
typedef enum {
	VM_CHANGED_STATE = 1 << 0,  /* State, Pid, Started, Accelerator, MemoryAssigned */
	VM_CHANGED_STATUS = 1 << 1, /* Status */
	VM_CHANGED_SPEC = 1 << 2,   /* Name, Spec and all that comes from it */
	VM_CHANGED_STATS = 1 << 3,  /* CpuUsage, MemoryDemand */
	VM_CHANGED_AGENT = 1 << 4,  /* Heartbeat, Ip, GuestState */
	VM_CHANGED_CHECKPOINT = 1 << 5
} VmChange;

/* Reading. Strings are borrowed. */
const char *vm_id(const Vm *vm);
const char *vm_name(const Vm *vm);
const char *vm_folder(const Vm *vm);
VmState vm_state(const Vm *vm);
const char *vm_status(const Vm *vm);
const VmSpec *vm_spec(const Vm *vm); /* never NULL; defaults when vm.conf is broken */
GVariant *vm_fields(const Vm *vm);   /* every field by key, see vm_spec_to_variant(); floating */
int vm_pid(const Vm *vm);            /* 0 = none */
const char *vm_accelerator(const Vm *vm);
gint64 vm_started(const Vm *vm);
gint64 vm_created(const Vm *vm);
guint64 vm_memory_assigned(const Vm *vm);
guint64 vm_memory_demand(const Vm *vm);
double vm_cpu_usage(const Vm *vm);
gboolean vm_is_instant(const Vm *vm); /* its process continued from a template instead of booting */
const char *vm_ip(const Vm *vm);
const char *vm_heartbeat(const Vm *vm);
/* How far the guest is with its start, by its agent: "booting", "cloud-init", "ready"; "" while off, or when it has no channel for an agent. */
const char *vm_guest_state(const Vm *vm);
/* What cloud-init's result.json complains about; NULL when it does not. Caller frees. For tests and the fuzzer. */
char *vm_guest_result(const char *text);

typedef struct {
	gboolean paused;     /* start: leave it paused */
	guint timeout_s;     /* shutdown: 0 = 120 */
	gboolean keep_disks; /* delete */
	gboolean force;      /* delete: turn off first */
	const char *
		checkpoint; /* to make: its name, NULL = from VM and time; to apply or delete: its id or name, NULL = where the VM goes on from */
} VmOpOptions;

/* Starts an operation. The job is borrowed (the model keeps it). NULL and @error when not possible now. */
Job *vm_operate(Vm *vm, VmOp op, const VmOpOptions *options, GError **error);

/* Checkpoints (checkpoint.h), which VM_OP_CHECKPOINT makes, VM_OP_APPLY goes back to, and VM_OP_DROP_CHECKPOINT deletes. All of Checkpoint, oldest first; caller unrefs. */
GPtrArray *vm_checkpoints(const Vm *vm);
char *vm_checkpoint_now(const Vm *vm);  /* id of the one that the VM goes on from, "" = none; caller frees */
char *vm_checkpoint_name(const Vm *vm); /* its name; caller frees */
gboolean vm_rename_checkpoint(Vm *vm, const char *word, const char *name, GError **error);

/* Changes fields, text by path; all or nothing: checked, applied to the running machine where live, then written. */
void vm_set(Vm *vm, GHashTable *fields, GAsyncReadyCallback callback, gpointer data);
gboolean vm_set_finish(Vm *vm, GAsyncResult *result, GError **error);

gboolean vm_rename(Vm *vm, const char *name, GError **error);

/* The command line that a start would run. Caller frees. */
char **vm_argv(Vm *vm, GError **error);

/* path, format, size, used of each disk, in the order of the spec: a GPtrArray of DiskView with free function. A disk that cannot
 * be read has size and used 0. */
typedef struct {
	char *name, *path, *format;
	guint64 size, used;
} DiskView;
void vm_disks(Vm *vm, GAsyncReadyCallback callback, gpointer data);
GPtrArray *vm_disks_finish(Vm *vm, GAsyncResult *result, GError **error);

/* How one gets into the guest. Strings are owned by the caller, who frees them with guest_login_clear(). */
typedef struct {
	char *user;        /* "" = not known */
	char *password;    /* "" = not known */
	char *key;         /* carrel's private key, where the guest was given it; else "" */
	char *known_hosts; /* where ssh keeps the guest's host keys */
} GuestLogin;
void vm_login(const Vm *vm, GuestLogin *login);
void guest_login_clear(GuestLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestLogin, guest_login_clear)

/* An address of this host that leads to TCP port @port of the guest, by its first adapter that is plugged in. CARREL_ERROR_STATE when it is not running or
 * has none. Finish: owned by the caller. */
void vm_open_port(Vm *vm, guint port, GAsyncReadyCallback callback, gpointer data);
GInetSocketAddress *vm_open_port_finish(GAsyncResult *result, GError **error);

/* A connection to the screen (kind VM_SCREEN) or serial port (VM_SERIAL). With @wait and no process: completes when one starts. Finish
 * gives the fd (caller owns) and for screens a token for vm_console_ready(). */
typedef enum { VM_SCREEN, VM_SERIAL } VmConsoleKind;
void vm_open_console(Vm *vm, VmConsoleKind kind, gboolean wait, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data);
int vm_open_console_finish(Vm *vm, GAsyncResult *result, guint *token, GError **error);
/* What a console of the VM can count on: a channel for the clipboard, a sound card; whether it must keep the screen awake. */
gboolean vm_has_clipboard(const Vm *vm);
gboolean vm_has_sound(const Vm *vm);
gboolean vm_wants_nudge(const Vm *vm);
/* The boot record of this or the last run, or of the one before (@previous): an fd to read, -1 with @error when there is none. */
int vm_open_record(Vm *vm, gboolean previous, GError **error);
void vm_console_ready(Vm *vm, guint token);
