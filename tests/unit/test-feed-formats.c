/* Feeds of others: what becomes of the shapes that are met, as golden dumps, and single things in tables. */
#include "gallery/feed-formats.h"

#include "gallery/feed-common.h"
#include "tests/unit/support.h"

typedef GPtrArray *(*Parse)(const char *, gsize, const FeedContext *, GError **);

static void dump_picture(GString *out, const char *name, const GalleryPicture *picture)
{
	if (*picture->url)
		g_string_append_printf(out, "\t%s: %s %s\n", name, picture->url, picture->digest);
}

static void dump_text(GString *out, const char *name, const char *value)
{
	g_autofree char *escaped = g_strescape(value, NULL);

	if (*value)
		g_string_append_printf(out, "\t%s: %s\n", name, escaped);
}

static void dump_item(GString *out, const GalleryItem *item)
{
	g_string_append_printf(out, "%s\n", item->id);
	dump_text(out, "name", item->name);
	dump_text(out, "publisher", item->publisher);
	dump_text(out, "source", item->source);
	dump_text(out, "version", item->version);
	dump_text(out, "recipe", item->recipe);
	dump_text(out, "description", item->description);
	dump_text(out, "os", item->os);
	dump_text(out, "architecture", item->architecture);
	g_string_append_printf(out, "\tkind: %s%s%s\n", item->kind == GALLERY_ISO ? "iso" : "disk",
			       item->secure_boot ? ", secure boot" : "",
			       item->cloud_init ? ", cloud-init" : "");
	g_string_append_printf(out, "\tupdated: %" G_GINT64_FORMAT "\n", item->updated);
	for (guint i = 0; item->urls && item->urls[i]; i++)
		dump_text(out, "url", item->urls[i]);
	dump_text(out, "digest", item->digest);
	dump_text(out, "member", item->member);
	g_string_append_printf(out, "\tsizes: %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
			       item->download_size, item->disk_size);
	dump_text(out, "locale", item->locale);
	dump_text(out, "min_host", item->min_host);
	dump_text(out, "max_host", item->max_host);
	dump_picture(out, "logo", &item->logo);
	dump_picture(out, "symbol", &item->symbol);
	dump_picture(out, "thumbnail", &item->thumbnail);
	for (guint i = 0; i < item->details->len; i += 2)
		g_string_append_printf(out, "\tdetail: %s = %s\n", (char *)item->details->pdata[i],
				       (char *)item->details->pdata[i + 1]);
}

typedef struct {
	const char *name, *url;
	Parse parse;
} Sample;

static const Sample samples[] = {
	{"hyperv",           "https://example.org/gallery/hyperv.json",                               feed_hyperv_parse},
	{ "linuxcontainers", "https://images.linuxcontainers.org/streams/v1/images.json",
         feed_streams_parse											    },
	{ "ubuntu",          "https://cloud-images.ubuntu.com/releases/streams/v1/com.ubuntu.x.json",
         feed_streams_parse											    },
};

static void test_sample(gconstpointer data)
{
	const Sample *sample = data;
	g_autofree char *file = g_strconcat(sample->name, ".json", NULL);
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", "feeds", file, NULL);
	g_autofree char *golden = g_strconcat("feeds/", sample->name, ".txt", NULL);
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	const FeedContext context = { file, sample->url, "src", "x86_64", warnings };
	g_autofree char *text = NULL;
	gsize length = 0;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	g_autoptr(GPtrArray) items = sample->parse(text, length, &context, &error);
	g_assert_no_error(error);
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < items->len; i++)
		dump_item(out, items->pdata[i]);
	for (guint i = 0; i < warnings->len; i++)
		g_string_append_printf(out, "warning: %s\n", (char *)warnings->pdata[i]);
	assert_golden(golden, out->str);
	g_string_free(out, TRUE);
}

static const struct {
	Parse parse;
	const char *text, *words;
} broken[] = {
	{feed_hyperv_parse,   "",									 "f:1: JSON is malformed"  },
	{ feed_hyperv_parse,  "{\n\"images\": [\n{]}",                                                    "f:3: JSON is malformed"  },
	{ feed_hyperv_parse,  "[]",								       "f:1: this is no gallery" },
	{ feed_hyperv_parse,  "{\n\n\"images\": {}}",						     "f:3: this is no gallery" },
	{ feed_streams_parse, "{\"format\":\"products:1.0\"}",                                            "`products' is missing"   },
	{ feed_streams_parse, "{\"products\":{}}",							"`format' is not products"},
	{ feed_streams_parse, "{\"format\":\"products:1.0\",\"products\":[]}",                            "`products' is missing"   },
	{ feed_streams_parse, "{\"format\":\"products:1.0\",\"products\":{},\"datatype\":\"image-ids\"}",
         "`datatype' is not image-downloads"											},
};

static void test_broken(void)
{
	const FeedContext context = { "f", "https://example.org/f", "src", "x86_64", NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(broken[i].parse(broken[i].text, strlen(broken[i].text), &context, &error));
		g_assert_true(g_str_has_prefix(error->message, "f:"));
		assert_carrel_error(error, CARREL_ERROR_FAILED, broken[i].words);
	}
}

