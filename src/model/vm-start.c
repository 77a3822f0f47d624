/* Starting a VM, step by step; DESIGN.md sections 3 and 8. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv/disk.h"
#include "hv/qmp-cmds.h"
#include "hv/tpm.h"
#include "model/vm-install.h"
#include "model/switch.h"
#include "model/vm-press.h"
#include "model/vm-private.h"

/* A disk is fetched from the host's cache and QEMU's locks protect it, but a clear sentence now is better than QEMU's words later. */
static gboolean check_file(Vm *vm, const char *what, const char *file, gboolean write, GError **error)
{
	g_autofree char *path = vm_file(vm, file);

	if (access(path, write ? R_OK | W_OK : R_OK) < 0)
		return error_set(error, CARREL_ERROR_FAILED,
				 "put the file back, or change the field with `carrel set'",
				 "%s `%s' of VM `%s' cannot be opened: %s", what, path, vm->spec->name,
				 g_strerror(errno));
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_file_test(path, G_FILE_TEST_IS_DIR))
		return error_set(error, CARREL_ERROR_FAILED, NULL, "%s `%s' of VM `%s' is a directory", what,
				 path, vm->spec->name);
	Vm *user = write ? model_disk_user(vm->model, path, vm) : NULL;
	if (user)
		return error_set(error, CARREL_ERROR_FAILED, "turn that VM off first",
				 "%s `%s' of VM `%s' is in use by VM `%s'", what, path, vm->spec->name,
				 user->spec->name);
	return TRUE;
}

static gboolean check_files(Vm *vm, GError **error)
{
	for (guint i = 0; i < vm->spec->disks->len; i++) {
		const DiskSpec *disk = vm->spec->disks->pdata[i];
		if (!check_file(vm, "disk", disk->file, !disk->readonly, error))
			return FALSE;
	}
	return (!*vm->spec->iso || check_file(vm, "DVD image", vm->spec->iso, FALSE, error)) &&
	       (!*vm->spec->drivers || check_file(vm, "disc with drivers", vm->spec->drivers, FALSE, error));
}

Accel vm_choose_accel(Vm *vm, GError **error)
{
	const Host *host = vm->model->host;

	if (g_str_equal(vm->spec->accelerator, "tcg"))
		return ACCEL_TCG;
	if (g_str_equal(vm->spec->accelerator, "kvm")) {
		if (!host->kvm->works)
			error_set(error, CARREL_ERROR_HOST, "set accelerator=auto to run it on TCG",
				  "VM `%s' wants KVM, but %s", vm->spec->name, host->kvm->reason);
		return ACCEL_KVM;
	}
	return host->accel;
}

gboolean vm_find_firmware(Vm *vm, Firmware **firmware, GError **error)
{
	const QemuCaps *caps = vm->model->host->caps;
	const char *machine = *vm->spec->machine ? vm->spec->machine : caps->machine_q35;

	*firmware = NULL;
	if (vm->spec->generation != 2)
		return TRUE;
	*firmware = firmware_find(caps->arch, machine, vm->spec->secure_boot, error);
	return *firmware != NULL;
}

gboolean vm_plug_ports(Vm *vm, NetPort **ports, GError **error)
{
	*ports = g_new0(NetPort, vm->spec->nics->len + 1);
	for (guint i = 0; i < vm->spec->nics->len; i++)
		if (!switch_plug(vm->spec->nics->pdata[i], &(*ports)[i], error))
			return FALSE;
	return TRUE;
}

/* Calls @use with what the machine of @run is made of. */
static gpointer with_context(const VmRun *run,
			     gpointer (*use)(const VmSpec *spec, const ArgvContext *context, GError **error),
			     GError **error)
{
	Vm *vm = run->vm;
	const char *id = vm->spec->id;
	g_autofree char *qmp = paths_vm_run_file(id, "qmp"), *qga = paths_vm_run_file(id, "qga");
	g_autofree char *vnc = paths_vm_run_file(id, "vnc"), *serial = paths_vm_run_file(id, "serial");
	g_autofree char *pid = paths_vm_run_file(id, "pid"), *tpm = paths_vm_run_file(id, "tpm");
	g_autofree char *serial_log = vm_file(vm, "serial.log");
	g_autoptr(GError) local = NULL;
	Accel accel = vm_choose_accel(vm, &local);

	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	g_auto(InstallBoot) boot = { NULL, NULL, NULL };
	install_boot(vm->folder, run->restoring, &boot);
	ArgvContext context = {
		.caps = vm->model->host->caps,
		.accel = accel,
		.firmware = run->firmware,
		.vm_dir = vm->folder,
		.qmp_socket = qmp,
		.qga_socket = qga,
		.vnc_socket = vnc,
		.serial_socket = serial,
		.serial_log = serial_log,
		.pid_file = pid,
		.tpm_socket = vm->spec->tpm ? tpm : NULL,
		.ports = run->ports,
		.kernel = boot.kernel,
		.initrd = boot.initrd,
		.command_line = boot.command_line,
		.incoming = run->restoring || run->memory == MEMORY_CLONE,
		.memory_kind = run->memory,
		.memory_file = run->memory_file,
		.no_balloon = run->restoring && vm_instant_state(vm) == INSTANT_DONE,
	};
	/* What it gives is the caller's own. */
	/* cppcheck-suppress returnDanglingLifetime */
	return use(vm->spec, &context, error);
}

