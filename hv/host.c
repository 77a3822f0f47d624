/* What this machine can do, gathered once by the daemon and again where it may have changed. */
#include "base/error.h"
#include "hv/host.h"

typedef struct {
	Host *host;
	guint waiting;
} Gathering;

void host_free(Host *host)
{
	if (!host)
		return;
	qemu_caps_free(host->caps);
	g_clear_error(&host->caps_error);
	kvm_probe_free(host->kvm);
	g_free(host);
}

static void gathering_free(gpointer data)
{
	Gathering *gathering = data;

	host_free(gathering->host);
	g_free(gathering);
}

static void gathered(GTask *task)
{
	Gathering *gathering = g_task_get_task_data(task);

	if (--gathering->waiting > 0)
		return;
	gathering->host->accel = gathering->host->kvm->works ? ACCEL_KVM : ACCEL_TCG;
	g_task_return_pointer(task, g_steal_pointer(&gathering->host), (GDestroyNotify)host_free);
	g_object_unref(task);
}

static void on_caps(GObject *source, GAsyncResult *result, gpointer data)
{
	Gathering *gathering = g_task_get_task_data(data);

	gathering->host->caps = qemu_caps_probe_finish(result, &gathering->host->caps_error);
	gathered(data);
}

static void on_kvm(GObject *source, GAsyncResult *result, gpointer data)
{
	Gathering *gathering = g_task_get_task_data(data);

	gathering->host->kvm = kvm_probe_finish(result);
	gathered(data);
}

void host_probe(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Gathering *gathering = g_new0(Gathering, 1);

	/* A cancelled probe still gives a Host, with what it knows. */
	g_task_set_check_cancellable(task, FALSE);
	gathering->host = g_new0(Host, 1);
	gathering->waiting = 2;
	g_task_set_task_data(task, gathering, gathering_free);
	qemu_caps_probe(cancellable, on_caps, task);
	kvm_probe_run(cancellable, on_kvm, task);
}

Host *host_probe_finish(GAsyncResult *result)
{
	return g_task_propagate_pointer(G_TASK(result), NULL);
}
