/*
 * The API over real connections: two clients see the same, one that leaves takes nothing from the other, and what a client waits for ends with it.
 * Server and clients share one main loop, so every call is asynchronous.
 */
#include <string.h>

#include "api/server.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"

#define PATIENCE_S 60

typedef struct {
	char *home;
	Model *model;
	Server *server;
	gboolean ready, quit;
} Fixture;

static gboolean on_patience(gpointer data)
{
	g_error("the test waits for something that does not happen");
	return G_SOURCE_REMOVE;
}

/* Iterates until *@flag is not zero. */
static void wait_for(const gboolean *flag)
{
	guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, NULL);

	while (!*flag)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(patience);
}

static void on_ready(GObject *source, GAsyncResult *result, gpointer data)
{
	Fixture *f = data;

	model_ready_finish(f->model, result, NULL);
	f->ready = TRUE;
}

static void on_quit(gpointer data)
{
	((Fixture *)data)->quit = TRUE;
}

static void setup(Fixture *f, gconstpointer data)
{
	g_autofree char *fake = g_test_build_filename(G_TEST_BUILT, "fakes", "fake-qemu", NULL);
	g_autoptr(GError) error = NULL;

	f->home = g_dir_make_tmp("carrel-server-XXXXXX", NULL);
	g_setenv("CARREL_HOME", f->home, TRUE);
	g_setenv("CARREL_QEMU", fake, TRUE);
	g_autofree char *run = paths_run_dir();
	g_assert_true(paths_ensure_private(run, NULL));
	f->model = model_new(&error);
	g_assert_no_error(error);
	model_ready(f->model, on_ready, f);
	wait_for(&f->ready);
	f->server = server_new(f->model, GPOINTER_TO_UINT(data), on_quit, f, &error);
	g_assert_no_error(error);
}

static void teardown(Fixture *f, gconstpointer data)
{
	server_free(f->server);
	model_free(f->model);
	g_assert_true(file_remove_tree(f->home, NULL));
	g_free(f->home);
}

/* --- a client --- */

typedef struct {
	GDBusConnection *connection;
	gboolean arrived;
	GVariant *reply;
	GError *error;
	guint added, changed;
	gboolean saw_cpus;
} Peer;

static void on_added(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
		     const char *signal, GVariant *parameters, gpointer data)
{
	((Peer *)data)->added++;
}

static void on_changed(GDBusConnection *connection, const char *sender, const char *path,
		       const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	Peer *peer = data;
	g_autoptr(GVariant) properties = g_variant_get_child_value(parameters, 1);
	guint cpus;

	peer->changed++;
	if (g_variant_lookup(properties, "Cpus", "u", &cpus) && cpus == 3)
		peer->saw_cpus = TRUE;
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
	Peer *peer = data;

	peer->connection = g_dbus_connection_new_for_address_finish(result, &peer->error);
	peer->arrived = TRUE;
}

static void peer_open(Peer *peer)
{
	g_autofree char *path = paths_api_socket();
	g_autofree char *address = g_strdup_printf("unix:path=%s", path);

	memset(peer, 0, sizeof *peer);
	g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL,
					  on_connected, peer);
	wait_for(&peer->arrived);
	g_assert_no_error(peer->error);
	g_dbus_connection_signal_subscribe(peer->connection, NULL, "org.freedesktop.DBus.ObjectManager",
					   "InterfacesAdded", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_added,
					   peer, NULL);
	g_dbus_connection_signal_subscribe(peer->connection, NULL, "org.freedesktop.DBus.Properties",
					   "PropertiesChanged", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
					   on_changed, peer, NULL);
}

static void on_closed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_dbus_connection_close_finish(G_DBUS_CONNECTION(source), result, NULL);
	*(gboolean *)data = TRUE;
}

static void peer_close(Peer *peer)
{
	gboolean closed = FALSE;

	g_dbus_connection_close(peer->connection, NULL, on_closed, &closed);
	wait_for(&closed);
	g_clear_object(&peer->connection);
	g_clear_pointer(&peer->reply, g_variant_unref);
	g_clear_error(&peer->error);
}

static void on_reply(GObject *source, GAsyncResult *result, gpointer data)
{
	Peer *peer = data;

	peer->reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &peer->error);
	peer->arrived = TRUE;
}

static void peer_send(Peer *peer, const char *path, const char *interface, const char *method,
		      GVariant *parameters)
{
	g_clear_pointer(&peer->reply, g_variant_unref);
	g_clear_error(&peer->error);
	peer->arrived = FALSE;
	g_dbus_connection_call(peer->connection, NULL, path, interface, method, parameters, NULL,
			       G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_reply, peer);
}

static GVariant *peer_call(Peer *peer, const char *path, const char *interface, const char *method,
			   GVariant *parameters)
{
	peer_send(peer, path, interface, method, parameters);
	wait_for(&peer->arrived);
	return peer->reply;
}

static gboolean vm_exists(Model *model)
{
	return model_vms(model)->len > 0;
}

/* Makes VM "web" over the API and gives its path. */
static char *create_over_api(Fixture *f, Peer *peer)
{
	GVariantBuilder fields;

	g_variant_builder_init(&fields, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&fields, "{ss}", "name", "web");
	g_variant_builder_add(&fields, "{ss}", "generation", "1");
	g_assert_nonnull(peer_call(peer, "/io/carrel", "io.carrel.Manager", "CreateVm",
				   g_variant_new("(a{ss}a{sv})", &fields, NULL)));
	while (!vm_exists(f->model))
		g_main_context_iteration(NULL, TRUE);
	GVariant *reply =
		peer_call(peer, "/io/carrel", "io.carrel.Manager", "FindVm", g_variant_new("(s)", "web"));
	g_assert_nonnull(reply);
	char *path;
	g_variant_get(reply, "(o)", &path);
	return path;
}

