/* The client against a fake service: starting it, lists, signals, calls, jobs, and a daemon that dies. */
#include "client/actions.h"
#include "client/client.h"
#include "client/wait.h"
#include "fake-service.h"
#include "support.h"

static Client *connect_client(gboolean fill)
{
	g_autoptr(GError) error = NULL;
	Client *client = client_connect_sync(fill, &error);

	g_assert_no_error(error);
	g_assert_true(client_is_connected(client));
	return client;
}

/* --- starting the daemon --- */

static void start_with(const char *how)
{
	fake_service_end();
	if (how)
		g_setenv("FAKE_START", how, TRUE);
	else
		g_unsetenv("FAKE_START");
}

static char *names_of(Client *client)
{
	GPtrArray *vms = client_vms(client);
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < vms->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "", ((ClientVm *)vms->pdata[i])->name);
	return g_string_free(names, FALSE);
}

static void test_start_on_demand(void)
{
	start_with(NULL);
	g_autoptr(Client) client = connect_client(TRUE);
	g_autofree char *names = names_of(client);
	const ClientVm *web = client_vms(client)->pdata[2];
	g_assert_true(client_load_images_sync(client, NULL));
	const ClientImage *image = client_images(client)->pdata[0];

	g_assert_cmpstr(names, ==, "alpha broken web");
	g_assert_cmpstr(web->state, ==, "running");
	g_assert_cmpuint(web->pid, ==, 4242);
	g_assert_cmpuint(web->memory_demand, ==, 1073741824);
	g_assert_cmpfloat(web->cpu_usage, ==, 12.5);
	g_assert_cmpint(web->started, ==, 1700000000);
	g_assert_true(client_find_vm(client, web->path) == web);
	g_assert_null(client_find_vm(client, "/nowhere"));
	g_assert_cmpuint(client_jobs(client)->len, ==, 0);
	g_assert_cmpstr(image->id, ==, "carrel-live");
	g_assert_true(image->verified);
	g_assert_cmpuint(g_variant_n_children(image->details), ==, 1);
}

/* Several at once: one starts the daemon, the others find the store busy and must wait for it. */
static void test_start_together(void)
{
	GSubprocess *others[6];

	start_with("slow");
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(GError) error = NULL;
		others[i] = g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, &error, "/proc/self/exe", "--connect",
					     NULL);
		g_assert_no_error(error);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(GError) error = NULL;
		g_subprocess_wait_check(others[i], NULL, &error);
		g_assert_no_error(error);
		g_object_unref(others[i]);
	}
	start_with(NULL);
}

