/* What the files of libclient share. */
#pragma once

#include "client/client.h"

#define CLIENT_ROOT "/io/carrel"

typedef enum { KIND_VM, KIND_JOB, KIND_IMAGE, KIND_COUNT } KindId;

/* The objects of one kind. */
typedef struct {
	GPtrArray *objects;  /* ClientVm and so on, owned */
	GHashTable *by_path; /* borrows path and object */
	gboolean unsorted;
} Store;

typedef struct {
	guint id;
	ClientWatch function; /* NULL: removed while events are being told */
	gpointer data;
} Watch;

struct Client {
	GDBusConnection *connection; /* NULL: not connected */
	gulong closed_handler;
	guint subscriptions[3];
	Store stores[KIND_COUNT];
	gboolean filled; /* once at least */
	gboolean quiet;  /* many images come at once: one event will tell it */
	gboolean images_wanted, images_loading, images_stale;
	GArray *watches; /* of Watch */
	guint last_watch, telling;
	GError *last_error;
	/* For client_new() only: */
	gboolean reconnects;
	guint retry_source, backoff_ms;
	GCancellable *cancellable;
};

/* client.c */
void client_tell(Client *client, ClientEvent event, gpointer object);

/* client-open.c: a connection to the daemon, which is started if none answers. The caller owns it. */
GDBusConnection *open_connection_sync(GError **error);
void open_connection(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
GDBusConnection *open_connection_finish(GAsyncResult *result, GError **error);

/* client-cache.c: lists and the signals that keep them current. */
void cache_init(Client *client);
void cache_clear(Client *client);
void cache_subscribe(Client *client);
void cache_unsubscribe(Client *client);
gboolean cache_fill_sync(Client *client, GError **error);
void cache_fill(Client *client, GAsyncReadyCallback callback, gpointer data);
/* Loads the images, or once more when that is under way. */
void cache_load_images(Client *client);
gboolean cache_fill_finish(GAsyncResult *result, GError **error);
