#include "fake-client.h"

#include "base/error.h"

typedef struct {
	guint id;
	ClientWatch watch;
	gpointer data;
} Watcher;

struct Client {
	GPtrArray *vms, *jobs, *images;
	GArray *watchers; /* of Watcher */
	GQueue *calls;    /* of GTask; the description is its "call" */
	gboolean connected;
	guint last_id;
};

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void vm_free(gpointer data)
{
	ClientVm *vm = data;
	char *strings[] = { vm->path,        vm->id,          vm->name,        vm->state,      vm->status,
			    vm->os,          vm->switch_name, vm->ip,          vm->checkpoint, vm->notes,
			    vm->accelerator, vm->heartbeat,   vm->guest_state, vm->folder };

	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
		g_free(strings[i]);
	g_free(vm);
}

static void job_free(gpointer data)
{
	ClientJob *job = data;
	char *strings[] = { job->path, job->verb,   job->subject,    job->state,        job->step,
			    job->unit, job->result, job->error_name, job->error_message };

	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
		g_free(strings[i]);
	g_free(job);
}

static void image_free(gpointer data)
{
	ClientImage *image = data;
	char *strings[] = { image->path,    image->id,       image->name,   image->publisher,
			    image->version, image->source,   image->sha256, image->description,
			    image->kind,    image->os,       image->trust,  image->logo,
			    image->symbol,  image->thumbnail };

	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
		g_free(strings[i]);
	g_clear_pointer(&image->details, g_variant_unref);
	g_free(image);
}

Client *client_new(void)
{
	Client *client = g_new0(Client, 1);

	client->vms = g_ptr_array_new_with_free_func(vm_free);
	client->jobs = g_ptr_array_new_with_free_func(job_free);
	client->images = g_ptr_array_new_with_free_func(image_free);
	client->watchers = g_array_new(FALSE, FALSE, sizeof(Watcher));
	client->calls = g_queue_new();
	return client;
}

void client_free(Client *client)
{
	while (!g_queue_is_empty(client->calls))
		fake_fail(client, error_new(CARREL_ERROR_FAILED, NULL, "the client is no more"));
	g_ptr_array_unref(client->vms);
	g_ptr_array_unref(client->jobs);
	g_ptr_array_unref(client->images);
	g_array_unref(client->watchers);
	g_queue_free(client->calls);
	g_free(client);
}

/* --- what the test says ------------------------------------------------------------------------------------------------ */

void fake_set(char **string, const char *text)
{
	g_free(*string);
	*string = g_strdup(text);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return g_strcmp0((*(ClientVm *const *)a)->name, (*(ClientVm *const *)b)->name);
}

ClientVm *fake_add_vm(Client *client, const char *name, const char *state)
{
	ClientVm *vm = g_new0(ClientVm, 1);
	char **empty[] = { &vm->status, &vm->os,          &vm->ip,         &vm->checkpoint,
			   &vm->notes,  &vm->accelerator, &vm->guest_state };

	for (gsize i = 0; i < G_N_ELEMENTS(empty); i++)
		*empty[i] = g_strdup("");
	vm->path = g_strdup_printf("/io/carrel/vm/%s", name);
	vm->id = g_strdup_printf("id-of-%s", name);
	vm->name = g_strdup(name);
	vm->state = g_strdup(state);
	vm->switch_name = g_strdup("Default Switch");
	vm->heartbeat = g_strdup("unknown");
	vm->folder = g_strdup_printf("/vms/%s", name);
	vm->generation = vm->cpus = 2;
	vm->memory_startup = G_GUINT64_CONSTANT(2) << 30;
	g_ptr_array_add(client->vms, vm);
	g_ptr_array_sort(client->vms, by_name);
	return vm;
}

void fake_remove_vm(Client *client, ClientVm *vm)
{
	fake_tell(client, CLIENT_VM_REMOVED, vm);
	g_ptr_array_remove(client->vms, vm);
}

ClientJob *fake_add_job(Client *client, guint number, const char *verb, const char *subject,
			const char *state)
{
	ClientJob *job = g_new0(ClientJob, 1);

	job->path = g_strdup_printf("/io/carrel/job/%u", number);
	job->number = number;
	job->verb = g_strdup(verb);
	job->subject = g_strdup(subject);
	job->state = g_strdup(state);
	job->step = g_strdup("");
	job->unit = g_strdup("steps");
	job->result = g_strdup("/");
	job->error_name = g_strdup("");
	job->error_message = g_strdup("");
	g_ptr_array_add(client->jobs, job);
	return job;
}

