/* Digests as feeds write them. */
#include "gallery/digest.h"

#include <string.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_normalise(void)
{
	static const struct {
		const char *text, *digest;
	} rows[] = {
		{HEX64,				       "sha256:" HEX64      },
		{ "sha256:" HEX64,                            "sha256:" HEX64      },
		{ "SHA256:" HEX64,                            "sha256:" HEX64      },
		{ HEX64 HEX64,				"sha512:" HEX64 HEX64},
		{ "sha512:" HEX64 HEX64,                      "sha512:" HEX64 HEX64},
		{ "sha512:" HEX64,                            NULL                 },
		{ "md5:0123456789abcdef0123456789abcdef",     NULL                 },
		{ "0123456789abcdef0123456789abcdef",         NULL                 },
		{ "da39a3ee5e6b4b0d3255bfef95601890afd80709", NULL                 },
		{ "",					 NULL                 },
		{ "sha256:",				  NULL                 },
		{ ":" HEX64,				  NULL                 },
		{ "sha256:" HEX64 " ",                        NULL                 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *digest = digest_normalise(rows[i].text);
		g_assert_cmpstr(digest, ==, rows[i].digest);
	}
	g_autofree char *upper = g_ascii_strup(HEX64, -1);
	g_autofree char *digest = digest_normalise(upper);
	g_assert_cmpstr(digest, ==, "sha256:" HEX64);
}

static void test_kinds(void)
{
	g_assert_cmpint(digest_type("sha512:x"), ==, G_CHECKSUM_SHA512);
	g_assert_cmpstr(digest_name(G_CHECKSUM_SHA384), ==, "sha384");
	g_assert_false(digest_equal("", ""));
	g_assert_true(digest_equal("sha256:" HEX64, "sha256:" HEX64));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/digest/normalise", test_normalise);
	g_test_add_func("/digest/kinds", test_kinds);
	return g_test_run();
}
