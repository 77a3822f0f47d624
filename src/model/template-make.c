/*
 * Making a template: a hidden VM of the image is created, booted with its memory in a file, left alone until it rests, stripped of what must not be shared, and
 * stopped. The user's VMs are never touched. Everything is made in TEMPLATES/.new-ID, which appears as TEMPLATES/ID when it is complete.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv/qga.h"
#include "hv/qmp-cmds.h"
#include "model/instant.h"
#include "model/vm-seed.h"
#include "spec/host-conf.h"
#include "spec/spec-fields.h"

#define NEW_PREFIX        ".new-"
#define TICK_MS           1000
#define PING_TIMEOUT_MS   3000
#define SETTLE_TIMEOUT_US (G_GINT64_CONSTANT(20) * 60 * G_USEC_PER_SEC)
#define SCRIPT_TIMEOUT_MS 60000
#define QUIT_TIMEOUT_S    20

typedef struct Warming {
	Model *model;
	Job *job;
	GHashTable *fields;
	char *image;
	Vm *vm;     /* hidden; NULL until made */
	VmRun boot; /* its start */
	Steps *steps;
	gboolean already; /* there is one */
	/* settling */
	Settle settle;
	gint64 deadline;
	gboolean agent_answers, agent_asked;
	guint tick;
	guint nic_index;
} Warming;

static void warming_free(Warming *warming)
{
	g_clear_handle_id(&warming->tick, g_source_remove);
	vm_run_clear(&warming->boot);
	vm_free(warming->vm);
	job_unref(warming->job);
	g_hash_table_unref(warming->fields);
	g_free(warming->image);
	g_free(warming);
}

static gboolean alive(Warming *warming)
{
	Vm *vm = warming->vm;

	if (vm->machine)
		return TRUE;
	steps_done(warming->steps,
		   error_new(CARREL_ERROR_FAILED, NULL, "the template of `%s' ended before it was ready: %s",
			     warming->image,
			     vm->last_words ? vm->last_words : "the guest turned itself off"));
	return FALSE;
}

/* --- making the VM --- */

static void on_made(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	GError *error = NULL;

	warming->vm = vm_create_hidden_finish(result, &error);
	steps_done(warming->steps, error);
}

static void step_make(Steps *steps, gpointer context)
{
	Warming *warming = context;
	CreateOptions options = { .image = warming->image };
	HiddenPlace place = { templates_dir(warming->model->templates), warming->job };

	warming->steps = steps;
	vm_create_hidden(warming->model, warming->fields, &options, &place, on_made, warming);
}

static void undo_make(Steps *steps, gpointer context)
{
	Warming *warming = context;
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(warming->vm->folder, &error))
		g_warning("%s", error->message);
	steps_undone(steps);
}

static gboolean check_space(Warming *warming, GError **error)
{
	const char *dir = templates_dir(warming->model->templates);
	guint64 memory = warming->vm->spec->memory;
	struct statvfs st;

	if (statvfs(dir, &st) < 0 || (guint64)st.f_bavail * st.f_frsize > memory)
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, "free some space on that file system",
			 "there is no room for the memory of a template of `%s' in `%s'", warming->image,
			 dir);
}

static void step_check(Steps *steps, gpointer context)
{
	Warming *warming = context;
	VmSpec *spec = warming->vm->spec;
	GError *error = NULL;

	/* Nobody looks at it. */
	spec->record = spec->clipboard = FALSE;
	if (identity_possible(spec, &error) && template_for(warming->model, spec, &error)) {
		warming->already = TRUE;
		error_set(&error, CARREL_ERROR_EXISTS, NULL, "there is a template of `%s' already",
			  warming->image);
	} else if (!error) {
		check_space(warming, &error);
	}
	steps_done(steps, error);
}

/* --- booting it --- */

static void on_booted(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	steps_run_finish(result, &error);
	steps_done(((Warming *)data)->steps, error);
}

static void step_boot(Steps *steps, gpointer context)
{
	Warming *warming = context;

	warming->boot = (VmRun){ .vm = warming->vm,
				 .op = VM_OP_START,
				 .job = warming->job,
				 .memory = MEMORY_TEMPLATE,
				 .memory_file = vm_file(warming->vm, TEMPLATE_MEMORY) };
	steps_run(vm_start_steps, &warming->boot, NULL, steps_cancellable(steps), on_booted, warming);
}

static void on_gone(GObject *source, GAsyncResult *result, gpointer data)
{
	vm_wait_gone_finish(result, NULL);
	steps_undone(data);
}

