/* Our own format from elsewhere: what is taken, what is left out and why. */
#include "gallery/feed-formats.h"

#include "gallery/item.h"
#include "tests/unit/support.h"

#define HASH "6cfdc8e5163679e32b9886ceeaceb95f8919b20799ca8e5a6207b9f72efefd40"

typedef GPtrArray *(*Parser)(const char *text, gsize length, const FeedContext *context, GError **error);

typedef struct {
	GPtrArray *items, *warnings;
	GError *error;
} Parsed;

static Parsed *parse_bytes(Parser parser, const char *text, gsize length, const char *url)
{
	Parsed *parsed = g_new0(Parsed, 1);

	parsed->warnings = g_ptr_array_new_with_free_func(g_free);
	const FeedContext context = { "feed", url, "src", "x86_64", parsed->warnings };
	parsed->items = parser(text, length, &context, &parsed->error);
	g_assert_true((parsed->items == NULL) == (parsed->error != NULL));
	return parsed;
}

static Parsed *parse(Parser parser, const char *text)
{
	return parse_bytes(parser, text, strlen(text), "https://feeds.example/a/streams/v1/gallery.json");
}

static void parsed_free(Parsed *parsed)
{
	g_clear_pointer(&parsed->items, g_ptr_array_unref);
	g_ptr_array_unref(parsed->warnings);
	g_clear_error(&parsed->error);
	g_free(parsed);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parsed, parsed_free)

/* --- our own, from elsewhere -------------------------------------------------------------------------------------------------- */

#define OWN                                                                                                  \
	"\"name\": \"X\", \"publisher\": \"P\", \"version\": \"1\", \"description\": \"D\", \"kind\": "      \
	"\"disk\""

static void test_own(void)
{
	g_autoptr(Parsed) parsed =
		parse(feed_carrel_parse,
		      "{\"format\": 1, \"items\": [\n{\"id\": \"a\", " OWN
		      ", \"url\": [\"x.img\", \"https://m.example/x.img\"], \"hash\": \"" HASH "\","
		      "\"cloud_init\": true, \"member\": \"d\", \"download_size\": 7, \"thumbnail\": "
		      "{\"url\": \"t.png\"}},\n"
		      "{\"id\": \"b\", " OWN ", \"builder\": \"live/b\"},\n"
		      "{\"id\": \"c\", " OWN "},\n"
		      "{\"id\": \"d\", " OWN ", \"url\": \"dir/\"},\n"
		      "{\"id\": \"e\", " OWN ", \"url\": \"x\", \"hash\": \"md5:1\"},\n"
		      "{\"id\": \"f\", " OWN ", \"url\": \"file:///etc/passwd\"},\n"
		      "{\"id\": \"a\", " OWN ", \"url\": \"x\"},\n"
		      "{\"id\": \"g\", " OWN
		      ", \"url\": \"dir/\", \"checksums\": \"dir/SUMS\", \"checksums_name\": \"x-*.img\"}]}");

	g_assert_no_error(parsed->error);
	g_assert_cmpuint(parsed->items->len, ==, 2);
	g_assert_cmpuint(parsed->warnings->len, ==, 6);
	const GalleryItem *first = parsed->items->pdata[0], *second = parsed->items->pdata[1];
	g_assert_cmpstr(first->urls[0], ==, "https://feeds.example/a/streams/v1/x.img");
	g_assert_cmpstr(first->urls[1], ==, "https://m.example/x.img");
	g_assert_cmpstr(first->digest, ==, "sha256:" HASH);
	g_assert_cmpstr(first->thumbnail.url, ==, "https://feeds.example/a/streams/v1/t.png");
	g_assert_true(first->cloud_init);
	g_assert_cmpstr(second->checksums, ==, "https://feeds.example/a/streams/v1/dir/SUMS");
	for (guint i = 0; i < 6; i++) {
		g_autofree char *place = g_strdup_printf("feed:%u: ", i + 3);
		if (!g_str_has_prefix(parsed->warnings->pdata[i], place))
			g_error("%s", (char *)parsed->warnings->pdata[i]);
	}
}

/* What carrel ships can be read, and nothing of it is left out. */
static void test_shipped(void)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "data", "gallery", "vendors.json", NULL);
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL)) {
		g_test_skip("no vendors.json");
		return;
	}
	g_autoptr(Parsed) parsed = parse_bytes(feed_carrel_parse, text, length, "file:///vendors.json");
	g_assert_no_error(parsed->error);
	if (parsed->warnings->len)
		g_error("%s", (char *)parsed->warnings->pdata[0]);
	g_assert_cmpuint(parsed->items->len, >, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/feed-own/items", test_own);
	g_test_add_func("/feed-own/shipped", test_shipped);
	return g_test_run();
}
