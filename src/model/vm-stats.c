/* What a running VM uses, and what its guest agent says; only while somebody looks. */
#include <math.h>

#include "base/paths.h"
#include "hv/qga.h"
#include "model/vm-private.h"

/* An agent that has answered is asked rarely, one that has not (a guest that boots) more often. */
#define AGENT_OK_INTERVAL_US   (20 * G_USEC_PER_SEC)
#define AGENT_WAIT_INTERVAL_US (4 * G_USEC_PER_SEC)
#define AGENT_TIMEOUT_MS       2000

static void set_agent(Vm *vm, const char *heartbeat, const char *ip)
{
	if (g_str_equal(vm->heartbeat, heartbeat) && g_str_equal(vm->ip, ip))
		return;
	g_free(vm->heartbeat);
	g_free(vm->ip);
	vm->heartbeat = g_strdup(heartbeat);
	vm->ip = g_strdup(ip);
	vm_mark(vm, VM_CHANGED_AGENT);
}

void vm_stats_reset(Vm *vm)
{
	vm->cpu_us = vm->resident = 0;
	vm->sampled = vm->agent_asked = 0;
	vm->cpu_usage = 0;
	set_agent(vm, "unknown", "");
	vm_guest_reset(vm);
	vm_mark(vm, VM_CHANGED_STATS);
}

/* The VM may be deleted while its agent thinks: find it again by id. */
typedef struct {
	Model *model;
	char *id;
} AgentAsk;

static void on_agent(GObject *source, GAsyncResult *result, gpointer data)
{
	AgentAsk *ask = data;
	g_autoptr(JsonNode) reply = qga_call_finish(result, NULL);
	Vm *vm = model_vm_by_id(ask->model, ask->id);

	if (vm)
		vm->agent_busy = FALSE;
	if (vm && vm->machine) {
		g_autofree char *ip = reply ? qga_first_address(reply) : NULL;
		set_agent(vm, reply ? "ok" : "none", ip ? ip : "");
		if (reply)
			vm_guest_answered(vm);
	}
	g_free(ask->id);
	g_free(ask);
}

static void ask_agent(Vm *vm, gint64 now)
{
	gboolean content = g_str_equal(vm->heartbeat, "ok") && *vm->ip && vm->guest == GUEST_READY;
	gint64 interval = content ? AGENT_OK_INTERVAL_US : AGENT_WAIT_INTERVAL_US;

	if (vm->agent_busy || vm->job || !vm->spec->guest_agent || vm->machine_state != VM_RUNNING ||
	    (vm->agent_asked && now - vm->agent_asked < interval))
		return;
	g_autofree char *socket = paths_vm_run_file(vm->spec->id, "qga");
	AgentAsk *ask = g_new0(AgentAsk, 1);
	*ask = (AgentAsk){ vm->model, g_strdup(vm->spec->id) };
	vm->agent_busy = TRUE;
	vm->agent_asked = now;
	qga_call(socket, "guest-network-get-interfaces", NULL, AGENT_TIMEOUT_MS, NULL, on_agent, ask);
}

void vm_sample(Vm *vm, gint64 now)
{
	guint64 cpu_us, resident;

	if (!vm->machine || !machine_sample(vm->machine, &cpu_us, &resident))
		return;
	/* Rounded, so that a value that a person would call the same is no change. */
	double usage =
		vm->sampled ? rint(100.0 * (double)(cpu_us - vm->cpu_us) / (double)(now - vm->sampled)) : 0;
	resident &= ~(guint64)0xfffff;
	if (usage != vm->cpu_usage || resident != vm->resident)
		vm_mark(vm, VM_CHANGED_STATS);
	vm->cpu_usage = usage;
	vm->resident = resident;
	vm->cpu_us = cpu_us;
	vm->sampled = now;
	ask_agent(vm, now);
}
