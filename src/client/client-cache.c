/* The lists: filled by one call a kind, kept current by signals. */
#include <string.h>

#include "client/client-objects.h"

void cache_init(Client *client)
{
	for (guint i = 0; i < KIND_COUNT; i++) {
		client->stores[i].objects = g_ptr_array_new();
		client->stores[i].by_path = g_hash_table_new(g_str_hash, g_str_equal);
	}
}

void cache_clear(Client *client)
{
	for (guint i = 0; i < KIND_COUNT; i++) {
		Store *store = &client->stores[i];
		g_hash_table_unref(store->by_path);
		for (guint k = 0; k < store->objects->len; k++)
			object_free(&kinds[i], store->objects->pdata[k]);
		g_ptr_array_unref(store->objects);
	}
}

/* Differences are news only to those who saw the first lists. */
static void tell(Client *client, ClientEvent event, gpointer object)
{
	if (client->filled && !client->quiet)
		client_tell(client, event, event == CLIENT_IMAGES_CHANGED ? NULL : object);
}

static void update_sort_key(Store *store, VmEntry *entry)
{
	g_autofree char *key = g_utf8_collate_key(entry->vm.name, -1);

	if (entry->sort_key && g_str_equal(entry->sort_key, key))
		return;
	g_free(entry->sort_key);
	entry->sort_key = g_steal_pointer(&key);
	store->unsorted = TRUE;
}

/* Adds or changes an object; @whole: what @dict leaves out is empty. */
static void put(Client *client, KindId id, const char *path, GVariant *dict, gboolean whole)
{
	const Kind *kind = &kinds[id];
	Store *store = &client->stores[id];
	gpointer object = g_hash_table_lookup(store->by_path, path);
	gboolean added = !object;

	if (added) {
		object = object_new(kind, path);
		g_ptr_array_add(store->objects, object);
		g_hash_table_insert(store->by_path, object_path(object), object);
	}
	gboolean changed = object_apply(kind, object, dict);
	if (whole && !added)
		changed |= object_clear_absent(kind, object, dict);
	if (id == KIND_VM && (added || changed))
		update_sort_key(store, object);
	if (added)
		tell(client, kind->added, object);
	else if (changed)
		tell(client, kind->changed, object);
}

static void drop(Client *client, KindId id, const char *path)
{
	Store *store = &client->stores[id];
	gpointer object = g_hash_table_lookup(store->by_path, path);

	if (!object)
		return;
	g_hash_table_remove(store->by_path, path);
	g_ptr_array_remove(store->objects, object);
	tell(client, kinds[id].removed, object);
	object_free(&kinds[id], object);
}

/* Makes the list of one kind that of @reply, (a(oa{sv})). */
static void refill(Client *client, KindId id, GVariant *reply)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	Store *store = &client->stores[id];
	gsize count = g_variant_n_children(list);

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
		g_autoptr(GVariant) name = g_variant_get_child_value(row, 0);
		g_autoptr(GVariant) dict = g_variant_get_child_value(row, 1);
		const char *path = g_variant_get_string(name, NULL);
		put(client, id, path, dict, TRUE);
		g_hash_table_add(seen, object_path(g_hash_table_lookup(store->by_path, path)));
	}
	for (guint i = 0; i < store->objects->len; i++) {
		const char *path = object_path(store->objects->pdata[i]);
		if (!g_hash_table_contains(seen, path))
			g_ptr_array_add(gone, g_strdup(path));
	}
	for (guint i = 0; i < gone->len; i++)
		drop(client, id, gone->pdata[i]);
}

gboolean cache_fill_sync(Client *client, GError **error)
{
	for (guint i = 0; i < KIND_IMAGE; i++) {
		g_autoptr(GVariant) reply = client_call_sync(client, CLIENT_ROOT, "Manager",
							     kinds[i].list_method, NULL, NULL, error);
		if (!reply)
			return FALSE;
		refill(client, i, reply);
	}
	client->filled = TRUE;
	return TRUE;
}

/* --- images: many, and not needed for the first look --- */

static void refill_images(Client *client, GVariant *reply)
{
	client->quiet = TRUE;
	refill(client, KIND_IMAGE, reply);
	client->quiet = FALSE;
	tell(client, CLIENT_IMAGES_CHANGED, NULL);
}

gboolean client_load_images_sync(Client *client, GError **error)
{
	g_autoptr(GVariant) reply = client_call_sync(client, CLIENT_ROOT, "Manager",
						     kinds[KIND_IMAGE].list_method, NULL, NULL, error);

	if (reply)
		refill_images(client, reply);
	return reply != NULL;
}