static void test_index(void)
{
	static const char text[] =
		"{\"format\":\"index:1.0\",\"index\":{"
		"\"a\":{\"datatype\":\"image-downloads\",\"path\":\"streams/v1/"
		"a.json\",\"format\":\"products:1.0\"},"
		"\"b\":{\"datatype\":\"image-ids\",\"path\":\"streams/v1/"
		"b.json\",\"format\":\"products:1.0\"},"
		"\"c\":{\"datatype\":\"image-downloads\",\"path\":\"../c.json\"},"
		"\"d\":{\"datatype\":\"image-downloads\",\"path\":\"/d.json\"},"
		"\"e\":{\"datatype\":\"image-downloads\",\"path\":\"streams/v1/e:x.json\"}}}";
	const FeedContext context = { "f", "https://example.org/streams/v1/index.json", "src", "x86_64",
				      NULL };
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) paths = feed_streams_index(text, strlen(text), &context, &error);

	g_assert_no_error(error);
	g_autofree char *all = g_strjoinv(" ", paths);
	g_assert_cmpstr(all, ==, "streams/v1/a.json streams/v1/e:x.json");
	g_assert_null(feed_streams_index("{\"format\":\"products:1.0\"}", 25, &context, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "f:1: `format' is not index:1.0");
}

static void test_id(void)
{
	static const char *const rows[][2] = {
		{"Ubuntu 24.04 LTS",       "ubuntu-24.04-lts"},
		{ "  Windows 11 (dev) ",   "windows-11-dev"  },
		{ "...",                   "image"           },
		{ "\xc3\x84pfel & Birnen", "pfel-birnen"     },
		{ "../../etc/passwd",      "etc-passwd"      },
		{ "a.-b",                  "a-b"             },
		{ "V1.0.",                 "v1.0"            },
		{ "",		      "image"           },
	};
	g_autofree char *many = g_strnfill(100, 'x');
	g_autofree char *cut = feed_make_id(many);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *id = feed_make_id(rows[i][0]);
		g_autofree char *again = feed_make_id(id);
		g_assert_cmpstr(id, ==, rows[i][1]);
		g_assert_cmpstr(again, ==, id);
	}
	g_assert_cmpuint(strlen(cut), ==, 64);
}

static void test_resolve(void)
{
	static const char *const rows[][3] = {
		{"https://e.org/g/f.json",  "https://x.org/a.iso", "https://x.org/a.iso"            },
		{ "https://e.org/g/f.json", "a.iso",               "https://e.org/g/a.iso"          },
		{ "https://e.org/g/f.json", "../a.iso",            "https://e.org/a.iso"            },
		{ "https://e.org/g/f.json", "/a b.iso",            "https://e.org/a%20b.iso"        },
		{ "https://e.org/g/f.json", "//x.org/a.iso",       "https://x.org/a.iso"            },
		{ "https://e.org/g/f.json", "a.iso?x=1&y=%20",     "https://e.org/g/a.iso?x=1&y=%20"},
		{ "https://e.org/g/f.json", "file:///etc/passwd",  NULL                             },
		{ "https://e.org/g/f.json", "ftp://x.org/a",       NULL                             },
		{ "https://e.org/g/f.json", "C:\\x.vhdx",          NULL                             },
		{ "https://e.org/g/f.json", "\\\\host\\x.vhdx",    NULL                             },
		{ "https://e.org/g/f.json", "",                    NULL                             },
		{ "https://e.org/g/f.json", "a\033[2J.iso",        "https://e.org/g/a%1B[2J.iso"    },
		{ "/srv/g/f.json",          "a.iso",               "file:///srv/g/a.iso"            },
		{ "file:///srv/g/f.json",   "/x/a.iso",            "file:///x/a.iso"                },
		{ "file:///srv/g/f.json",   "https://x.org/a.iso", "https://x.org/a.iso"            },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *url = feed_resolve(rows[i][0], rows[i][1]);
		g_assert_cmpstr(url, ==, rows[i][2]);
	}
}

/* All the same name: ids stay unique, and the time does not grow with the square of their number. */
static void test_many(void)
{
	GString *text = g_string_new("{\"images\":[");
	const FeedContext context = { "f", "https://example.org/f", "src", "x86_64", NULL };
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 20000; i++)
		g_string_append(text, "{\"name\":\"Same\",\"disk\":{\"uri\":\"a.iso\"}},");
	g_string_append(text, "]}");
	g_autoptr(GPtrArray) items = feed_hyperv_parse(text->str, text->len, &context, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, ==, 20000);
	for (guint i = 0; i < items->len; i++)
		g_assert_true(g_hash_table_add(ids, ((GalleryItem *)items->pdata[i])->id));
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *path = g_strconcat("/feed-formats/", samples[i].name, NULL);
		g_test_add_data_func(path, &samples[i], test_sample);
	}
	g_test_add_func("/feed-formats/broken", test_broken);
	g_test_add_func("/feed-formats/index", test_index);
	g_test_add_func("/feed-formats/id", test_id);
	g_test_add_func("/feed-formats/resolve", test_resolve);
	g_test_add_func("/feed-formats/many", test_many);
	return g_test_run();
}
