/* Documents: whole, unchanged, compressed, too large, redirected, cut. */
#include "tests/unit/fetch-fixture.h"

static FetchDocument *get(const char *url, gsize max, const char *etag, GError **error)
{
	g_autoptr(Fetcher) fetcher = quick_fetcher();
	g_autoptr(GAsyncResult) result = NULL;
	FetchValidators known = { (char *)etag, (char *)"" };

	fetch_document(fetcher, url, max, etag ? &known : NULL, NULL, keep_result, &result);
	wait_until(result);
	return fetch_document_finish(result, error);
}

static void assert_document(const FetchDocument *document, const Server *server)
{
	gsize length;
	const guint8 *bytes = g_bytes_get_data(document->bytes, &length);

	g_assert_cmpmem(bytes, length, server->body, server->size);
}

static void test_whole(void)
{
	static const Way way = { .etag = "\"a\"", .modified = "Mon, 23 Nov 2026 08:00:00 GMT" };
	static const gsize sizes[] = { 0, 1, 70000 };

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GError) error = NULL;
		Server server;
		server_start(&server, &way, 1, sizes[i]);
		g_autoptr(FetchDocument) document = get(server.url, 70000, NULL, &error);
		g_assert_no_error(error);
		assert_document(document, &server);
		g_assert_cmpstr(document->validators.etag, ==, "\"a\"");
		g_assert_cmpstr(document->validators.last_modified, ==, way.modified);
		g_assert_cmpstr(document->url, ==, server.url);
		server_stop(&server);
	}
}

static void test_unchanged(void)
{
	static const Way way = { .etag = "\"a\"" };
	g_autoptr(GError) error = NULL;
	Server server;

	server_start(&server, &way, 1, 100);
	g_autoptr(FetchDocument) same = get(server.url, 100, "\"a\"", &error);
	g_assert_no_error(error);
	g_assert_null(same->bytes);
	g_assert_cmpstr(same->validators.etag, ==, "\"a\"");
	g_autoptr(FetchDocument) other = get(server.url, 100, "\"b\"", &error);
	g_assert_no_error(error);
	assert_document(other, &server);
	g_assert_cmpstr(server.log->str, ==, "0?\"a\" 0?\"b\"");
	server_stop(&server);
}

/* An answer whose body is @size zeros in gzip. */
static char *gzipped(gsize size, gsize *length)
{
	g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
	g_autofree guint8 *zeros = g_malloc0(size), *out = g_malloc(size + 1000);
	gsize read, written;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_converter_convert(G_CONVERTER(compressor), zeros, size, out, size + 1000,
					    G_CONVERTER_INPUT_AT_END, &read, &written, &error),
			==, G_CONVERTER_FINISHED);
	*length = written;
	return g_memdup2(out, written);
}

/* Decoded it may be as large as @max, whatever it was on the way. */
static void test_gzip(void)
{
	static const Way way = { .headers = "Content-Encoding: gzip\r\n" };
	static const gsize max = 1000000;
	static const struct {
		gsize size;
		gboolean fine;
	} cases[] = {
		{1000000,    TRUE },
                { 1000001,   FALSE},
                { 100000000, FALSE}
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Server server;
		server_start(&server, &way, 1, 0);
		g_free(server.body);
		server.body = (guint8 *)gzipped(cases[i].size, &server.size);
		g_autoptr(FetchDocument) document = get(server.url, max, NULL, &error);
		if (cases[i].fine) {
			g_assert_no_error(error);
			g_assert_cmpuint(g_bytes_get_size(document->bytes), ==, cases[i].size);
		} else
			assert_carrel_error(error, CARREL_ERROR_FAILED, "/image has more than 1000000 bytes");
		server_stop(&server);
	}
}

