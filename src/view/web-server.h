/*
 * HTTP on connections that the door let in: reads requests, sends what the gate answers, and hands on those that became a WebSocket. Runs on the
 * default main context; a connection that says nothing for a while is closed.
 */
#pragma once

#include <gio/gio.h>

#include "view/web-gate.h"

typedef struct WebServer WebServer;

/* @stream is a WebSocket now, and of no more use to the server; whoever wants it takes a reference. */
typedef void (*WebUpgraded)(GIOStream *stream, gboolean view_only, gpointer data);

/* @gate is borrowed. */
WebServer *web_server_new(const WebGate *gate, WebUpgraded upgraded, gpointer data);
void web_server_free(WebServer *server);
/* Takes a reference of @stream, which is pollable. */
void web_server_add(WebServer *server, GIOStream *stream);
