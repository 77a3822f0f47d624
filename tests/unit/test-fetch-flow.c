/* When bytes come and when not: back pressure, transfers that crawl, cancelling at any moment, local files. */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/fetch-fixture.h"

#define LARGE (2 * 1024 * 1024)
#define HUGE  (32 * 1024 * 1024) /* more than the kernel keeps for a connection */

static const Way plain = { .etag = "\"a\"" };

/* A file with the server's body, as an address. Caller frees. */
static char *local_copy(const char *dir, const Server *server)
{
	g_autofree char *path = g_build_filename(dir, "an image.iso", NULL);
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, (char *)server->body, (gssize)server->size, &error);
	g_assert_no_error(error);
	return g_filename_to_uri(path, NULL, NULL);
}

/* --- back pressure -------------------------------------------------------------------------------------------------------- */

static void check_full(const char *url, const Server *server, guint every, gboolean inside)
{
	Sink sink;

	sink_init(&sink, 0);
	sink.full_every = every;
	sink.inside = inside;
	const char *urls[] = { url, NULL };
	FetchRequest request = { .urls = urls, .max = LARGE };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, server);
	g_assert_cmpuint(sink.fulls, >, 0);
	g_assert_cmpuint(sink.fulls, ==, sink.takes / every);
	g_assert_cmpstr(sink.heads->str, ==, "0/2097152");
	sink_clear(&sink);
}

static void test_full(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	Server server;

	server_start(&server, &plain, 1, LARGE);
	g_autofree char *file = local_copy(dir, &server);
	for (guint every = 2; every < 6; every++)
		for (int inside = 0; inside < 2; inside++) {
			check_full(server.url, &server, every, inside);
			check_full(file, &server, every, inside);
		}
	server_stop(&server);
}

/* Chunks come out of curl in pieces of their own. */
static void test_full_chunks(void)
{
	static const Way way = { .chunked = TRUE };
	Server server;
	Sink sink;

	server_start(&server, &way, 1, 100000);
	sink_init(&sink, 0);
	sink.full_every = 2;
	const char *urls[] = { server.url, NULL };
	FetchRequest request = { .urls = urls, .max = LARGE };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpuint(sink.fulls, ==, sink.takes / 2);
	sink_clear(&sink);
	server_stop(&server);
}

static gboolean set_true(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* While the sink has no room, the server is held back, and that the transfer brings nothing is not held against it. */
static void test_rest(void)
{
	g_autoptr(Fetcher) fetcher = quick_fetcher();
	g_autoptr(GError) error = NULL;
	gboolean over = FALSE;
	Server server;
	Sink sink;

	server_start(&server, &plain, 1, HUGE);
	fetcher_set_pace(fetcher, 0, 2000);
	sink_init(&sink, 0);
	sink.full_every = 3;
	sink.rests = TRUE;
	const char *urls[] = { server.url, NULL };
	FetchRequest request = { .urls = urls, .max = HUGE, .retries = 1000 };
	begin_fetch(fetcher, &request, &sink, NULL);
	wait_until(sink.fulls == 1);
	guint requests = server.requests;
	g_timeout_add(3000, set_true, &over);
	wait_until(over);
	g_assert_null(sink.result);
	g_assert_cmpuint(server.requests, ==, requests);
	g_assert_cmpuint(server.written, ==, 0);
	sink.full_every = 0;
	fetcher_set_pace(fetcher, 0, 60000);
	fetch_file_go_on(sink.file);
	fetch_file_go_on(sink.file);
	error = end_fetch(&sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	sink_clear(&sink);
	server_stop(&server);
}

/* --- slow ----------------------------------------------------------------------------------------------------------------- */

static void test_slow(void)
{
	static const Way ways[] = {
		{.etag = "\"a\"", .cut = 10,                 .hold = TRUE },
		{ .raw = "",              .hold = TRUE                             },
		{ .raw = "HTTP/1.1 200 OK\r\nContent-Le",              .hold = TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(Fetcher) fetcher = quick_fetcher();
		g_autoptr(GError) error = NULL;
		Server server;
		Sink sink;
		server_start(&server, &ways[i], 1, 1000);
		fetcher_set_pace(fetcher, 0, 200);
		sink_init(&sink, 0);
		const char *urls[] = { server.url, NULL };
		FetchRequest request = { .urls = urls, .max = LARGE, .retries = 1 };
		begin_fetch(fetcher, &request, &sink, NULL);
		error = end_fetch(&sink);
		assert_carrel_error(error, CARREL_ERROR_FAILED, "in 0.2 seconds and was given up");
		sink_clear(&sink);
		server_stop(&server);
	}
}

/* --- cancelling ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	Way way;
	guint full_every;
	gboolean local, named; /* a file; by a host name that must be resolved */
	gboolean ends;         /* may be done before it is cancelled */
} Cancel;

/* clang-format off */
static const Cancel cancels[] = {
	{ "in its flow", { .etag = "\"a\"" }, .ends = TRUE },
	{ "name", { .etag = "\"a\"" }, .named = TRUE, .ends = TRUE },
	{ "held", { .etag = "\"a\"", .cut = 100, .hold = TRUE }, .ends = FALSE },
	{ "no answer", { .raw = "", .hold = TRUE }, .ends = FALSE },
	{ "full", { .etag = "\"a\"" }, .full_every = 1 },
	{ "waiting", { .cut = -1 }, .ends = FALSE },
	{ "waiting with a part", { .etag = "\"a\"", .cut = 100 }, .ends = FALSE },
	{ "redirected", { .status = "302 Found", .headers = "Location: /\r\n" }, .ends = TRUE },
	{ "file", { 0 }, .local = TRUE, .ends = TRUE },
	{ "full file", { 0 }, .full_every = 1, .local = TRUE },
};
/* clang-format on */

static void cancel_after(const Cancel *test, const char *url, guint turns)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(Fetcher) fetcher = fetcher_new();
	g_autoptr(GError) error = NULL;
	Sink sink;

	fetcher_set_pace(fetcher, 60000, 60000);
	sink_init(&sink, 0);
	sink.full_every = test->full_every;
	sink.rests = TRUE;
	const char *urls[] = { url, NULL };
	FetchRequest request = { .urls = urls, .max = HUGE, .retries = 5 };
	begin_fetch(fetcher, &request, &sink, cancellable);
	while (turns-- > 0)
		g_main_context_iteration(NULL, FALSE);
	g_cancellable_cancel(cancellable);
	error = end_fetch(&sink);
	if (error && !g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED))
		g_assert_cmpstr(test->name, ==, "redirected");
	g_assert_true(error || test->ends);
	sink_clear(&sink);
}

