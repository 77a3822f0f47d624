#include "model/model.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "model/model-private.h"
#include "model/vm-private.h"

#define SAMPLE_INTERVAL_MS 2000
/* Jobs that ended are shown this long, and at most so many. */
#define JOB_KEEP_US  (G_GINT64_CONSTANT(10) * 60 * G_USEC_PER_SEC)
#define JOB_KEEP_MAX 100

void model_notify(Model *model, ModelEvent event, gpointer object, guint changes)
{
	if (event == MODEL_IMAGES_CHANGED && !object)
		model->images_revision++;
	if (model->watch)
		model->watch(model, event, object, changes, model->watch_data);
}

void model_set_watch(Model *model, ModelWatch watch, gpointer data)
{
	model->watch = watch;
	model->watch_data = data;
}

static gboolean on_flush(gpointer data)
{
	Model *model = data;

	model->flush_source = 0;
	for (guint i = 0; i < model->vms->len; i++) {
		Vm *vm = model->vms->pdata[i];
		guint changes = vm->dirty;
		vm->dirty = 0;
		if (changes)
			model_notify(model, MODEL_VM_CHANGED, vm, changes);
	}
	return G_SOURCE_REMOVE;
}

void model_flush_later(Model *model)
{
	if (!model->flush_source && model->watch)
		model->flush_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_flush, model, NULL);
}

/* --- registry --- */

static gint compare_vms(gconstpointer a, gconstpointer b)
{
	const Vm *first = *(Vm *const *)a, *second = *(Vm *const *)b;
	gint order = g_ascii_strcasecmp(first->spec->name, second->spec->name);

	return order ? order : strcmp(first->spec->name, second->spec->name);
}

void model_sort_vms(Model *model)
{
	g_ptr_array_sort(model->vms, compare_vms);
}

void model_add_vm(Model *model, Vm *vm)
{
	g_ptr_array_add(model->vms, vm);
	model_sort_vms(model);
	model_notify(model, MODEL_VM_ADDED, vm, 0);
}

void model_remove_vm(Model *model, Vm *vm, gboolean keep)
{
	if (!g_ptr_array_remove(model->vms, vm))
		return;
	model_notify(model, MODEL_VM_REMOVED, vm, 0);
	if (!keep)
		vm_free(vm);
}

GPtrArray *model_vms(Model *model)
{
	return model->vms;
}

Vm *model_vm_by_id(Model *model, const char *id)
{
	for (guint i = 0; i < model->vms->len; i++) {
		Vm *vm = model->vms->pdata[i];
		if (vm->spec && g_str_equal(vm->spec->id, id))
			return vm;
	}
	return NULL;
}

Vm *model_vm_by_name(Model *model, const char *name)
{
	for (guint i = 0; i < model->vms->len; i++)
		if (g_str_equal(((Vm *)model->vms->pdata[i])->spec->name, name))
			return model->vms->pdata[i];
	return NULL;
}

Vm *model_find_vm(Model *model, const char *name, GError **error)
{
	Vm *found = model_vm_by_name(model, name);
	guint matches = 0;

	for (guint i = 0; !found && strlen(name) >= 8 && i < model->vms->len; i++)
		if (g_str_has_prefix(((Vm *)model->vms->pdata[i])->spec->id, name))
			matches++;
	for (guint i = 0; matches == 1 && !found && i < model->vms->len; i++)
		if (g_str_has_prefix(((Vm *)model->vms->pdata[i])->spec->id, name))
			found = model->vms->pdata[i];
	if (!found && matches > 1)
		error_set(error, CARREL_ERROR_NOT_FOUND, "write more of the id",
			  "%u VMs have an id that begins with `%s'", matches, name);
	else if (!found)
		error_set(error, CARREL_ERROR_NOT_FOUND, "list VMs with `carrel list'", "there is no VM `%s'",
			  name);
	return found;
}