static void undo_boot(Steps *steps, gpointer context)
{
	Vm *vm = ((Warming *)context)->vm;

	if (vm->machine)
		machine_kill(vm->machine);
	vm_wait_gone(vm, QUIT_TIMEOUT_S, NULL, on_gone, steps);
}

/* --- waiting until it rests --- */

static gboolean on_tick(gpointer data);

static void settle_end(Warming *warming, GError *error)
{
	g_clear_handle_id(&warming->tick, g_source_remove);
	steps_done(warming->steps, error);
}

static void on_disk_bytes(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	guint64 cpu = 0, resident = 0, bytes = 0;
	gint64 now = g_get_monotonic_time();
	GCancellable *cancellable = steps_cancellable(warming->steps);
	GError *error = NULL;

	if (!alive(warming))
		return;
	gboolean known = cmd_query_disk_bytes_finish(result, &bytes, NULL) &&
			 machine_sample(warming->vm->machine, &cpu, &resident);
	if (g_cancellable_set_error_if_cancelled(cancellable, &error)) {
		settle_end(warming, error);
	} else if (known && settle_feed(&warming->settle, now, cpu, bytes) && warming->agent_answers) {
		settle_end(warming, NULL);
	} else if (now > warming->deadline) {
		settle_end(warming,
			   error_new(CARREL_ERROR_TIMEOUT, NULL,
				     warming->agent_answers ? "a VM of `%s' does not come to rest"
							    : "no guest agent answers in a VM of `%s'",
				     warming->image));
	} else {
		warming->tick = g_timeout_add(TICK_MS, on_tick, warming);
	}
}

static void on_ping(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	g_autoptr(JsonNode) node = qga_call_finish(result, NULL);

	warming->agent_asked = FALSE;
	warming->agent_answers = node != NULL;
	if (alive(warming))
		cmd_query_disk_bytes(warming->vm->machine, on_disk_bytes, warming);
}

static gboolean on_tick(gpointer data)
{
	Warming *warming = data;

	warming->tick = 0;
	if (!alive(warming))
		return G_SOURCE_REMOVE;
	if (warming->agent_answers) {
		cmd_query_disk_bytes(warming->vm->machine, on_disk_bytes, warming);
	} else {
		g_autofree char *socket = paths_vm_run_file(warming->vm->spec->id, "qga");
		qga_call(socket, "guest-ping", NULL, PING_TIMEOUT_MS, NULL, on_ping, warming);
	}
	return G_SOURCE_REMOVE;
}

static void step_settle(Steps *steps, gpointer context)
{
	Warming *warming = context;

	warming->settle = (Settle){ 0 };
	warming->deadline = g_get_monotonic_time() + SETTLE_TIMEOUT_US;
	on_tick(warming);
}

/* --- taking out what must not be shared --- */

static void on_prepared(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	g_free(qga_script_finish(result, &error));
	steps_done(((Warming *)data)->steps, error);
}

static void step_prepare(Steps *steps, gpointer context)
{
	Warming *warming = context;
	g_autofree char *socket = paths_vm_run_file(warming->vm->spec->id, "qga");

	qga_script(socket, identity_prepare, SCRIPT_TIMEOUT_MS, steps_cancellable(steps), on_prepared,
		   warming);
}

static void unplug_next(Warming *warming);

static void on_unplugged(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	GError *error = NULL;

	if (cmd_finish(result, &error))
		unplug_next(warming);
	else
		steps_done(warming->steps, error);
}

static void unplug_next(Warming *warming)
{
	GPtrArray *nics = warming->vm->spec->nics;

	if (warming->nic_index == nics->len)
		steps_done(warming->steps, NULL);
	else if (alive(warming))
		cmd_unplug_adapter(warming->vm->machine, ((NicSpec *)nics->pdata[warming->nic_index++])->name,
				   on_unplugged, warming);
}

static void step_unplug(Steps *steps, gpointer context)
{
	unplug_next(context);
}

/* --- keeping it --- */

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	cmd_finish(result, &error);
	steps_done(((Warming *)data)->steps, error);
}

static void step_save(Steps *steps, gpointer context)
{
	Warming *warming = context;
	g_autofree char *state = vm_file(warming->vm, TEMPLATE_STATE);

	if (alive(warming))
		cmd_save_template(warming->vm->machine, state, steps_cancellable(steps), on_saved, warming);
}

static void on_quit_sent(GObject *source, GAsyncResult *result, gpointer data)
{
	cmd_finish(result, NULL);
}

static void on_ended(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	vm_wait_gone_finish(result, &error);
	steps_done(((Warming *)data)->steps, error);
}

