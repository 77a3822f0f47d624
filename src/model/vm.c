#include "model/vm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/paths.h"
#include "hv/tpm.h"
#include "model/vm-install.h"
#include "model/vm-press.h"
#include "model/vm-private.h"
#include "spec/spec-fields.h"

Vm *vm_new(Model *model, const char *folder)
{
	Vm *vm = g_new0(Vm, 1);

	vm->model = model;
	vm->folder = g_strdup(folder);
	vm->recorder = -1;
	vm->gone_waits = g_ptr_array_new();
	vm->console_waits = g_ptr_array_new();
	vm->console_tokens = g_array_new(FALSE, FALSE, sizeof(guint));
	vm->ip = g_strdup("");
	vm->heartbeat = g_strdup("unknown");
	vm_load(vm);
	vm_settle(vm);
	vm->dirty = 0;
	return vm;
}

void vm_free(Vm *vm)
{
	if (!vm)
		return;
	vm_consoles_free(vm);
	vm_record_forget(vm);
	vm_press_end(vm);
	machine_free(vm->machine);
	g_ptr_array_unref(vm->gone_waits);
	vm_spec_free(vm->spec);
	job_unref(vm->job);
	g_free(vm->folder);
	g_free(vm->conf_error);
	g_free(vm->alert);
	g_free(vm->last_words);
	g_free(vm->ip);
	g_free(vm->heartbeat);
	g_free(vm->guest_error);
	g_free(vm);
}

void vm_mark(Vm *vm, guint changes)
{
	vm->dirty |= changes;
	model_flush_later(vm->model);
}

char *vm_file(const Vm *vm, const char *name)
{
	return g_canonicalize_filename(name, vm->folder);
}

void vm_set_alert(Vm *vm, const char *alert)
{
	if (g_strcmp0(vm->alert, alert) == 0)
		return;
	g_free(vm->alert);
	vm->alert = g_strdup(alert);
	vm_mark(vm, VM_CHANGED_STATUS);
}

void vm_settle(Vm *vm)
{
	VmState state;

	if (vm->job)
		return;
	if (vm->machine) {
		state = vm->machine_state;
	} else {
		g_autofree char *saved = vm_file(vm, VM_SAVED_STATE);
		state = g_file_test(saved, G_FILE_TEST_EXISTS) ? VM_SAVED : VM_OFF;
	}
	if (state == vm->state)
		return;
	vm->state = state;
	vm_mark(vm, VM_CHANGED_STATE);
	model_sampling_update(vm->model);
}

MachineOptions vm_machine_options(Vm *vm, char **log_file)
{
	*log_file = vm_file(vm, "qemu.log");
	return (MachineOptions){ .id = vm->spec->id,
				 .name = vm->spec->name,
				 .log_file = *log_file,
				 .watch = vm_on_machine,
				 .data = vm };
}

void vm_take_machine(Vm *vm, Machine *machine)
{
	g_assert(!vm->machine);
	vm->machine = machine;
	vm->machine_state = VM_PAUSED;
	vm->started = g_get_real_time() / G_USEC_PER_SEC;
	vm_set_alert(vm, NULL);
	vm_mark(vm, VM_CHANGED_STATE);
}

/* The servers of carrel-view live over power cycles, and so do the notes about them. */
static const char *const kept_run_files[] = { "vncd.json", "web.json", NULL };

void vm_clear_run_dir(Vm *vm)
{
	g_autofree char *run_dir = paths_vm_run_dir(vm->spec->id);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(run_dir, name, NULL);
		if (!g_strv_contains(kept_run_files, name) && unlink(path) < 0)
			g_warning("cannot remove `%s': %s", path, g_strerror(errno));
	}
	if (dir)
		rmdir(run_dir); /* fails while something is kept */
}

/* The process is gone: nothing of it may stay behind. */
static gboolean end_install(Vm *vm, gboolean by_itself)
{
	g_autofree char *saved = vm_file(vm, VM_SAVED_STATE);

	return install_ended(vm->folder, by_itself, g_file_test(saved, G_FILE_TEST_EXISTS));
}

/* The installer restarts the machine as its last deed; from now on its disk is what is booted. */
static void start_installed(Vm *vm)
{
	g_autoptr(GError) error = NULL;

	if (!vm_operate(vm, VM_OP_START, NULL, &error))
		g_warning("VM `%s' is installed, but: %s", vm->spec->name, error->message);
}

static void clear_machine(Vm *vm, const char *words)
{
	g_clear_pointer(&vm->machine, machine_free);
	vm_press_end(vm);
	vm_record_forget(vm);
	if (vm->tpm_pid)
		tpm_stop(vm->tpm_pid);
	vm->tpm_pid = 0;
	vm->started = 0;
	vm->instant = FALSE;
	vm_stats_reset(vm);
	vm_clear_run_dir(vm);
	g_free(vm->last_words);
	vm->last_words = g_strdup(words);
	/* A job that is hurt by this reports the words itself. */
	if (words && !vm->job) {
		g_autofree char *alert = g_strdup_printf("QEMU ended unexpectedly: %s", words);
		vm_set_alert(vm, alert);
	} else if (!words) {
		vm_set_alert(vm, NULL);
	}
	if (!vm->job)
		vm_instant_recover(vm);
	gboolean installed = end_install(vm, !words && !vm->job);
	g_autoptr(GPtrArray) waits = g_steal_pointer(&vm->gone_waits);
	vm->gone_waits = g_ptr_array_new();
	vm_mark(vm, VM_CHANGED_STATE);
	vm_settle(vm);
	for (guint i = 0; i < waits->len; i++) {
		g_task_return_boolean(waits->pdata[i], TRUE);
		g_object_unref(waits->pdata[i]);
	}
	if (installed)
		start_installed(vm);
}

