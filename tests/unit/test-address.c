#include "base/address.h"
#include "tests/unit/support.h"

static void test_good(void)
{
	static const struct {
		const char *text, *means;
		gboolean local;
	} rows[] = {
		{"",                  "127.0.0.1",        TRUE },
		{ ":5901",            "127.0.0.1:5901",   TRUE },
		{ "localhost",        "localhost",        TRUE },
		{ "localhost:1",      "localhost:1",      TRUE },
		{ "127.3.2.1:65535",  "127.3.2.1:65535",  TRUE },
		{ "0.0.0.0:5900",     "0.0.0.0:5900",     FALSE},
		{ "192.0.2.7",        "192.0.2.7",        FALSE},
		{ "[::1]:5900",       "[::1]:5900",       TRUE },
		{ "::1",              "[::1]",            TRUE },
		{ "[::]",             "[::]",             FALSE},
		{ "[2001:db8::1]:80", "[2001:db8::1]:80", FALSE},
		{ "unix:/run/x",      "unix:/run/x",      TRUE },
		{ "unix:/run/../x",   "unix:/x",          TRUE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s", rows[i].text);
		g_autoptr(Address) address = address_new(rows[i].text, &error);
		g_assert_no_error(error);
		g_autofree char *text = address_text(address);
		g_assert_cmpstr(text, ==, rows[i].means);
		g_assert_cmpint(address_is_local(address), ==, rows[i].local);
	}
}

static void test_bad(void)
{
	static const char *const texts[] = {
		":",         ":0",        ":65536",     ":-1",        ":5900x",         "host:5900",
		"300.1.1.1", "[::1]5900", "[::1",       "[]:1",       "[::1]:",         "1.2.3.4:5:6",
		"unix:",     "*:5900",    "127.0.0.1:", " 127.0.0.1", "localhost.evil",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		GError *error = NULL;
		g_test_message("%s", texts[i]);
		g_assert_null(address_new(texts[i], &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, "");
	}
	g_autofree char *path = g_strnfill(200, 'x');
	g_autofree char *text = g_strconcat("unix:/", path, NULL);
	GError *error = NULL;
	g_assert_null(address_new(text, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, "at most 107 bytes");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/good", test_good);
	g_test_add_func("/address/bad", test_bad);
	return g_test_run();
}
