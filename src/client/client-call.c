/* Calling methods of the daemon, and making its errors ours. */
#include "client/client-private.h"

#include "base/error.h"
#include "base/paths.h"

#define CALL_TIMEOUT_MS (120 * 1000)

/* Methods whose reply comes when something else happens: no limit. */
static const char *const waiting_methods[] = { "OpenConsole", "OpenSerial", NULL };

static int timeout_of(const char *method)
{
	return g_strv_contains(waiting_methods, method) ? G_MAXINT : CALL_TIMEOUT_MS;
}

typedef struct {
	int io; /* TRUE: a code of GIOErrorEnum, else of GDBusError */
	int code, ours;
	const char *sentence, *hint;
} Translation;

static const Translation translations[] = {
	{TRUE,   G_IO_ERROR_CLOSED,            CARREL_ERROR_FAILED,    "carreld went away",                    "try again"},
	{ TRUE,  G_IO_ERROR_BROKEN_PIPE,       CARREL_ERROR_FAILED,    "carreld went away",                    "try again"},
	{ TRUE,  G_IO_ERROR_CONNECTION_CLOSED, CARREL_ERROR_FAILED,    "carreld went away",                    "try again"},
	{ TRUE,  G_IO_ERROR_TIMED_OUT,         CARREL_ERROR_TIMEOUT,   "carreld did not answer in time",       "try again"},
	{ TRUE,  G_IO_ERROR_CANCELLED,         CARREL_ERROR_CANCELLED, "the call was cancelled",               NULL       },
	{ FALSE, G_DBUS_ERROR_NO_REPLY,        CARREL_ERROR_FAILED,    "carreld went away before it answered",
         "try again"												      },
	{ FALSE, G_DBUS_ERROR_DISCONNECTED,    CARREL_ERROR_FAILED,    "carreld went away",                    "try again"},
	{ FALSE, G_DBUS_ERROR_UNKNOWN_OBJECT,  CARREL_ERROR_NOT_FOUND, "the object does not exist any more",
         NULL													     },
};

/* What else a peer may say about a call that it does not know; kept with its own words. */
static int code_of_dbus(const GError *error)
{
	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS))
		return CARREL_ERROR_USAGE;
	return CARREL_ERROR_FAILED;
}

void client_translate_error(GError **error)
{
	if (!error || !*error)
		return;
	error_localise(*error);
	if ((*error)->domain == CARREL_ERROR)
		return;
	GError *old = g_steal_pointer(error);
	for (gsize i = 0; i < G_N_ELEMENTS(translations); i++) {
		const Translation *row = &translations[i];
		if (g_error_matches(old, row->io ? G_IO_ERROR : G_DBUS_ERROR, row->code)) {
			*error = error_new((CarrelError)row->ours, row->hint, "%s", row->sentence);
			g_error_free(old);
			return;
		}
	}
	*error = error_new((CarrelError)code_of_dbus(old), NULL, "carreld says: %s", old->message);
	g_error_free(old);
}

static GError *not_connected(Client *client)
{
	if (client->last_error)
		return g_error_copy(client->last_error);
	return error_new(CARREL_ERROR_FAILED, "wait a moment", "carreld is not connected");
}

GVariant *client_call_sync(Client *client, const char *path, const char *interface, const char *method,
			   GVariant *parameters, GUnixFDList **fds, GError **error)
{
	g_autofree char *full = g_strconcat("io.carrel.", interface, NULL);
	g_autoptr(GVariant) sunk = parameters ? g_variant_ref_sink(parameters) : NULL;
	g_autoptr(GError) local = NULL;

	if (!client->connection) {
		g_propagate_error(error, not_connected(client));
		return NULL;
	}
	GVariant *reply = g_dbus_connection_call_with_unix_fd_list_sync(
		client->connection, NULL, path, full, method, sunk, NULL, G_DBUS_CALL_FLAGS_NONE,
		timeout_of(method), NULL, fds, NULL, &local);
	if (!reply) {
		client_translate_error(&local);
		g_propagate_error(error, g_steal_pointer(&local));
	}
	return reply;
}

