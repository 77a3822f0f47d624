/*
 * One running QEMU: start the process, talk to it, find it again after the daemon died, end it. What the model uses of hv/.
 *
 * The process outlives the daemon: own session, stdio to qemu.log, sockets by path in the VM's run directory, a pid file. It is watched by pidfd, so it
 * makes no difference whether it is our child.
 */
#pragma once

#include "hv/qemu-argv.h"
#include "hv/qmp.h"

typedef struct Machine Machine;

/* What a machine tells its owner, on the main loop. */
typedef enum {
	MACHINE_RUNNING,  /* RESUME */
	MACHINE_PAUSED,   /* STOP */
	MACHINE_RESET,    /* RESET by guest or host */
	MACHINE_SHUTDOWN, /* guest powered off; QEMU ends next */
	MACHINE_PANICKED, /* pvpanic */
	MACHINE_IO_ERROR, /* stopped because of a disk error; detail says which and why ("disk0: no space left") */
	MACHINE_LOST, /* monitor closed while the process lives; machine tries to reconnect */
	MACHINE_GONE /* process ended; detail: last words of qemu.log when it died badly, else NULL. Always the last event */
} MachineEvent;
typedef void (*MachineWatch)(Machine *machine, MachineEvent event, const char *detail, gpointer data);

typedef struct {
	const char *id; /* VM's id; names the run directory */
	const char *name;
	const char *log_file; /* qemu.log, appended */
	MachineWatch watch;
	gpointer data;
} MachineOptions;

/* Spawns @argv and waits until the monitor answers. Errors carry QEMU's own words (its last line on stderr) when it dies. On any error no process
 * is left. @pass_fds: pairs fd -> same number in the child, -1 ended, may be NULL. */
void machine_spawn(const MachineOptions *options, char **argv, const int *pass_fds, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data);
/* Finds a QEMU that runs for this id (pid file + socket + /proc/PID/cmdline holds our id) and connects to its monitor. CARREL_ERROR_NOT_FOUND when none
 * runs; stale files are removed then. */
void machine_adopt(const MachineOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data);
Machine *machine_finish(GAsyncResult *result, GError **error); /* of both; owned by the caller */

/* Lets go without touching the process. */
void machine_free(Machine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Machine, machine_free)

int machine_pid(const Machine *machine);
const char *machine_name(const Machine *machine); /* the VM's name, borrowed */
Qmp *machine_qmp(Machine *machine);               /* borrowed; NULL while the monitor is lost */
/* SIGKILL, for a QEMU that does not answer. MACHINE_GONE follows. */
void machine_kill(Machine *machine);

/* CPU time used so far in microseconds, and resident memory in bytes; FALSE when the process is gone. */
gboolean machine_sample(const Machine *machine, guint64 *cpu_us, guint64 *resident);
