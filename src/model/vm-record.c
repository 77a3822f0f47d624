/*
 * The boot record: a carrel-record beside each QEMU, which watches the screen and writes what it says into the VM's folder. A comfort: when it
 * cannot be had the VM runs all the same, and when it dies another one goes on, behind a mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv/process.h"
#include "model/vm-private.h"

/* In the VM's run directory: who records, for a daemon that comes later. */
#define PID_FILE "recorder"
/* QEMU ends a moment after its screen does, and then there is nothing to record any more. */
#define RESTART_MS 1000
/* A recorder that dies of what it sees is not started for ever. */
#define DEATHS_MAX 5

/* The record of the run before is kept beside it. */
static int open_file(Vm *vm, gboolean append, GError **error)
{
	g_autofree char *path = vm_file(vm, VM_RECORD);
	g_autofree char *previous = vm_file(vm, VM_RECORD ".1");

	if (!append && rename(path, previous) < 0 && errno != ENOENT) {
		file_error(error, errno, "rename", path);
		return -1;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		file_error(error, errno, "write", path);
	return fd;
}

typedef enum { ANEW, APPEND, RESUME } Manner;

static const char *const manners[] = { [ANEW] = NULL, [APPEND] = "--append", [RESUME] = "--resume" };

/* The connection is made here and now: it sees the firmware's first frame however late the program is up. Its pid, or 0. */
static int spawn(Vm *vm, Manner manner, GError **error)
{
	g_autofree char *program = paths_program("carrel-record");
	g_autofree char *socket = paths_vm_run_file(vm->spec->id, "vnc");
	g_autofree char *log = vm_file(vm, "record.log");
	autofd screen = fd_connect_unix(socket, error);
	autofd file = screen >= 0 ? open_file(vm, manner != ANEW, error) : -1;

	if (file < 0)
		return 0;
	g_autofree char *screen_number = g_strdup_printf("%d", screen);
	g_autofree char *file_number = g_strdup_printf("%d", file);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_ptr_array_add(words, program);
	if (manners[manner])
		g_ptr_array_add(words, (gpointer)manners[manner]);
	g_ptr_array_add(words, screen_number);
	g_ptr_array_add(words, file_number);
	g_ptr_array_add(words, vm->spec->id);
	g_ptr_array_add(words, NULL);
	int pass[] = { screen, file, -1 };
	return process_spawn((char **)words->pdata, vm->folder, log, pass, NULL, error);
}

static void on_reaped(GPid pid, gint status, gpointer data)
{
	g_spawn_close_pid(pid);
}

static void record(Vm *vm, Manner manner);

static gboolean on_restart(gpointer data)
{
	Vm *vm = data;

	vm->recorder_restart = 0;
	record(vm, RESUME);
	return G_SOURCE_REMOVE;
}

static void restart_later(Vm *vm)
{
	if (++vm->recorder_deaths > DEATHS_MAX)
		g_warning("VM `%s': its boot record stops here, carrel-record ended %d times", vm->spec->name,
			  DEATHS_MAX);
	else if (!vm->recorder_restart)
		vm->recorder_restart = g_timeout_add(RESTART_MS, on_restart, vm);
}

static gboolean on_ended(gint pidfd, GIOCondition condition, gpointer data)
{
	Vm *vm = data;

	vm->recorder_watch = 0;
	fd_clear(&vm->recorder);
	restart_later(vm);
	return G_SOURCE_REMOVE;
}

/* Also of a process that is no child of ours. */
static void watch(Vm *vm, int pid)
{
	vm->recorder = process_pidfd(pid);
	if (vm->recorder >= 0)
		vm->recorder_watch = g_unix_fd_add(vm->recorder, G_IO_IN, on_ended, vm);
}

static void record(Vm *vm, Manner manner)
{
	g_autoptr(GError) error = NULL;
	int pid = spawn(vm, manner, &error);

	if (pid == 0) {
		g_message("VM `%s' has no boot record: %s", vm->spec->name, error->message);
		return;
	}
	g_child_watch_add(pid, on_reaped, NULL);
	watch(vm, pid);
	g_autofree char *path = paths_vm_run_file(vm->spec->id, PID_FILE);
	g_autofree char *number = g_strdup_printf("%d\n", pid);
	if (!g_file_set_contents(path, number, -1, &error))
		g_warning("%s", error->message);
}

void vm_record(Vm *vm, gboolean append)
{
	vm_record_forget(vm);
	if (vm->spec->record && !g_str_equal(vm->spec->video, "none"))
		record(vm, append ? APPEND : ANEW);
}

void vm_record_adopt(Vm *vm)
{
	g_autofree char *path = paths_vm_run_file(vm->spec->id, PID_FILE);
	g_autofree char *text = NULL;

	vm_record_forget(vm);
	/* Nobody recorded, or a start was interrupted before that. */
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	int pid = (int)g_ascii_strtoll(text, NULL, 10);
	if (process_argv_holds(pid, "carrel-record") && process_argv_holds(pid, vm->spec->id))
		watch(vm, pid);
	if (vm->recorder < 0)
		restart_later(vm);
}

/* Who does not listen yet ignores SIGWINCH, as any other signal would end it. */
void vm_record_reset(Vm *vm)
{
	process_signal(vm->recorder, SIGWINCH);
}

void vm_record_forget(Vm *vm)
{
	g_clear_handle_id(&vm->recorder_watch, g_source_remove);
	g_clear_handle_id(&vm->recorder_restart, g_source_remove);
	fd_clear(&vm->recorder);
	vm->recorder_deaths = 0;
}

int vm_open_record(Vm *vm, gboolean previous, GError **error)
{
	g_autofree char *file = vm_file(vm, previous ? VM_RECORD ".1" : VM_RECORD);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		error_set(error, CARREL_ERROR_NOT_FOUND,
			  vm->spec->record ? "start it: what its screen says is recorded from then on"
					   : "set record=on, then start it",
			  "there is no boot record of VM `%s'%s", vm->spec->name,
			  previous ? " but the last one" : "");
	else if (fd < 0)
		file_error(error, errno, "open", file);
	return fd;
}