gboolean model_name_free(Model *model, const char *name, GError **error)
{
	GHashTableIter iter;
	gpointer used;
	g_autofree char *folder = g_build_filename(model->store, name, NULL);

	for (guint i = 0; i < model->vms->len; i++)
		if (g_ascii_strcasecmp(((Vm *)model->vms->pdata[i])->spec->name, name) == 0)
			return error_set(error, CARREL_ERROR_EXISTS, "choose another name",
					 "there is already a VM `%s'", name);
	g_hash_table_iter_init(&iter, model->creating);
	while (g_hash_table_iter_next(&iter, &used, NULL))
		if (g_ascii_strcasecmp(used, name) == 0)
			return error_set(error, CARREL_ERROR_EXISTS, "choose another name",
					 "a VM `%s' is just being created", name);
	if (g_file_test(folder, G_FILE_TEST_EXISTS))
		return error_set(error, CARREL_ERROR_EXISTS, "choose another name, or move the folder away",
				 "there is already a folder `%s'", folder);
	return TRUE;
}

Vm *model_disk_user(Model *model, const char *path, const Vm *except)
{
	for (guint i = 0; i < model->vms->len; i++) {
		Vm *vm = model->vms->pdata[i];
		if (vm == except || !vm->machine)
			continue;
		for (guint k = 0; k < vm->spec->disks->len; k++) {
			g_autofree char *used = vm_file(vm, ((DiskSpec *)vm->spec->disks->pdata[k])->file);
			if (g_str_equal(used, path))
				return vm;
		}
	}
	return NULL;
}

guint model_switch_adapters(Model *model, const char *name)
{
	guint count = 0;

	for (guint i = 0; i < model->vms->len; i++) {
		const VmSpec *spec = ((Vm *)model->vms->pdata[i])->spec;
		for (guint k = 0; k < spec->nics->len; k++)
			count += g_str_equal(((NicSpec *)spec->nics->pdata[k])->switch_name, name);
	}
	return count;
}

const char *model_store(Model *model)
{
	return model->store;
}

/* --- jobs --- */

static void on_job_changed(Job *job, gpointer data)
{
	model_notify(data, MODEL_JOB_CHANGED, job, 0);
}

/* Old ones leave when a new one comes; no timer is needed for that. */
static void drop_old_jobs(Model *model)
{
	gint64 limit = g_get_monotonic_time() - JOB_KEEP_US;

	for (guint i = 0; i < model->jobs->len;) {
		Job *job = model->jobs->pdata[i];
		if (job->state == JOB_RUNNING ||
		    (job->ended_mono > limit && model->jobs->len <= JOB_KEEP_MAX)) {
			i++;
			continue;
		}
		model_notify(model, MODEL_JOB_REMOVED, job, 0);
		g_ptr_array_remove_index(model->jobs, i);
	}
}

Job *model_add_job(Model *model, const char *verb, const char *subject)
{
	Job *job = job_new(++model->next_job, verb, subject, on_job_changed, model);

	drop_old_jobs(model);
	g_ptr_array_add(model->jobs, job);
	model_notify(model, MODEL_JOB_ADDED, job, 0);
	return job;
}

GPtrArray *model_jobs(Model *model)
{
	return model->jobs;
}

Job *model_job(Model *model, guint number)
{
	for (guint i = 0; i < model->jobs->len; i++)
		if (((Job *)model->jobs->pdata[i])->number == number)
			return model->jobs->pdata[i];
	return NULL;
}

gboolean model_is_idle(Model *model)
{
	for (guint i = 0; i < model->vms->len; i++)
		if (((Vm *)model->vms->pdata[i])->machine)
			return FALSE;
	for (guint i = 0; i < model->jobs->len; i++)
		if (((Job *)model->jobs->pdata[i])->state == JOB_RUNNING)
			return FALSE;
	return TRUE;
}

/* --- sampling --- */

static gboolean on_sample(gpointer data)
{
	Model *model = data;
	gint64 now = g_get_monotonic_time();

	for (guint i = 0; i < model->vms->len; i++)
		vm_sample(model->vms->pdata[i], now);
	return G_SOURCE_CONTINUE;
}

void model_sampling_update(Model *model)
{
	gboolean wanted = FALSE;

	for (guint i = 0; model->observers > 0 && !wanted && i < model->vms->len; i++)
		wanted = ((Vm *)model->vms->pdata[i])->machine != NULL;
	if (wanted && !model->sample_source) {
		model->sample_source = g_timeout_add(SAMPLE_INTERVAL_MS, on_sample, model);
		on_sample(model);
	} else if (!wanted) {
		g_clear_handle_id(&model->sample_source, g_source_remove);
	}
}

void model_observe(Model *model, gboolean begin)
{
	model->observers += begin ? 1 : -1u;
	model_sampling_update(model);
}