static gpointer use_argv(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	return qemu_argv_build(spec, context, error);
}

static gpointer use_adapters(const VmSpec *spec, const ArgvContext *context, GError **error)
{
	return qemu_argv_adapters(spec, context, error);
}

char **vm_build_argv(const VmRun *run, GError **error)
{
	return with_context(run, use_argv, error);
}

GPtrArray *vm_build_adapters(const VmRun *run, GError **error)
{
	return with_context(run, use_adapters, error);
}

static gboolean check_host(Vm *vm, GError **error)
{
	const Host *host = vm->model->host;

	if (host->caps)
		return TRUE;
	g_autofree char *message = error_message(host->caps_error);
	return error_set(error, CARREL_ERROR_HOST, error_hint(host->caps_error),
			 "VM `%s' cannot be started: %s", vm->spec->name, message);
}

/* Shared by Argv: everything but files. */
static gboolean gather(Vm *vm, Firmware **firmware, NetPort **ports, GError **error)
{
	return check_host(vm, error) && vm_find_firmware(vm, firmware, error) &&
	       vm_plug_ports(vm, ports, error);
}

gboolean vm_has_clipboard(const Vm *vm)
{
	const QemuCaps *caps = vm->model->host->caps;

	return vm->spec->clipboard && caps && caps->vdagent && qemu_caps_has_device(caps, "virtserialport");
}

gboolean vm_wants_nudge(const Vm *vm)
{
	const QemuCaps *caps = vm->model->host->caps;

	return caps && !caps->display_dbus;
}

gboolean vm_has_sound(const Vm *vm)
{
	const QemuCaps *caps = vm->model->host->caps;

	return vm->spec->audio && caps && qemu_caps_has_device(caps, "hda-output");
}

char **vm_argv(Vm *vm, GError **error)
{
	g_autoptr(Firmware) firmware = NULL;
	g_autofree NetPort *ports = NULL;
	g_autofree char *saved = vm_file(vm, VM_SAVED_STATE);

	vm_load(vm);
	if (vm->conf_error) {
		error_set(error, CARREL_ERROR_USAGE, NULL, "%s", vm->conf_error);
		return NULL;
	}
	if (!gather(vm, &firmware, &ports, error))
		return NULL;
	VmRun run = { .vm = vm,
		      .firmware = firmware,
		      .ports = ports,
		      .restoring = g_file_test(saved, G_FILE_TEST_EXISTS) };
	return vm_build_argv(&run, error);
}

/* --- steps --- */

static void on_host_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	steps_done(data, NULL);
}

static void step_host(Steps *steps, gpointer context)
{
	VmRun *run = context;

	model_check_host(run->vm->model, on_host_checked, steps);
}

static void step_check(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Vm *vm = run->vm;
	g_autofree char *saved = vm_file(vm, VM_SAVED_STATE);
	GError *error = NULL;

	run->restoring = g_file_test(saved, G_FILE_TEST_EXISTS);
	if (gather(vm, &run->firmware, &run->ports, &error))
		check_files(vm, &error);
	steps_done(steps, error);
}

static void step_run_dir(Steps *steps, gpointer context)
{
	g_autofree char *dir = paths_vm_run_dir(((VmRun *)context)->vm->spec->id);
	GError *error = NULL;

	paths_ensure_private(dir, &error);
	steps_done(steps, error);
}

static void undo_run_dir(Steps *steps, gpointer context)
{
	vm_clear_run_dir(((VmRun *)context)->vm);
	steps_undone(steps);
}

static void on_nvram(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	disk_finish(result, &error);
	steps_done(data, error);
}

/* Made at the first start, or again when somebody deleted it: the firmware's defaults then. */
static void step_nvram(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *nvram = vm_file(run->vm, VM_NVRAM);

	if (!run->firmware || g_file_test(nvram, G_FILE_TEST_EXISTS)) {
		steps_done(steps, NULL);
		return;
	}
	disk_convert(run->firmware->vars, run->firmware->vars_format, nvram, steps_cancellable(steps),
		     on_nvram, steps);
}

