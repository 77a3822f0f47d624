/*
 * The daemon's truth: all VMs, jobs, images, switches and what the host can do; the only writer of state.
 *
 * Data goes down as calls and comes up by one watch function. It knows no D-Bus.
 */
#pragma once

#include "model/guest-setup.h"
#include "model/vm.h"

typedef enum {
	MODEL_VM_ADDED,
	MODEL_VM_CHANGED, /* @changes: VmChange bits, collected over one turn of the main loop */
	MODEL_VM_REMOVED,
	MODEL_JOB_ADDED,
	MODEL_JOB_CHANGED,
	MODEL_JOB_REMOVED,
	MODEL_IMAGES_CHANGED /* @object: id of the one item, NULL = the whole list */
} ModelEvent;

typedef void (*ModelWatch)(Model *model, ModelEvent event, gpointer object, guint changes, gpointer data);

/* Opens the store: makes its folders, locks it (CARREL_ERROR_EXISTS names the holder), reads all VMs. Probing the host and finding running machines goes on in the
 * background; operations and model_ready() wait for it. */
Model *model_new(GError **error);
void model_free(Model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Model, model_free)

void model_set_watch(Model *model, ModelWatch watch, gpointer data);

/* Completes when running machines are adopted and the host is probed, so that states are true. */
void model_ready(Model *model, GAsyncReadyCallback callback, gpointer data);
gboolean model_ready_finish(Model *model, GAsyncResult *result, GError **error);

/* Somebody looks: sample CPU and memory and ask agents. Nested. */
void model_observe(Model *model, gboolean begin);

/* Nothing runs: no process, no job. */
gboolean model_is_idle(Model *model);

/* Reads VM folders that were changed by others; cheap when nothing was. */
void model_rescan(Model *model);

GPtrArray *model_vms(Model *model); /* of Vm, sorted by name; borrowed */
Vm *model_vm_by_id(Model *model, const char *id);
/* By name, id, or unique beginning (8 characters or more) of an id. */
Vm *model_find_vm(Model *model, const char *name, GError **error);

GPtrArray *model_jobs(Model *model); /* of Job; borrowed */
Job *model_job(Model *model, guint number);

/* A new VM: fields by path ("name" required), options as in the API's CreateVm. */
typedef struct {
	const char *image, *disk;
	gboolean has_disk_size;
	guint64 disk_size;
	gboolean start;
	GuestOptions guest;
	gboolean unattended;     /* the ISO's system is installed by itself, with @guest's settings */
	const char *product_key; /* for that; NULL = none */
	gboolean instant;        /* its first start may continue from a template of @image */
	gboolean unverified;     /* take also an image that nobody can verify */
} CreateOptions;
Job *model_create_vm(Model *model, GHashTable *fields, const CreateOptions *options, GError **error);

/* Makes a template of @image, as a VM with these fields would be, in the background; the job says when it is warm. One at a time. */
Job *model_warm_image(Model *model, const char *image, GHashTable *fields, GError **error);
/* Drops all templates of @image; how many there were. */
guint model_cool_image(Model *model, const char *image);

typedef struct {
	const char *id, *image; /* borrowed until the main loop runs again */
	guint64 memory, size;
	gint64 created, used;
} TemplateView;
/* Those that are good for something today: a GArray of TemplateView; caller unrefs. */
GArray *model_templates(Model *model);

/* Number of adapters plugged into a switch. */
guint model_switch_adapters(Model *model, const char *name);

const char *model_store(Model *model);