static void set_cpus(Peer *peer, const char *path, const char *value)
{
	GVariantBuilder fields;

	g_variant_builder_init(&fields, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&fields, "{ss}", "cpus", value);
	peer_call(peer, path, "io.carrel.Vm", "Set", g_variant_new("(a{ss})", &fields));
}

static void test_two_clients(Fixture *f, gconstpointer data)
{
	Peer first, second;

	peer_open(&first);
	peer_open(&second);
	g_autofree char *path = create_over_api(f, &first);
	while (second.added < 2) /* the job and the VM */
		g_main_context_iteration(NULL, TRUE);
	peer_close(&first);
	set_cpus(&second, path, "3");
	g_assert_no_error(second.error);
	wait_for(&second.saw_cpus);
	peer_close(&second);
}

static void test_errors(Fixture *f, gconstpointer data)
{
	Peer peer;

	peer_open(&peer);
	g_autofree char *path = create_over_api(f, &peer);
	set_cpus(&peer, path, "many");
	g_dbus_error_strip_remote_error(peer.error);
	g_assert_error(peer.error, CARREL_ERROR, CARREL_ERROR_USAGE);
	peer_call(&peer, path, "io.carrel.Vm", "Pause", NULL);
	g_dbus_error_strip_remote_error(peer.error);
	g_assert_error(peer.error, CARREL_ERROR, CARREL_ERROR_STATE);
	g_assert_nonnull(error_hint(peer.error));
	peer_call(&peer, "/io/carrel/vm/none", "io.carrel.Vm", "Pause", NULL);
	g_dbus_error_strip_remote_error(peer.error);
	g_assert_error(peer.error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND);
	peer_close(&peer);
}

static void test_tree(Fixture *f, gconstpointer data)
{
	Peer peer;

	peer_open(&peer);
	g_autofree char *path = create_over_api(f, &peer);
	GVariant *reply = peer_call(&peer, "/io/carrel", "org.freedesktop.DBus.ObjectManager",
				    "GetManagedObjects", NULL);
	g_assert_no_error(peer.error);
	g_autoptr(GVariant) objects = g_variant_get_child_value(reply, 0);
	g_autoptr(GVariant) vm = g_variant_lookup_value(objects, path, NULL);
	g_assert_nonnull(vm);
	reply = peer_call(&peer, path, "org.freedesktop.DBus.Properties", "GetAll",
			  g_variant_new("(s)", "io.carrel.Vm"));
	g_assert_no_error(peer.error);
	reply = peer_call(&peer, "/io/carrel/vm", "org.freedesktop.DBus.Introspectable", "Introspect", NULL);
	g_assert_no_error(peer.error);
	const char *xml;
	g_variant_get(reply, "(&s)", &xml);
	g_assert_nonnull(strstr(xml, strrchr(path, '/') + 1));
	peer_close(&peer);
}

/* A console that waits for a VM to start is forgotten when its client leaves; the VM then starts without waiting for it. */
static void test_waiting_console(Fixture *f, gconstpointer data)
{
	Peer waiting, starter;
	GVariantBuilder options;

	peer_open(&waiting);
	peer_open(&starter);
	g_autofree char *path = create_over_api(f, &starter);
	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&options, "{sv}", "wait", g_variant_new_boolean(TRUE));
	peer_send(&waiting, path, "io.carrel.Vm", "OpenConsole", g_variant_new("(a{sv})", &options));
	/* Any answered call behind it proves that the daemon has it. */
	set_cpus(&starter, path, "1");
	g_assert_false(waiting.arrived);
	peer_close(&waiting);
	g_assert_nonnull(peer_call(&starter, path, "io.carrel.Vm", "Start", g_variant_new("(a{sv})", NULL)));
	Vm *vm = model_find_vm(f->model, "web", NULL);
	while (vm_state(vm) != VM_RUNNING)
		g_main_context_iteration(NULL, TRUE);
	g_assert_nonnull(peer_call(&starter, path, "io.carrel.Vm", "TurnOff", NULL));
	while (vm_state(vm) != VM_OFF)
		g_main_context_iteration(NULL, TRUE);
	peer_close(&starter);
}

static void test_idle_exit(Fixture *f, gconstpointer data)
{
	Peer peer;

	peer_open(&peer);
	peer_close(&peer);
	wait_for(&f->quit);
}

static void test_exit(Fixture *f, gconstpointer data)
{
	Peer peer;

	peer_open(&peer);
	g_assert_nonnull(
		peer_call(&peer, "/io/carrel", "io.carrel.Manager", "Exit", g_variant_new("(b)", FALSE)));
	wait_for(&f->quit);
	peer_close(&peer);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Failures are provoked here, and warned about. */
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
	g_test_add("/server/two-clients", Fixture, NULL, setup, test_two_clients, teardown);
	g_test_add("/server/errors", Fixture, NULL, setup, test_errors, teardown);
	g_test_add("/server/tree", Fixture, NULL, setup, test_tree, teardown);
	g_test_add("/server/waiting-console", Fixture, NULL, setup, test_waiting_console, teardown);
	g_test_add("/server/idle-exit", Fixture, GUINT_TO_POINTER(1), setup, test_idle_exit, teardown);
	g_test_add("/server/exit", Fixture, NULL, setup, test_exit, teardown);
	return g_test_run();
}
