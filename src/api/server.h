/*
 * The management API: D-Bus, peer to peer, same user only; data/io.carrel.xml is its description. It translates and decides nothing.
 *
 * Each kind of object is a subtree: objects are looked up in the model when a message comes, so that a thousand VMs
 * times several clients need no skeleton objects. (GDBusObjectManagerServer serves one connection only, and one set of
 * skeletons per client costs some 10 kB for each VM.)
 */
#pragma once

#include "model/model.h"

typedef struct Server Server;

/* Nobody is connected and nothing runs for @idle_timeout_s (0 = never), or Exit was called. */
typedef void (*ServerQuit)(gpointer data);

/* Listens on paths_api_socket(); also on the session bus as io.carrel where one exists and the store is the user's own. */
Server *server_new(Model *model, guint idle_timeout_s, ServerQuit on_quit, gpointer data, GError **error);
void server_free(Server *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)
