/*
 * A client's view of the daemon: connect, start it on demand, follow its objects.
 *
 * One Client per process. It holds plain structs (ClientVm, ClientJob, ClientImage) that are filled by one call and
 * kept current by signals; there are no proxies per object, so a thousand VMs cost little. Everything runs on the
 * thread-default main context; only functions named _sync block (the command line uses them, the TUI never does).
 */
#pragma once

#include <gio/gio.h>

typedef struct Client Client;

typedef struct {
	char *path; /* object path */
	char *id, *name, *state, *status, *os, *switch_name, *ip, *checkpoint, *notes, *accelerator,
		*heartbeat, *guest_state, *folder;
	guint generation, cpus, pid;
	guint64 memory_startup, memory_assigned, memory_demand; /* bytes */
	double cpu_usage;                                       /* percent of one host processor */
	gint64 started, created;                                /* unix seconds, 0 = never */
} ClientVm;

typedef struct {
	char *path, *verb, *subject, *state, *step, *unit, *result;
	char *note;                       /* lines for people that are no error, "" = none */
	char *error_name, *error_message; /* as the API gives them; see client_job_error() */
	guint number;
	guint64 done, total;
	gint64 started, ended;
} ClientJob;

typedef struct {
	char *path, *id, *name, *publisher, *version, *source, *sha256, *description, *kind, *os;
	char *trust, *logo, *symbol, *thumbnail;
	guint64 size, memory, download_size;
	guint cpus;
	gint64 updated;
	gboolean verified, available, secure_boot, cloud_init;
	GVariant *details; /* a(ss) */
} ClientImage;

typedef enum {
	CLIENT_CONNECTED,    /* lists are filled */
	CLIENT_DISCONNECTED, /* the daemon went away; the client reconnects by itself, starting it if need be */
	CLIENT_VM_ADDED,
	CLIENT_VM_CHANGED,
	CLIENT_VM_REMOVED, /* object is valid during the call */
	CLIENT_JOB_ADDED,
	CLIENT_JOB_CHANGED,
	CLIENT_JOB_REMOVED,
	CLIENT_IMAGES_CHANGED
} ClientEvent;

/* @object is the ClientVm or ClientJob concerned, or NULL. Called from the main loop. */
typedef void (*ClientWatch)(Client *client, ClientEvent event, gpointer object, gpointer data);

/* Connects and starts the daemon if none answers. An error is one sentence, for example with the daemon's own words when
 * it could not start (another daemon holds the store, home directory not writable). With @fill also loads lists. */
Client *client_connect_sync(gboolean fill, GError **error);

/* The same without blocking; reconnects for ever, reports by CLIENT_CONNECTED and CLIENT_DISCONNECTED. */
Client *client_new(void);
void client_free(Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

gboolean client_is_connected(const Client *client);
/* Why not connected, for a status line; NULL when connected or not yet known. Borrowed. */
const GError *client_last_error(const Client *client);

/* Adds a watcher; returns its id for client_unwatch(). */
guint client_watch(Client *client, ClientWatch watch, gpointer data);
void client_unwatch(Client *client, guint id);

/* Arrays of ClientVm, ClientJob, ClientImage pointers, VMs sorted by name. Borrowed, valid until the main loop runs again. */
GPtrArray *client_vms(Client *client);
GPtrArray *client_jobs(Client *client);
GPtrArray *client_images(Client *client);
ClientVm *client_find_vm(Client *client, const char *path);
/* There may be thousands of images, so that client_connect_sync() leaves them out: this loads their list. A client_new() loads it by itself when all else is
 * there, and again when it is another one. */
gboolean client_load_images_sync(Client *client, GError **error);
ClientJob *client_find_job(Client *client, const char *path);

/* VM by name, id or unique beginning of an id, over the API. Caller frees; CARREL_ERROR_NOT_FOUND when there is none. */
char *client_find_vm_sync(Client *client, const char *name, GError **error);

/* Any method. @interface without "io.carrel." ("Vm", "Manager", "Job"). @parameters floating or NULL. Errors are carrel errors.
 * @fds may be NULL. */
GVariant *client_call_sync(Client *client, const char *path, const char *interface, const char *method,
			   GVariant *parameters, GUnixFDList **fds, GError **error);
void client_call(Client *client, const char *path, const char *interface, const char *method,
		 GVariant *parameters, GCancellable *cancellable, GAsyncReadyCallback callback,
		 gpointer data);
/* @fds as above; the caller owns both results. */
GVariant *client_call_finish(Client *client, GUnixFDList **fds, GAsyncResult *result, GError **error);

/* One property, and all properties of an object as a{sv}. */
GVariant *client_get_sync(Client *client, const char *path, const char *interface, const char *property,
			  GError **error);
GVariant *client_get_all_sync(Client *client, const char *path, const char *interface, GError **error);

/* The error of a job that failed or was cancelled, NULL for others. Caller frees. */
GError *client_job_error(const ClientJob *job);

/* The D-Bus connection, for `carrel api'. Borrowed; NULL when not connected. */
GDBusConnection *client_connection(Client *client);

/* Makes an error that a call on that connection gave ours, with code and hint; in place. Functions above have done it. */
void client_translate_error(GError **error);
