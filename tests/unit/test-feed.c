/* Feeds, which others write: what is taken, and which line is blamed. */
#include "gallery/feed.h"

#include "gallery/catalog.h"
#include "gallery/item.h"
#include "tests/unit/support.h"

#define ITEM                                                                                                 \
	"\"id\": \"x\", \"name\": \"X\", \"publisher\": \"P\", \"version\": \"1\", \"description\": "        \
	"\"D\",\n"                                                                                           \
	"\"kind\": \"iso\", \"builder\": \"live/b\""
#define FEED(items) "{ \"format\": 1, \"items\": [" items "] }"

static GPtrArray *parse(const char *text, GError **error)
{
	return feed_parse(text, strlen(text), "feed.json", "src", error);
}

static void test_minimal(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = parse(FEED("{" ITEM "}"), &error);

	g_assert_no_error(error);
	g_assert_cmpuint(items->len, ==, 1);
	const GalleryItem *item = items->pdata[0];
	g_assert_cmpstr(item->id, ==, "x");
	g_assert_cmpstr(item->source, ==, "src");
	g_assert_cmpstr(item->version, ==, "1");
	g_assert_cmpstr(item->recipe, ==, "1");
	g_assert_cmpstr(item->sha256, ==, "");
	g_assert_cmpstr(item->path, ==, "");
	g_assert_cmpint(item->kind, ==, GALLERY_ISO);
	g_assert_cmpuint(item->memory + item->cpus + item->details->len, ==, 0);
	g_assert_false(item->secure_boot || item->verified);
}

static void test_full(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = parse(
		"{ \"format\": 1, \"later\": {\"a\": [{}]}, \"items\": [ {" ITEM
		",\"os\": \"linux\", \"architecture\": \"x86_64\","
		"\"memory\": \"512M\", \"cpus\": 2, \"secure_boot\": true, \"updated\": "
		"\"2026-11-22T20:58:00Z\","
		"\"details\": [[\"Login\", \"root\"], [\"Licence\", \"free\"]], \"new\": [{\"id\": 5}] } ] }",
		&error);

	g_assert_no_error(error);
	const GalleryItem *item = items->pdata[0];
	g_assert_cmpstr(item->os, ==, "linux");
	g_assert_cmpuint(item->memory, ==, 512 << 20);
	g_assert_cmpuint(item->cpus, ==, 2);
	g_assert_true(item->secure_boot);
	g_assert_cmpint(item->updated, ==, 1795381080);
	g_assert_cmpuint(item->details->len, ==, 4);
	g_assert_cmpstr(item->details->pdata[3], ==, "free");
}

static void test_empty(void)
{
	g_autoptr(GPtrArray) items = parse(FEED(""), NULL);

	g_assert_nonnull(items);
	g_assert_cmpuint(items->len, ==, 0);
}

/* Each key that must be there is missed by its name, on the item's line. */
static void test_required(void)
{
	static const char *const keys[] = { "id", "name", "publisher", "version", "description", "kind" };

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		GString *item = g_string_new("");
		for (gsize k = 0; k < G_N_ELEMENTS(keys); k++)
			if (k != i)
				g_string_append_printf(item, "%s\"%s\": \"iso\"", item->len ? ", " : "",
						       keys[k]);
		g_autofree char *text =
			g_strdup_printf("{ \"format\": 1,\n\"items\": [\n\n{ %s } ] }", item->str);
		g_autofree char *words =
			g_strdup_printf("feed.json:4: JSON key `%s' (a string) is missing", keys[i]);
		g_autoptr(GError) error = NULL;
		g_assert_null(parse(text, &error));
		assert_carrel_error(error, CARREL_ERROR_FAILED, words);
		g_string_free(item, TRUE);
	}
}

