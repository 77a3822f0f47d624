#include "api/server.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/objects.h"
#include "base/error.h"
#include "base/paths.h"

#define MANAGER_PATH "/io/carrel"
#define BUS_NAME     "io.carrel"

struct Server {
	Model *model;
	GDBusServer *listener;
	GPtrArray *peers; /* of ObjectsPeer */
	guint bus_name;
	guint idle_timeout_s, idle_source;
	ServerQuit on_quit;
	gpointer quit_data;
};

/* --- idle --- */

static guint client_count(Server *server)
{
	guint count = 0;

	for (guint i = 0; i < server->peers->len; i++)
		count += !((ObjectsPeer *)server->peers->pdata[i])->is_bus;
	return count;
}

static gboolean on_idle_timeout(gpointer data)
{
	Server *server = data;

	if (client_count(server) > 0 || !model_is_idle(server->model))
		return G_SOURCE_CONTINUE;
	server->idle_source = 0;
	g_message("idle, leaving");
	server->on_quit(server->quit_data);
	return G_SOURCE_REMOVE;
}

/* The clock starts anew with each client that leaves; while VMs run it only looks again. */
static void idle_update(Server *server)
{
	g_clear_handle_id(&server->idle_source, g_source_remove);
	if (server->idle_timeout_s && client_count(server) == 0)
		server->idle_source = g_timeout_add_seconds(server->idle_timeout_s, on_idle_timeout, server);
}

static void on_flushed(GObject *source, GAsyncResult *result, gpointer data)
{
	Server *server = data;

	g_dbus_connection_flush_finish(G_DBUS_CONNECTION(source), result, NULL);
	server->on_quit(server->quit_data);
}

void server_exit(Server *server, GDBusConnection *caller)
{
	g_dbus_connection_flush(caller, NULL, on_flushed, server);
}

/* --- ObjectManager --- */

static const char object_manager_xml[] =
	"<node><interface name='org.freedesktop.DBus.ObjectManager'>"
	"<method name='GetManagedObjects'><arg name='objects' type='a{oa{sa{sv}}}' direction='out'/></method>"
	"<signal name='InterfacesAdded'><arg name='object' type='o'/><arg name='interfaces' "
	"type='a{sa{sv}}'/></signal>"
	"<signal name='InterfacesRemoved'><arg name='object' type='o'/><arg name='interfaces' "
	"type='as'/></signal>"
	"</interface></node>";

static GDBusInterfaceInfo *object_manager_info(void)
{
	static GDBusNodeInfo *node;

	if (!node)
		node = g_dbus_node_info_new_for_xml(object_manager_xml, NULL);
	return node->interfaces[0];
}

static void on_object_manager(GDBusConnection *connection, const char *sender, const char *path,
			      const char *interface, const char *method, GVariant *parameters,
			      GDBusMethodInvocation *invocation, gpointer data)
{
	ObjectsPeer *peer = data;

	g_dbus_method_invocation_return_value(
		invocation, g_variant_new("(@a{oa{sa{sv}}})", objects_managed(peer->model)));
}

/* --- peers --- */

static void peer_register(ObjectsPeer *peer)
{
	static const GDBusInterfaceVTable object_manager = { on_object_manager, NULL, NULL, { 0 } };
	GDBusInterfaceInfo *manager = (GDBusInterfaceInfo *)api_manager.interface;
	guint id;

	id = g_dbus_connection_register_object(peer->connection, MANAGER_PATH, manager, objects_vtable(),
					       peer, NULL, NULL);
	g_array_append_val(peer->ids, id);
	id = g_dbus_connection_register_object(peer->connection, MANAGER_PATH, object_manager_info(),
					       &object_manager, peer, NULL, NULL);
	g_array_append_val(peer->ids, id);
	for (const ObjectKind *const *kind = api_kinds; *kind; kind++) {
		id = g_dbus_connection_register_subtree(peer->connection, (*kind)->folder, objects_subtree(),
							G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES,
							peer, NULL, NULL);
		g_array_append_val(peer->subtrees, id);
	}
}

