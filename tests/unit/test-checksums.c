/* Checksum files of vendors, in the shapes in which they publish them. */
#include "gallery/checksums.h"

#include "tests/unit/support.h"

#define A256 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B256 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define U256 "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789"
#define A512 A256 A256
#define MD5  "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

#define SIGNED_HEAD "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
#define SIGNED_TAIL "-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE\n-----END PGP SIGNATURE-----\n"

typedef struct {
	const char *what, *text, *name, *digest, *found;
} Good;

/* clang-format off */
static const Good good[] = {
	{ "GNU", A256 "  a.iso\n" B256 "  b.iso\n", "b.iso", "sha256:" B256, "b.iso" },
	{ "GNU binary", A256 " *a.iso\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "GNU with CRLF", A256 "  a.iso\r\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "no newline at the end", A256 "  a.iso", "a.iso", "sha256:" A256, "a.iso" },
	{ "one blank", A256 " a.iso", "a.iso", "sha256:" A256, "a.iso" },
	{ "a tab", A256 "\ta.iso", "a.iso", "sha256:" A256, "a.iso" },
	{ "upper case", U256 "  a.iso", "a.iso", "sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789", "a.iso" },
	{ "SHA-512", A512 "  a.iso\n", "a.iso", "sha512:" A512, "a.iso" },
	{ "blanks in the name", A256 "  a b.iso\n", "a b.iso", "sha256:" A256, "a b.iso" },
	{ "a folder", A256 "  ./images/a.iso\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "BSD", "SHA256 (a.iso) = " A256 "\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "BSD with comments", "# a.iso: 1 byte\nSHA512 (a.iso) = " A512 "\n", "a.iso", "sha512:" A512, "a.iso" },
	{ "BSD with brackets", "SHA256 (a (1).iso) = " A256 "\n", "a (1).iso", "sha256:" A256, "a (1).iso" },
	{ "openssl", "SHA256(a.iso)= " A256 "\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "the strongest kind", "MD5 (a) = " MD5 "\nSHA512 (a) = " A512 "\nSHA256 (a) = " B256 "\n", "a", "sha512:" A512, "a" },
	{ "MD5 first", MD5 "  a\n" A256 "  a\n", "a", "sha256:" A256, "a" },
	{ "BOM", "\xef\xbb\xbf" A256 "  a.iso\n", "a.iso", "sha256:" A256, "a.iso" },
	{ "bare", A256 "\n", NULL, "sha256:" A256, "" },
	{ "bare, asked by name", "  " A512 " \r\n", "a.iso", "sha512:" A512, "" },
	{ "the only one", A256 "  a.iso\n", "", "sha256:" A256, "a.iso" },
	{ "the same twice", A256 "  a\n" A256 "  ./x/a\n", "a", "sha256:" A256, "a" },
	{ "glob", A256 "  disk-1.9.qcow2\n" B256 "  disk-1.10.qcow2\n" A256 "  disk-1.2.qcow2\n" A256 "  disk-1.11.raw\n",
	  "disk-*.qcow2", "sha256:" B256, "disk-1.10.qcow2" },
	{ "glob in BSD's", "SHA256 (F-43-1.6.x.qcow2) = " A256 "\n", "F-*.qcow2", "sha256:" A256, "F-43-1.6.x.qcow2" },
	{ "glob and no hidden file", A256 "  .x\n" B256 "  x\n", "*x", "sha256:" B256, "x" },
	{ "clear-signed", SIGNED_HEAD A256 "  a.iso\n" SIGNED_TAIL, "a.iso", "sha256:" A256, "a.iso" },
	{ "dash-escaped", SIGNED_HEAD "- " A256 "  a.iso\n" SIGNED_TAIL, "a.iso", "sha256:" A256, "a.iso" },
	{ "text around the armour", B256 "  a.iso\n" SIGNED_HEAD A256 "  a.iso\n" SIGNED_TAIL B256 "  a.iso\n", "a.iso", "sha256:" A256,
	  "a.iso" },
};

static const struct {
	const char *what, *text, *name, *words;
} bad[] = {
	{ "empty", "", "a.iso", "SUMS has no checksum of `a.iso'" },
	{ "another", A256 "  a.iso\n", "b.iso", "no checksum of `b.iso'" },
	{ "a part of the name", A256 "  xa.iso\n", "a.iso", "no checksum" },
	{ "no glob", A256 "  a.iso\n", "*.img", "no checksum of `*.img'" },
	{ "a bare one for a glob", A256 "\n", "*.img", "no checksum" },
	{ "two bare ones", A256 "\n" B256 "\n", "", "no checksum of `the image'" },
	{ "bare beside a name", A256 "\n" B256 "  b\n", "a", "no checksum of `a'" },
	{ "two names and none asked", A256 "  a\n" B256 "  b\n", "", "two different checksums" },
	{ "different ones", A256 "  x/a\n" B256 "  y/a\n", "a", "two different checksums for `a'" },
	{ "MD5", MD5 "  a.iso\n", "a.iso", "only an MD5 or SHA-1 checksum of `a.iso'" },
	{ "SHA-1", "SHA1 (a.iso) = " SHA1 "\n", "a.iso", "only an MD5 or SHA-1" },
	{ "a bare MD5", MD5 "\n", "", "only an MD5 or SHA-1" },
	{ "the kind does not fit", "SHA512 (a.iso) = " A256 "\n", "a.iso", "proves nothing" },
	{ "too short", "aaaa  a.iso\n", "a.iso", "no checksum" },
	{ "no hex", "SHA256 (a.iso) = zz" A256 "\n", "a.iso", "no checksum" },
	{ "a web page", "<html><body>404</body></html>", "a.iso", "no checksum" },
	{ "only behind the armour", SIGNED_HEAD "hello\n" SIGNED_TAIL A256 "  a.iso\n", "a.iso", "no checksum" },
	{ "an escape in the name", A256 "  a\033[2J.iso\n", "a*", "no checksum" },
	{ "no UTF-8 in the name", A256 "  a\xff.iso\n", "a*", "no checksum" },
	{ "a folder alone", A256 "  a/\n", "", "no checksum" },
	{ "the folder above", A256 "  ..\n", "", "no checksum" },
	{ "commented out", "# " A256 "  a.iso\n", "a.iso", "no checksum" },
};
/* clang-format on */

static void test_good(gconstpointer data)
{
	const Good *row = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *found = NULL;
	g_autofree char *digest =
		checksums_find(row->text, strlen(row->text), "SUMS", row->name, &found, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(digest, ==, row->digest);
	g_assert_cmpstr(found, ==, row->found);
	g_autofree char *again = checksums_find(row->text, strlen(row->text), "SUMS", row->name, NULL, NULL);
	g_assert_cmpstr(again, ==, digest);
}

static void test_bad(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *found = NULL;
		if (checksums_find(bad[i].text, strlen(bad[i].text), "SUMS", bad[i].name, &found, &error))
			g_error("this was taken for a checksum: %s", bad[i].what);
		g_assert_null(found);
		assert_carrel_error(error, CARREL_ERROR_VERIFY, bad[i].words);
	}
}

/* A name that ends early for C must not be taken for what was asked. */
static void test_no_text(void)
{
	static const char text[] = A256 "  a.iso\0evil\n";
	g_autofree char *huge = g_strnfill(CHECKSUMS_MAX + 1, '\n');
	g_autoptr(GError) error = NULL;

	g_assert_null(checksums_find(text, sizeof(text) - 1, "SUMS", "a.iso", NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "is no text");
	g_assert_null(checksums_find(huge, CHECKSUMS_MAX + 1, "SUMS", "a.iso", NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_VERIFY, "more than 4 MiB");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *path = g_strconcat("/checksums/good/", good[i].what, NULL);
		g_test_add_data_func(path, &good[i], test_good);
	}
	g_test_add_func("/checksums/bad", test_bad);
	g_test_add_func("/checksums/no-text", test_no_text);
	return g_test_run();
}