static void test_cancel(gconstpointer data)
{
	const Cancel *test = data;
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *url = NULL;
	Server server;

	server_start(&server, &test->way, 1, 100000);
	url = test->local ? local_copy(dir, &server) : g_strdup(server.url);
	if (test->named) {
		GString *named = g_string_new(url);
		g_string_replace(named, "127.0.0.1", "localhost", 1);
		g_free(url);
		url = g_string_free(named, FALSE);
	}
	for (guint turns = 0; turns < 80; turns++)
		cancel_after(test, url, turns);
	server_stop(&server);
}

/* From inside of curl's callbacks, with the fetcher freed at once. */
static void test_cancel_inside(void)
{
	Server server;

	server_start(&server, &plain, 1, LARGE);
	for (int in_take = 0; in_take < 2; in_take++) {
		g_autoptr(GCancellable) cancellable = g_cancellable_new();
		g_autoptr(GError) error = NULL;
		Fetcher *fetcher = quick_fetcher();
		Sink sink;
		sink_init(&sink, 0);
		*(in_take ? &sink.cancel_in_take : &sink.cancel_in_head) = cancellable;
		const char *urls[] = { server.url, NULL };
		FetchRequest request = { .urls = urls, .max = LARGE };
		begin_fetch(fetcher, &request, &sink, cancellable);
		fetcher_free(fetcher);
		error = end_fetch(&sink);
		if (error)
			assert_carrel_error(error, CARREL_ERROR_CANCELLED, "/image was cancelled");
		sink_clear(&sink);
	}
	server_stop(&server);
}

/* --- many at once --------------------------------------------------------------------------------------------------------- */

static void test_many(void)
{
	static const Way way = { .etag = "\"a\"" };
	g_autoptr(Fetcher) fetcher = quick_fetcher();
	Server server;
	Sink sinks[20];

	server_start(&server, &way, 1, 300000);
	server.cuts = g_rand_new_with_seed(7);
	server.random_cuts = 60;
	const char *urls[] = { server.url, NULL };
	FetchRequest request = { .urls = urls, .max = LARGE, .retries = 60 };
	for (guint i = 0; i < G_N_ELEMENTS(sinks); i++) {
		sink_init(&sinks[i], 0);
		sinks[i].full_every = i % 4 == 0 ? 0 : 1 + i % 4;
		begin_fetch(fetcher, &request, &sinks[i], NULL);
	}
	for (guint i = 0; i < G_N_ELEMENTS(sinks); i++) {
		g_autoptr(GError) error = end_fetch(&sinks[i]);
		g_assert_no_error(error);
		assert_got(&sinks[i], &server);
	}
	for (guint i = 0; i < G_N_ELEMENTS(sinks); i++)
		sink_clear(&sinks[i]);
	server_stop(&server);
}