static void test_start_errors(void)
{
	g_autoptr(GError) error = NULL;

	start_with("error");
	g_assert_null(client_connect_sync(FALSE, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_autofree char *sentence = error_sentence(error);
	g_assert_cmpstr(sentence, ==, "the moon is in the way; wait for the sun.");
	g_clear_error(&error);
	start_with("silent");
	g_assert_null(client_connect_sync(FALSE, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "last words");
	start_with(NULL);
}

/* The same without blocking: the error is told, and when the reason has gone the client connects by itself. */
static void count_event(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	guint *counts = data;

	counts[event]++;
}

static void test_start_later(void)
{
	guint counts[CLIENT_IMAGES_CHANGED + 1] = { 0 };

	start_with("error");
	g_autoptr(Client) client = client_new();
	client_watch(client, count_event, counts);
	wait_until(counts[CLIENT_DISCONNECTED] >= 2);
	g_assert_false(client_is_connected(client));
	g_assert_nonnull(strstr(client_last_error(client)->message, "the moon"));
	start_with(NULL);
	wait_until(counts[CLIENT_CONNECTED] == 1);
	g_assert_null(client_last_error(client));
	g_assert_cmpuint(client_vms(client)->len, ==, 3);
	/* The first lists are no news. */
	g_assert_cmpuint(counts[CLIENT_VM_ADDED], ==, 0);
}

/* --- calls --- */

static void test_find(void)
{
	g_autoptr(Client) client = connect_client(FALSE);
	g_autoptr(GError) error = NULL;
	g_autofree char *path = client_find_vm_sync(client, "web", &error);

	g_assert_no_error(error);
	g_autoptr(GVariant) name = client_get_sync(client, path, "Vm", "Name", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(g_variant_get_string(name, NULL), ==, "web");
	g_autoptr(GVariant) all = client_get_all_sync(client, path, "Vm", &error);
	g_assert_no_error(error);
	g_assert_true(g_variant_lookup(all, "State", "&s", NULL));
	g_assert_null(client_find_vm_sync(client, "nobody", &error));
	g_assert_cmpstr(error_hint(error), ==, "list VMs with `carrel list'");
	assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, "`nobody'");
	g_assert_null(client_call_sync(client, "/io/carrel", "Manager", "NoSuchMethod", NULL, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, "NoSuchMethod");
}

static void count_progress(const ClientJob *job, gpointer data)
{
	(*(guint *)data)++;
	g_assert_cmpuint(job->done, <=, job->total);
}

static void test_jobs(void)
{
	g_autoptr(Client) client = connect_client(FALSE);
	g_autoptr(GError) error = NULL;
	g_autofree char *alpha = client_find_vm_sync(client, "alpha", &error);
	g_autofree char *broken = client_find_vm_sync(client, "broken", &error);
	g_autofree char *web = client_find_vm_sync(client, "web", &error);
	guint calls = 0;
	g_autofree char *result = NULL;

	g_autofree char *job = action_run_sync(client, action_get(ACTION_START), alpha, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(wait_for_job_sync(client, job, count_progress, &calls, &result, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(result, ==, "/");
	g_assert_cmpuint(calls, >=, 1);
	/* One that has ended already. */
	g_assert_true(wait_for_job_sync(client, job, NULL, NULL, NULL, &error));
	g_autofree char *bad = action_run_sync(client, action_get(ACTION_START), broken, NULL, &error);
	g_assert_no_error(error);
	g_assert_false(wait_for_job_sync(client, bad, NULL, NULL, NULL, &error));
	g_assert_cmpstr(error_hint(error), ==, "put it back");
	assert_carrel_error(error, CARREL_ERROR_HOST, "is gone");
	g_assert_null(action_run_sync(client, action_get(ACTION_START), web, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_STATE, "cannot be started");
	g_assert_false(wait_for_job_sync(client, "/io/carrel/job/99", NULL, NULL, NULL, &error));
	g_assert_nonnull(error);
}

/* --- signals --- */

typedef struct {
	guint counts[CLIENT_IMAGES_CHANGED + 1];
	char *removed; /* name of the VM removed last */
} Seen;

static void see(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	Seen *seen = data;

	seen->counts[event]++;
	if (event == CLIENT_VM_REMOVED) {
		g_free(seen->removed);
		seen->removed = g_strdup(((ClientVm *)object)->name);
	}
}

static void call(Client *client, const char *path, const char *method, GVariant *parameters)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	client_call(client, path, "Vm", method, parameters, NULL, keep_result, &result);
	wait_until(result);
	g_autoptr(GVariant) reply = client_call_finish(client, NULL, result, &error);
	g_assert_no_error(error);
}

static void test_events(void)
{
	Seen seen = { 0 };

	start_with(NULL);
	g_autoptr(Client) client = client_new();
	guint watch = client_watch(client, see, &seen);
	wait_until(seen.counts[CLIENT_CONNECTED] == 1);
	const ClientVm *web = client_vms(client)->pdata[2];
	g_autofree char *path = g_strdup(web->path);
	call(client, path, "Pause", NULL);
	wait_until(seen.counts[CLIENT_VM_CHANGED] == 1);
	g_assert_cmpstr(web->state, ==, "paused");
	g_assert_cmpuint(web->pid, ==, 4242); /* a value of a wrong type changes nothing */
	wait_until(seen.counts[CLIENT_JOB_ADDED] == 1);
	const ClientJob *job = client_jobs(client)->pdata[0];
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) state = client_get_sync(client, job->path, "Job", "State", &error);
	g_assert_no_error(error);
	wait_until(g_str_equal(job->state, "done"));
	call(client, path, "Rename", g_variant_new("(s)", "a first one"));
	wait_until(seen.counts[CLIENT_VM_CHANGED] == 2);
	g_autofree char *sorted = names_of(client);
	g_assert_cmpstr(sorted, ==, "a first one alpha broken");
	call(client, path, "Delete", g_variant_new("(a{sv})", NULL));
	wait_until(seen.counts[CLIENT_VM_REMOVED] == 1);
	g_assert_cmpstr(seen.removed, ==, "a first one");
	g_assert_null(client_find_vm(client, path));
	client_unwatch(client, watch);
	g_free(seen.removed);
}

/* Lists stay while the daemon is away; what is different afterwards is told. */
static void test_reconnect(void)
{
	Seen seen = { 0 };

	start_with(NULL);
	g_autoptr(Client) client = client_new();
	client_watch(client, see, &seen);
	wait_until(seen.counts[CLIENT_CONNECTED] == 1);
	g_autofree char *path = g_strdup(((ClientVm *)client_vms(client)->pdata[0])->path);
	call(client, path, "Delete", g_variant_new("(a{sv})", NULL));
	wait_until(seen.counts[CLIENT_VM_REMOVED] == 1 && seen.counts[CLIENT_JOB_ADDED] == 1);
	fake_service_end();
	wait_until(seen.counts[CLIENT_DISCONNECTED] >= 1);
	g_assert_cmpuint(client_vms(client)->len, ==, 2);
	wait_until(seen.counts[CLIENT_CONNECTED] == 2);
	g_assert_cmpuint(seen.counts[CLIENT_VM_ADDED], ==, 1);
	g_assert_cmpuint(seen.counts[CLIENT_JOB_REMOVED], ==, 1);
	g_assert_cmpuint(client_vms(client)->len, ==, 3);
	g_assert_nonnull(client_find_vm(client, path));
	g_free(seen.removed);
}

static void unwatch_self(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	guint *ids = data;

	client_unwatch(client, ids[0]);
	client_unwatch(client, ids[1]);
	ids[2]++;
}

/* A watcher may remove itself and others while it is called. */
static void test_unwatch(void)
{
	guint ids[3] = { 0 };

	start_with(NULL);
	g_autoptr(Client) client = client_new();
	ids[0] = client_watch(client, unwatch_self, ids);
	ids[1] = client_watch(client, unwatch_self, ids);
	wait_until(client_vms(client)->len == 3 && ids[2] > 0);
	fake_service_end();
	wait_until(!client_is_connected(client));
	g_assert_cmpuint(ids[2], ==, 1);
}

/* A client that is freed while it connects, or while a call is under way, leaves nothing behind. */
static void test_free_early(void)
{
	g_autoptr(GAsyncResult) result = NULL;
	Seen seen = { 0 };

	start_with(NULL);
	client_free(client_new());
	Client *early = client_new();
	g_main_context_iteration(NULL, FALSE);
	client_free(early);
	Client *client = client_new();
	client_watch(client, see, &seen);
	wait_until(seen.counts[CLIENT_CONNECTED] == 1);
	client_call(client, "/io/carrel", "Manager", "ListVms", NULL, NULL, keep_result, &result);
	client_free(client);
	wait_until(result);
}

static void test_lost(void)
{
	g_autoptr(GError) error = NULL;

	start_with(NULL);
	g_autoptr(Client) client = connect_client(TRUE);
	g_assert_null(client_call_sync(client, "/io/carrel", "Manager", "Exit", g_variant_new("(b)", TRUE),
				       NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "went away");
	wait_until(!client_is_connected(client));
	g_assert_null(client_call_sync(client, "/io/carrel", "Manager", "ListVms", NULL, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "went away");
	g_assert_cmpuint(client_vms(client)->len, ==, 3);
}

int main(int argc, char **argv)
{
	if (fake_service_is(argv[0]))
		return fake_service_main(argc, argv);
	if (argc == 2 && g_str_equal(argv[1], "--connect")) {
		g_autoptr(Client) client = client_connect_sync(TRUE, NULL);
		return client && client_vms(client)->len == 3 ? 0 : 1;
	}
	g_autoptr(TempDir) dir = fake_service_enter("test-client", argv);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/client/start-on-demand", test_start_on_demand);
	g_test_add_func("/client/start-together", test_start_together);
	g_test_add_func("/client/start-errors", test_start_errors);
	g_test_add_func("/client/start-later", test_start_later);
	g_test_add_func("/client/find", test_find);
	g_test_add_func("/client/jobs", test_jobs);
	g_test_add_func("/client/events", test_events);
	g_test_add_func("/client/reconnect", test_reconnect);
	g_test_add_func("/client/unwatch", test_unwatch);
	g_test_add_func("/client/free-early", test_free_early);
	g_test_add_func("/client/lost", test_lost);
	int status = g_test_run();
	fake_service_end();
	return status;
}