typedef struct {
	Steps *steps;
	Vm *vm;
} TpmAsk;

static void on_tpm_started(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree TpmAsk *ask = data;
	GError *error = NULL;

	ask->vm->tpm_pid = tpm_start_finish(result, &error);
	steps_done(ask->steps, error);
}

static void step_tpm(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (!vm->spec->tpm) {
		steps_done(steps, NULL);
		return;
	}
	g_autofree char *state = vm_file(vm, "tpm");
	g_autofree char *log = vm_file(vm, "swtpm.log");
	g_autofree char *socket = paths_vm_run_file(vm->spec->id, "tpm");
	TpmAsk *ask = g_new0(TpmAsk, 1);
	*ask = (TpmAsk){ steps, vm };
	tpm_start(state, socket, log, steps_cancellable(steps), on_tpm_started, ask);
}

static void undo_tpm(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (vm->tpm_pid)
		tpm_stop(vm->tpm_pid);
	vm->tpm_pid = 0;
	steps_undone(steps);
}

typedef struct {
	Steps *steps;
	VmRun *run;
} StepRun;

static StepRun *step_run(Steps *steps, VmRun *run)
{
	StepRun *both = g_new0(StepRun, 1);

	*both = (StepRun){ steps, run };
	return both;
}

static void on_spawned(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree StepRun *both = data;
	GError *error = NULL;
	Machine *machine = machine_finish(result, &error);

	if (machine)
		vm_take_machine(both->run->vm, machine);
	steps_done(both->steps, error);
}

static void step_spawn(Steps *steps, gpointer context)
{
	VmRun *run = context;
	Vm *vm = run->vm;
	g_autofree char *log_file = NULL;
	MachineOptions options = vm_machine_options(vm, &log_file);
	GError *error = NULL;

	vm->accel = vm_choose_accel(vm, NULL);
	/* One that boots owes nothing to a template any more. */
	if (!run->instant && !run->restoring && !vm_instant_set(vm->folder, INSTANT_NO, &error)) {
		steps_done(steps, error);
		return;
	}
	g_auto(GStrv) argv = vm_build_argv(run, &error);
	if (!argv) {
		steps_done(steps, error);
		return;
	}
	machine_spawn(&options, argv, NULL, steps_cancellable(steps), on_spawned, step_run(steps, run));
}

static void on_undone(GObject *source, GAsyncResult *result, gpointer data)
{
	vm_wait_gone_finish(result, NULL);
	steps_undone(data);
}

static void undo_spawn(Steps *steps, gpointer context)
{
	Vm *vm = ((VmRun *)context)->vm;

	if (vm->machine)
		machine_kill(vm->machine);
	vm_wait_gone(vm, 10, NULL, on_undone, steps);
}

static void on_restore_bytes(guint64 done, guint64 total, gpointer data)
{
	job_bytes(((VmRun *)data)->job, "restore", done, total);
}

static void on_command(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	cmd_finish(result, &error);
	steps_done(data, error);
}

static GError *machine_lost(Vm *vm)
{
	return error_new(CARREL_ERROR_FAILED, NULL, "QEMU for VM `%s' ended", vm->spec->name);
}

/* Before the guest's first instruction. */
static void step_record(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine)
		vm_record(run->vm, run->restoring);
	steps_done(steps, NULL);
}

static void step_restore(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *saved = vm_file(run->vm, VM_SAVED_STATE);

	if (!run->restoring)
		steps_done(steps, NULL);
	else if (!run->vm->machine)
		steps_done(steps, machine_lost(run->vm));
	else
		cmd_load_state(run->vm->machine, saved, on_restore_bytes, run, steps_cancellable(steps),
			       on_command, steps);
}

static void links_next(StepRun *both);

static void on_link(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (cmd_finish(result, &error)) {
		links_next(data);
		return;
	}
	g_autofree StepRun *both = data;
	steps_done(both->steps, g_steal_pointer(&error));
}

/* Adapters begin with their cable plugged in; pull those that should not be, and those that are plugged in nowhere. */
static void links_next(StepRun *both)
{
	VmRun *run = both->run;
	Vm *vm = run->vm;

	while (vm->machine && run->link_index < vm->spec->nics->len) {
		guint index = run->link_index++;
		const NicSpec *nic = vm->spec->nics->pdata[index];
		if (!nic->connected || run->ports[index].kind == NETDEV_NONE) {
			cmd_set_link(vm->machine, nic->name, FALSE, on_link, both);
			return;
		}
	}
	g_autofree StepRun *owned = both;
	steps_done(owned->steps, vm->machine ? NULL : machine_lost(vm));
}

