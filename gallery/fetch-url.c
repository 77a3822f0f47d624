/* Addresses: shown, joined, and where a redirect may lead. GLib's RFC 3986 parser does the work; what it lets through is bounded here. */
#include <string.h>

#include "base/error.h"
#include "gallery/fetch-private.h"

#define SHOWN_MAX 300

/* Percent-escapes stay as they are: decoding them would change what a server is asked for. */
#define URL_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE)

static gboolean is_scheme(GUri *uri, const char *scheme)
{
	return strcmp(g_uri_get_scheme(uri), scheme) == 0;
}

static gboolean is_web(GUri *uri)
{
	const char *host = g_uri_get_host(uri);

	return (is_scheme(uri, "http") || is_scheme(uri, "https")) && host && *host;
}

/* A path of two slashes and no host cannot be written as an address: it would be read as a host. */
static gboolean is_ambiguous(GUri *uri)
{
	return !g_uri_get_host(uri) && g_str_has_prefix(g_uri_get_path(uri), "//");
}

/* Bytes that have no place in an address, and would in a request's head or on a terminal. */
static gboolean is_clean(const char *url)
{
	gsize length = strlen(url);

	for (gsize i = 0; i < length; i++)
		if ((guchar)url[i] <= ' ' || (guchar)url[i] >= 0x7f)
			return FALSE;
	return length > 0 && length <= FETCH_URL_MAX;
}

gboolean fetch_url_is_local(const char *url)
{
	return g_ascii_strncasecmp(url, "file:", 5) == 0;
}

/* Characters outside ASCII, which people write into feeds, as escapes of their bytes; blanks likewise. */
static char *escape(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	GString *escaped = g_string_new(NULL);

	for (; *text; text++) {
		guchar byte = (guchar)*text;
		if (byte >= 0x80 || byte == ' ') {
			g_string_append_c(escaped, '%');
			g_string_append_c(escaped, digits[byte >> 4]);
			g_string_append_c(escaped, digits[byte & 15]);
		} else
			g_string_append_c(escaped, (char)byte);
	}
	return g_string_free(escaped, FALSE);
}

char *fetch_join_url(const char *base, const char *reference)
{
	g_autofree char *stripped = g_strstrip(g_strndup(reference, FETCH_URL_MAX + 1));
	g_autofree char *escaped = escape(stripped);
	g_autofree char *joined = NULL;
	g_autoptr(GUri) from = NULL, uri = NULL;

	if (strlen(base) > FETCH_URL_MAX || (*escaped && !is_clean(escaped)))
		return NULL;
	from = g_uri_parse(base, URL_FLAGS, NULL);
	if (from)
		uri = g_uri_parse_relative(from, escaped, URL_FLAGS, NULL);
	else if (!*base)
		uri = g_uri_parse(escaped, URL_FLAGS, NULL);
	if (!uri || is_ambiguous(uri) ||
	    !(is_web(uri) || (is_scheme(uri, "file") && (!from || is_scheme(from, "file")))))
		return NULL;
	/* What stands behind # is for browsers. */
	joined = g_uri_to_string_partial(uri, G_URI_HIDE_FRAGMENT);
	return is_clean(joined) ? g_steal_pointer(&joined) : NULL;
}

GError *fetch_url_error(const char *shown)
{
	return error_new(CARREL_ERROR_FAILED, "write https://HOST/PATH, http://HOST/PATH or file:///PATH",
			 "`%s' is no address that can be fetched", shown);
}

char *fetch_url_redirect(const char *url, const char *location, GError **error)
{
	g_autofree char *shown = fetch_show_url(url);
	g_autofree char *target = fetch_show_url(location);
	g_autofree char *joined = fetch_join_url(url, location);

	if (!joined) {
		error_set(error, CARREL_ERROR_FAILED,
			  "the source is misconfigured, or somebody is in between",
			  "%s redirects to `%s', which is no web address", shown, target);
		return NULL;
	}
	if (g_ascii_strncasecmp(url, "https:", 6) == 0 && !g_str_has_prefix(joined, "https:")) {
		error_set(error, CARREL_ERROR_FAILED,
			  "an encrypted address must not lead to one that anybody can change on the way",
			  "%s redirects to %s, which is not encrypted", shown, target);
		return NULL;
	}
	return g_steal_pointer(&joined);
}

/* Without user and query also where it is no URL: up to `?' or `#', and without what stands before the `@' of the host. */
static char *show_roughly(const char *url)
{
	g_autofree char *shown = g_strndup(url, strcspn(url, "?#"));
	char *slashes = strstr(shown, "://");
	char *host = slashes ? slashes + 3 : shown;
	char *at = g_strrstr_len(host, (gssize)strcspn(host, "/"), "@");

	if (!at)
		return g_steal_pointer(&shown);
	return g_strdup_printf("%.*s%s", (int)(host - shown), shown, at + 1);
}

char *fetch_show_url(const char *url)
{
	g_autofree char *start = g_strndup(url, FETCH_URL_MAX);
	g_autofree char *rough = show_roughly(start);

	for (char *at = rough; *at; at++)
		if ((guchar)*at < ' ' || (guchar)*at >= 0x7f)
			*at = '?';
	if (strlen(rough) <= SHOWN_MAX)
		return g_steal_pointer(&rough);
	return g_strdup_printf("%.*s...", SHOWN_MAX - 3, rough);
}
