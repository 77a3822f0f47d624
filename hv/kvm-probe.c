/* Runs carrel-kvm-probe and remembers a measured result until the next boot; what may change at any time (permissions) is asked anew. */
#include <sys/utsname.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "hv/host.h"
#include "hv/kvm-probe.h"

#define PROBE_TIMEOUT_MS 2000

void kvm_probe_free(KvmProbe *probe)
{
	if (!probe)
		return;
	g_free(probe->reason);
	g_free(probe);
}

static char *cache_path(void)
{
	g_autofree char *dir = paths_cache_dir();

	return g_build_filename(dir, "kvm.json", NULL);
}

/* Which boot of which kernel a result is about. */
static char *boot_stamp(void)
{
	g_autofree char *boot = NULL;
	struct utsname host;

	if (uname(&host) < 0 || !g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
		return NULL;
	return g_strdup_printf("%s %s", g_strchomp(boot), host.release);
}

static double speed_of(JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "speed");

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : 0;
}

static KvmProbe *probe_from_json(JsonObject *object)
{
	const char *reason = json_get_string(object, "reason", NULL);

	if (!reason)
		return NULL;
	KvmProbe *probe = g_new0(KvmProbe, 1);
	probe->present = json_bool_or(object, "present", FALSE);
	probe->works = json_bool_or(object, "works", FALSE);
	probe->speed = speed_of(object);
	probe->reason = g_strdup(reason);
	return probe;
}

static KvmProbe *cache_load(void)
{
	g_autofree char *path = cache_path();
	g_autofree char *stamp = boot_stamp();
	g_autofree char *text = NULL;
	gsize length;

	if (!stamp || !g_file_get_contents(path, &text, &length, NULL))
		return NULL;
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, NULL);
	JsonObject *object = node ? json_as_object(node, path, NULL) : NULL;
	if (!object || g_strcmp0(json_string_or(object, "boot", NULL), stamp) != 0)
		return NULL;
	return probe_from_json(object);
}

static void cache_save(const KvmProbe *probe)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *path = cache_path();
	g_autofree char *stamp = boot_stamp();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();
	g_autoptr(GError) error = NULL;

	json_node_take_object(node, object);
	json_object_set_string_member(object, "boot", stamp ? stamp : "");
	json_object_set_boolean_member(object, "present", probe->present);
	json_object_set_boolean_member(object, "works", probe->works);
	json_object_set_double_member(object, "speed", probe->speed);
	json_object_set_string_member(object, "reason", probe->reason);
	g_autofree char *text = json_text(node, TRUE);
	if (g_mkdir_with_parents(dir, 0700) < 0 || !file_replace(path, text, -1, 0600, &error))
		g_debug("result of the KVM probe is not cached: %s", error ? error->message : dir);
}

static KvmProbe *probe_failed(const GError *error)
{
	KvmProbe *probe = g_new0(KvmProbe, 1);
	g_autofree char *message = error_message(error);

	probe->present = access("/dev/kvm", F_OK) == 0;
	probe->reason = g_strdup_printf("KVM could not be tried: %s", message);
	return probe;
}

static void on_probed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);
	g_autoptr(JsonNode) node = child ? json_parse(g_strchomp(child->out), -1, &error) : NULL;
	JsonObject *object = node ? json_as_object(node, "the answer of carrel-kvm-probe", &error) : NULL;
	KvmProbe *probe = object ? probe_from_json(object) : NULL;

	if (!probe && !error)
		error = error_new(CARREL_ERROR_FAILED, NULL, "carrel-kvm-probe gave no reason");
	if (!probe)
		probe = probe_failed(error);
	else if (probe->speed > 0)
		cache_save(probe);
	g_task_return_pointer(task, probe, (GDestroyNotify)kvm_probe_free);
}

void kvm_probe_run(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	KvmProbe *cached = access("/dev/kvm", R_OK | W_OK) == 0 ? cache_load() : NULL;

	g_task_set_check_cancellable(task, FALSE);
	if (cached) {
		g_task_return_pointer(task, cached, (GDestroyNotify)kvm_probe_free);
		g_object_unref(task);
		return;
	}
	g_autofree char *program = paths_program("carrel-kvm-probe");
	const char *argv[] = { program, NULL };
	child_run(argv, PROBE_TIMEOUT_MS, NULL, NULL, cancellable, on_probed, task);
}

KvmProbe *kvm_probe_finish(GAsyncResult *result)
{
	return g_task_propagate_pointer(G_TASK(result), NULL);
}
