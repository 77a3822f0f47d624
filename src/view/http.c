#include "view/http.h"

#include <string.h>

#define HEADERS_MAX 64

void http_request_clear(HttpRequest *request)
{
	char *strings[] = { request->path,   request->query,      request->host,
			    request->origin, request->upgrade,    request->connection,
			    request->ws_key, request->ws_version, request->ws_protocol };

	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
		g_free(strings[i]);
	*request = (HttpRequest){ 0 };
}

const char *http_reason(guint status)
{
	static const struct {
		guint status;
		const char *reason;
	} reasons[] = {
		{101,  "Switching Protocols"            },
		{ 200, "OK"			     },
		{ 303, "See Other"                      },
		{ 400, "Bad Request"                    },
		{ 403, "Forbidden"                      },
		{ 404, "Not Found"                      },
		{ 405, "Method Not Allowed"             },
		{ 413, "Content Too Large"              },
		{ 421, "Misdirected Request"            },
		{ 426, "Upgrade Required"               },
		{ 431, "Request Header Fields Too Large"},
		{ 503, "Service Unavailable"            },
		{ 505, "HTTP Version Not Supported"     },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

/* --- lines --------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *at, *end; /* of what is left of the head */
	guint status;         /* 0: all is well */
} Reader;

typedef struct {
	const char *text;
	gsize length;
} Span;

/* Up to \r\n, which is left out; a \r or \n alone, or a NUL, is wrong. */
static Span next_line(Reader *reader)
{
	Span line = { reader->at, 0 };

	while (reader->at < reader->end && *reader->at != '\r' && *reader->at != '\n' && *reader->at)
		reader->at++;
	line.length = (gsize)(reader->at - line.text);
	if (reader->end - reader->at < 2 || reader->at[0] != '\r' || reader->at[1] != '\n')
		reader->status = 400;
	else
		reader->at += 2;
	return line;
}

static gboolean span_is(Span span, const char *text)
{
	return strlen(text) == span.length && memcmp(span.text, text, span.length) == 0;
}

static gboolean span_is_word(Span span, const char *text)
{
	return strlen(text) == span.length && g_ascii_strncasecmp(span.text, text, span.length) == 0;
}

/* Up to @separator, which is taken off @rest with it; all of it when there is none. */
static Span cut(Span *rest, char separator)
{
	const char *found = memchr(rest->text, separator, rest->length);
	Span head = { rest->text, found ? (gsize)(found - rest->text) : rest->length };
	gsize taken = head.length + (found ? 1 : 0);

	rest->text += taken;
	rest->length -= taken;
	return head;
}

/* --- the request line ---------------------------------------------------------------------------------------------- */

static gboolean is_printable(Span span)
{
	for (gsize i = 0; i < span.length; i++)
		if (!g_ascii_isgraph(span.text[i]))
			return FALSE;
	return TRUE;
}

static guint read_target(Span target, HttpRequest *request)
{
	gboolean asks = memchr(target.text, '?', target.length) != NULL;
	Span path = cut(&target, '?');

	if (path.length == 0 || path.text[0] != '/' || !is_printable(path) || !is_printable(target))
		return 400;
	request->path = g_strndup(path.text, path.length);
	request->query = asks ? g_strndup(target.text, target.length) : NULL;
	return 0;
}

static guint read_request_line(Span line, HttpRequest *request)
{
	Span method = cut(&line, ' '), target = cut(&line, ' ');

	if (method.length == 0 || target.length == 0)
		return 400;
	if (!span_is(line, "HTTP/1.1") && !span_is(line, "HTTP/1.0"))
		return line.length > 5 && memcmp(line.text, "HTTP/", 5) == 0 ? 505 : 400;
	request->keep_alive = span_is(line, "HTTP/1.1");
	request->head = span_is(method, "HEAD");
	if (!request->head && !span_is(method, "GET"))
		return 405;
	return read_target(target, request);
}

/* --- headers ------------------------------------------------------------------------------------------------------- */

/* Those that are kept. */
static const struct {
	const char *name;
	gsize offset;
} kept[] = {
	{"Host",		    G_STRUCT_OFFSET(HttpRequest, host)       },
	{ "Origin",                 G_STRUCT_OFFSET(HttpRequest, origin)     },
	{ "Upgrade",                G_STRUCT_OFFSET(HttpRequest, upgrade)    },
	{ "Connection",             G_STRUCT_OFFSET(HttpRequest, connection) },
	{ "Sec-WebSocket-Key",      G_STRUCT_OFFSET(HttpRequest, ws_key)     },
	{ "Sec-WebSocket-Version",  G_STRUCT_OFFSET(HttpRequest, ws_version) },
	{ "Sec-WebSocket-Protocol", G_STRUCT_OFFSET(HttpRequest, ws_protocol)},
};

static gboolean is_name(Span name)
{
	for (gsize i = 0; i < name.length; i++)
		if (!g_ascii_isalnum(name.text[i]) && !strchr("!#$%&'*+-.^_`|~", name.text[i]))
			return FALSE;
	return name.length > 0;
}

static gboolean is_blank(char character)
{
	return character == ' ' || character == '\t';
}

static Span strip(Span span)
{
	for (; span.length > 0 && is_blank(span.text[0]); span.text++)
		span.length--;
	while (span.length > 0 && is_blank(span.text[span.length - 1]))
		span.length--;
	return span;
}

static gboolean has_controls(Span span)
{
	for (gsize i = 0; i < span.length; i++)
		if (g_ascii_iscntrl(span.text[i]) && span.text[i] != '\t')
			return TRUE;
	return FALSE;
}

/* A second one of a kind could be meant for somebody else in between. */
static guint keep(HttpRequest *request, Span name, Span value)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		char **member = (char **)(gpointer)((char *)request + kept[i].offset);
		if (!span_is_word(name, kept[i].name))
			continue;
		if (*member)
			return 400;
		*member = g_strndup(value.text, value.length);
	}
	return 0;
}

