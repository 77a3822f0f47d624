#include "client/wait.h"

#include "base/error.h"
#include "client/client-objects.h"

typedef struct {
	ClientJob *job;
	WaitProgress progress;
	gpointer data;
	gboolean pending; /* the first state is still asked for */
	gboolean gone;    /* the daemon */
	GError *error;
} Wait;

static void take(Wait *wait, GVariant *properties)
{
	if (object_apply(&kinds[KIND_JOB], wait->job, properties) && wait->progress)
		wait->progress(wait->job, wait->data);
}

static void on_properties(GDBusConnection *connection, const char *sender, const char *path,
			  const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	g_autoptr(GVariant) dict = NULL;

	/* What comes before the first state is part of it; alone it would be a job without a name. */
	if (((Wait *)data)->pending || !g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", NULL, &dict, NULL);
	take(data, dict);
}

/* Jobs that ended are removed after a while; one that is removed was seen to end, or the daemon is another one. */
static void on_event(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	Wait *wait = data;

	if (event == CLIENT_DISCONNECTED)
		wait->gone = TRUE;
}

static gboolean is_over(const ClientJob *job)
{
	return *job->state && !g_str_equal(job->state, "running");
}

static gboolean judge(Wait *wait, const char *path, char **result, GError **error)
{
	if (wait->error && !wait->gone) {
		g_propagate_error(error, g_steal_pointer(&wait->error));
		return FALSE;
	}
	if (!is_over(wait->job))
		return error_set(error, CARREL_ERROR_FAILED,
				 "look at the VM with `carrel list', then try again",
				 "carreld went away before job `%s' had ended", path);
	GError *failure = client_job_error(wait->job);
	if (failure) {
		g_propagate_error(error, failure);
		return FALSE;
	}
	if (result)
		*result = g_strdup(wait->job->result);
	return TRUE;
}

static void on_first(GObject *source, GAsyncResult *result, gpointer data)
{
	Wait *wait = data;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &wait->error);

	wait->pending = FALSE;
	client_translate_error(&wait->error);
	if (reply) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(reply, 0);
		take(wait, dict);
	}
}

/* Not a blocking call: its reply must be taken in its place among the signals, else older ones would follow it. */
static void ask_first(Wait *wait, GDBusConnection *connection, const char *path)
{
	wait->pending = TRUE;
	g_dbus_connection_call(connection, NULL, path, "org.freedesktop.DBus.Properties", "GetAll",
			       g_variant_new("(s)", "io.carrel.Job"), G_VARIANT_TYPE("(a{sv})"),
			       G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_first, wait);
}

gboolean wait_for_job_sync(Client *client, const char *path, WaitProgress progress, gpointer data,
			   char **result, GError **error)
{
	g_autoptr(GDBusConnection) connection = NULL;
	Wait wait = { .progress = progress, .data = data };

	g_set_object(&connection, client_connection(client));
	if (!connection)
		return error_set(error, CARREL_ERROR_FAILED, "try again", "carreld went away");
	wait.job = object_new(&kinds[KIND_JOB], path);
	guint signal = g_dbus_connection_signal_subscribe(
		connection, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged", path,
		"io.carrel.Job", G_DBUS_SIGNAL_FLAGS_NONE, on_properties, &wait, NULL);
	guint watch = client_watch(client, on_event, &wait);
	ask_first(&wait, connection, path);
	while (wait.pending || (!wait.error && !is_over(wait.job) && !wait.gone))
		g_main_context_iteration(NULL, TRUE);
	gboolean done = judge(&wait, path, result, error);
	client_unwatch(client, watch);
	g_dbus_connection_signal_unsubscribe(connection, signal);
	g_clear_error(&wait.error);
	object_free(&kinds[KIND_JOB], wait.job);
	return done;
}

ClientJob *client_get_job_sync(Client *client, const char *path, GError **error)
{
	g_autoptr(GVariant) now = client_get_all_sync(client, path, "Job", error);

	if (!now)
		return NULL;
	ClientJob *job = object_new(&kinds[KIND_JOB], path);
	object_apply(&kinds[KIND_JOB], job, now);
	return job;
}

void client_job_free(ClientJob *job)
{
	if (job)
		object_free(&kinds[KIND_JOB], job);
}