typedef struct {
	GVariant *value;
	GUnixFDList *fds;
} Reply;

static void reply_free(gpointer data)
{
	Reply *reply = data;

	if (reply->value)
		g_variant_unref(reply->value);
	g_clear_object(&reply->fds);
	g_free(reply);
}

static void on_called(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autoptr(GError) error = NULL;
	GUnixFDList *fds = NULL;
	GVariant *value = g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(source), &fds,
									  result, &error);

	if (!value) {
		client_translate_error(&error);
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	Reply *reply = g_new0(Reply, 1);
	reply->value = value;
	reply->fds = fds;
	g_task_return_pointer(task, reply, reply_free);
}

void client_call(Client *client, const char *path, const char *interface, const char *method,
		 GVariant *parameters, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autofree char *full = g_strconcat("io.carrel.", interface, NULL);
	g_autoptr(GVariant) sunk = parameters ? g_variant_ref_sink(parameters) : NULL;
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	if (!client->connection) {
		g_task_return_error(task, not_connected(client));
		return;
	}
	g_dbus_connection_call_with_unix_fd_list(client->connection, NULL, path, full, method, sunk, NULL,
						 G_DBUS_CALL_FLAGS_NONE, timeout_of(method), NULL,
						 cancellable, on_called, g_steal_pointer(&task));
}

GVariant *client_call_finish(Client *client, GUnixFDList **fds, GAsyncResult *result, GError **error)
{
	Reply *reply = g_task_propagate_pointer(G_TASK(result), error);

	if (!reply)
		return NULL;
	GVariant *value = g_steal_pointer(&reply->value);
	if (fds)
		*fds = g_steal_pointer(&reply->fds);
	reply_free(reply);
	return value;
}

char *client_find_vm_sync(Client *client, const char *name, GError **error)
{
	g_autoptr(GVariant) reply = client_call_sync(client, CLIENT_ROOT, "Manager", "FindVm",
						     g_variant_new("(s)", name), NULL, error);
	char *path = NULL;

	if (reply)
		g_variant_get(reply, "(o)", &path);
	return path;
}

static GVariant *properties_call(Client *client, const char *path, const char *method, GVariant *parameters,
				 const GVariantType *type, GError **error)
{
	g_autoptr(GVariant) sunk = g_variant_ref_sink(parameters);
	g_autoptr(GError) local = NULL;

	if (!client->connection) {
		g_propagate_error(error, not_connected(client));
		return NULL;
	}
	GVariant *reply = g_dbus_connection_call_sync(client->connection, NULL, path,
						      "org.freedesktop.DBus.Properties", method, sunk, type,
						      G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, NULL, &local);
	if (!reply) {
		client_translate_error(&local);
		g_propagate_error(error, g_steal_pointer(&local));
	}
	return reply;
}

GVariant *client_get_sync(Client *client, const char *path, const char *interface, const char *property,
			  GError **error)
{
	g_autofree char *full = g_strconcat("io.carrel.", interface, NULL);
	g_autoptr(GVariant) reply = properties_call(
		client, path, "Get", g_variant_new("(ss)", full, property), G_VARIANT_TYPE("(v)"), error);
	GVariant *value = NULL;

	if (reply)
		g_variant_get(reply, "(v)", &value);
	return value;
}

GVariant *client_get_all_sync(Client *client, const char *path, const char *interface, GError **error)
{
	g_autofree char *full = g_strconcat("io.carrel.", interface, NULL);
	g_autoptr(GVariant) reply = properties_call(client, path, "GetAll", g_variant_new("(s)", full),
						    G_VARIANT_TYPE("(a{sv})"), error);

	return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

GError *client_job_error(const ClientJob *job)
{
	if (g_str_equal(job->state, "running") || g_str_equal(job->state, "done"))
		return NULL;
	if (!*job->error_name)
		return error_new(CARREL_ERROR_CANCELLED, NULL, "job `%s %s' was cancelled", job->verb,
				 job->subject);
	GError *error = g_dbus_error_new_for_dbus_error(job->error_name, job->error_message);
	client_translate_error(&error);
	return error;
}
