/* Requests from strangers: the same is understood however much follows; strings have no control characters; nothing is read behind the head. */
#include <string.h>

#include "view/http.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_string(const char *string)
{
	for (; string && *string; string++)
		g_assert_true(*string == '\t' || !g_ascii_iscntrl(*string));
}

static void check(const HttpRequest *request)
{
	g_assert_true(request->path[0] == '/' && !strpbrk(request->path, "? \t"));
	check_string(request->path);
	check_string(request->query);
	check_string(request->host);
	check_string(request->origin);
	check_string(request->upgrade);
	check_string(request->connection);
	check_string(request->ws_key);
	check_string(request->ws_version);
	check_string(request->ws_protocol);
	g_autofree char *token = http_query_value(request->query, "token");
	http_list_has(request->connection, "upgrade");
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *copy = g_memdup2(data, size); /* ends where it ends, for the sanitizer */
	g_auto(HttpRequest) request = { 0 }, again = { 0 };
	gsize used, used_again;
	guint status;

	if (size == 0)
		return 0;
	HttpResult result = http_parse(copy, size, &request, &used, &status);
	g_assert_true(result != HTTP_MORE || size < HTTP_HEAD_MAX);
	g_assert_true(result != HTTP_BAD || status >= 400);
	if (result != HTTP_DONE)
		return 0;
	g_assert_cmpuint(used, <=, HTTP_HEAD_MAX);
	check(&request);
	g_assert_true(http_parse(copy, used, &again, &used_again, &status) == HTTP_DONE);
	g_assert_cmpuint(used, ==, used_again);
	g_assert_cmpstr(request.path, ==, again.path);
	return 0;
}
