#include "ui/calls.h"

#include <gio/gunixfdlist.h>

#include "base/error.h"
#include "spec/spec-fields.h"

struct Calls {
	Client *client;
	gpointer owner; /* NULL when gone */
	GCancellable *cancellable;
	guint references; /* the owner's and one for each call under way */
};

typedef struct {
	Calls *calls;
	CallDone done;
	CallSpecDone spec_done;
} Call;

Calls *calls_new(Client *client, gpointer owner)
{
	Calls *calls = g_new0(Calls, 1);

	calls->client = client;
	calls->owner = owner;
	calls->cancellable = g_cancellable_new();
	calls->references = 1;
	return calls;
}

static void drop(Calls *calls)
{
	if (--calls->references > 0)
		return;
	g_object_unref(calls->cancellable);
	g_free(calls);
}

void calls_free(Calls *calls)
{
	calls->owner = NULL;
	g_cancellable_cancel(calls->cancellable);
	drop(calls);
}

static Call *begin(Calls *calls)
{
	Call *call = g_new0(Call, 1);

	call->calls = calls;
	calls->references++;
	return call;
}

static void end(Call *call)
{
	drop(call->calls);
	g_free(call);
}

static void on_reply(GObject *source, GAsyncResult *result, gpointer data)
{
	Call *call = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GUnixFDList) fds = NULL;
	g_autoptr(GVariant) reply = client_call_finish(call->calls->client, &fds, result, &error);

	if (call->calls->owner && call->done)
		call->done(call->calls->owner, reply, fds, error);
	end(call);
}

void calls_send(Calls *calls, const char *path, const char *interface, const char *method,
		GVariant *parameters, CallDone done)
{
	Call *call = begin(calls);

	call->done = done;
	client_call(calls->client, path, interface, method, parameters, calls->cancellable, on_reply, call);
}

static void on_spec(GObject *source, GAsyncResult *result, gpointer data)
{
	Call *call = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	g_autoptr(GVariant) dict = NULL;

	if (reply)
		g_variant_get(reply, "(v)", &dict);
	if (error)
		error_localise(error);
	if (call->calls->owner)
		call->spec_done(call->calls->owner, dict ? vm_spec_from_variant(dict) : NULL, error);
	end(call);
}

void calls_get_spec(Calls *calls, const char *vm_path, CallSpecDone done)
{
	GDBusConnection *connection = client_connection(calls->client);
	g_autoptr(GError) error = NULL;
	Call *call;

	if (!connection) {
		error = error_new(CARREL_ERROR_FAILED, "try again in a moment", "carreld is not connected");
		done(calls->owner, NULL, error);
		return;
	}
	call = begin(calls);
	call->spec_done = done;
	g_dbus_connection_call(connection, NULL, vm_path, "org.freedesktop.DBus.Properties", "Get",
			       g_variant_new("(ss)", "io.carrel.Vm", "Spec"), G_VARIANT_TYPE("(v)"),
			       G_DBUS_CALL_FLAGS_NONE, -1, calls->cancellable, on_spec, call);
}