static void step_quit(Steps *steps, gpointer context)
{
	Warming *warming = context;

	/* It flushes its disk. */
	if (warming->vm->machine)
		cmd_quit(warming->vm->machine, on_quit_sent, NULL);
	vm_wait_gone(warming->vm, QUIT_TIMEOUT_S, NULL, on_ended, warming);
}

/* What a template is made of; the last one only where there is a disk. */
static const char *const parts[] = { TEMPLATE_MEMORY, TEMPLATE_STATE, TEMPLATE_DISK, NULL };
static const char *const diskless_parts[] = { TEMPLATE_MEMORY, TEMPLATE_STATE, NULL };

static const char *const *parts_of(const Warming *warming)
{
	return warming->vm->spec->disks->len ? parts : diskless_parts;
}

static HostSpec *host_settings(void)
{
	g_autofree char *path = paths_config_file();
	g_autofree char *shipped = paths_data_file("gallery/sources.conf");
	g_autoptr(GError) error = NULL;
	HostSpec *settings = host_conf_load(path, shipped, &error);

	if (settings)
		return settings;
	g_warning("%s", error->message);
	/* As if nothing were written there. */
	return host_conf_parse("", path, "", NULL);
}

static Template *describe(Warming *warming, GError **error)
{
	g_autoptr(Template) template = template_new();
	const VmSpec *spec = warming->vm->spec;
	const GalleryItem *item = gallery_find(warming->model->gallery, warming->image);

	template->id = g_strdup(spec->id);
	template->image = g_strdup(warming->image);
	template->sha256 = g_strdup(item ? item->sha256 : "");
	template->shape = template_shape(warming->model, spec, error);
	template->host = template_host(warming->model, spec);
	template->memory = spec->memory;
	template->created = template->used = g_get_real_time() / G_USEC_PER_SEC;
	return template->shape ? g_steal_pointer(&template) : NULL;
}

/* How one got into the template is nobody's business any more. */
static void remove_login(const Vm *vm)
{
	static const char *const files[] = { VM_LOGIN, VM_SEED };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = vm_file(vm, files[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			g_warning("cannot remove `%s': %s", path, g_strerror(errno));
	}
}

static void on_synced(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	Templates *templates = warming->model->templates;
	GError *error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);
	Template *template = child ? describe(warming, &error) : NULL;
	g_autoptr(HostSpec) settings = host_settings();

	remove_login(warming->vm);
	if (template && templates_add(templates, template, warming->vm->folder, parts_of(warming), &error))
		templates_limit(templates, settings->templates_count, settings->templates_size);
	else
		template_free(template);
	steps_done(warming->steps, error);
}

/* The note must not be there after a power failure when what it tells of is not. */
static void step_keep(Steps *steps, gpointer context)
{
	Warming *warming = context;
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("sync"));
	for (const char *const *part = parts_of(warming); *part; part++) {
		char *path = vm_file(warming->vm, *part);
		/* The disk is what others rest on; QEMU 7.2 opens the memory for writing even where it maps it privately. */
		if (!g_str_equal(*part, TEMPLATE_MEMORY) && chmod(path, 0400) < 0)
			g_warning("cannot protect `%s': %s", path, g_strerror(errno));
		g_ptr_array_add(argv, path);
	}
	g_ptr_array_add(argv, NULL);
	child_run((const char *const *)argv->pdata, 0, NULL, NULL, steps_cancellable(steps), on_synced,
		  warming);
}

static const Step warm_steps[] = {
	{"make",                 step_make,    undo_make},
	{ "check",               step_check,   NULL     },
	{ "boot",                step_boot,    undo_boot},
	{ "wait until it rests", step_settle,  NULL     },
	{ "take out identity",   step_prepare, NULL     },
	{ "unplug adapters",     step_unplug,  NULL     },
	{ "wait again",          step_settle,  NULL     },
	{ "write state",         step_save,    NULL     },
	{ "quit",                step_quit,    NULL     },
	{ "keep",                step_keep,    NULL     },
	{ NULL,		  NULL,         NULL     },
};

static void on_progress(const char *name, guint index, guint count, gpointer context)
{
	job_step(((Warming *)context)->job, name, index, count);
}

static void on_warm(GObject *source, GAsyncResult *result, gpointer data)
{
	Warming *warming = data;
	g_autoptr(Job) job = job_ref(warming->job);
	GError *error = NULL;

	steps_run_finish(result, &error);
	if (warming->already)
		g_clear_error(&error);
	warming->model->warming = NULL;
	warming_free(warming);
	job_end(job, error);
}

