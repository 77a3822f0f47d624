/* JSON as feeds really have it. */
#include "gallery/lenient-json.h"

#include "tests/unit/support.h"

/* Back to text, in a form that shows kinds: words bare, texts in single quotes. */
static void print_node(GString *out, const LenientNode *node)
{
	if (node->key)
		g_string_append_printf(out, "%s:", node->key);
	if (node->kind == LENIENT_NULL)
		g_string_append(out, "null");
	else if (node->kind == LENIENT_WORD)
		g_string_append(out, node->text);
	else if (node->kind == LENIENT_TEXT)
		g_string_append_printf(out, "'%s'", node->text);
	if (node->kind < LENIENT_ARRAY)
		return;
	g_string_append_c(out, node->kind == LENIENT_ARRAY ? '[' : '{');
	for (const LenientNode *child = node->first; child; child = child->next) {
		print_node(out, child);
		if (child->next)
			g_string_append_c(out, ' ');
	}
	g_string_append_c(out, node->kind == LENIENT_ARRAY ? ']' : '}');
}

static LenientJson *parse(const char *text, gsize length, GError **error)
{
	return lenient_json_parse(text, length, 1024 * 1024, "f", NULL, NULL, NULL, error);
}

#define ROW(text, result)                                                                                    \
	{                                                                                                    \
		text, sizeof(text) - 1, result                                                               \
	}

static const struct {
	const char *text;
	gsize length;
	const char *result;
} good[] = {
	ROW("{}", "{}"),
	ROW(" [ ] ", "[]"),
	ROW("5", "5"),
	ROW("-1.5E+3", "-1.5e+3"),
	ROW("[1,2,]", "[1 2]"),
	ROW("{\"a\":1,}", "{a:1}"),
	ROW("{\"a\":TRUE,\"b\":False,\"c\":Null}", "{a:true b:false c:null}"),
	ROW("// x\n[1 /* 2 */, 3]// end", "[1 3]"),
	ROW("[/*/*/1]", "[1]"),
	ROW("[\"//\",\"/*\"]", "['//' '/*']"),
	ROW("\"a\\\"b\\\\c\\/d\\ne\"", "'a\"b\\c/d\ne'"),
	ROW("\"\\u00e4\\ud83d\\ude00\"", "'\xc3\xa4\xf0\x9f\x98\x80'"),
	ROW("\"\\ud83d|\\ude00|\\u0000\"", "'\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd'"),
	ROW("\"C:\\gallery\\x\"", "'C:\\gallery\\x'"),
	ROW("\"two\nlines\"", "'two\nlines'"),
	ROW("\"a\xff"
	    "b\"",
	    "'a\xef\xbf\xbd"
	    "b'"),
	ROW("\"a\0b\"", "'a\xef\xbf\xbd"
			"b'"),
	ROW("\xef\xbb\xbf[1]", "[1]"),
	ROW("\xff\xfe[\0\"\0\xe4\0\"\0]\0", "['\xc3\xa4']"),
	ROW("\xfe\xff\0[\0\"\0\xe4\0\"\0]", "['\xc3\xa4']"),
	ROW("\xff\xfe\"\0\x3d\xd8\x00\xde\"\0", "'\xf0\x9f\x98\x80'"),
	ROW("\xff\xfe\"\0\x3d\xd8\"\0", "'\xef\xbf\xbd'"),
	ROW("{\"a\":{\"b\":[[],{}]}}", "{a:{b:[[] {}]}}"),
};

static const struct {
	const char *text, *words;
} bad[] = {
	{"",		   "f:1: JSON is malformed: it is empty"                    },
	{ " // only\n ",       "f:2: JSON is malformed: it is empty"                    },
	{ "<html>",            "f:1: JSON is malformed: this is no JSON"                },
	{ "[1\n2]",            "f:2: JSON is malformed: a `,' or `]' is missing"        },
	{ "{\"a\":1 \"b\":2}", "f:1: JSON is malformed: a `,' or `}' is missing"        },
	{ "{\n\n\"a\" 1}",     "f:3: JSON is malformed: a `:' is missing"               },
	{ "{a:1}",             "f:1: JSON is malformed: a name in double quotes"        },
	{ "{\"a\":}",          "f:1: JSON is malformed: this is no JSON"                },
	{ "[,]",               "f:1: JSON is malformed: this is no JSON"                },
	{ "[1",		"f:1: JSON is malformed: a `,' or `]' is missing"        },
	{ "[1,\n",             "f:2: JSON is malformed: it ends in the middle"          },
	{ "[\n\"abc\n\n",      "f:2: JSON is malformed: a text has no end"              },
	{ "\"a\\",             "f:1: JSON is malformed: a text has no end"              },
	{ "\"\\u12g4\"",       "f:1: JSON is malformed: `\\u' is not followed"          },
	{ "[yes]",             "f:1: JSON is malformed: a word is neither"              },
	{ "{} {}",             "f:1: JSON is malformed: something stands behind the end"},
	{ "/* x",              "f:1: JSON is malformed: a comment has no end"           },
};

