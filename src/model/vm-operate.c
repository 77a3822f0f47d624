/* Operations on a VM: which states they need, which state they show, which steps they take. */
#include "base/error.h"
#include "model/vm-checkpoint.h"

typedef struct {
	VmOp op;
	VmState busy; /* shown while the job runs; VM_STATE_COUNT = unchanged */
	const Step *steps;
} OpPlan;

static const OpPlan plans[] = {
	{VM_OP_START,            VM_STARTING,    vm_start_steps     },
	{ VM_OP_SHUTDOWN,        VM_STOPPING,    vm_shutdown_steps  },
	{ VM_OP_TURN_OFF,        VM_STOPPING,    vm_turn_off_steps  },
	{ VM_OP_RESET,           VM_RESETTING,   vm_reset_steps     },
	{ VM_OP_PAUSE,           VM_PAUSING,     vm_pause_steps     },
	{ VM_OP_RESUME,          VM_RESUMING,    vm_resume_steps    },
	{ VM_OP_SAVE,            VM_SAVING,      vm_save_steps      },
	{ VM_OP_DELETE,          VM_STATE_COUNT, vm_delete_steps    },
	{ VM_OP_CHECKPOINT,      VM_SAVING,      vm_checkpoint_steps},
	{ VM_OP_APPLY,           VM_STOPPING,    vm_apply_steps     },
	{ VM_OP_DROP_CHECKPOINT, VM_STATE_COUNT, vm_drop_steps      },
};

void vm_run_clear(VmRun *run)
{
	g_clear_pointer(&run->firmware, firmware_free);
	g_clear_pointer(&run->ports, g_free);
	g_clear_pointer(&run->memory_file, g_free);
	g_clear_pointer(&run->template_id, g_free);
	g_clear_pointer(&run->adapters, g_ptr_array_unref);
	run->memory = MEMORY_OWN;
	run->link_index = run->adapter_index = 0;
}

static void vm_run_free(VmRun *run)
{
	vm_run_clear(run);
	checkpoint_run_free(run->checkpoint);
	g_free(run->trash);
	job_unref(run->job);
	g_free(run);
}

static void on_progress(const char *name, guint index, guint count, gpointer context)
{
	job_step(((VmRun *)context)->job, name, index, count);
}

static void on_steps_done(GObject *source, GAsyncResult *result, gpointer data)
{
	VmRun *run = data;
	GError *error = NULL;

	steps_run_finish(result, &error);
	if (vm_instant_falls_back(run, error)) {
		g_clear_error(&error);
		steps_run(vm_start_steps, run, on_progress, run->job->cancellable, on_steps_done, run);
		return;
	}
	vm_run_end(run, error);
}

static void run_begin(VmRun *run)
{
	Vm *vm = run->vm;
	const OpPlan *plan = &plans[run->op];

	g_assert(plan->op == run->op);
	vm->job = job_ref(run->job);
	run->was_running = vm->machine && vm->machine_state == VM_RUNNING;
	g_clear_pointer(&vm->last_words, g_free);
	if (plan->busy != VM_STATE_COUNT)
		vm->state = plan->busy;
	vm_mark(vm, VM_CHANGED_STATE);
	run->instant =
		run->op == VM_OP_START && !run->options.paused && vm_instant_state(vm) == INSTANT_WANTED;
	steps_run(run->instant ? vm_instant_steps : plan->steps, run, on_progress, run->job->cancellable,
		  on_steps_done, run);
}

/* QEMU's own words say more than "the monitor was closed". */
static GError *with_last_words(Vm *vm, GError *error)
{
	if (!error || !vm->last_words || vm->machine)
		return error;
	GError *better = error_new(CARREL_ERROR_FAILED, NULL, "QEMU for VM `%s' ended: %s", vm->spec->name,
				   vm->last_words);
	g_clear_pointer(&vm->last_words, g_free);
	g_error_free(error);
	return better;
}

void vm_run_end(VmRun *run, GError *error)
{
	Vm *vm = run->vm;
	g_autoptr(Job) job = job_ref(run->job);
	gboolean deleted = run->op == VM_OP_DELETE && !error;
	gboolean start_again = run->start_again && !error;

	g_clear_pointer(&vm->job, job_unref);
	error = with_last_words(vm, error);
	if (error && error->domain != G_IO_ERROR)
		g_message("%s of `%s': %s", job->verb, vm->spec->name, error->message);
	vm_run_free(run);
	if (deleted) {
		vm_free(vm);
		job_end(job, NULL);
		return;
	}
	vm_settle(vm);
	vm_mark(vm, VM_CHANGED_STATE);
	if (start_again && !vm->next)
		vm_operate(vm, VM_OP_START, NULL, &error);
	else if (!vm->machine)
		vm_consoles_refuse(vm);
	job_end(job, error);
	if (vm->next && !vm->job)
		run_begin(g_steal_pointer(&vm->next));
}

/* Turning off calls off any job but those that end with the process gone anyway. */
static gboolean job_in_the_way(const Vm *vm, VmOp op)
{
	if (!vm->job)
		return FALSE;
	return vm->next || op != VM_OP_TURN_OFF || g_str_equal(vm->job->verb, "delete") ||
	       g_str_equal(vm->job->verb, "turn-off");
}

static gboolean may_begin(Vm *vm, VmOp op, const VmOpOptions *options, GError **error)
{
	VmState state = vm->state;

	if (op == VM_OP_DELETE && options->force && vm->machine && !vm->job)
		state = VM_OFF;
	if (!vm_op_check(op, state, vm->spec->name, error))
		return FALSE;
	if (job_in_the_way(vm, op))
		return error_set(error, CARREL_ERROR_STATE, "wait until it has ended",
				 "job `%s' of VM `%s' still runs", vm->job->verb, vm->spec->name);
	if (op == VM_OP_START && vm->conf_error)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "%s", vm->conf_error);
	return TRUE;
}

static gboolean is_about_checkpoint(VmOp op)
{
	return op == VM_OP_CHECKPOINT || op == VM_OP_APPLY || op == VM_OP_DROP_CHECKPOINT;
}

Job *vm_operate(Vm *vm, VmOp op, const VmOpOptions *options, GError **error)
{
	static const VmOpOptions none;

	options = options ? options : &none;
	if (op == VM_OP_START)
		vm_load(vm);
	if (!may_begin(vm, op, options, error))
		return NULL;
	CheckpointRun *checkpoint = NULL;
	if (is_about_checkpoint(op) && !(checkpoint = checkpoint_run_new(vm, op, options, error)))
		return NULL;
	VmRun *run = g_new0(VmRun, 1);
	run->vm = vm;
	run->checkpoint = checkpoint;
	run->op = op;
	run->options = *options;
	run->job = job_ref(model_add_job(vm->model, vm_op_verb(op), vm->spec->name));
	g_free(run->job->result_id);
	run->job->result_id = g_strdup(vm->spec->id);
	if (vm->job) {
		vm->next = run;
		job_cancel(vm->job);
	} else {
		run_begin(run);
	}
	return run->job;
}
