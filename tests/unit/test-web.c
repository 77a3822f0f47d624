/* The words of the web server: requests, frames, who is let in, tickets. Sockets and browsers: tests/e2e/web.sh. */
#include "base/secret.h"
#include "tests/unit/support.h"
#include "view/cert.h"
#include "view/web-gate.h"
#include "view/websocket.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* --- requests ------------------------------------------------------------------------------------------------------ */

static void test_http_good(void)
{
	static const char text[] =
		"GET /a/b.js?x=1&token=T&token=U HTTP/1.1\r\nhost:  example:1 \r\nX-Other: \t y\r\n"
		"CONNECTION: keep-alive , UPGRADE\r\n\r\nmore";
	g_auto(HttpRequest) request = { 0 };
	gsize used;
	guint status;

	for (gsize length = 0; length < sizeof(text) - 5; length++) {
		g_auto(HttpRequest) part = { 0 };
		g_assert_cmpint(http_parse(text, length, &part, &used, &status), ==, HTTP_MORE);
	}
	g_assert_cmpint(http_parse(text, sizeof(text) - 1, &request, &used, &status), ==, HTTP_DONE);
	g_assert_cmpuint(used, ==, sizeof(text) - 5);
	g_assert_cmpstr(request.path, ==, "/a/b.js");
	g_assert_cmpstr(request.host, ==, "example:1");
	g_assert_true(request.keep_alive && !request.head);
	g_assert_true(http_list_has(request.connection, "upgrade"));
	g_assert_false(http_list_has(request.connection, "up"));
	g_autofree char *token = http_query_value(request.query, "token");
	g_assert_cmpstr(token, ==, "T");
	g_assert_null(http_query_value(request.query, "toke"));
	g_assert_null(http_query_value(NULL, "token"));
}

