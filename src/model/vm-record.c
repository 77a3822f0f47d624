/*
 * The boot record: a carrel-record beside each QEMU, which watches the screen and writes what it says into the VM's folder. A comfort: when it
 * cannot be had the VM runs all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv/process.h"
#include "model/vm-private.h"

static void on_ended(GPid pid, gint status, gpointer data)
{
	g_spawn_close_pid(pid);
}

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

/* The connection is made here and now: it sees the firmware's first frame however late the program is up. */
static gboolean spawn(Vm *vm, gboolean append, GError **error)
{
	g_autofree char *program = paths_program("carrel-record");
	g_autofree char *socket = paths_vm_run_file(vm->spec->id, "vnc");
	g_autofree char *log = vm_file(vm, "record.log");
	autofd screen = fd_connect_unix(socket, error);
	autofd file = screen >= 0 ? open_file(vm, append, error) : -1;

	if (file < 0)
		return FALSE;
	g_autofree char *screen_number = g_strdup_printf("%d", screen);
	g_autofree char *file_number = g_strdup_printf("%d", file);
	char *words[] = { program, "--append", screen_number, file_number, NULL };
	char *plain[] = { program, screen_number, file_number, NULL };
	int pass[] = { screen, file, -1 };
	int pid = process_spawn(append ? words : plain, vm->folder, log, pass, NULL, error);
	if (pid == 0)
		return FALSE;
	g_child_watch_add(pid, on_ended, NULL);
	return TRUE;
}

void vm_record(Vm *vm, gboolean append)
{
	g_autoptr(GError) error = NULL;

	if (!vm->spec->record || g_str_equal(vm->spec->video, "none"))
		return;
	if (!spawn(vm, append, &error))
		g_message("VM `%s' has no boot record: %s", vm->spec->name, error->message);
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
