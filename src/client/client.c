/* A client's life: connecting and reconnecting, telling watchers. */
#include "base/error.h"
#include "client/client-private.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 2000

/* --- a client --- */

static void schedule_retry(Client *client);

static void set_last_error(Client *client, GError *error)
{
	g_clear_error(&client->last_error);
	client->last_error = error;
}

static void disconnect(Client *client)
{
	if (!client->connection)
		return;
	cache_unsubscribe(client);
	g_signal_handler_disconnect(client->connection, client->closed_handler);
	g_dbus_connection_close(client->connection, NULL, NULL, NULL);
	g_clear_object(&client->connection);
}

static void on_closed(GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
	Client *client = data;

	disconnect(client);
	set_last_error(client, error_new(CARREL_ERROR_FAILED, NULL, "carreld went away"));
	client_tell(client, CLIENT_DISCONNECTED, NULL);
	if (client->reconnects)
		schedule_retry(client);
}

/* Takes @connection. Signals are subscribed before the lists are asked for, so that none is missed. */
static void adopt(Client *client, GDBusConnection *connection, gboolean follow)
{
	client->connection = connection;
	client->closed_handler = g_signal_connect(connection, "closed", G_CALLBACK(on_closed), client);
	if (follow)
		cache_subscribe(client);
}

static Client *client_alloc(void)
{
	Client *client = g_new0(Client, 1);

	carrel_error_quark(); /* registers the errors before the first reply */
	client->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
	client->cancellable = g_cancellable_new();
	client->backoff_ms = BACKOFF_MIN_MS;
	cache_init(client);
	return client;
}

Client *client_connect_sync(gboolean fill, GError **error)
{
	g_autoptr(Client) client = client_alloc();
	GDBusConnection *connection = open_connection_sync(error);

	if (!connection)
		return NULL;
	adopt(client, connection, fill);
	if (fill && !cache_fill_sync(client, error))
		return NULL;
	return g_steal_pointer(&client);
}

static gboolean on_retry(gpointer data);

static void schedule_retry(Client *client)
{
	if (!client->retry_source)
		client->retry_source = g_timeout_add(client->backoff_ms, on_retry, client);
	client->backoff_ms = MIN(client->backoff_ms * 2, BACKOFF_MAX_MS);
}

static void connect_failed(Client *client, GError *error)
{
	disconnect(client);
	set_last_error(client, error);
	client_tell(client, CLIENT_DISCONNECTED, NULL);
	schedule_retry(client);
}

static void on_filled(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	Client *client = data;

	if (cache_fill_finish(result, &error)) {
		client->backoff_ms = BACKOFF_MIN_MS;
		set_last_error(client, NULL);
		client_tell(client, CLIENT_CONNECTED, NULL);
		return;
	}
	/* Cancelled: the client is no more. Not connected: on_closed() saw to it. */
	if (!g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result))) && client->connection)
		connect_failed(client, g_steal_pointer(&error));
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = open_connection_finish(result, &error);
	Client *client = data;

	if (connection) {
		adopt(client, connection, TRUE);
		cache_fill(client, on_filled, client);
	} else if (!g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result)))) {
		connect_failed(client, g_steal_pointer(&error));
	}
}

static gboolean on_retry(gpointer data)
{
	Client *client = data;

	client->retry_source = 0;
	open_connection(client->cancellable, on_opened, client);
	return G_SOURCE_REMOVE;
}

Client *client_new(void)
{
	Client *client = client_alloc();

	client->reconnects = TRUE;
	client->retry_source = g_idle_add(on_retry, client);
	return client;
}

void client_free(Client *client)
{
	if (!client)
		return;
	g_cancellable_cancel(client->cancellable);
	g_clear_handle_id(&client->retry_source, g_source_remove);
	disconnect(client);
	cache_clear(client);
	g_array_unref(client->watches);
	g_clear_error(&client->last_error);
	g_object_unref(client->cancellable);
	g_free(client);
}

gboolean client_is_connected(const Client *client)
{
	return client->connection != NULL;
}

const GError *client_last_error(const Client *client)
{
	return client->last_error;
}

GDBusConnection *client_connection(Client *client)
{
	return client->connection;
}

/* --- watchers --- */

guint client_watch(Client *client, ClientWatch function, gpointer data)
{
	Watch watch = { ++client->last_watch, function, data };

	g_array_append_val(client->watches, watch);
	return watch.id;
}

static void sweep_watches(Client *client)
{
	for (guint i = client->watches->len; i > 0; i--)
		if (!g_array_index(client->watches, Watch, i - 1).function)
			g_array_remove_index(client->watches, i - 1);
}

void client_unwatch(Client *client, guint id)
{
	for (guint i = 0; i < client->watches->len; i++)
		if (g_array_index(client->watches, Watch, i).id == id)
			g_array_index(client->watches, Watch, i).function = NULL;
	if (!client->telling)
		sweep_watches(client);
}

void client_tell(Client *client, ClientEvent event, gpointer object)
{
	client->telling++;
	/* A watcher may add or remove watchers: the array may move, entries stay where they are. */
	for (guint i = 0; i < client->watches->len; i++) {
		Watch watch = g_array_index(client->watches, Watch, i);
		if (watch.function)
			watch.function(client, event, object, watch.data);
	}
	if (--client->telling == 0)
		sweep_watches(client);
}