static void test_good(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(LenientJson) json = parse(good[i].text, good[i].length, &error);
		g_assert_no_error(error);
		GString *out = g_string_new(NULL);
		print_node(out, lenient_json_root(json));
		g_assert_cmpstr(out->str, ==, good[i].result);
		g_string_free(out, TRUE);
	}
}

static void test_bad(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		if (parse(bad[i].text, strlen(bad[i].text), &error))
			g_error("this was taken for JSON: %s", bad[i].text);
		assert_carrel_error(error, CARREL_ERROR_FAILED, bad[i].words);
	}
}

static void test_limits(void)
{
	g_autofree char *open = g_strnfill(LENIENT_DEPTH_MAX + 1, '[');
	g_autofree char *close = g_strnfill(LENIENT_DEPTH_MAX, ']');
	g_autofree char *fits = g_strconcat(open + 1, close, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(LenientJson) json = parse(fits, strlen(fits), &error);

	g_assert_no_error(error);
	g_assert_null(parse(open, strlen(open), &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "f:1: JSON is malformed: it is nested more than 64");
	g_assert_null(lenient_json_parse("[1,2]", 5, 4, "f", NULL, NULL, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "f:1: has more than 4 bytes");
}

typedef struct {
	guint count, stop;
	guint64 sum;
	guint last_line;
} Sum;

static gboolean on_element(const LenientNode *element, gpointer data)
{
	Sum *sum = data;

	sum->count++;
	sum->sum += lenient_number(element, "n");
	sum->last_line = element->line;
	return sum->count != sum->stop;
}

/* More elements, and one larger, than a chunk of nodes has room for; the rest of the document stays whole. */
static void test_list(void)
{
	GString *text = g_string_new("{\"before\": [1, 2], \"LIST\": [\n");
	Sum sum = { 0 }, some = { .stop = 3 };
	g_autoptr(GError) error = NULL;

	for (guint i = 1; i <= 5000; i++)
		g_string_append_printf(text, "{\"n\": \"%u\"},\n", i);
	g_string_append(text, "{\"n\": 7, \"much\": [");
	for (guint i = 0; i < 5000; i++)
		g_string_append(text, "0,");
	g_string_append(text, "]}], \"after\": {\"list\": [5]}}");
	g_autoptr(LenientJson) json =
		lenient_json_parse(text->str, text->len, G_MAXINT, "f", "list", on_element, &sum, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(sum.count, ==, 5001);
	g_assert_cmpuint(sum.sum, ==, 5000 * 5001 / 2 + 7);
	g_assert_cmpuint(sum.last_line, ==, 5002);
	const LenientNode *root = lenient_json_root(json);
	g_assert_null(lenient_get(root, "list")->first);
	g_assert_cmpstr(lenient_get(root, "before")->first->next->text, ==, "2");
	g_assert_nonnull(lenient_get(lenient_get(root, "after"), "list")->first);
	g_autoptr(LenientJson) part =
		lenient_json_parse(text->str, text->len, G_MAXINT, "f", "list", on_element, &some, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(some.count, ==, 3);
	g_string_free(text, TRUE);
}

static void test_getters(void)
{
	static const char text[] = "{\"Name\":\"N\",\"name\":\"n\",\"Size\":\"12\",\"neg\":-1,\"yes\":\" "
				   "TRUE \",\"no\":0,\"o\":{}}";
	g_autoptr(LenientJson) json = parse(text, strlen(text), NULL);
	const LenientNode *root = lenient_json_root(json);

	g_assert_cmpstr(lenient_text(root, "name"), ==, "n");
	g_assert_cmpstr(lenient_text(root, "NAME"), ==, "N");
	g_assert_cmpstr(lenient_text(root, "o"), ==, "");
	g_assert_cmpstr(lenient_text(NULL, "o"), ==, "");
	g_assert_null(lenient_get(lenient_get(root, "name"), "x"));
	g_assert_cmpuint(lenient_number(root, "size"), ==, 12);
	g_assert_cmpuint(lenient_number(root, "neg"), ==, 0);
	g_assert_true(lenient_bool(root, "yes", FALSE));
	g_assert_false(lenient_bool(root, "no", TRUE));
	g_assert_true(lenient_bool(root, "name", TRUE));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lenient-json/good", test_good);
	g_test_add_func("/lenient-json/bad", test_bad);
	g_test_add_func("/lenient-json/limits", test_limits);
	g_test_add_func("/lenient-json/list", test_list);
	g_test_add_func("/lenient-json/getters", test_getters);
	return g_test_run();
}
