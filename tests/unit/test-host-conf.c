/* carrel.conf: shipped sources and those of the user, and what people get wrong. */
#include "spec/host-conf.h"

#include "tests/unit/support.h"

static const char shipped[] = "source one {\n\turl = \"https://one.example/\"\n\tkeyring = \"one.gpg\"\n}\n"
			      "source two {\n\ttype = simplestreams\n\turl = \"https://two.example/\"\n}\n"
			      "source three {\n\turl = \"/three\"\n}\n";

static HostSpec *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	HostSpec *spec = host_conf_parse(text, "carrel.conf", shipped, &error);

	g_assert_no_error(error);
	return spec;
}

static char *order(const HostSpec *spec)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < spec->sources->len; i++) {
		const SourceSpec *source = spec->sources->pdata[i];
		g_string_append_printf(names, "%s%s%s", i ? " " : "", source->enabled ? "" : "!",
				       source->name);
	}
	return g_string_free(names, FALSE);
}

static void assert_order(const HostSpec *spec, const char *expected)
{
	g_autofree char *text = order(spec);
	g_autofree char *written = host_conf_format(spec);
	g_autoptr(HostSpec) back = parse(written);
	g_autofree char *again = order(back);

	g_assert_cmpstr(text, ==, expected);
	g_assert_cmpstr(again, ==, expected);
}

static void test_shipped(void)
{
	g_autoptr(HostSpec) spec = parse(NULL);
	const SourceSpec *two = host_spec_find_source(spec, "two");

	assert_order(spec, "one two three");
	g_assert_cmpstr(spec->templates, ==, "off");
	g_assert_cmpuint(spec->templates_count, ==, 4);
	g_assert_cmpuint(spec->templates_size, ==, G_GUINT64_CONSTANT(10) << 30);
	g_assert_cmpstr(two->type, ==, "simplestreams");
	g_assert_nonnull(two->shipped);
}

static void test_changed(void)
{
	g_autoptr(HostSpec) spec = parse("templates = on\ntemplates_size = 3G\n"
					 "source mine {\n\ttype = hyperv\n\turl = \"/srv/g.json\"\n}\n"
					 "source one {\n\tenabled = off\n}\n");
	const SourceSpec *one = host_spec_find_source(spec, "one");
	g_autofree char *written = host_conf_format(spec);

	assert_order(spec, "two three mine !one");
	g_assert_cmpstr(one->url, ==, "https://one.example/");
	g_assert_cmpstr(spec->templates, ==, "on");
	/* What is as shipped is not frozen. */
	g_assert_null(strstr(written, "one.example"));
	g_assert_nonnull(strstr(written, "\nsource one {\n\tenabled = off\n}\n"));
	g_assert_nonnull(strstr(written, "templates_size = 3G"));
}

static void test_add(void)
{
	g_autoptr(HostSpec) spec = parse(NULL);
	g_autoptr(GError) error = NULL;
	SourceSpec *source = host_spec_add_source(spec, "mine", NULL, &error);

	g_assert_no_error(error);
	g_assert_true(source_spec_set(source, "url", "https://mine.example/$x.json", NULL));
	assert_order(spec, "one two three mine");
	source = host_spec_add_source(spec, "first", "two", NULL);
	g_assert_true(source_spec_set(source, "url", "/a.json", NULL));
	assert_order(spec, "one first two three mine");
	g_assert_null(host_spec_add_source(spec, "one", NULL, &error));
	g_assert_cmpint(error_exit_status(error), ==, 1);
	g_clear_error(&error);
	g_assert_null(host_spec_add_source(spec, "new", "nobody", &error));
	g_assert_cmpint(error_exit_status(error), ==, 3);
	g_clear_error(&error);
	g_assert_null(host_spec_add_source(spec, "../x", NULL, &error));
	g_assert_cmpint(error_exit_status(error), ==, 2);
}

static void test_remove(void)
{
	g_autoptr(HostSpec) spec = parse("source mine {\n\turl = \"/a\"\n}\n");
	g_autoptr(GError) error = NULL;

	g_assert_true(host_spec_remove_source(spec, "two", NULL));
	g_assert_true(host_spec_remove_source(spec, "mine", NULL));
	assert_order(spec, "one three !two");
	g_assert_false(host_spec_remove_source(spec, "two", &error));
	g_assert_cmpint(error_exit_status(error), ==, 3);
	g_assert_nonnull(host_spec_add_source(spec, "two", NULL, NULL));
	assert_order(spec, "one three two");
}

static void test_wrong(void)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"templates = perhaps\n",                  "carrel.conf:1:"             },
		{ "\ntemplates_count = -1\n",              "carrel.conf:2:"             },
		{ "templates_size = much\n",               "carrel.conf:1:"             },
		{ "what = 1\n",                            "carrel.conf:1:1: "          },
		{ "source a {\n\ttype = magic\n}\n",       "carrel.conf:2:"             },
		{ "source a {\n\turl = x\n\turl = y\n}\n", "'url' is set twice"         },
		{ "source a {\n\tenabled = perhaps\n}\n",  "neither on nor off"         },
		{ "source a {\n}\n",                       "has no `url'"               },
		{ "source \"../a\" {\n\turl = x\n}\n",     "is no name for a source"    },
		{ "source \"\" {\n\turl = x\n}\n",         "is no name for a source"    },
		{ "\xff",				  "carrel.conf:1:1: is not UTF"},
		{ "source a {\n",                          "carrel.conf:"               },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(HostSpec) spec = host_conf_parse(rows[i].text, "carrel.conf", shipped, &error);
		g_assert_null(spec);
		g_assert_cmpint(error_exit_status(error), ==, 2);
		if (!strstr(error->message, rows[i].message))
			g_error("row %zu: %s", i, error->message);
	}
}

static void test_files(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "new", "carrel.conf", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(HostSpec) none = host_conf_load(path, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(none->sources->len, ==, 0);
	source_spec_set(host_spec_add_source(none, "mine", NULL, NULL), "url", "/a b", NULL);
	g_assert_true(host_conf_save(none, path, &error));
	g_autoptr(HostSpec) back = host_conf_load(path, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(host_spec_find_source(back, "mine")->url, ==, "/a b");
	g_assert_true(g_file_set_contents(path, "a\0b", 3, NULL));
	g_assert_null(host_conf_load(path, NULL, &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-conf/shipped", test_shipped);
	g_test_add_func("/host-conf/changed", test_changed);
	g_test_add_func("/host-conf/add", test_add);
	g_test_add_func("/host-conf/remove", test_remove);
	g_test_add_func("/host-conf/wrong", test_wrong);
	g_test_add_func("/host-conf/files", test_files);
	return g_test_run();
}