static void test_http_bad(void)
{
	static const struct {
		const char *text;
		guint status;
	} rows[] = {
		{"POST / HTTP/1.1\r\n\r\n",                               405},
		{ "get / HTTP/1.1\r\n\r\n",                               405},
		{ "GET / HTTP/2\r\n\r\n",                                 505},
		{ "GET /\r\n\r\n",					400},
		{ "GET  / HTTP/1.1\r\n\r\n",                              400},
		{ "GET x HTTP/1.1\r\n\r\n",                               400},
		{ "GET http://evil/ HTTP/1.1\r\n\r\n",                    400},
		{ "GET /\x7f HTTP/1.1\r\n\r\n",                           400},
		{ "GET /\xc3\xa4 HTTP/1.1\r\n\r\n",                       400},
		{ "GET / HTTP/1.1\nHost: x\r\n\r\n",                      400},
		{ "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",         400},
		{ "GET / HTTP/1.1\r\nHost : x\r\n\r\n",                   400},
		{ "GET / HTTP/1.1\r\nHost: x\r\nHOST: y\r\n\r\n",         400},
		{ "GET / HTTP/1.1\r\nHost: x\x01\r\n\r\n",                400},
		{ "GET / HTTP/1.1\r\n: x\r\n\r\n",                        400},
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",          413},
		{ "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 413},
		{ "\r\n\r\n",					     400},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(HttpRequest) request = { 0 };
		gsize used;
		guint status;
		g_test_message("%s", rows[i].text);
		g_assert_cmpint(http_parse(rows[i].text, strlen(rows[i].text), &request, &used, &status), ==,
				HTTP_BAD);
		g_assert_cmpuint(status, ==, rows[i].status);
	}
}

static void test_http_long(void)
{
	g_autofree char *text = g_strnfill(HTTP_HEAD_MAX, 'a');
	g_auto(HttpRequest) request = { 0 };
	gsize used;
	guint status;

	g_assert_cmpint(http_parse(text, HTTP_HEAD_MAX - 1, &request, &used, &status), ==, HTTP_MORE);
	g_assert_cmpint(http_parse(text, HTTP_HEAD_MAX, &request, &used, &status), ==, HTTP_BAD);
	g_assert_cmpuint(status, ==, 431);
}

/* --- frames -------------------------------------------------------------------------------------------------------- */

static void test_socket_accept(void)
{
	g_autofree char *accept = websocket_accept(KEY); /* the example of RFC 6455, 1.3 */

	g_assert_cmpstr(accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	g_assert_null(websocket_accept(""));
	g_assert_null(websocket_accept("dGhlIHNhbXBsZSBub25jZQ="));
	g_assert_null(websocket_accept("AAAA"));
}

/* The examples of RFC 6455, 5.7, masked. */
static void test_socket_frames(void)
{
	guint8 bytes[] = "\x02\x83\1\1\1\1abc\x89\x82\0\0\0\0hi\x80\x81\0\0\0\0!\x88\x82\0\0\0\0\x03\xe8";
	WebSocket socket = { 0 };
	WebSocketReply reply = { 0 };
	gsize length = 9 + 8;

	g_assert_cmpint(websocket_decode(&socket, bytes, &length, &reply), ==, WEBSOCKET_OK);
	g_assert_cmpmem(bytes, length, "`cb", 3);
	g_assert_cmpmem(reply.bytes, reply.length, "\x8a\x02hi", 4);
	length = 7 + 8;
	g_assert_cmpint(websocket_decode(&socket, bytes + 17, &length, &reply), ==, WEBSOCKET_CLOSED);
	g_assert_cmpmem(bytes + 17, length, "!", 1);
	g_assert_cmpmem(reply.bytes, reply.length, "\x88\x02\x03\xe8", 4);
}

static void test_socket_headers(void)
{
	static const gsize lengths[] = { 0, 125, 126, 65535, 65536 };
	static const char *const headers[] = { "\x82\x00", "\x82\x7d", "\x82\x7e\x00\x7e", "\x82\x7e\xff\xff",
					       "\x82\x7f\0\0\0\0\0\1\0\0" };
	guint8 header[WEBSOCKET_HEADER_MAX];

	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		gsize length = websocket_header(header, lengths[i]);
		g_assert_cmpmem(header, length, headers[i],
				lengths[i] < 126     ? 2
				: lengths[i] < 65536 ? 4
						     : 10);
	}
}

/* --- the gate ------------------------------------------------------------------------------------------------------ */

typedef struct {
	Address address;
	WebGate gate;
} Fixture;

static void open_gate(Fixture *fixture, const char *host, gboolean tls)
{
	*fixture = (Fixture){
		.address = {(char *)host, 6080, NULL}
	};
	fixture->gate = (WebGate){
		.address = &fixture->address,
		.tls = tls,
		.host_name = "box",
		.token = "TTTT",
		.view_token = "VVVV",
		.used_tickets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};
}

/* The status of an upgrade; *@view_only is -1 when it was refused. */
static guint upgrade(const WebGate *gate, const char *host, const char *origin, const char *query,
		     int *view_only)
{
	g_autofree char *text =
		g_strdup_printf("GET /websockify%s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nUpgrade: "
				"WebSocket\r\nConnection: Upgrade\r\n"
				"Sec-WebSocket-Key: " KEY
				"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\r\n",
				query, host, origin);
	g_auto(HttpRequest) request = { 0 };
	WebAnswer answer = { 0 };
	gsize used;
	guint status;

	g_assert_cmpint(http_parse(text, strlen(text), &request, &used, &status), ==, HTTP_DONE);
	web_gate_answer(gate, &request, 0, &answer);
	status = answer.status;
	*view_only = status == 101 ? answer.view_only : -1;
	g_assert_cmpint(status == 101, ==, answer.accept != NULL);
	web_answer_clear(&answer);
	return status;
}

static void test_gate_socket(void)
{
	static const struct {
		const char *listens;
		gboolean tls;
		const char *host, *origin, *query;
		guint status;
		int view_only;
	} rows[] = {
		{"127.0.0.1",  0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=TTTT",     101, 0 },
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=VVVV",     101, 1 },
		{ "127.0.0.1", 0, "LocalHost:9",    "http://localhost:9",     "?a=b&token=TTTT", 101, 0 },
		{ "127.0.0.1", 0, "[::1]:6080",     "http://[::1]:6080",      "?token=TTTT",     101, 0 },
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "",                403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=",         403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=TTT",      403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=TTTTT",    403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:6080",  "?token=TTTTTTTT", 403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://evil.example",    "?token=TTTT",     403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "http://127.0.0.1:8000",  "?token=TTTT",     403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "https://127.0.0.1:6080", "?token=TTTT",     403, -1},
		{ "127.0.0.1", 0, "127.0.0.1:6080", "null",                   "?token=TTTT",     403, -1},
		{ "127.0.0.1", 0, "evil.example",   "http://evil.example",    "?token=TTTT",     421, -1},
		{ "127.0.0.1", 0, "box:6080",       "http://box:6080",        "?token=TTTT",     421, -1},
		{ "127.0.0.1", 0, "192.0.2.1",      "http://192.0.2.1",       "?token=TTTT",     421, -1},
		{ "127.0.0.1", 0, "[::1",           "http://[::1",            "?token=TTTT",     421, -1},
		{ "0.0.0.0",   1, "box:6080",       "https://box:6080",       "?token=TTTT",     101, 0 },
		{ "0.0.0.0",   1, "box.lan:6080",   "https://box.lan:6080",   "?token=TTTT",     101, 0 },
		{ "0.0.0.0",   1, "192.0.2.1:6080", "https://192.0.2.1:6080", "?token=TTTT",     101, 0 },
		{ "0.0.0.0",   1, "192.0.2.1:6080", "http://192.0.2.1:6080",  "?token=TTTT",     403, -1},
		{ "0.0.0.0",   1, "boxer:6080",     "https://boxer:6080",     "?token=TTTT",     421, -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Fixture fixture;
		int view_only;
		g_test_message("%zu: %s %s %s", i, rows[i].host, rows[i].origin, rows[i].query);
		open_gate(&fixture, rows[i].listens, rows[i].tls);
		g_assert_cmpuint(
			upgrade(&fixture.gate, rows[i].host, rows[i].origin, rows[i].query, &view_only), ==,
			rows[i].status);
		g_assert_cmpint(view_only, ==, rows[i].view_only);
		g_hash_table_unref(fixture.gate.used_tickets);
	}
}

static void test_gate_not_upgrade(void)
{
	static const char *const heads[] = {
		"",
		"Upgrade: websocket\r\n",
		"Upgrade: h2c\r\nConnection: Upgrade\r\n",
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n",
	};
	Fixture fixture;

	open_gate(&fixture, "127.0.0.1", FALSE);
	for (gsize i = 0; i < G_N_ELEMENTS(heads); i++) {
		g_autofree char *text = g_strdup_printf(
			"GET /websockify?token=TTTT HTTP/1.1\r\nHost: localhost\r\n%s\r\n", heads[i]);
		g_auto(HttpRequest) request = { 0 };
		WebAnswer answer = { 0 };
		gsize used;
		guint status;
		g_assert_cmpint(http_parse(text, strlen(text), &request, &used, &status), ==, HTTP_DONE);
		web_gate_answer(&fixture.gate, &request, 0, &answer);
		g_assert_cmpuint(answer.status, ==, 426);
		web_answer_clear(&answer);
	}
	g_hash_table_unref(fixture.gate.used_tickets);
}

/* --- files --------------------------------------------------------------------------------------------------------- */

static gboolean has(const WebFiles *files, const char *path)
{
	const char *type;
	g_autoptr(GBytes) bytes = web_files_get(files, path, &type);

	return bytes != NULL;
}

/* Our script comes before noVNC's, and the rest of the page is as it was. */
static void assert_fits(WebFiles *files)
{
	static const char expected[] =
		"<script type=\"module\" src=\"carrel-fit.js\"></script>\n<script src=\"app/ui.js\">";
	const char *type;
	g_autoptr(GBytes) page = web_files_get(files, "/vnc.html", &type);
	g_autofree char *text = g_strndup(g_bytes_get_data(page, NULL), g_bytes_get_size(page));

	g_assert_true(g_str_has_prefix(text, expected) && g_str_has_suffix(text, "</script><script>"));
	g_assert_true(has(files, "/carrel-fit.js"));
}

static void test_files(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *app = g_build_filename(dir, "app", NULL);
	GError *error = NULL;

	g_setenv("CARREL_NOVNC", dir, TRUE);
	g_assert_null(web_files_new(&error));
	assert_carrel_error(error, CARREL_ERROR_HOST, "noVNC is not installed");
	g_assert_cmpint(g_mkdir(app, 0700), ==, 0);
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "vnc.html", "secret.html", "app/ui.js", "app/README" };
		g_autofree char *path = g_build_filename(dir, names[i], NULL);
		write_file(path, names[i]);
	}
	g_autofree char *page = g_build_filename(dir, "vnc.html", NULL);
	write_file(page,
		   "<script src=\"app/ui.js\"></script><script>alert('Hello, world.');</script><script>");
	WebFiles *files = web_files_new(NULL);
	g_assert_nonnull(files);
	/* The example of the standard, and none for the script with a src. */
	g_assert_cmpstr(web_files_scripts(files), ==,
			"'self' 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
	g_assert_true(has(files, "/") && has(files, "/carrel.js") && has(files, "/vnc.html") &&
		      has(files, "/app/ui.js"));
	assert_fits(files);
	static const char *const absent[] = {
		"",           "/secret.html",     "/app",         "/app/",       "/app/README", "vnc.html",
		"//vnc.html", "/app/../vnc.html", "/app/%75i.js", "/./vnc.html", "/etc/passwd", "/VNC.HTML"
	};
	for (gsize i = 0; i < G_N_ELEMENTS(absent); i++)
		g_assert_false(has(files, absent[i]));
	web_files_free(files);
	g_unsetenv("CARREL_NOVNC");
}

/* --- secrets ------------------------------------------------------------------------------------------------------- */

static void test_secrets(void)
{
	g_autofree char *one = secret_new(SECRET_TOKEN, NULL), *two = secret_new(SECRET_TOKEN, NULL);

	g_assert_cmpuint(strlen(one), ==, SECRET_TOKEN);
	g_assert_cmpstr(one, !=, two);
	g_assert_true(secret_equal(one, one));
	g_assert_false(secret_equal(one, two));
	g_assert_false(secret_equal(one, ""));
	g_assert_false(secret_equal("abc", "abcabc"));
	g_assert_false(secret_equal("abc", "ab"));
	g_assert_true(secret_equal("", ""));
}

static void test_tickets(void)
{
	g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *ticket = secret_ticket_new("secret", 1000, NULL);
	g_autofree char *longer = g_strconcat(ticket, "0", NULL);
	g_autofree char *later = g_strdup(ticket);

	later[0] = '2'; /* made at 2000, says the forger */
	g_assert_false(secret_ticket_take("other", ticket, 1000, used));
	g_assert_false(secret_ticket_take("secret", longer, 1000, used));
	g_assert_false(secret_ticket_take("secret", later, 2000, used));
	g_assert_false(secret_ticket_take("secret", ticket, 999, used));
	g_assert_false(secret_ticket_take("secret", ticket, 1001 + SECRET_TICKET_S, used));
	g_assert_false(secret_ticket_take("secret", "", 1000, used));
	g_assert_cmpuint(g_hash_table_size(used), ==, 0);
	g_assert_true(secret_ticket_take("secret", ticket, 1000, used));
	g_assert_false(secret_ticket_take("secret", ticket, 1000, used));
	g_assert_false(secret_ticket_take("secret", ticket, 1000 + 2 * SECRET_TICKET_S, used));
	g_assert_cmpuint(g_hash_table_size(used), ==, 0); /* it is too old to be remembered */
}

static void test_certificate(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "web.pem", NULL);
	g_autoptr(GError) error = NULL;

	if (!g_tls_backend_supports_tls(g_tls_backend_get_default())) {
		g_test_skip("GIO has no TLS here");
		return;
	}
	g_autoptr(GTlsCertificate) first = cert_get(path, "192.0.2.1", &error);
	g_assert_no_error(error);
	g_autoptr(GTlsCertificate) second = cert_get(path, "192.0.2.1", &error);
	g_assert_no_error(error);
	g_autofree char *print = cert_fingerprint(first), *again = cert_fingerprint(second);
	g_assert_cmpuint(strlen(print), ==, 32 * 3 - 1);
	g_assert_cmpstr(print, ==, again);
	write_file(path, "no certificate");
	g_autoptr(GTlsCertificate) third = cert_get(path, "box", &error);
	g_assert_no_error(error);
	g_autofree char *another = cert_fingerprint(third);
	g_assert_cmpstr(print, !=, another);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/web/http/good", test_http_good);
	g_test_add_func("/web/http/bad", test_http_bad);
	g_test_add_func("/web/http/long", test_http_long);
	g_test_add_func("/web/socket/accept", test_socket_accept);
	g_test_add_func("/web/socket/frames", test_socket_frames);
	g_test_add_func("/web/socket/headers", test_socket_headers);
	g_test_add_func("/web/gate/socket", test_gate_socket);
	g_test_add_func("/web/gate/not-upgrade", test_gate_not_upgrade);
	g_test_add_func("/web/files", test_files);
	g_test_add_func("/web/secrets", test_secrets);
	g_test_add_func("/web/tickets", test_tickets);
	g_test_add_func("/web/certificate", test_certificate);
	return g_test_run();
}