static void step_links(Steps *steps, gpointer context)
{
	links_next(step_run(steps, context));
}

static void on_consoles(gpointer data)
{
	steps_done(data, NULL);
}

static void step_consoles(Steps *steps, gpointer context)
{
	vm_consoles_attach(((VmRun *)context)->vm, on_consoles, steps);
}

static void on_cont(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree StepRun *both = data;
	Vm *vm = both->run->vm;
	GError *error = NULL;

	if (cmd_finish(result, &error) && vm->machine)
		vm->machine_state = VM_RUNNING;
	steps_done(both->steps, error);
}

static void step_run_guest(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (!run->vm->machine)
		steps_done(steps, machine_lost(run->vm));
	else if (run->options.paused)
		steps_done(steps, NULL);
	else
		cmd_cont(run->vm->machine, on_cont, step_run(steps, run));
}

/* Once the guest runs, the saved state is the past: going back to it would corrupt the guest's disks. Until then it must survive a failure. */
static void step_set_aside(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *saved = vm_file(run->vm, VM_SAVED_STATE);
	g_autofree char *used = vm_file(run->vm, VM_USED_STATE);
	GError *error = NULL;

	if (run->restoring && rename(saved, used) < 0)
		file_error(&error, errno, "rename", saved);
	steps_done(steps, error);
}

static void undo_set_aside(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *saved = vm_file(run->vm, VM_SAVED_STATE);
	g_autofree char *used = vm_file(run->vm, VM_USED_STATE);

	if (run->restoring && rename(used, saved) < 0)
		g_warning("cannot rename `%s' back: %s", used, g_strerror(errno));
	steps_undone(steps);
}

static void step_forget(Steps *steps, gpointer context)
{
	VmRun *run = context;
	g_autofree char *used = vm_file(run->vm, VM_USED_STATE);

	install_started(run->vm->folder, run->restoring);
	if (!run->restoring)
		vm_press_begin(run->vm);
	if (unlink(used) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", used, g_strerror(errno));
	steps_done(steps, NULL);
}

static void on_clipboard(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree StepRun *both = data;
	g_autoptr(GError) error = NULL;

	if (!cmd_finish(result, &error))
		g_warning("VM `%s' has no shared clipboard: %s", both->run->vm->spec->name, error->message);
	steps_done(both->steps, NULL);
}

/* After the first instruction: it would only delay that. */
static void step_clipboard(Steps *steps, gpointer context)
{
	VmRun *run = context;

	if (run->vm->machine && vm_has_clipboard(run->vm))
		cmd_plug_clipboard(run->vm->machine, on_clipboard, step_run(steps, run));
	else
		steps_done(steps, NULL);
}

const Step vm_start_steps[] = {
	{"host",		   step_host,      NULL          },
	{ "check",                 step_check,     NULL          },
	{ "run directory",         step_run_dir,   undo_run_dir  },
	{ "firmware",              step_nvram,     NULL          },
	{ "tpm",		   step_tpm,       undo_tpm      },
	{ "spawn",                 step_spawn,     undo_spawn    },
	{ "boot record",           step_record,    NULL          },
	{ "restore",               step_restore,   NULL          },
	{ "adapters",              step_links,     NULL          },
	{ "consoles",              step_consoles,  NULL          },
	{ "set aside saved state", step_set_aside, undo_set_aside},
	{ "run",		   step_run_guest, NULL          },
	{ "clipboard",             step_clipboard, NULL          },
	{ "forget saved state",    step_forget,    NULL          },
	{ NULL,		    NULL,           NULL          },
};

/* The same for a VM that continues from a template (instant.c). Its adapters come when it has its own name. */
const Step vm_instant_steps[] = {
	{"host",           step_host,             NULL                 },
	{ "check",         step_check,            NULL                 },
	{ "run directory", step_run_dir,          undo_run_dir         },
	{ "template",      instant_step_template, instant_undo_template},
	{ "firmware",      step_nvram,            NULL                 },
	{ "spawn",         step_spawn,            undo_spawn           },
	{ "boot record",   step_record,           NULL                 },
	{ "continue",      instant_step_continue, NULL                 },
	{ "consoles",      step_consoles,         NULL                 },
	{ "run",           step_run_guest,        NULL                 },
	{ "identity",      instant_step_identity, NULL                 },
	{ "plug adapters", instant_step_adapters, NULL                 },
	{ "links",         step_links,            NULL                 },
	{ "clipboard",     step_clipboard,        NULL                 },
	{ "yours",         instant_step_yours,    NULL                 },
	{ NULL,            NULL,                  NULL                 },
};
