#include "view/web-gate.h"

#include <gio/gio.h>
#include <string.h>

#include "base/secret.h"
#include "view/websocket.h"

#define SOCKET_PATH "/websockify"
#define TICKET_PATH "/open/"

/* noVNC runs from here and talks to here; it draws with data: and blob: pictures, and sets styles from scripts. */
#define POLICY                                                                                               \
	"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "                      \
	"style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; "         \
	"frame-ancestors 'none'; script-src "

void web_answer_clear(WebAnswer *answer)
{
	g_clear_pointer(&answer->body, g_bytes_unref);
	g_clear_pointer(&answer->location, g_free);
	g_clear_pointer(&answer->accept, g_free);
}

/* --- who is asked, and from where ---------------------------------------------------------------------------------- */

/* "name" of "name:80", "::1" of "[::1]:80"; "" when it is none. Caller frees. */
static char *host_of(const char *authority)
{
	const char *colon = strrchr(authority, ':'), *bracket = strchr(authority, ']');

	if (*authority == '[')
		return bracket ? g_strndup(authority + 1, (gsize)(bracket - authority - 1)) : g_strdup("");
	return colon ? g_strndup(authority, (gsize)(colon - authority)) : g_strdup(authority);
}

static gboolean is_machine(const char *host, const char *name)
{
	gsize length = name ? strlen(name) : 0;

	return length > 0 && g_ascii_strncasecmp(host, name, length) == 0 &&
	       (host[length] == '\0' || host[length] == '.');
}

/* An address cannot be made to point elsewhere, as a name can. The port is not looked at: ssh -L may have changed it. */
static gboolean knows_us(const WebGate *gate, const char *authority)
{
	g_autofree char *host = authority ? host_of(authority) : NULL;
	g_autoptr(GInetAddress) ip = host ? g_inet_address_new_from_string(host) : NULL;

	if (!host)
		return FALSE;
	if (g_ascii_strcasecmp(host, "localhost") == 0 || (ip && g_inet_address_get_is_loopback(ip)))
		return TRUE;
	return !address_is_local(gate->address) && (ip || is_machine(host, gate->host_name));
}

static gboolean is_our_page(const WebGate *gate, const HttpRequest *request)
{
	g_autofree char *ours = g_strconcat(gate->tls ? "https://" : "http://", request->host, NULL);

	return request->origin && g_ascii_strcasecmp(request->origin, ours) == 0;
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

static void refuse(WebAnswer *answer, guint status, const char *words)
{
	answer->status = status;
	answer->type = "text/plain; charset=utf-8";
	answer->body = g_bytes_new_static(words, strlen(words));
}

static guint socket_status(const WebGate *gate, const HttpRequest *request)
{
	if (!request->upgrade || g_ascii_strcasecmp(request->upgrade, "websocket") != 0 ||
	    !http_list_has(request->connection, "upgrade") || request->head)
		return 426;
	if (g_strcmp0(request->ws_version, "13") != 0)
		return 426;
	return is_our_page(gate, request) ? 101 : 403;
}

/* Both are compared, so that the time does not tell which is near. */
static gboolean check_token(const WebGate *gate, const char *query, gboolean *view_only)
{
	g_autofree char *token = http_query_value(query, "token");
	gboolean full = token && secret_equal(gate->token, token);
	gboolean view = token && secret_equal(gate->view_token, token);

	*view_only = view && !full;
	return full || view;
}

static void answer_socket(const WebGate *gate, const HttpRequest *request, WebAnswer *answer)
{
	guint status = socket_status(gate, request);

	if (status == 101 && !check_token(gate, request->query, &answer->view_only))
		status = 403;
	answer->accept = status == 101 && request->ws_key ? websocket_accept(request->ws_key) : NULL;
	if (status == 101 && !answer->accept)
		status = 400;
	if (status != 101) {
		refuse(answer, status, "No WebSocket for this.\n");
		return;
	}
	answer->status = status;
	answer->binary = http_list_has(request->ws_protocol, "binary");
}

static void answer_ticket(const WebGate *gate, const char *ticket, gint64 now, WebAnswer *answer)
{
	if (!secret_ticket_take(gate->token, ticket, now, gate->used_tickets)) {
		refuse(answer, 403,
		       "This link was used before, or is too old. Run `carrel connect VM --via web' "
		       "again.\n");
		return;
	}
	answer->status = 303;
	answer->location = g_strconcat("/#", gate->token, NULL);
}

static void answer_file(const WebGate *gate, const char *path, WebAnswer *answer)
{
	answer->body = web_files_get(gate->files, path, &answer->type);
	answer->status = 200;
	answer->scripts = web_files_scripts(gate->files);
	if (!answer->body)
		refuse(answer, 404, "There is no such page.\n");
}

void web_gate_answer(const WebGate *gate, const HttpRequest *request, gint64 now, WebAnswer *answer)
{
	if (!knows_us(gate, request->host))
		refuse(answer, 421, "This server goes by another name. Use its IP address, or localhost.\n");
	else if (g_str_equal(request->path, SOCKET_PATH))
		answer_socket(gate, request, answer);
	else if (g_str_has_prefix(request->path, TICKET_PATH))
		answer_ticket(gate, request->path + strlen(TICKET_PATH), now, answer);
	else
		answer_file(gate, request->path, answer);
}

/* --- bytes --------------------------------------------------------------------------------------------------------- */

static void put_upgrade(GString *text, const WebAnswer *answer)
{
	g_string_append_printf(text,
			       "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
			       answer->accept);
	if (answer->binary)
		g_string_append(text, "Sec-WebSocket-Protocol: binary\r\n");
}

static void put_headers(GString *text, const WebAnswer *answer, gboolean keep_alive)
{
	g_string_append_printf(
		text,
		"Connection: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n"
		"Cache-Control: no-cache\r\nContent-Security-Policy: " POLICY "%s\r\n"
		"X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
		"Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n",
		keep_alive ? "keep-alive" : "close", answer->body ? g_bytes_get_size(answer->body) : 0,
		answer->scripts ? answer->scripts : "'none'");
	if (answer->type && answer->body)
		g_string_append_printf(text, "Content-Type: %s\r\n", answer->type);
	if (answer->location)
		g_string_append_printf(text, "Location: %s\r\n", answer->location);
	if (answer->status == 405)
		g_string_append(text, "Allow: GET, HEAD\r\n");
}

GBytes *web_answer_bytes(const WebAnswer *answer, const HttpRequest *request)
{
	GString *text = g_string_new(NULL);
	gsize size;

	g_string_append_printf(text, "HTTP/1.1 %u %s\r\n", answer->status, http_reason(answer->status));
	if (answer->status == 101)
		put_upgrade(text, answer);
	else
		put_headers(text, answer, request->keep_alive);
	g_string_append(text, "\r\n");
	if (answer->body && !request->head) {
		const char *bytes = g_bytes_get_data(answer->body, &size);
		g_string_append_len(text, bytes, (gssize)size);
	}
	return g_string_free_to_bytes(text);
}