ClientImage *fake_add_image(Client *client, const char *id, const char *name)
{
	ClientImage *image = g_new0(ClientImage, 1);

	image->path = g_strdup_printf("/io/carrel/image/%s", id);
	image->id = g_strdup(id);
	image->name = g_strdup(name);
	image->publisher = g_strdup("carrel");
	image->version = g_strdup("1.0");
	image->source = g_strdup("built in");
	image->sha256 = g_strdup("");
	image->description = g_strdup("");
	image->kind = g_strdup("iso");
	image->os = g_strdup("linux");
	image->trust = g_strdup("hash");
	image->logo = g_strdup("");
	image->symbol = g_strdup("");
	image->thumbnail = g_strdup("");
	g_ptr_array_add(client->images, image);
	return image;
}

void fake_tell(Client *client, ClientEvent event, gpointer object)
{
	if (event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED)
		client->connected = event == CLIENT_CONNECTED;
	for (guint i = 0; i < client->watchers->len; i++) {
		Watcher watcher = g_array_index(client->watchers, Watcher, i);
		watcher.watch(client, event, object, watcher.data);
	}
}

/* --- calls --------------------------------------------------------------------------------------------------------------- */

void fake_settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

char *fake_next_call(Client *client)
{
	GTask *task = g_queue_peek_head(client->calls);

	return task ? g_strdup(g_object_get_data(G_OBJECT(task), "call")) : NULL;
}

void fake_reply(Client *client, GVariant *reply)
{
	g_autoptr(GTask) task = g_queue_pop_head(client->calls);

	g_assert_nonnull(task);
	if (!reply)
		reply = g_variant_new("()");
	g_task_return_pointer(task, g_variant_ref_sink(reply), (GDestroyNotify)g_variant_unref);
	fake_settle();
}

void fake_fail(Client *client, GError *error)
{
	g_autoptr(GTask) task = g_queue_pop_head(client->calls);

	g_assert_nonnull(task);
	g_task_return_error(task, error);
	fake_settle();
}

void client_call(Client *client, const char *path, const char *interface, const char *method,
		 GVariant *parameters, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autoptr(GVariant) sunk = parameters ? g_variant_ref_sink(parameters) : NULL;
	g_autofree char *text = sunk ? g_variant_print(sunk, FALSE) : g_strdup("()");

	g_object_set_data_full(G_OBJECT(task), "call",
			       g_strdup_printf("%s %s.%s %s", path, interface, method, text), g_free);
	g_queue_push_tail(client->calls, task);
}

GVariant *client_call_finish(Client *client, GUnixFDList **fds, GAsyncResult *result, GError **error)
{
	if (fds)
		*fds = NULL;
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- the rest of client.h --------------------------------------------------------------------------------------------------- */

gboolean client_is_connected(const Client *client)
{
	return client->connected;
}

const GError *client_last_error(const Client *client)
{
	return NULL;
}

guint client_watch(Client *client, ClientWatch watch, gpointer data)
{
	Watcher watcher = { ++client->last_id, watch, data };

	g_array_append_val(client->watchers, watcher);
	return watcher.id;
}

void client_unwatch(Client *client, guint id)
{
	for (guint i = 0; i < client->watchers->len; i++)
		if (g_array_index(client->watchers, Watcher, i).id == id) {
			g_array_remove_index(client->watchers, i);
			return;
		}
}

GPtrArray *client_vms(Client *client)
{
	return client->vms;
}

GPtrArray *client_jobs(Client *client)
{
	return client->jobs;
}

GPtrArray *client_images(Client *client)
{
	return client->images;
}

ClientVm *client_find_vm(Client *client, const char *path)
{
	for (guint i = 0; i < client->vms->len; i++)
		if (g_str_equal(((ClientVm *)client->vms->pdata[i])->path, path))
			return client->vms->pdata[i];
	return NULL;
}

ClientJob *client_find_job(Client *client, const char *path)
{
	for (guint i = 0; i < client->jobs->len; i++)
		if (g_str_equal(((ClientJob *)client->jobs->pdata[i])->path, path))
			return client->jobs->pdata[i];
	return NULL;
}

GError *client_job_error(const ClientJob *job)
{
	return *job->error_message ? error_new(CARREL_ERROR_FAILED, NULL, "%s", job->error_message) : NULL;
}

GDBusConnection *client_connection(Client *client)
{
	return NULL;
}

GVariant *client_call_sync(Client *client, const char *path, const char *interface, const char *method,
			   GVariant *parameters, GUnixFDList **fds, GError **error)
{
	g_assert_not_reached(); /* the TUI never blocks */
}
