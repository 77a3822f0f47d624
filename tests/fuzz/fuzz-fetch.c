/*
 * What a server and a feed may write: the first line is a base address, the second a reference; all lines are the head of an answer. What comes
 * out is bounded, holds no control characters and no secrets, and leads nowhere else than to the web (or from a file to a file).
 */
#include <string.h>

#include "gallery/fetch-private.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_clean(const char *string)
{
	for (; string && *string; string++)
		g_assert_false(g_ascii_iscntrl(*string));
}

static void check_shown(const char *url)
{
	g_autofree char *shown = fetch_show_url(url);
	const char *slashes = strstr(shown, "://");
	const char *host = slashes ? slashes + 3 : shown;

	check_clean(shown);
	g_assert_cmpuint(strlen(shown), <=, 300);
	g_assert_true(strlen(url) > FETCH_URL_MAX || !memchr(host, '@', strcspn(host, "/")));
}

static void check_joined(const char *base, const char *reference)
{
	g_autofree char *joined = fetch_join_url(base, reference);
	g_autoptr(GError) error = NULL;
	g_autofree char *target = fetch_url_redirect(base, reference, &error);

	g_assert_true(target || error);
	if (!joined)
		return;
	g_autofree char *again = fetch_join_url("", joined);
	g_assert_cmpstr(again, ==, joined);
	check_clean(joined);
	g_assert_cmpuint(strlen(joined), <=, FETCH_URL_MAX);
	if (g_str_has_prefix(joined, "file:"))
		g_assert_true(!*base || g_ascii_strncasecmp(base, "file:", 5) == 0);
	else
		g_assert_true(g_str_has_prefix(joined, "http://") || g_str_has_prefix(joined, "https://"));
}

static void check_head(char **lines)
{
	g_auto(FetchAnswer) answer = { 0 };

	for (; *lines; lines++) {
		FetchRange range;
		if (fetch_range_parse(*lines, &range))
			g_assert_true(range.some ? range.first <= range.last &&
							   (!range.whole || range.last < range.total)
						 : range.whole);
		fetch_answer_line(&answer, *lines, strlen(*lines));
	}
	check_clean(answer.validators.etag);
	check_clean(answer.validators.last_modified);
	check_clean(answer.content_type);
	check_clean(answer.location);
	g_assert_true(!answer.validators.etag || strlen(answer.validators.etag) <= FETCH_VALUE_MAX);
	g_assert_cmpuint(answer.status, <=, 999);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

	check_head(lines);
	if (!lines[0])
		return 0;
	check_shown(lines[0]);
	if (lines[1])
		check_joined(lines[0], lines[1]);
	check_joined("", lines[0]);
	return 0;
}