/* A body would have to be read away; no request of ours has one. */
static gboolean announces_body(Span name, Span value)
{
	return span_is_word(name, "Transfer-Encoding") ||
	       (span_is_word(name, "Content-Length") && !span_is(value, "0"));
}

static guint read_header(Span line, HttpRequest *request)
{
	gboolean has_colon = memchr(line.text, ':', line.length) != NULL;
	Span name = cut(&line, ':'), value = strip(line);

	if (!has_colon || !is_name(name) || has_controls(value))
		return 400;
	return announces_body(name, value) ? 413 : keep(request, name, value);
}

static guint read_headers(Reader *reader, HttpRequest *request)
{
	for (int i = 0; i < HEADERS_MAX; i++) {
		Span line = next_line(reader);
		if (reader->status || line.length == 0)
			return reader->status;
		guint status = read_header(line, request);
		if (status)
			return status;
	}
	return 431;
}

/* --- the whole ----------------------------------------------------------------------------------------------------- */

HttpResult http_parse(const char *bytes, gsize length, HttpRequest *request, gsize *used, guint *status)
{
	const char *end = g_strstr_len(bytes, (gssize)length, "\r\n\r\n");
	Reader reader = { bytes, end ? end + 4 : bytes, 0 };
	Span line;

	*used = 0;
	*status = 431;
	if (!end)
		return length >= HTTP_HEAD_MAX ? HTTP_BAD : HTTP_MORE;
	if (end + 4 - bytes > HTTP_HEAD_MAX)
		return HTTP_BAD;
	line = next_line(&reader);
	*status = reader.status ? reader.status : read_request_line(line, request);
	if (!*status)
		*status = read_headers(&reader, request);
	if (*status)
		return HTTP_BAD;
	if (http_list_has(request->connection, "close"))
		request->keep_alive = FALSE;
	*used = (gsize)(reader.at - bytes);
	return HTTP_DONE;
}

char *http_query_value(const char *query, const char *name)
{
	Span rest = { query, query ? strlen(query) : 0 };

	while (rest.length > 0) {
		Span value = cut(&rest, '&');
		Span key = cut(&value, '=');
		if (span_is(key, name))
			return g_strndup(value.text, value.length);
	}
	return NULL;
}

gboolean http_list_has(const char *list, const char *word)
{
	Span rest = { list, list ? strlen(list) : 0 };

	while (rest.length > 0)
		if (span_is_word(strip(cut(&rest, ',')), word))
			return TRUE;
	return FALSE;
}