static void on_images(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	Client *client = data;

	/* The client may be gone when this was cancelled: do not touch it then. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	client->images_loading = FALSE;
	if (reply)
		refill_images(client, reply);
	if (client->images_stale)
		cache_load_images(client);
}

void cache_load_images(Client *client)
{
	client->images_stale = client->images_loading;
	if (client->images_loading || !client->connection)
		return;
	client->images_loading = TRUE;
	g_dbus_connection_call(client->connection, NULL, CLIENT_ROOT, "io.carrel.Manager",
			       kinds[KIND_IMAGE].list_method, NULL, G_VARIANT_TYPE("(a(oa{sv}))"),
			       G_DBUS_CALL_FLAGS_NONE, -1, client->cancellable, on_images, client);
}

/* --- all the rest --- */

static void fill_next(GTask *task, guint kind);

static void on_listed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	guint kind = GPOINTER_TO_UINT(g_task_get_task_data(task));
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	/* The client may be gone when this was cancelled: do not touch it then. */
	if (!reply) {
		client_translate_error(&error);
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	if (g_task_return_error_if_cancelled(task))
		return;
	refill(g_object_get_data(G_OBJECT(task), "client"), kind, reply);
	fill_next(g_steal_pointer(&task), kind + 1);
}

/* Takes the reference on @task. */
static void fill_next(GTask *task, guint kind)
{
	Client *client = g_object_get_data(G_OBJECT(task), "client");

	if (kind == KIND_IMAGE) {
		client->filled = client->images_wanted = TRUE;
		cache_load_images(client);
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
		return;
	}
	if (!client->connection) {
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CLOSED, "the connection was closed");
		g_object_unref(task);
		return;
	}
	g_task_set_task_data(task, GUINT_TO_POINTER(kind), NULL);
	g_dbus_connection_call(client->connection, NULL, CLIENT_ROOT, "io.carrel.Manager",
			       kinds[kind].list_method, NULL, G_VARIANT_TYPE("(a(oa{sv}))"),
			       G_DBUS_CALL_FLAGS_NONE, -1, g_task_get_cancellable(task), on_listed, task);
}

void cache_fill(Client *client, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, client->cancellable, callback, data);

	g_object_set_data(G_OBJECT(task), "client", client);
	fill_next(task, 0);
}

gboolean cache_fill_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- signals --- */

static gboolean kind_of(const char *interface, KindId *id)
{
	for (guint i = 0; i < KIND_COUNT; i++)
		if (g_str_equal(kinds[i].interface, interface)) {
			*id = i;
			return TRUE;
		}
	return FALSE;
}

static void on_changed(GDBusConnection *connection, const char *sender, const char *path,
		       const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	Client *client = data;
	g_autoptr(GVariant) dict = NULL;
	const char *changed;
	KindId id;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", &changed, &dict, NULL);
	/* A change of an object that is not known yet comes before the list that will hold it. */
	if (client->images_wanted && g_str_equal(changed, "io.carrel.Manager") &&
	    g_variant_lookup(dict, "ImagesRevision", "u", NULL))
		cache_load_images(client);
	if (kind_of(changed, &id) && g_hash_table_contains(client->stores[id].by_path, path))
		put(client, id, path, dict, FALSE);
}

static void on_added(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
		     const char *signal, GVariant *parameters, gpointer data)
{
	g_autoptr(GVariant) interfaces = NULL;
	const char *object, *name;
	GVariant *dict;
	GVariantIter iter;
	KindId id;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oa{sa{sv}})")))
		return;
	g_variant_get(parameters, "(&o@a{sa{sv}})", &object, &interfaces);
	g_variant_iter_init(&iter, interfaces);
	while (g_variant_iter_loop(&iter, "{&s@a{sv}}", &name, &dict))
		if (kind_of(name, &id))
			put(data, id, object, dict, FALSE);
}

static void on_removed(GDBusConnection *connection, const char *sender, const char *path,
		       const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	g_autofree const char **interfaces = NULL;
	const char *object;
	KindId id;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oas)")))
		return;
	g_variant_get(parameters, "(&o^a&s)", &object, &interfaces);
	for (const char **name = interfaces; *name; name++)
		if (kind_of(*name, &id))
			drop(data, id, object);
}

typedef struct {
	const char *interface, *member, *path;
	GDBusSignalCallback callback;
} Subscription;

static const Subscription subscriptions[] = {
	{"org.freedesktop.DBus.Properties",     "PropertiesChanged", NULL,        on_changed},
	{ "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",   CLIENT_ROOT, on_added  },
	{ "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", CLIENT_ROOT, on_removed},
};
G_STATIC_ASSERT(G_N_ELEMENTS(subscriptions) == G_N_ELEMENTS(((Client *)NULL)->subscriptions));

void cache_subscribe(Client *client)
{
	for (gsize i = 0; i < G_N_ELEMENTS(subscriptions); i++)
		client->subscriptions[i] = g_dbus_connection_signal_subscribe(
			client->connection, NULL, subscriptions[i].interface, subscriptions[i].member,
			subscriptions[i].path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, subscriptions[i].callback,
			client, NULL);
}

void cache_unsubscribe(Client *client)
{
	for (gsize i = 0; i < G_N_ELEMENTS(subscriptions); i++)
		if (client->subscriptions[i])
			g_dbus_connection_signal_unsubscribe(client->connection, client->subscriptions[i]);
	memset(client->subscriptions, 0, sizeof client->subscriptions);
}

/* --- reading --- */

static gint by_name(gconstpointer a, gconstpointer b)
{
	const VmEntry *first = *(VmEntry *const *)a, *second = *(VmEntry *const *)b;
	int order = strcmp(first->sort_key, second->sort_key);

	return order ? order : strcmp(first->vm.path, second->vm.path);
}

GPtrArray *client_vms(Client *client)
{
	Store *store = &client->stores[KIND_VM];

	if (store->unsorted)
		g_ptr_array_sort(store->objects, by_name);
	store->unsorted = FALSE;
	return store->objects;
}

GPtrArray *client_jobs(Client *client)
{
	return client->stores[KIND_JOB].objects;
}

GPtrArray *client_images(Client *client)
{
	return client->stores[KIND_IMAGE].objects;
}

ClientVm *client_find_vm(Client *client, const char *path)
{
	return g_hash_table_lookup(client->stores[KIND_VM].by_path, path);
}

ClientJob *client_find_job(Client *client, const char *path)
{
	return g_hash_table_lookup(client->stores[KIND_JOB].by_path, path);
}
