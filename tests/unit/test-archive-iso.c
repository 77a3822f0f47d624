/* Small ISO images as seeds need them: read back by an independent program, and the same bytes each time. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "gallery/archive.h"
#include "tests/unit/support.h"

static const char *const seed_names[] = {
	"user-data", "meta-data", "network-config",
	"a folder/with a rather long name, longer than ISO 9660 has it.yaml", NULL
};
static const char *const seed_texts[] = { "#cloud-config\nhostname: a\n", "instance-id: 1\n", "",
					  "below: folder\n" };

static GPtrArray *seed_contents(void)
{
	GPtrArray *contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

	for (guint i = 0; i < G_N_ELEMENTS(seed_texts); i++)
		g_ptr_array_add(contents, g_bytes_new(seed_texts[i], strlen(seed_texts[i])));
	return contents;
}

static void write_seed(const char *path)
{
	g_autoptr(GPtrArray) contents = seed_contents();
	g_autoptr(GError) error = NULL;

	archive_write_iso(path, "cidata", seed_names, contents, &error);
	g_assert_no_error(error);
}

/* What xorriso says of an image of which it reads the names of @kind; it shares no code with libarchive. */
static char *xorriso(const char *image, const char *kind, const char *const *words)
{
	const char *first[] = { "xorriso", "-abort_on", "SORRY", "-read_fs", kind, "-indev", image };
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	char *out = NULL;
	int status;

	for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, (char *)first[i]);
	for (; *words; words++)
		g_ptr_array_add(argv, (char *)*words);
	g_ptr_array_add(argv, NULL);
	g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
		     NULL, &out, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	return out;
}

static gboolean no_xorriso(void)
{
	g_autofree char *program = g_find_program_in_path("xorriso");

	if (!program)
		g_test_skip("xorriso is not here");
	return !program;
}

/* Rock Ridge is what Linux reads, Joliet, a tree of its own, Windows. */
static void check_files(const char *iso, const char *kind, const char *out)
{
	g_autofree char *said =
		xorriso(iso, kind, (const char *[]){ "-osirrox", "on", "-extract", "/", out, NULL });

	for (guint i = 0; seed_names[i]; i++) {
		g_autofree char *file = g_build_filename(out, seed_names[i], NULL);
		g_autofree char *text = NULL;
		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, seed_texts[i]);
	}
}

static void test_read_back(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "seed.iso", NULL);
	g_autofree char *rock = g_build_filename(dir, "rock", NULL);
	g_autofree char *joliet = g_build_filename(dir, "joliet", NULL);
	struct stat st;

	if (no_xorriso())
		return;
	write_seed(path);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	g_autofree char *label = xorriso(path, "any", (const char *[]){ "-pvd_info", NULL });
	g_assert_nonnull(strstr(label, "Volume Id    : cidata\n"));
	check_files(path, "nojoliet", rock);
	check_files(path, "norock", joliet);
}

static gboolean clock_went_on(gint64 since)
{
	return time(NULL) > since;
}

/* Another second, and another time zone, make no other image. */
static void test_reproducible(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *first = g_build_filename(dir, "1.iso", NULL);
	g_autofree char *second = g_build_filename(dir, "2.iso", NULL);
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	gsize length_a, length_b;
	gint64 begun = time(NULL);

	write_seed(first);
	poll_until(clock_went_on(begun));
	g_setenv("TZ", "Asia/Tokyo", TRUE);
	tzset();
	write_seed(second);
	g_unsetenv("TZ");
	tzset();
	g_assert_true(g_file_get_contents(first, &a, &length_a, NULL));
	g_assert_true(g_file_get_contents(second, &b, &length_b, NULL));
	g_assert_cmpmem(a, length_a, b, length_b);
}

static void test_refused(void)
{
	static const struct {
		const char *volume, *names[3], *words;
	} rows[] = {
		{"",				   { "a" },           "label"                   },
		{ "abcdefghijklmnopqrstuvwxyz0123456", { "a" },           "label"                   },
		{ "cidata",			    { "/etc/passwd" }, "`/etc/passwd' is no name"},
		{ "cidata",			    { "a/../../b" },   "is no name"              },
		{ "cidata",			    { "" },            "is no name"              },
		{ "cidata",			    { "a", "a" },      "twice"                   },
	};
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "seed.iso", NULL);
	g_autoptr(GPtrArray) contents = seed_contents();
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_false(archive_write_iso(path, rows[i].volume, rows[i].names, contents, &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, rows[i].words);
	}
	g_autofree char *missing = g_build_filename(dir, "no such folder", "seed.iso", NULL);
	g_assert_false(archive_write_iso(missing, "cidata", seed_names, contents, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, missing);
	g_autofree char *left = list_dir(dir);
	g_assert_cmpstr(left, ==, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/archive-iso/read-back", test_read_back);
	g_test_add_func("/archive-iso/reproducible", test_reproducible);
	g_test_add_func("/archive-iso/refused", test_refused);
	return g_test_run();
}
