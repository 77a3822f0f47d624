/* Files from a hostile server: what each answer means, cuts, changes in the middle, mirrors. */
#include "tests/unit/fetch-fixture.h"

#define MAX_BYTES 100000

/* --- cuts ----------------------------------------------------------------------------------------------------------------- */

static void check_whole(const Way *ways, guint n_ways, gsize size, guint retries)
{
	Server server;
	Sink sink;

	server_start(&server, ways, n_ways, size);
	sink_init(&sink, 0);
	const char *urls[] = { server.url, NULL };
	FetchRequest request = { .urls = urls, .max = MAX_BYTES, .retries = retries };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	sink_clear(&sink);
	server_stop(&server);
}

static void test_whole(void)
{
	static const Way ways[] = {
		{ .etag = "\"a\"" },
		{ .chunked = TRUE },
		{ .no_length = TRUE },
		{ .headers = "X: y\r\n" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		check_whole(&ways[i], 1, 5000, 0);
		check_whole(&ways[i], 1, 1, 0);
		check_whole(&ways[i], 1, 0, 0);
	}
}

static void test_cut_everywhere(void)
{
	static const Way kinds[] = {
		{.etag = "\"a\""                             },
                { .modified = "Mon, 23 Nov 2026 08:00:00 GMT"},
		{ .etag = "W/\"a\""                          },
                { .etag = "\"a\"",                             .no_range = TRUE },
		{ .chunked = TRUE					  },
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		for (int cut = 0; cut < 100; cut++) {
			Way ways[2] = { kinds[i], kinds[i] };
			ways[0].cut = cut ? cut : -1;
			check_whole(ways, 2, 100, 1);
		}
}

static void test_cut_fifty_times(void)
{
	static const Way ways[] = { { .etag = "\"a\"" } };
	Server server;
	Sink sink;

	server_start(&server, ways, 1, 1000000);
	server.cuts = g_rand_new_with_seed(4);
	server.random_cuts = 50;
	sink_init(&sink, 0);
	const char *urls[] = { server.url, NULL };
	FetchRequest request = { .urls = urls, .max = 1000000, .retries = 5 };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpuint(server.requests, ==, 51);
	sink_clear(&sink);
	server_stop(&server);
}

/* --- answers that end it -------------------------------------------------------------------------------------------------- */

static char *long_header(void)
{
	GString *raw = g_string_new("HTTP/1.1 200 OK\r\n");

	for (guint i = 0; i < 3000; i++)
		g_string_append_printf(raw, "X-Padding-%u: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
	g_string_append(raw, "\r\nbody");
	return g_string_free(raw, FALSE);
}

/* With one retry: how often was it asked, and what is said. */
static void test_refusals(void)
{
	g_autofree char *padding = long_header();
	const struct {
		Way way;
		CarrelError code;
		guint requests;
		const char *words;
	} cases[] = {
		{{ .status = "404 Nope" },
                 CARREL_ERROR_NOT_FOUND,									    1,
                 "/image: the server says 404 Not Found\n"												  },
		{ { .status = "410 Nope" },						 CARREL_ERROR_NOT_FOUND, 1,  "says 410 Gone"                     },
		{ { .status = "403 Nope" },						 CARREL_ERROR_FAILED,    1,  "says 403 Forbidden"                },
		{ { .status = "418 Nope" },						 CARREL_ERROR_FAILED,    1,  "says 418"                          },
		{ { .status = "500 Nope" },						 CARREL_ERROR_FAILED,    2,  "says 500"                          },
		{ { .status = "503 Nope" },
                 CARREL_ERROR_FAILED,									       2,
                 "says 503 Service Unavailable\ntry again later"											    },
		{ { .status = "302 Nope" },						 CARREL_ERROR_FAILED,    1,  "says 302"                          },
		{ { .status = "206 Nope", .headers = "Content-Range: bytes 0-3/4\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "answers with a part"														      },
		{ { .status = "416 Nope" },						 CARREL_ERROR_FAILED,    1,  "there is no such part"             },
		{ { .status = "302 Found", .headers = "Location: /again\r\n" },
                 CARREL_ERROR_FAILED,									       11,
                 "/again redirects once more, after 10 times"											       },
		{ { .status = "301 Found", .headers = "Location: file:///etc/passwd\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "redirects to `file:///etc/passwd', which is no web address"									       },
		{ { .status = "307 Found", .headers = "Location: ftp://x/y\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "redirects to `ftp://x/y'"														 },
		{ { .headers = "Content-Encoding: gzip\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "(Content-Encoding: gzip)"														 },
		{ { .body = 2000 },							 CARREL_ERROR_FAILED,    1,  "has 2000 bytes, more than the 1500"},
		{ { .body = 2000, .chunked = TRUE },
                 CARREL_ERROR_FAILED,									       1,
                 "brings more than the 1500 bytes"													  },
		{ { .lie = 7 },							     CARREL_ERROR_FAILED,    3,  "was cut before the end"            },
		{ { .cut = -1 },							    CARREL_ERROR_FAILED,    2,  "was cut before the end"            },
		{ { .raw = "" },							    CARREL_ERROR_FAILED,    2,  "was cut before an answer came"     },
		{ { .raw = "hello, I am no web server\r\n\r\n" },
                 CARREL_ERROR_FAILED,									       1,
                 "is not answered in HTTP"														  },
		{ { .raw = "\x80\x01\x00\x04" },                                            CARREL_ERROR_FAILED,    1,  "is not answered in HTTP"           },
		{ { .raw = padding },						       CARREL_ERROR_FAILED,    1,  "more than 64 KiB of headers"       },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Server server;
		Sink sink;
		server_start(&server, &cases[i].way, 1, 2000);
		if (cases[i].way.body == 0)
			server.size = 1000;
		sink_init(&sink, 0);
		const char *urls[] = { server.url, NULL };
		FetchRequest request = { .urls = urls, .max = 1500, .retries = 1 };
		g_autoptr(GError) error = fetch_all(&request, &sink);
		assert_carrel_error(error, cases[i].code, cases[i].words);
		g_assert_cmpuint(server.requests, ==, cases[i].requests);
		sink_clear(&sink);
		server_stop(&server);
	}
}

/* Its type is told; whether it is an image is the sink's affair, and so is refusing it. */
static void test_sink_decides(void)
{
	static const Way way = { .type = "text/html; charset=utf-8" };
	static const struct {
		const char *head;
		gsize at;
		const char *words;
	} cases[] = {
		{"this is a web page", 0,     "web page"     },
		{ NULL,                1,     "wants no more"},
		{ NULL,                90000, "wants no more"}
	};

	check_whole(&way, 1, 1000, 0);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Server server;
		Sink sink;
		server_start(&server, &way, 1, MAX_BYTES);
		sink_init(&sink, 0);
		sink.refuse_head = cases[i].head;
		sink.refuse_at = cases[i].at;
		const char *urls[] = { server.url, server.url, NULL };
		FetchRequest request = { .urls = urls, .max = MAX_BYTES, .retries = 3 };
		g_autoptr(GError) error = fetch_all(&request, &sink);
		assert_carrel_error(error, CARREL_ERROR_VERIFY, cases[i].words);
		g_assert_cmpstr(sink.type, ==, "text/html; charset=utf-8");
		g_assert_cmpuint(server.requests, ==, 1);
		sink_clear(&sink);
		server_stop(&server);
	}
}

/* --- going on ------------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	Way ways[3];
	guint n_ways;
	guint64 offset;
	const char *etag, *modified;
	guint64 total;
	const char *log, *heads; /* what the server was asked, and what the sink was told */
} Resume;

#define DATE "Mon, 23 Nov 2026 08:00:00 GMT"

static const Resume resumes[] = {
	{"same",			 { { .etag = "\"a\"" } },                             1, 300,  "\"a\"",   NULL, 1000, "300/\"a\"",                               "300/1000" },
	{ "same date",                   { { .modified = DATE } },                            1, 300,  NULL,      DATE, 1000, "300/" DATE,                               "300/1000" },
	{ "length not known",            { { .etag = "\"a\"" } },                             1, 300,  "\"a\"",   NULL, 0,    "300/\"a\"",                               "300/1000" },
	{ "changed",		     { { .etag = "\"b\"" } },                             1, 300,  "\"a\"",   NULL, 1000, "300/\"a\"",                               "0/1000"   },
	{ "changed, deaf",
         { { .etag = "\"b\"", .deaf = TRUE } },
         1,										      300,
         "\"a\"",												 NULL,
         1000,														"300/\"a\" 0",
         "0/1000"																				   },
	{ "longer now",                  { { .etag = "\"a\"" } },                             1, 300,  "\"a\"",   NULL, 999,  "300/\"a\" 0",                             "0/1000"   },
	{ "weak",			{ { .etag = "W/\"a\"" } },                           1, 300,  "W/\"a\"", NULL, 1000, "300",                                     "300/1000" },
	{ "weak, changed",               { { .etag = "W/\"b\"" } },                           1, 300,  "W/\"a\"", NULL, 1000, "300 0",                                   "0/1000"   },
	{ "only the length",             { { 0 } },					   1, 300,  NULL,      NULL, 1000, "300",                                     "300/1000" },
	{ "nothing known",               { { 0 } },					   1, 300,  NULL,      NULL, 0,    "300 0",                                   "0/1000"   },
	{ "no ranges",                   { { .no_range = TRUE } },                            1, 300,  NULL,      NULL, 1000, "300",                                     "0/1000"   },
	{ "more than there is",          { { .etag = "\"a\"" } },                             1, 1200, "\"a\"",   NULL, 1000, "0",                                       "0/1000"   },
	{ "all of it",                   { { .etag = "\"a\"" } },                             1, 1000, "\"a\"",   NULL, 1000, "1000/\"a\"",                              "1000/1000"},
	{ "became shorter",              { { .etag = "\"a\"" } },                             1, 1100, "\"a\"",   NULL, 0,    "1100/\"a\" 0",                            "0/1000"   },
	{ "another place",
         { { .range = "bytes 200-999/1000" } },
         1,										      300,
         NULL,												    NULL,
         1000,														"300 0",
         "0/1000"																				   },
	{ "another end",                 { { .range = "bytes 300-998/1000" } },               1, 300,  NULL,      NULL, 1000, "300 0",                                   "0/1000"   },
	{ "no Content-Range",            { { .range = "" } },                                 1, 300,  NULL,      NULL, 1000, "300 0",                                   "0/1000"   },
	{ "nonsense",                    { { .range = "lines 1-2/3" } },                      1, 300,  NULL,      NULL, 1000, "300 0",                                   "0/1000"   },
	{ "total not said",
         { { .range = "bytes 300-999/*", .etag = "\"a\"" } },
         1,										      300,
         "\"a\"",												 NULL,
         1000,														"300/\"a\"",
         "300/1000"																				 },
	{ "total not said, not vouched",
         { { .range = "bytes 300-999/*" } },
         1,										      300,
         NULL,												    NULL,
         1000,														"300 0",
         "0/1000"																				   },
	{ "less than asked",
         { { .etag = "\"a\"", .part = 200 } },
         1,										      300,
         "\"a\"",												 NULL,
         1000,														"300/\"a\" 500/\"a\" 700/\"a\" 900/\"a\"",
         "300/1000 500/1000 700/1000 900/1000"																      },
	{ "cut, then changed",
         { { .etag = "\"a\"", .cut = 100 }, { .etag = "\"b\"" } },
         2,										      0,
         NULL,												    NULL,
         0,														   "0 100/\"a\"",
         "0/1000 0/1000"																			    },
	{ "cut, then changed, deaf",
         { { .etag = "\"a\"", .cut = 100 }, { .etag = "\"b\"", .deaf = TRUE } },
         2,										      0,
         NULL,												    NULL,
         0,														   "0 100/\"a\" 0",
         "0/1000 0/1000"																			    },
	{ "cut, then shorter",
         { { .etag = "\"a\"", .body = 1500, .cut = 100 }, { .etag = "\"b\"" } },
         2,										      0,
         NULL,												    NULL,
         0,														   "0 100/\"a\"",
         "0/1500 0/1000"																			    },
	{ "overloaded in between",
         { { .etag = "\"a\"", .cut = 100 }, { .status = "503 Later" }, { .etag = "\"a\"" } },
         3,										      0,
         NULL,												    NULL,
         0,														   "0 100/\"a\" 100/\"a\"",
         "0/1000 100/1000"																			  },
};

static void test_resume(gconstpointer data)
{
	const Resume *resume = data;
	Server server;
	Sink sink;

	server_start(&server, resume->ways, resume->n_ways, 1500);
	server.size = 1000;
	sink_begin(&sink, &server, resume->offset);
	const char *urls[] = { server.url, NULL };
	FetchRequest request = {
		.urls = urls,
		.offset = resume->offset,
		.known = {(char *)resume->etag, (char *)resume->modified},
		.total = resume->total,
		.max = MAX_BYTES,
		.retries = 2
	};
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	g_assert_cmpstr(server.log->str, ==, resume->log);
	g_assert_cmpstr(sink.heads->str, ==, resume->heads);
	assert_got(&sink, &server);
	g_assert_cmpstr(sink.url, ==, server.url);
	sink_clear(&sink);
	server_stop(&server);
}

/* --- mirrors -------------------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	Way ways[3]; /* one for each mirror */
	const char *logs[3], *heads;
	int code; /* -1: it comes */
	const char *words;
} Mirrors;

static const Mirrors mirrors[] = {
	{"the second brings the rest",
         { { .etag = "\"a\"", .cut = 400 }, { .etag = "\"b\"" } },
         { "0 400/\"a\"", "800", "" },
         "0/1000 400/1000 800/1000", -1,
         NULL					      },
	{ "the second is not up to date",
         { { .etag = "\"a\"", .cut = 300 }, { .etag = "\"b\"", .body = 900 }, { .etag = "\"c\"" } },
         { "0 300/\"a\"", "600", "600" },
         "0/1000 300/1000 600/1000", -1,
         NULL					      },
	{ "the second has no ranges",
         { { .etag = "\"a\"", .cut = 400 }, { .no_range = TRUE } },
         { "0 400/\"a\"", "800", "" },
         "0/1000 400/1000 0/1000",   -1,
         NULL					      },
	{ "two have it not",
         { { .status = "404 No" }, { .status = "500 No" }, { 0 } },
         { "0", "0 0", "0" },
         "0/1000",		   -1,
         NULL					      },
	{ "none has it",
         { { .status = "404 No" }, { .status = "410 No" }, { .status = "404 No" } },
         { "0", "0", "0" },
         "",			 CARREL_ERROR_NOT_FOUND,
         "none of the 3 mirrors has it: http://127.0.0.1:" },
	{ "each fails in its way",
         { { .status = "404 No" }, { .headers = "Content-Encoding: br\r\n" }, { .status = "503 No" } },
         { "0", "0", "0 0" },
         "",			 CARREL_ERROR_FAILED,
         "the server says 404 Not Found; http://127.0.0.1:"},
};

static void test_mirrors(gconstpointer data)
{
	const Mirrors *test = data;
	Server servers[3];
	Sink sink;

	for (guint i = 0; i < 3; i++)
		server_start(&servers[i], &test->ways[i], 1, 1000);
	sink_init(&sink, 0);
	const char *urls[] = { servers[0].url, servers[1].url, servers[2].url, NULL };
	FetchRequest request = { .urls = urls, .max = MAX_BYTES, .retries = 1 };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	if (test->code < 0) {
		g_assert_no_error(error);
		assert_got(&sink, &servers[0]);
	} else
		assert_carrel_error(error, test->code, test->words);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpstr(servers[i].log->str, ==, test->logs[i]);
	g_assert_cmpstr(sink.heads->str, ==, test->heads);
	sink_clear(&sink);
	for (guint i = 0; i < 3; i++)
		server_stop(&servers[i]);
}

/* Nobody listens on the first one, the second is no address, the third has it. */
static void test_unreachable_mirrors(void)
{
	static const Way way;
	Server gone, server;
	Sink sink;

	server_start(&gone, &way, 1, 1);
	server_start(&server, &way, 1, 1000);
	g_autofree char *closed = g_strdup(gone.url);
	server_stop(&gone);
	sink_init(&sink, 0);
	const char *urls[] = { closed, "gopher://x/", server.url, NULL };
	FetchRequest request = { .urls = urls, .max = MAX_BYTES, .retries = 1 };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	sink_clear(&sink);

	const char *bad[] = { "gopher://user:secret@x/?token=1", NULL };
	request.urls = bad;
	sink_init(&sink, 0);
	error = fetch_all(&request, &sink);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "`gopher://x/' is no address that can be fetched");
	sink_clear(&sink);

	const char *nobody[] = { closed, NULL };
	request.urls = nobody;
	sink_init(&sink, 0);
	error = fetch_all(&request, &sink);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "is not reachable");
	sink_clear(&sink);
	server_stop(&server);
}

/* A redirector leads to another server: cuts are gone on with there, by its own names, and not by way of the redirector. */
static void test_redirected(void)
{
	Way there[] = {
		{.etag = "\"a\"", .cut = 2000 },
                { .etag = "\"a\""             }
	};
	Server server, redirector;
	Sink sink;

	server_start(&server, there, 2, 5000);
	g_autofree char *location = g_strdup_printf("Location: %s\r\n", server.url);
	Way way = { .status = "302 Found", .headers = location };
	server_start(&redirector, &way, 1, 1);
	sink_init(&sink, 0);
	const char *urls[] = { redirector.url, NULL };
	FetchRequest request = { .urls = urls, .max = MAX_BYTES, .retries = 1 };
	g_autoptr(GError) error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpstr(sink.url, ==, server.url);
	g_assert_cmpstr(server.log->str, ==, "0 2000/\"a\"");
	g_assert_cmpuint(redirector.requests, ==, 1);
	sink_clear(&sink);

	/* In another life of the daemon, the way is the redirector's again; what was known is of the server behind it. */
	sink_begin(&sink, &server, 3000);
	request = (FetchRequest){
		.urls = urls,
		.offset = 3000,
		.known = {(char *)"\"a\"", NULL},
		.known_url = server.url,
		.total = 5000,
		.max = MAX_BYTES
	};
	error = fetch_all(&request, &sink);
	g_assert_no_error(error);
	assert_got(&sink, &server);
	g_assert_cmpstr(sink.heads->str, ==, "3000/5000");
	sink_clear(&sink);
	server_stop(&redirector);
	server_stop(&server);
}

int main(int argc, char **argv)
{
	fetch_test_init(&argc, &argv);
	g_test_add_func("/fetch/whole", test_whole);
	g_test_add_func("/fetch/cut/everywhere", test_cut_everywhere);
	g_test_add_func("/fetch/cut/fifty-times", test_cut_fifty_times);
	g_test_add_func("/fetch/refusals", test_refusals);
	g_test_add_func("/fetch/sink-decides", test_sink_decides);
	for (guint i = 0; i < G_N_ELEMENTS(resumes); i++) {
		g_autofree char *path = g_strdup_printf("/fetch/resume/%s", resumes[i].name);
		g_test_add_data_func(path, &resumes[i], test_resume);
	}
	for (guint i = 0; i < G_N_ELEMENTS(mirrors); i++) {
		g_autofree char *path = g_strdup_printf("/fetch/mirrors/%s", mirrors[i].name);
		g_test_add_data_func(path, &mirrors[i], test_mirrors);
	}
	g_test_add_func("/fetch/mirrors/unreachable", test_unreachable_mirrors);
	g_test_add_func("/fetch/redirected", test_redirected);
	return g_test_run();
}
