/* Opening the store: its lock, its folders, the machines that run already, the host. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "model/instant.h"
#include "model/images-private.h"
#include "model/model-private.h"
#include "model/vm-private.h"

static gboolean lock_store(Model *model, GError **error)
{
	g_autofree char *path = g_build_filename(model->store, ".lock", NULL);
	g_autoptr(GError) local = NULL;
	int holder = 0;

	model->lock = file_lock(path, &holder, &local);
	if (model->lock >= 0)
		return TRUE;
	if (holder <= 0) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FALSE;
	}
	return error_set(error, CARREL_ERROR_EXISTS, "end that one first, or use another CARREL_HOME",
			 "store `%s' is held by another carreld (pid %d)", model->store, holder);
}

static gint64 mtime_ns(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	return (gint64)st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec;
}

/* Folders without vm.conf are none of ours; hidden ones are half made or half deleted. */
static void scan_folders(Model *model)
{
	g_autoptr(GDir) dir = g_dir_open(model->store, 0, NULL);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	guint before = model->vms->len;
	const char *name;

	for (guint i = 0; i < before; i++)
		g_hash_table_add(known, ((Vm *)model->vms->pdata[i])->folder);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *folder = g_build_filename(model->store, name, NULL);
		g_autofree char *conf = g_build_filename(folder, VM_CONF, NULL);
		if (*name == '.' || g_hash_table_contains(known, folder) || g_access(conf, F_OK) < 0)
			continue;
		g_ptr_array_add(model->vms, vm_new(model, folder));
	}
	for (guint i = before; i < model->vms->len; i++)
		model_notify(model, MODEL_VM_ADDED, model->vms->pdata[i], 0);
	model_sort_vms(model);
}

static void drop_vanished(Model *model)
{
	for (guint i = model->vms->len; i-- > 0;) {
		Vm *vm = model->vms->pdata[i];
		if (!vm->machine && !vm->job && !g_file_test(vm->folder, G_FILE_TEST_IS_DIR))
			model_remove_vm(model, vm, FALSE);
	}
}

void model_rescan(Model *model)
{
	gint64 mtime = mtime_ns(model->store);

	if (mtime != model->store_mtime_ns) {
		drop_vanished(model);
		scan_folders(model);
		model->store_mtime_ns = mtime_ns(model->store);
	}
	for (guint i = 0; i < model->vms->len; i++)
		if (!((Vm *)model->vms->pdata[i])->job)
			vm_load(model->vms->pdata[i]);
}

/* What a daemon that died left half made or half deleted. */
static void sweep_store(Model *model)
{
	g_autoptr(GDir) dir = g_dir_open(model->store, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(model->store, name, NULL);
		g_autoptr(GError) error = NULL;
		if ((g_str_has_prefix(name, ".new-") || g_str_has_prefix(name, ".deleted-")) &&
		    !file_remove_tree(path, &error))
			g_warning("%s", error->message);
	}
}

static void one_less(Model *model)
{
	if (--model->pending > 0)
		return;
	g_autoptr(GPtrArray) waits = g_steal_pointer(&model->ready_waits);
	for (guint i = 0; i < waits->len; i++) {
		g_task_return_boolean(waits->pdata[i], TRUE);
		g_object_unref(waits->pdata[i]);
	}
}

static void on_probed(GObject *source, GAsyncResult *result, gpointer data)
{
	((Model *)data)->host = host_probe_finish(result);
	one_less(data);
}

static void on_adopted(GObject *source, GAsyncResult *result, gpointer data)
{
	one_less(data);
}

/* A VM without a process whose saved state was set aside: the daemon died between continuing it and forgetting the file. */
static void forget_used_state(Vm *vm)
{
	g_autofree char *used = vm_file(vm, VM_USED_STATE);

	if (!vm->machine && unlink(used) == 0)
		g_warning("VM `%s': removed a saved state that was already continued", vm->spec->name);
}

static void open_templates(Model *model)
{
	g_autofree char *dir = paths_templates_dir();

	if (g_mkdir_with_parents(dir, 0700) < 0)
		g_warning("cannot create folder `%s': %s", dir, g_strerror(errno));
	model->templates = templates_open(dir, template_disk_used, model);
	template_clean_up(model);
}

Model *model_new(GError **error)
{
	g_autoptr(Model) model = g_new0(Model, 1);

	model->lock = -1;
	model->store = paths_vms_dir();
	model->vms = g_ptr_array_new();
	model->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_unref);
	model->creating = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	model->ready_waits = g_ptr_array_new();
	if (g_mkdir_with_parents(model->store, 0700) < 0) {
		file_error(error, errno, "create folder", model->store);
		return NULL;
	}
	if (!lock_store(model, error))
		return NULL;
	sweep_store(model);
	model->gallery = gallery_new();
	images_load_conf(model);
	scan_folders(model);
	open_templates(model);
	model->store_mtime_ns = mtime_ns(model->store);
	model->pending = 1 + model->vms->len;
	host_probe(NULL, on_probed, model);
	for (guint i = 0; i < model->vms->len; i++)
		vm_adopt(model->vms->pdata[i], on_adopted, model);
	return g_steal_pointer(&model);
}

void model_ready(Model *model, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);

	if (model->ready_waits) {
		g_ptr_array_add(model->ready_waits, task);
		return;
	}
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

gboolean model_ready_finish(Model *model, GAsyncResult *result, GError **error)
{
	for (guint i = 0; i < model->vms->len; i++)
		forget_used_state(model->vms->pdata[i]);
	return g_task_propagate_boolean(G_TASK(result), error);
}

void model_free(Model *model)
{
	if (!model)
		return;
	model->watch = NULL;
	template_abandon(model);
	g_clear_handle_id(&model->flush_source, g_source_remove);
	g_clear_handle_id(&model->sample_source, g_source_remove);
	for (guint i = 0; i < model->vms->len; i++)
		vm_free(model->vms->pdata[i]);
	g_ptr_array_unref(model->vms);
	g_ptr_array_unref(model->jobs);
	g_hash_table_unref(model->creating);
	g_clear_pointer(&model->ready_waits, g_ptr_array_unref);
	templates_free(model->templates);
	gallery_free(model->gallery);
	host_spec_free(model->conf);
	g_clear_error(&model->conf_error);
	if (model->host)
		host_free(model->host);
	fd_clear(&model->lock);
	g_free(model->store);
	g_free(model);
}

/* --- the host, again --- */

static gboolean host_is_current(const Host *host)
{
	return host->caps && g_access(host->caps->binary, X_OK) == 0;
}

static void on_probed_again(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Model *model = g_task_get_task_data(task);

	host_free(model->host);
	model->host = host_probe_finish(result);
	g_task_return_boolean(task, TRUE);
}

void model_check_host(Model *model, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);

	g_task_set_task_data(task, model, NULL);
	if (!host_is_current(model->host)) {
		host_probe(NULL, on_probed_again, task);
		return;
	}
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}