static void peer_free(gpointer data)
{
	ObjectsPeer *peer = data;

	g_clear_handle_id(&peer->close_source, g_source_remove);
	g_cancellable_cancel(peer->gone);
	g_signal_handler_disconnect(peer->connection, peer->closed_handler);
	for (guint i = 0; i < peer->ids->len; i++)
		g_dbus_connection_unregister_object(peer->connection, g_array_index(peer->ids, guint, i));
	for (guint i = 0; i < peer->subtrees->len; i++)
		g_dbus_connection_unregister_subtree(peer->connection,
						     g_array_index(peer->subtrees, guint, i));
	g_array_unref(peer->ids);
	g_array_unref(peer->subtrees);
	g_object_unref(peer->gone);
	g_object_unref(peer->connection);
	g_free(peer);
}

static gboolean remove_peer_later(gpointer data)
{
	ObjectsPeer *peer = data;
	Server *server = peer->server;
	gboolean counted = !peer->is_bus;

	peer->close_source = 0;
	g_ptr_array_remove(server->peers, peer);
	if (counted) {
		model_observe(server->model, FALSE);
		idle_update(server);
	}
	return G_SOURCE_REMOVE;
}

static void on_peer_closed(GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
	ObjectsPeer *peer = data;

	/* Not inside the signal of the connection that is about to be released. */
	if (!peer->close_source)
		peer->close_source = g_idle_add(remove_peer_later, peer);
}

static void add_peer(Server *server, GDBusConnection *connection, gboolean is_bus)
{
	ObjectsPeer *peer = g_new0(ObjectsPeer, 1);

	peer->server = server;
	peer->model = server->model;
	peer->connection = g_object_ref(connection);
	peer->gone = g_cancellable_new();
	peer->is_bus = is_bus;
	peer->ids = g_array_new(FALSE, FALSE, sizeof(guint));
	peer->subtrees = g_array_new(FALSE, FALSE, sizeof(guint));
	peer->closed_handler = g_signal_connect(connection, "closed", G_CALLBACK(on_peer_closed), peer);
	peer_register(peer);
	g_ptr_array_add(server->peers, peer);
	if (!is_bus) {
		model_observe(server->model, TRUE);
		idle_update(server);
	}
}

static gboolean on_connection(GDBusServer *listener, GDBusConnection *connection, gpointer data)
{
	add_peer(data, connection, FALSE);
	return TRUE;
}

/* --- signals --- */

static void emit(Server *server, const char *path, const char *interface, const char *signal,
		 GVariant *parameters)
{
	g_autoptr(GVariant) owned = g_variant_ref_sink(parameters);

	for (guint i = 0; i < server->peers->len; i++) {
		GDBusConnection *connection = ((ObjectsPeer *)server->peers->pdata[i])->connection;
		g_dbus_connection_emit_signal(connection, NULL, path, interface, signal, owned, NULL);
	}
}

static void emit_changed(Server *server, const ObjectKind *kind, const char *node, gpointer object,
			 guint changes)
{
	static const char *const none[] = { NULL };
	g_autofree char *path = api_path(kind->folder, node);

	emit(server, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
	     g_variant_new("(s@a{sv}^as)", kind->interface->name,
			   api_properties(kind, server->model, object, changes, NULL), none));
}