/* --- local files ---------------------------------------------------------------------------------------------------------- */

static GError *fetch_local(const char *url, Sink *sink, const char *etag, guint64 offset, guint64 total)
{
	const char *urls[] = { url, NULL };
	FetchRequest request = {
		.urls = urls, .offset = offset, .known = {(char *)etag, NULL},
                        .total = total, .max = LARGE
	};

	return fetch_all(&request, sink);
}

static void test_local(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *etag = NULL;
	Server server; /* for its bytes */
	Sink sink;

	server_start(&server, &plain, 1, LARGE);
	g_autofree char *url = local_copy(dir, &server);
	sink_init(&sink, 0);
	g_autoptr(GError) error = fetch_local(url, &sink, NULL, 0, 0);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpuint(sink.total, ==, LARGE);
	etag = g_strdup(sink.validators.etag);
	sink_clear(&sink);

	sink_begin(&sink, &server, 1000000);
	error = fetch_local(url, &sink, etag, 1000000, LARGE);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpstr(sink.heads->str, ==, "1000000/2097152");
	sink_clear(&sink);

	/* All of it is there; and then the file has become another one of the same length. */
	sink_begin(&sink, &server, LARGE);
	error = fetch_local(url, &sink, etag, LARGE, LARGE);
	g_assert_no_error(error);
	g_assert_cmpstr(sink.heads->str, ==, "2097152/2097152");
	sink_clear(&sink);
	server.body[1]++;
	g_free(url);
	url = local_copy(dir, &server);
	sink_begin(&sink, &server, 1000);
	error = fetch_local(url, &sink, etag, 1000, LARGE);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpstr(sink.heads->str, ==, "0/2097152");
	sink_clear(&sink);
	server_stop(&server);
}

static void test_local_refusals(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
	g_autofree char *fifo_url = g_strdup_printf("file://%s", fifo);
	g_autofree char *missing_url = g_strdup_printf("file://%s/none", dir);
	g_autofree char *dir_url = g_strdup_printf("file://%s", dir);
	const struct {
		const char *url;
		CarrelError code;
		const char *words;
	} cases[] = {
		{fifo_url,                       CARREL_ERROR_FAILED,    "it is no regular file"            },
		{ dir_url,                       CARREL_ERROR_FAILED,    "it is no regular file"            },
		{ "file:///dev/zero",            CARREL_ERROR_FAILED,    "it is no regular file"            },
		{ missing_url,                   CARREL_ERROR_NOT_FOUND, "/none': No such file or directory"},
		{ "file://elsewhere/etc/passwd", CARREL_ERROR_FAILED,    "names no file of this host"       },
		{ "file:///etc/%00passwd",       CARREL_ERROR_FAILED,    "passwd"                           },
	};

	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Sink sink;
		sink_init(&sink, 0);
		g_autoptr(GError) error = fetch_local(cases[i].url, &sink, NULL, 0, 0);
		assert_carrel_error(error, cases[i].code, cases[i].words);
		g_assert_cmpuint(sink.heads->len, ==, 0);
		sink_clear(&sink);
	}
}

int main(int argc, char **argv)
{
	fetch_test_init(&argc, &argv);
	g_test_add_func("/fetch-flow/full/pieces", test_full);
	g_test_add_func("/fetch-flow/full/chunks", test_full_chunks);
	g_test_add_func("/fetch-flow/full/rest", test_rest);
	g_test_add_func("/fetch-flow/slow", test_slow);
	for (guint i = 0; i < G_N_ELEMENTS(cancels); i++) {
		g_autofree char *path = g_strdup_printf("/fetch-flow/cancel/%s", cancels[i].name);
		g_test_add_data_func(path, &cancels[i], test_cancel);
	}
	g_test_add_func("/fetch-flow/cancel/inside", test_cancel_inside);
	g_test_add_func("/fetch-flow/many", test_many);
	g_test_add_func("/fetch-flow/local/files", test_local);
	g_test_add_func("/fetch-flow/local/refusals", test_local_refusals);
	return g_test_run();
}
