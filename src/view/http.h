/*
 * Heads of HTTP requests, as far as a browser needs them to load noVNC and to open a WebSocket. What is not needed is refused: methods but GET
 * and HEAD, bodies, folded lines, bare line feeds. Bytes come from strangers: bounded, and tests/fuzz/fuzz-http.c.
 *
 * Sources: RFC 9112 (2, 3, 5), RFC 6455 (4).
 */
#pragma once

#include <glib.h>

/* Longest head, with its empty line. */
#define HTTP_HEAD_MAX 8192

/* Strings are owned; NULL = not there. */
typedef struct {
	char *path; /* "/app/ui.js": printable ASCII; not decoded, so that `%' is just a character that no file of ours has */
	char *query; /* behind the question mark */
	char *host, *origin, *upgrade, *connection, *ws_key, *ws_version, *ws_protocol;
	gboolean head;       /* HEAD instead of GET */
	gboolean keep_alive; /* the connection may be used again */
} HttpRequest;

void http_request_clear(HttpRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpRequest, http_request_clear)

typedef enum {
	HTTP_MORE, /* not whole yet */
	HTTP_DONE, /* *@used bytes are the head */
	HTTP_BAD   /* *@status is what to answer; the connection is of no more use */
} HttpResult;

/* @request is {0} before, and is cleared by the caller in any case. */
HttpResult http_parse(const char *bytes, gsize length, HttpRequest *request, gsize *used, guint *status);

/* The value of NAME=VALUE in a query, or NULL; as it is, not decoded. Caller frees. */
char *http_query_value(const char *query, const char *name);
/* Whether a list like "keep-alive, Upgrade" has @word, in any case. NULL has none. */
gboolean http_list_has(const char *list, const char *word);
/* "Not Found" */
const char *http_reason(guint status);