static void test_broken(void)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"",						       "feed.json:1: "                             },
		{ "[]",						    "feed.json:1: the feed is not a JSON object"},
		{ "{\n\n\"format\" 1}",                                    "feed.json:3: JSON is malformed"            },
		{ "{}",						    "`format'"                                  },
		{ "{\"format\": 2, \"items\": []}",                        "format 2, not 1"                           },
		{ "{\"format\": 1}",				       "`items'"                                   },
		{ "{\"format\": 1, \"items\": {}}",                        "`items' is not an array"                   },
		{ FEED("5"),					       "an item is not a JSON object"              },
		{ FEED("\n{" ITEM "},\n{" ITEM "}"),                       "feed.json:4: the item `x' is there twice"  },
		{ FEED("{" ITEM ",\"memory\": \"much\"}"),                 "`much' is not a size"                      },
		{ FEED("{" ITEM ",\"memory\": 512}"),                      "`memory' is not a string"                  },
		{ FEED("{" ITEM ",\"cpus\": 1000}"),                       "`cpus'"                                    },
		{ FEED("{" ITEM ",\"cpus\": -1}"),                         "`cpus'"                                    },
		{ FEED("{" ITEM ",\"cpus\": \"1\"}"),                      "`cpus' is not an integer"                  },
		{ FEED("{" ITEM ",\"secure_boot\": 1}"),                   "`secure_boot' is not a boolean"            },
		{ FEED("{" ITEM ",\"updated\": \"today\"}"),               "`updated'"                                 },
		{ FEED("{" ITEM ",\"details\": [\"a\"]}"),                 "row 1 of `details'"                        },
		{ FEED("{" ITEM ",\"details\": [[\"a\",\"b\"],[\"a\"]]}"), "row 2 of `details'"                        },
		{ FEED("{" ITEM ",\"details\": [[\"a\",5]]}"),             "row 1 of `details'"                        },
		{ FEED("{" ITEM ",\"details\": [[\"a\",{}]]}"),            "row 1 of `details'"                        },
		{ FEED("{" ITEM ",\"os\": \"a\\u001b[2Jb\"}"),             "`os'"                                      },
		{ FEED("{" ITEM ",\"kind\": \"zip\"}"),                    "the kind `zip'"                            },
		{ FEED("{" ITEM ",\"id\": \"../x\"}"),                     "the id `../x'"                             },
		{ FEED("{" ITEM ",\"id\": \"X\"}"),                        "the id `X'"                                },
		{ FEED("{" ITEM ",\"id\": \"-x\"}"),                       "the id `-x'"                               },
		{ FEED("{" ITEM ",\"name\": \"\"}"),                       "`name' is empty"                           },
		{ FEED("{" ITEM ",\"builder\": \"/bin/sh\"}"),             "the builder `/bin/sh'"                     },
		{ FEED("{" ITEM ",\"builder\": \"live/../../x\"}"),        "the builder `live/../../x'"                },
		{ "{\"format\": 1, // comment\n\"items\": []}",            "JSON is malformed"                         },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		if (parse(rows[i].text, &error))
			g_error("this was taken for a feed: %s", rows[i].text);
		g_assert_true(g_str_has_prefix(error->message, "feed.json:"));
		assert_carrel_error(error, CARREL_ERROR_FAILED, rows[i].words);
	}
}

static char *feed_of(guint count, gsize description)
{
	g_autofree char *words = g_strnfill(description, 'd');
	GString *text = g_string_new("{\"format\": 1, \"items\": [");

	for (guint i = 0; i < count; i++)
		g_string_append_printf(text,
				       "%s{\"id\":\"i%u\",\"name\":\"n\",\"publisher\":\"p\",\"version\":"
				       "\"1\",\"kind\":\"disk\","
				       "\"builder\":\"b\",\"description\":\"%s\"}",
				       i ? "," : "", i, words);
	g_string_append(text, "]}");
	return g_string_free(text, FALSE);
}