static void emit_added(Server *server, const ObjectKind *kind, const char *node, gpointer object)
{
	g_autofree char *path = api_path(kind->folder, node);
	GVariantBuilder interfaces;

	g_variant_builder_init(&interfaces, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_add(&interfaces, "{s@a{sv}}", kind->interface->name,
			      api_properties(kind, server->model, object, 0, NULL));
	emit(server, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
	     g_variant_new("(oa{sa{sv}})", path, &interfaces));
}

static void emit_removed(Server *server, const ObjectKind *kind, const char *node)
{
	const char *const names[] = { kind->interface->name, NULL };
	g_autofree char *path = api_path(kind->folder, node);

	emit(server, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
	     g_variant_new("(o^as)", path, names));
}

/* One item, or with @id NULL the whole list: then who wants it asks for it, since it may have thousands. */
static void on_images(Server *server, const char *id)
{
	gpointer object = id ? api_image.find(server->model, id) : NULL;

	if (object)
		emit_changed(server, &api_image, id, object, 0);
	if (!id)
		emit(server, MANAGER_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
		     g_variant_new("(s@a{sv}^as)", api_manager.interface->name,
				   api_properties(&api_manager, server->model, NULL, MANAGER_IMAGES, NULL),
				   (const char *const[]){ NULL }));
}

static void on_model(Model *model, ModelEvent event, gpointer object, guint changes, gpointer data)
{
	Server *server = data;
	g_autofree char *job = NULL;

	if (event == MODEL_JOB_ADDED || event == MODEL_JOB_CHANGED || event == MODEL_JOB_REMOVED)
		job = g_strdup_printf("%u", ((Job *)object)->number);
	switch (event) {
	case MODEL_VM_ADDED:
		emit_added(server, &api_vm, vm_id(object), object);
		break;
	case MODEL_VM_CHANGED:
		emit_changed(server, &api_vm, vm_id(object), object, changes);
		break;
	case MODEL_VM_REMOVED:
		emit_removed(server, &api_vm, vm_id(object));
		break;
	case MODEL_JOB_ADDED:
		emit_added(server, &api_job, job, object);
		break;
	case MODEL_JOB_CHANGED:
		emit_changed(server, &api_job, job, object, 1);
		break;
	case MODEL_JOB_REMOVED:
		emit_removed(server, &api_job, job);
		break;
	case MODEL_IMAGES_CHANGED:
		on_images(server, object);
		break;
	}
}

/* --- listening --- */

static gboolean on_allow_mechanism(GDBusAuthObserver *observer, const char *mechanism, gpointer data)
{
	return g_str_equal(mechanism, "EXTERNAL");
}

static gboolean on_authorize(GDBusAuthObserver *observer, GIOStream *stream, GCredentials *credentials,
			     gpointer data)
{
	return credentials && g_credentials_get_unix_user(credentials, NULL) == geteuid();
}

static gboolean server_listen(Server *server, GError **error)
{
	g_autofree char *path = paths_api_socket();
	g_autofree char *escaped = g_dbus_address_escape_value(path);
	g_autofree char *address = g_strconcat("unix:path=", escaped, NULL);
	g_autofree char *guid = g_dbus_generate_guid();
	g_autoptr(GDBusAuthObserver) observer = g_dbus_auth_observer_new();
	g_autoptr(GError) local = NULL;

	g_signal_connect(observer, "allow-mechanism", G_CALLBACK(on_allow_mechanism), NULL);
	g_signal_connect(observer, "authorize-authenticated-peer", G_CALLBACK(on_authorize), NULL);
	/* We hold the store's lock, so nobody of ours listens there. */
	if (unlink(path) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", path, g_strerror(errno));
	server->listener =
		g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, observer, NULL, &local);
	if (!server->listener)
		return error_set(error, CARREL_ERROR_FAILED, "check that its directory is yours and writable",
				 "cannot listen on `%s': %s", path, local->message);
	if (chmod(path, 0600) < 0)
		g_warning("cannot restrict `%s': %s", path, g_strerror(errno));
	g_signal_connect(server->listener, "new-connection", G_CALLBACK(on_connection), server);
	g_dbus_server_start(server->listener);
	return TRUE;
}

static void on_bus(GDBusConnection *connection, const char *name, gpointer data)
{
	if (connection)
		g_dbus_connection_set_exit_on_close(connection, FALSE);
	if (connection)
		add_peer(data, connection, TRUE);
}

/* A second daemon with a store of its own (CARREL_HOME) must not take the name from the user's main one. */
static void own_bus_name(Server *server)
{
	const char *bus = g_getenv("DBUS_SESSION_BUS_ADDRESS");

	if (bus && *bus && !g_getenv("CARREL_HOME"))
		server->bus_name =
			g_bus_own_name(G_BUS_TYPE_SESSION, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
				       on_bus, NULL, NULL, server, NULL);
}

Server *server_new(Model *model, guint idle_timeout_s, ServerQuit on_quit, gpointer data, GError **error)
{
	g_autoptr(Server) server = g_new0(Server, 1);

	server->model = model;
	server->peers = g_ptr_array_new_with_free_func(peer_free);
	server->idle_timeout_s = idle_timeout_s;
	server->on_quit = on_quit;
	server->quit_data = data;
	if (!server_listen(server, error))
		return NULL;
	model_set_watch(model, on_model, server);
	own_bus_name(server);
	idle_update(server);
	return g_steal_pointer(&server);
}

void server_free(Server *server)
{
	if (!server)
		return;
	g_clear_handle_id(&server->idle_source, g_source_remove);
	model_set_watch(server->model, NULL, NULL);
	if (server->bus_name)
		g_bus_unown_name(server->bus_name);
	if (server->listener) {
		g_autofree char *path = paths_api_socket();
		g_dbus_server_stop(server->listener);
		g_object_unref(server->listener);
		unlink(path);
	}
	g_ptr_array_unref(server->peers);
	g_free(server);
}