static void stopped_by_error(Vm *vm, const char *alert)
{
	vm->machine_state = VM_CRITICAL;
	vm_set_alert(vm, alert);
	g_warning("VM `%s': %s", vm->spec->name, alert);
}

void vm_on_machine(Machine *machine, MachineEvent event, const char *detail, gpointer data)
{
	Vm *vm = data;
	g_autofree char *sentence = NULL;

	switch (event) {
	case MACHINE_RUNNING:
		vm->machine_state = VM_RUNNING;
		vm_set_alert(vm, NULL);
		break;
	case MACHINE_PAUSED:
		/* STOP also follows on an error; that one must stay visible. */
		if (vm->machine_state != VM_CRITICAL)
			vm->machine_state = VM_PAUSED;
		break;
	case MACHINE_RESET:
		vm_record_reset(vm);
		break;
	case MACHINE_SHUTDOWN:
		break;
	case MACHINE_PANICKED:
		stopped_by_error(
			vm, "the guest's kernel panicked; look at its screen, then reset it or turn it off");
		break;
	case MACHINE_IO_ERROR:
		sentence = g_strdup_printf("stopped by a disk error: %s; remove the cause, then resume",
					   detail ? detail : "?");
		stopped_by_error(vm, sentence);
		break;
	case MACHINE_LOST:
		vm_set_alert(vm, "QEMU does not answer on its monitor");
		break;
	case MACHINE_GONE:
		clear_machine(vm, detail);
		return;
	}
	vm_settle(vm);
}

typedef struct {
	Vm *vm;
	guint timeout;
	gulong cancel_handler;
} GoneWait;

static void gone_wait_free(gpointer data)
{
	GoneWait *wait = data;

	if (wait->timeout)
		g_source_remove(wait->timeout);
	g_free(wait);
}

static void gone_wait_fail(GTask *task, GError *error)
{
	GoneWait *wait = g_task_get_task_data(task);

	if (!g_ptr_array_remove(wait->vm->gone_waits, task)) {
		g_error_free(error);
		return;
	}
	g_task_return_error(task, error);
	g_object_unref(task);
}

static gboolean on_gone_timeout(gpointer data)
{
	GoneWait *wait = g_task_get_task_data(data);

	wait->timeout = 0;
	gone_wait_fail(data, error_new(CARREL_ERROR_TIMEOUT, NULL, "VM `%s' did not end in time",
				       wait->vm->spec->name));
	return G_SOURCE_REMOVE;
}

static void on_gone_cancelled(GCancellable *cancellable, gpointer data)
{
	gone_wait_fail(data, error_new(CARREL_ERROR_CANCELLED, NULL, "waiting was cancelled"));
}

void vm_wait_gone(Vm *vm, guint timeout_s, GCancellable *cancellable, GAsyncReadyCallback callback,
		  gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	GoneWait *wait = g_new0(GoneWait, 1);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, wait, gone_wait_free);
	wait->vm = vm;
	if (!vm->machine) {
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
		return;
	}
	g_ptr_array_add(vm->gone_waits, task);
	if (timeout_s)
		wait->timeout = g_timeout_add_seconds(timeout_s, on_gone_timeout, task);
	if (cancellable)
		g_signal_connect_object(cancellable, "cancelled", G_CALLBACK(on_gone_cancelled), task, 0);
}

gboolean vm_wait_gone_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

const char *vm_id(const Vm *vm)
{
	return vm->spec->id;
}

const char *vm_name(const Vm *vm)
{
	return vm->spec->name;
}

const char *vm_folder(const Vm *vm)
{
	return vm->folder;
}

VmState vm_state(const Vm *vm)
{
	return vm->state;
}

const char *vm_status(const Vm *vm)
{
	if (vm->alert)
		return vm->alert;
	const char *guest = vm_guest_status(vm);
	return vm->conf_error ? vm->conf_error : guest ? guest : "";
}

const VmSpec *vm_spec(const Vm *vm)
{
	return vm->spec;
}

GVariant *vm_fields(const Vm *vm)
{
	return vm_spec_to_variant(vm->spec);
}

int vm_pid(const Vm *vm)
{
	return vm->machine ? machine_pid(vm->machine) : 0;
}

const char *vm_accelerator(const Vm *vm)
{
	if (!vm->machine)
		return "";
	return vm->accel == ACCEL_KVM ? "kvm" : "tcg";
}

gint64 vm_started(const Vm *vm)
{
	return vm->started;
}

gint64 vm_created(const Vm *vm)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(vm->spec->created, utc);

	return time ? g_date_time_to_unix(time) : 0;
}

guint64 vm_memory_assigned(const Vm *vm)
{
	return vm->machine ? vm->spec->memory : 0;
}

guint64 vm_memory_demand(const Vm *vm)
{
	return vm->resident;
}

double vm_cpu_usage(const Vm *vm)
{
	return vm->cpu_usage;
}

gboolean vm_is_instant(const Vm *vm)
{
	return vm->machine && vm->instant;
}

const char *vm_ip(const Vm *vm)
{
	return vm->ip;
}

const char *vm_heartbeat(const Vm *vm)
{
	return vm->machine ? vm->heartbeat : "";
}