static void test_refusals(void)
{
	static const struct {
		Way way;
		CarrelError code;
		guint requests;
		const char *words;
	} cases[] = {
		{{ .status = "404 Nope" },						  CARREL_ERROR_NOT_FOUND, 1, "the server says 404 Not Found" },
		{ { .status = "500 Nope" },						 CARREL_ERROR_FAILED,    3, "says 500 Internal Server Error"},
		{ { .status = "304 Nope" },						 CARREL_ERROR_FAILED,    1, "says 304"                      },
		{ { .body = 2000 },							 CARREL_ERROR_FAILED,    1, "has more than 1000 bytes"      },
		{ { .body = 2000, .chunked = TRUE },                                        CARREL_ERROR_FAILED,    1, "has more than 1000 bytes"      },
		{ { .cut = 500 },							   CARREL_ERROR_FAILED,    3, "was cut before the end"        },
		{ { .status = "302 Found", .headers = "Location: file:///etc/passwd\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "no web address"														      },
		{ { .headers = "Content-Encoding: gzip\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "damaged Content-Encoding"													    },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Server server;
		server_start(&server, &cases[i].way, 1, 2000);
		if (cases[i].way.body == 0)
			server.size = 1000;
		g_autoptr(FetchDocument) document = get(server.url, 1000, NULL, &error);
		g_assert_null(document);
		assert_carrel_error(error, cases[i].code, cases[i].words);
		g_assert_cmpuint(server.requests, ==, cases[i].requests);
		server_stop(&server);
	}
}

static void test_cut_once(void)
{
	static const Way ways[] = { { .cut = 500 }, { .status = "503 Later" }, { .etag = "\"a\"" } };
	g_autoptr(GError) error = NULL;
	Server server;

	server_start(&server, ways, 3, 1000);
	g_autoptr(FetchDocument) document = get(server.url, 1000, NULL, &error);
	g_assert_no_error(error);
	assert_document(document, &server);
	server_stop(&server);
}

static void test_redirected(void)
{
	static const Way ways[] = {
		{.status = "302 Found", .headers = "Location: ../b/feed.json?x=1#y\r\n" },
                { 0                   }
	};
	g_autoptr(GError) error = NULL;
	Server server;

	server_start(&server, ways, 2, 1000);
	g_autoptr(FetchDocument) document = get(server.url, 1000, NULL, &error);
	g_assert_no_error(error);
	assert_document(document, &server);
	g_assert_true(g_str_has_suffix(document->url, "/b/feed.json?x=1"));
	server_stop(&server);
}

static void test_local(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "feed.json", NULL);
	g_autofree char *url = g_strdup_printf("file://%s", path);
	g_autoptr(GError) error = NULL;

	write_file(path, "{}");
	g_autoptr(FetchDocument) document = get(url, 2, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(g_bytes_get_size(document->bytes), ==, 2);
	g_autoptr(FetchDocument) same = get(url, 2, document->validators.etag, &error);
	g_assert_no_error(error);
	g_assert_null(same->bytes);
	write_file(path, "[[]]");
	g_assert_null(get(url, 2, document->validators.etag, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "has more than 2 bytes");
	g_assert_null(get("feed.json", 2, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "`feed.json' is no address that can be fetched");
}

static void test_cancel(void)
{
	static const Way way = { .etag = "\"a\"", .cut = 10, .hold = TRUE };
	Server server;

	server_start(&server, &way, 1, 1000);
	for (guint turns = 0; turns < 50; turns++) {
		g_autoptr(GCancellable) cancellable = g_cancellable_new();
		g_autoptr(Fetcher) fetcher = quick_fetcher();
		g_autoptr(GAsyncResult) result = NULL;
		g_autoptr(GError) error = NULL;
		fetch_document(fetcher, server.url, 1000, NULL, cancellable, keep_result, &result);
		for (guint i = 0; i < turns; i++)
			g_main_context_iteration(NULL, FALSE);
		g_cancellable_cancel(cancellable);
		wait_until(result);
		g_assert_null(fetch_document_finish(result, &error));
		assert_carrel_error(error, CARREL_ERROR_CANCELLED, "/image was cancelled");
	}
	server_stop(&server);
}

int main(int argc, char **argv)
{
	fetch_test_init(&argc, &argv);
	g_test_add_func("/fetch-document/whole", test_whole);
	g_test_add_func("/fetch-document/unchanged", test_unchanged);
	g_test_add_func("/fetch-document/gzip", test_gzip);
	g_test_add_func("/fetch-document/refusals", test_refusals);
	g_test_add_func("/fetch-document/cut-once", test_cut_once);
	g_test_add_func("/fetch-document/redirected", test_redirected);
	g_test_add_func("/fetch-document/local", test_local);
	g_test_add_func("/fetch-document/cancel", test_cancel);
	return g_test_run();
}
