/* Typed access to JSON that others wrote. */
#include "base/json.h"

#include "tests/unit/support.h"

static JsonNode *must_parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	JsonNode *node = json_parse(text, -1, &error);

	g_assert_no_error(error);
	return node;
}

static void test_malformed(void)
{
	static const char *const bad[] = {
		"",        " \n",    "{",          "{\"a\":}",   "{\"a\" 1}",   "[1,2",
		"[1 2]",   "\"open", "nul",        "{\"a\":1,}", "\xff",        "-",
		"{'a':1}", "/**/",   "var x = 1;", "{}\n#",      "[\"a\"\001]", "{\"a\": // x\n1}",
		"{}{}",    "1[]",    "[1] [2]",    "\"a\" {}"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(JsonNode) node = json_parse(bad[i], -1, &error);
		if (node)
			g_error("`%s' was taken for JSON", bad[i]);
		assert_carrel_error(error, CARREL_ERROR_FAILED, "JSON");
	}
	g_autoptr(JsonNode) cut = json_parse("{}garbage", 2, NULL);
	g_assert_nonnull(cut);
}

static JsonNode *parse_nest(const char *before, guint depth, GError **error)
{
	GString *text = g_string_new(before);

	for (guint i = 0; i < depth; i++)
		g_string_append_c(text, '[');
	for (guint i = 0; i < depth; i++)
		g_string_append_c(text, ']');
	JsonNode *node = json_parse(text->str, (gssize)text->len, error);
	g_string_free(text, TRUE);
	return node;
}

