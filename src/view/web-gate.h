/*
 * What the web server answers to a request: decided here, by words alone. Sent by web-server.c.
 *
 * - Every request must name us as its host: a page of another site that had its own name point at this address is refused.
 * - A WebSocket must come from a page of ours (Origin), and know a token.
 */
#pragma once

#include "base/address.h"
#include "view/http.h"
#include "view/web-files.h"

typedef struct {
	const Address *address; /* where it listens */
	gboolean tls;
	const char *host_name;          /* of this machine, NULL: not known */
	const char *token, *view_token; /* one to use, one to look */
	GHashTable *used_tickets;       /* see secret.h */
	const WebFiles *files;
} WebGate;

typedef struct {
	guint status;
	GBytes *body;        /* NULL: none */
	const char *type;    /* static */
	char *location;      /* of 303 */
	const char *scripts; /* which it may run; borrowed from the files; NULL: none */
	char *accept;        /* of 101 */
	gboolean binary;     /* of 101: it asked for that subprotocol */
	gboolean view_only;  /* of 101 */
} WebAnswer;

/* @answer is {0} before. @now: seconds since 1970. */
void web_gate_answer(const WebGate *gate, const HttpRequest *request, gint64 now, WebAnswer *answer);
void web_answer_clear(WebAnswer *answer);

/* What is sent: the head, and the body unless it was asked without. Caller frees. */
GBytes *web_answer_bytes(const WebAnswer *answer, const HttpRequest *request);