static void test_bounds(void)
{
	g_autofree char *many = feed_of(FEED_ITEMS_MAX, 1);
	g_autofree char *too_many = feed_of(FEED_ITEMS_MAX + 1, 1);
	g_autofree char *long_text = feed_of(1, FEED_TEXT_MAX);
	g_autofree char *too_long = feed_of(1, FEED_TEXT_MAX + 1);
	g_autofree char *huge = g_strnfill(FEED_MAX + 1, ' ');
	g_autoptr(GError) error = NULL;

	g_autoptr(GPtrArray) items = parse(many, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, ==, FEED_ITEMS_MAX);
	g_assert_null(parse(too_many, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "more than 1000 items");
	g_autoptr(GPtrArray) one = parse(long_text, &error);
	g_assert_no_error(error);
	g_assert_nonnull(one);
	g_assert_null(parse(too_long, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "`description'");
	g_assert_null(parse(huge, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "more than 1048576 bytes");
}

/* The feed that is shipped. */
static void test_builtin(void)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "data", "gallery", "builtin.json", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = feed_load(path, "carrel", &error);

	g_assert_no_error(error);
	const GalleryItem *live = items->pdata[0];
	g_assert_cmpstr(live->id, ==, "carrel-live");
	g_assert_cmpint(live->kind, ==, GALLERY_ISO);
	g_assert_true(live->secure_boot);
	g_assert_cmpuint(live->memory, >=, 256 << 20);
	g_autofree char *builder = g_test_build_filename(G_TEST_DIST, "..", "data", live->builder, NULL);
	g_assert_true(g_file_test(builder, G_FILE_TEST_IS_EXECUTABLE));
}

static GPtrArray *items_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *items = parse(text, &error);

	g_assert_no_error(error);
	return items;
}

/* The first source that has an id keeps it; each time the same, however often it is put together. */
static void test_catalog(void)
{
	g_autoptr(GPtrArray) one = items_of(FEED("{" ITEM "}"));
	g_autoptr(GPtrArray) two = items_of(FEED("{" ITEM "}, {" ITEM ", \"id\": \"y\"}"));
	g_autoptr(GPtrArray) three = items_of(FEED("{" ITEM "}"));
	g_autoptr(GPtrArray) four = items_of(FEED("{" ITEM ", \"id\": \"x-two\"}"));
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);

	for (guint round = 0; round < 2; round++) {
		Catalog *catalog = catalog_new();
		g_ptr_array_set_size(warnings, 0);
		if (round == 0)
			catalog_add(catalog, "one", one, warnings);
		catalog_add(catalog, "Two", two, warnings);
		catalog_add(catalog, "two", three, warnings);
		catalog_add(catalog, "four", four, warnings);
		g_assert_true(catalog_find(catalog, "x") == (round ? two : one)->pdata[0]);
		g_assert_true(catalog_find(catalog, "y") == two->pdata[1]);
		g_assert_true(catalog_find(catalog, "x-two") == (round ? three : two)->pdata[0]);
		g_assert_true(catalog_find(catalog, "x-two-four") == four->pdata[0]);
		g_assert_null(catalog_find(catalog, "z"));
		g_assert_cmpuint(warnings->len, ==, round ? 0 : 1);
		catalog_free(catalog);
	}
}

/* What is for another machine cannot be fetched here; a builder makes what fits. */
static void test_architecture(void)
{
	g_autoptr(GPtrArray) items = items_of(FEED("{" ITEM ", \"architecture\": \"pdp11\"}"));
	GalleryItem *item = items->pdata[0];
	Catalog *catalog = catalog_new();

	catalog_add(catalog, "one", items, NULL);
	g_assert_nonnull(catalog_find(catalog, "x"));
	catalog_free(catalog);
	catalog = catalog_new();
	item->urls = g_strsplit("https://x/y", " ", -1);
	catalog_add(catalog, "one", items, NULL);
	g_assert_null(catalog_find(catalog, "x"));
	catalog_free(catalog);
}

static void test_time(void)
{
	g_assert_cmpint(item_parse_time("2026-11-22T20:58:00Z"), ==, 1795381080);
	g_assert_cmpint(item_parse_time("2026-11-22T21:58:00+01:00"), ==, 1795381080);
	g_assert_cmpint(item_parse_time("soon"), ==, 0);
	g_assert_cmpint(item_parse_time(""), ==, 0);
	g_assert_cmpint(item_parse_time("1900-01-01T00:00:00Z"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/feed/minimal", test_minimal);
	g_test_add_func("/feed/full", test_full);
	g_test_add_func("/feed/empty", test_empty);
	g_test_add_func("/feed/required", test_required);
	g_test_add_func("/feed/broken", test_broken);
	g_test_add_func("/feed/bounds", test_bounds);
	g_test_add_func("/feed/builtin", test_builtin);
	g_test_add_func("/feed/catalog", test_catalog);
	g_test_add_func("/feed/architecture", test_architecture);
	g_test_add_func("/feed/time", test_time);
	return g_test_run();
}