/* Also where a comment or a string would hide the brackets from a careless count. */
static void test_depth(void)
{
	g_autoptr(JsonNode) fine = parse_nest("", 64, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(fine);
	g_assert_null(parse_nest("", 65, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "64 levels");
	g_assert_null(parse_nest("", 1000000, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "64 levels");
	g_assert_null(parse_nest("/*\"*/", 1000000, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "comments");
	g_assert_null(parse_nest("//\"\n", 1000000, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "comments");
	g_assert_null(parse_nest("['\"',", 1000000, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "single quotes");
	g_autoptr(JsonNode) quoted = must_parse(
		"[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \\\" /\"]");
	g_assert_nonnull(quoted);
}

static void test_getters(void)
{
	g_autoptr(JsonNode) root = must_parse(
		"{\"s\":\"x\",\"i\":-5,\"b\":true,\"o\":{\"k\":1},\"a\":[1],\"n\":null,\"d\":1.5}");
	g_autoptr(GError) error = NULL;
	JsonObject *object = json_as_object(root, "it", &error);
	gint64 number = 0;
	gboolean truth = FALSE;

	g_assert_no_error(error);
	g_assert_cmpstr(json_get_string(object, "s", &error), ==, "x");
	g_assert_true(json_get_int(object, "i", &number, &error));
	g_assert_cmpint(number, ==, -5);
	g_assert_true(json_get_bool(object, "b", &truth, &error) && truth);
	g_assert_nonnull(json_get_object(object, "o", &error));
	g_assert_cmpuint(json_array_get_length(json_get_array(object, "a", &error)), ==, 1);
	g_assert_no_error(error);
	g_assert_cmpstr(json_string_or(object, "s", "?"), ==, "x");
	g_assert_cmpstr(json_string_or(object, "i", "?"), ==, "?");
	g_assert_cmpstr(json_string_or(object, "none", "?"), ==, "?");
	g_assert_cmpint(json_int_or(object, "i", 9), ==, -5);
	g_assert_cmpint(json_int_or(object, "d", 9), ==, 9);
	g_assert_false(json_bool_or(object, "n", FALSE));
	g_assert_true(json_bool_or(object, "b", FALSE));
}

/* Each getter on each wrong type: an error that names the key. */
static void test_wrong_types(void)
{
	static const char *const keys[] = { "s", "i", "b", "o", "a", "n", "d", "missing" };
	g_autoptr(JsonNode) root =
		must_parse("{\"s\":\"x\",\"i\":5,\"b\":true,\"o\":{},\"a\":[],\"n\":null,\"d\":1.5}");
	JsonObject *object = json_node_get_object(root);
	g_autoptr(GError) error = NULL;
	gint64 number = 77;
	gboolean truth = 77;

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *quoted = g_strdup_printf("`%s'", keys[i]);
		if (*keys[i] != 's') {
			g_assert_null(json_get_string(object, keys[i], &error));
			assert_carrel_error(error, CARREL_ERROR_FAILED, quoted);
		}
		if (*keys[i] != 'i') {
			g_assert_false(json_get_int(object, keys[i], &number, &error));
			assert_carrel_error(error, CARREL_ERROR_FAILED, quoted);
		}
		if (*keys[i] != 'b') {
			g_assert_false(json_get_bool(object, keys[i], &truth, &error));
			assert_carrel_error(error, CARREL_ERROR_FAILED, quoted);
		}
		if (*keys[i] != 'o') {
			g_assert_null(json_get_object(object, keys[i], &error));
			assert_carrel_error(error, CARREL_ERROR_FAILED, quoted);
		}
		if (*keys[i] != 'a') {
			g_assert_null(json_get_array(object, keys[i], &error));
			assert_carrel_error(error, CARREL_ERROR_FAILED, quoted);
		}
	}
	g_assert_cmpint(number, ==, 77);
	g_assert_cmpint(truth, ==, 77);
	g_autoptr(JsonNode) array = must_parse("[1]");
	g_assert_null(json_as_object(array, "the reply", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "the reply is not a JSON object");
	g_assert_null(json_as_object(NULL, "nothing", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "nothing");
}

static guint line_of(const JsonLines *lines, JsonArray *array, guint index)
{
	return GPOINTER_TO_UINT(
		g_hash_table_lookup(lines->starts, json_array_get_object_element(array, index)));
}

static void test_lines(void)
{
	g_auto(JsonLines) lines = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root =
		json_parse_lines("{\n\"a\": [\n\t{\n\"b\": {} },\n\n\n{}\n]}", -1, &lines, &error);

	g_assert_no_error(error);
	JsonArray *array = json_get_array(json_node_get_object(root), "a", NULL);
	g_assert_cmpuint(line_of(&lines, array, 0), ==, 3);
	g_assert_cmpuint(line_of(&lines, array, 1), ==, 7);
	json_lines_clear(&lines);
	g_assert_null(json_parse_lines("{\n\"a\":\n\n,\n}", -1, &lines, &error));
	g_assert_cmpuint(lines.error_line, ==, 4);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "JSON is malformed: 4:");
}

static void test_variant(void)
{
	static const char *const rows[][3] = {
  /* GVariant text, JSON, JSON in snake case */
		{"{'MemoryStartup': <uint64 2147483648>, 'Name': <'x'>}",
                 "{\"MemoryStartup\":2147483648,\"Name\":\"x\"}",					 "{\"memory_startup\":2147483648,\"name\":\"x\"}"},
		{ "<<[1, 2]>>",					   "[1,2]",                        "[1,2]"                                         },
		{ "[('a', true), ('b', false)]",                          "[[\"a\",true],[\"b\",false]]",
                 "[[\"a\",true],[\"b\",false]]"													   },
		{ "@a{sv} {}",					    "{}",                           "{}"					    },
		{ "@as []",					       "[]",                           "[]"					    },
		{ "{objectpath '/a': {'io.carrel.Vm': {'Id': <'1'>}}}",
                 "{\"/a\":{\"io.carrel.Vm\":{\"Id\":\"1\"}}}",                                            NULL                                            },
		{ "handle 3",					     "3",                            "3"					     },
		{ "-1.5",						 "-1.5",                         "-1.5"					  },
		{ "byte 0x07",					    "7",                            "7"					     },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		for (guint k = 1; k <= 2 && rows[i][k]; k++) {
			g_autoptr(GVariant) value = g_variant_parse(NULL, rows[i][0], NULL, NULL, NULL);
			g_assert_nonnull(value);
			g_autoptr(JsonNode) node = json_from_variant(value, k == 2);
			g_autofree char *text = json_text(node, FALSE);
			g_assert_cmpstr(text, ==, rows[i][k]);
		}
	}
}

static void test_snake_case(void)
{
	static const char *const rows[][2] = {
		{"MemoryStartup",  "memory_startup"},
		{ "Id",            "id"            },
		{ "already_snake", "already_snake" },
		{ "",              ""              },
		{ "Sha256",        "sha256"        },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *snake = json_snake_case(rows[i][0]);
		g_assert_cmpstr(snake, ==, rows[i][1]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/malformed", test_malformed);
	g_test_add_func("/json/depth", test_depth);
	g_test_add_func("/json/getters", test_getters);
	g_test_add_func("/json/wrong-types", test_wrong_types);
	g_test_add_func("/json/lines", test_lines);
	g_test_add_func("/json/variant", test_variant);
	g_test_add_func("/json/snake-case", test_snake_case);
	return g_test_run();
}
