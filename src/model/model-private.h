/* What the files of src/model share about the Model. Nobody else includes this. */
#pragma once

#include "base/steps.h"
#include "gallery/gallery.h"
#include "hv/host.h"
#include "model/model.h"
#include "spec/host-conf.h"

struct Model {
	char *store;
	int lock; /* fd that holds the store's lock */
	Host *host;
	Gallery *gallery;
	struct Templates *templates;
	struct Warming *warming; /* the template that is being made, or NULL; template-make.c */
	HostSpec *conf;          /* carrel.conf */
	gint64 conf_mtime_ns;
	guint images_revision;
	GError *conf_error;   /* what is wrong with it, NULL = nothing */
	GPtrArray *vms;       /* of Vm, owned, sorted by name */
	GPtrArray *jobs;      /* of Job, referenced, oldest first */
	GHashTable *creating; /* names that a create job is about to use */
	guint next_job;
	gint64 store_mtime_ns;
	ModelWatch watch;
	gpointer watch_data;
	guint flush_source, sample_source, observers;
	GPtrArray *ready_waits; /* of GTask; NULL once ready */
	guint pending;          /* what model_ready() waits for */
};

void model_notify(Model *model, ModelEvent event, gpointer object, guint changes);
void model_flush_later(Model *model);

/* Adds a job to the list and announces it. Borrowed. */
Job *model_add_job(Model *model, const char *verb, const char *subject);

/* Registry: keeps the order, announces. model_remove_vm() frees unless @keep. */
void model_add_vm(Model *model, Vm *vm);
void model_remove_vm(Model *model, Vm *vm, gboolean keep);
void model_sort_vms(Model *model);
Vm *model_vm_by_name(Model *model, const char *name);
/* CARREL_ERROR_EXISTS when the name is used, its folder exists, or a create job has it; names are compared without case. */
gboolean model_name_free(Model *model, const char *name, GError **error);

/* Another VM with a process that uses this file; NULL if none. */
Vm *model_disk_user(Model *model, const char *path, const Vm *except);

/* Samples all while observed and something runs. */
void model_sampling_update(Model *model);

/* Probes the host again if QEMU was installed, removed or upgraded since; finish always succeeds. */
void model_check_host(Model *model, GAsyncReadyCallback callback, gpointer data);
