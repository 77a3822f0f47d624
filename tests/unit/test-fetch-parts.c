/* Addresses as they are shown and joined, redirects, Content-Range, and the head of an answer. */
#include "gallery/fetch-private.h"
#include "tests/unit/support.h"

static void test_show(void)
{
	static const char *const cases[][2] = {
		{"https://host/a/b.iso",                     "https://host/a/b.iso"},
		{ "https://user:secret@host:81/a?token=1#x", "https://host:81/a"   },
		{ "http://user:p@ss:w@host/a@b",             "http://host/a@b"     },
		{ "http://us?er:secret@host/",               "http://us"           },
		{ "http://user:se\\cret@host/",              "http://host/"        },
		{ "user:secret@host",                        "host"                },
		{ "file:///a b/c",                           "file:///a b/c"       },
		{ "http://host/\033[31m\n\303\244",          "http://host/?[31m???"},
		{ "",					""                    },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *shown = fetch_show_url(cases[i][0]);
		g_assert_cmpstr(shown, ==, cases[i][1]);
	}
	g_autofree char *name = g_strnfill(5000, 'a');
	g_autofree char *url = g_strdup_printf("http://host/%s", name);
	g_autofree char *shown = fetch_show_url(url);
	g_assert_cmpuint(strlen(shown), ==, 300);
}

static void test_join(void)
{
	static const char *const cases[][3] = {
  /* RFC 3986 section 5.4 */
		{"http://a/b/c/d;p?q",     "g",                   "http://a/b/c/g"          },
		{ "http://a/b/c/d;p?q",    "../../../g",          "http://a/g"              },
		{ "http://a/b/c/d;p?q",    "//g/",                "http://g/"               },
		{ "http://a/b/c/d;p?q",    "?y",                  "http://a/b/c/d;p?y"      },
		{ "http://a/b/c/d;p?q",    "g#s",                 "http://a/b/c/g"          },
		{ "http://a/b/c/d;p?q",    "g:h",                 NULL                      },
		{ "https://a/feed.json",   "HTTP://b/x",          "http://b/x"              },
		{ "https://a/feed.json",   "my image.iso",        "https://a/my%20image.iso"},
		{ "https://a/feed.json",   "\303\274.iso",        "https://a/%C3%BC.iso"    },
		{ "https://a/feed.json",   "a%2Fb.iso",           "https://a/a%2Fb.iso"     },
		{ "https://a/feed.json",   "a\nb",                NULL                      },
		{ "https://a/feed.json",   "file:///etc/passwd",  NULL                      },
		{ "https://a/feed.json",   "FILE:///etc/passwd",  NULL                      },
		{ "https://a/feed.json",   "javascript:alert(1)", NULL                      },
		{ "https://a/feed.json",   "https:///x",          NULL                      },
		{ "file:///srv/feed.json", "image.iso",           "file:///srv/image.iso"   },
		{ "file:///srv/feed.json", "https://b/x",         "https://b/x"             },
		{ "no base",               "https://b/x",         NULL                      },
		{ "",		      "https://b/x",         "https://b/x"             },
		{ "",		      "x",                   NULL                      },
		{ "",		      "/etc/passwd",         NULL                      },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *joined = fetch_join_url(cases[i][0], cases[i][1]);
		g_assert_cmpstr(joined, ==, cases[i][2]);
	}
}

static void test_redirect(void)
{
	static const char *const cases[][3] = {
		{"https://a/b",  "https://c/d?e", "https://c/d?e"},
		{ "https://a/b", "/d",            "https://a/d"  },
		{ "http://a/b",  "https://c/d",   "https://c/d"  },
		{ "http://a/b",  "http://c/d",    "http://c/d"   },
		{ "https://a/b", "http://c/d",    NULL           },
		{ "HTTPS://a/b", "http://c/d",    NULL           },
		{ "https://a/b", "file:///c",     NULL           },
		{ "http://a/b",  "File:/c",       NULL           },
		{ "http://a/b",  "ftp://c/d",     NULL           },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *target = fetch_url_redirect(cases[i][0], cases[i][1], &error);
		g_assert_cmpstr(target, ==, cases[i][2]);
		g_assert_true(target || error_hint(error));
	}
}