Job *model_warm_image(Model *model, const char *image, GHashTable *fields, GError **error)
{
	if (!gallery_find(model->gallery, image)) {
		error_set(error, CARREL_ERROR_NOT_FOUND, "list images with `carrel gallery'",
			  "there is no image `%s'", image);
		return NULL;
	}
	if (model->warming) {
		error_set(error, CARREL_ERROR_STATE, "wait for it, see `carrel jobs'",
			  "a template of `%s' is just being made", model->warming->image);
		return NULL;
	}
	Warming *warming = model->warming = g_new0(Warming, 1);
	warming->model = model;
	warming->image = g_strdup(image);
	warming->fields = g_hash_table_ref(fields);
	warming->job = job_ref(model_add_job(model, "warm", image));
	steps_run(warm_steps, warming, on_progress, warming->job->cancellable, on_warm, warming);
	return warming->job;
}

guint model_cool_image(Model *model, const char *image)
{
	GPtrArray *all = templates_list(model->templates);
	guint dropped = 0;

	for (guint i = all->len; i-- > 0;)
		if (g_str_equal(((Template *)all->pdata[i])->image, image)) {
			templates_drop(model->templates, all->pdata[i], "nobody wants it any more");
			dropped++;
		}
	if (model->warming && g_str_equal(model->warming->image, image)) {
		job_cancel(model->warming->job);
		dropped++;
	}
	return dropped;
}

GArray *model_templates(Model *model)
{
	GArray *views = g_array_new(FALSE, TRUE, sizeof(TemplateView));
	GPtrArray *all = templates_list(model->templates);

	template_drop_stale(model);
	templates_sweep(model->templates);
	for (guint i = 0; i < all->len; i++) {
		const Template *template = all->pdata[i];
		TemplateView view = { template->id,   template->image,   template->memory,
				      template->size, template->created, template->used };
		g_array_append_val(views, view);
	}
	return views;
}

/* --- by itself --- */

/* As the VM is: its settings, but for what is its own. */
static GHashTable *fields_of(VmSpec *spec)
{
	static const char *const own[] = { "name", "id", "created", "image", "iso", "notes", NULL };
	GHashTable *fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	gsize count;
	const SpecField *rows = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if (rows[i].section == SECTION_VM && !g_strv_contains(own, rows[i].key))
			g_hash_table_insert(fields, g_strdup(rows[i].key), spec_field_get(&rows[i], spec));
	return fields;
}

void template_make_later(Vm *vm)
{
	g_autoptr(HostSpec) settings = host_settings();
	g_autoptr(GHashTable) fields = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_str_equal(settings->templates, "on") || vm->model->warming || !*vm->spec->image ||
	    !identity_possible(vm->spec, NULL))
		return;
	fields = fields_of(vm->spec);
	if (!model_warm_image(vm->model, vm->spec->image, fields, &error))
		g_message("no template of `%s' is made: %s", vm->spec->image, error->message);
}

/* --- what was left --- */

typedef struct {
	char *id, *folder, *log;
	Machine *machine;
} Leftover;

static void leftover_end(Leftover *left)
{
	g_autofree char *run_dir = paths_vm_run_dir(left->id);
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(left->folder, &error) || !file_remove_tree(run_dir, &error))
		g_warning("%s", error->message);
	g_free(left->id);
	g_free(left->folder);
	g_free(left->log);
	g_free(left);
}

static void on_leftover(Machine *machine, MachineEvent event, const char *detail, gpointer data)
{
	if (event != MACHINE_GONE)
		return;
	machine_free(machine);
	leftover_end(data);
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
	Machine *machine = machine_finish(result, NULL);

	if (machine)
		machine_kill(machine);
	else
		leftover_end(data);
}

void template_clean_up(Model *model)
{
	g_autoptr(GDir) dir = g_dir_open(templates_dir(model->templates), 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (!g_str_has_prefix(name, NEW_PREFIX))
			continue;
		Leftover *left = g_new0(Leftover, 1);
		left->id = g_strdup(name + strlen(NEW_PREFIX));
		left->folder = g_build_filename(templates_dir(model->templates), name, NULL);
		left->log = g_build_filename(left->folder, "qemu.log", NULL);
		MachineOptions options = { left->id, "template", left->log, on_leftover, left };
		machine_adopt(&options, NULL, on_found, left);
	}
}

void template_abandon(Model *model)
{
	Warming *warming = model->warming;

	/* Its folder is the next daemon's to remove; its process shall not wait for that. */
	if (warming && warming->vm && warming->vm->machine)
		machine_kill(warming->vm->machine);
}