static void test_range(void)
{
	static const struct {
		const char *text;
		gboolean fine;
		FetchRange range;
	} cases[] = {
		{"bytes 0-9/10",                           TRUE, { TRUE, TRUE, 0, 9, 10 } },
		{ "Bytes  5-5/6",                TRUE, { TRUE, TRUE, 5, 5, 6 } },
		{ "bytes 5-9/*",                          TRUE, { TRUE, FALSE, 5, 9, 0 } },
		{ "bytes */10",                 TRUE, { FALSE, TRUE, 0, 0, 10 } },
		{ .text = "bytes */*"                          },
		{ .text = "bytes 0-10/10"               },
		{ .text = "bytes 9-0/10"                           },
		{ .text = "bytes 0-9/10 "              },
		{ .text = "bytes -9/10"                    },
		{ .text = "bytes 0-/10"                },
		{ .text = "bytes +0-9/10"                 },
		{ .text = "bytes0-9/10"                },
		{ .text = "bytes=0-9/10"                  },
		{ .text = "bytes 0-9223372036854775808/*"                  },
		{ .text = "bytes 0-99999999999999999999/*"                },
		{ .text = "items 0-9/10"                  },
		{ .text = "bytes"                 },
		{ .text = ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		FetchRange range;
		g_assert_cmpint(fetch_range_parse(cases[i].text, &range), ==, cases[i].fine);
		if (cases[i].fine)
			g_assert_cmpmem(&range, sizeof(range), &cases[i].range, sizeof(range));
	}
}

static FetchLine give(FetchAnswer *answer, const char *line)
{
	return fetch_answer_line(answer, line, strlen(line));
}

static void test_head(void)
{
	g_auto(FetchAnswer) answer = { 0 };
	g_autofree char *large = g_strnfill(2000, 'x');
	g_autofree char *etag = g_strdup_printf("ETag: \"%s\"\r\n", large);

	g_assert_cmpint(give(&answer, "HTTP/1.1 103 Early Hints\r\n"), ==, FETCH_LINE_MORE);
	give(&answer, "ETag: \"hint\"\r\n");
	g_assert_cmpint(give(&answer, "\r\n"), ==, FETCH_LINE_MORE);
	give(&answer, "HTTP/2 206 \r\n");
	g_assert_null(answer.validators.etag);
	give(&answer, etag);
	g_assert_null(answer.validators.etag);
	give(&answer, "etag:W/\"a\"  \r\n");
	give(&answer, "Last-Modified: Mon, 23 Nov 2026\033[31m\r\n");
	give(&answer, "CONTENT-LENGTH: 12\r\n");
	give(&answer, "Content-Range: bytes 1-2/3\r\n");
	give(&answer, "no header\r\n");
	g_assert_cmpint(give(&answer, "\r\n"), ==, FETCH_LINE_END);
	g_assert_cmpuint(answer.status, ==, 206);
	g_assert_cmpstr(answer.validators.etag, ==, "W/\"a\"");
	g_assert_null(answer.validators.last_modified);
	g_assert_true(answer.has_length && answer.length == 12);
	g_assert_true(answer.has_range && answer.range.total == 3);
	g_assert_null(fetch_validators_ground(&answer.validators));
	give(&answer, "Content-Length: -1\r\n");
	g_assert_false(answer.has_length);
	for (guint i = 0; i < 30; i++)
		give(&answer, etag);
	g_assert_cmpint(give(&answer, large), ==, FETCH_LINE_MORE);
	for (guint i = 0; i < 3; i++)
		give(&answer, large);
	g_assert_cmpint(give(&answer, large), ==, FETCH_LINE_TOO_MUCH);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fetch-parts/show", test_show);
	g_test_add_func("/fetch-parts/join", test_join);
	g_test_add_func("/fetch-parts/redirect", test_redirect);
	g_test_add_func("/fetch-parts/range", test_range);
	g_test_add_func("/fetch-parts/head", test_head);
	return g_test_run();
}
