/* What carrel-osinfo says of media, disks and names. Without osinfo-db the releases that carrel knows itself are left, and that is tested, too. */
#include "gallery/osinfo.h"

#include "gallery/archive.h"
#include "gallery/os-words.h"
#include "tests/unit/support.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

typedef struct {
	TempDir *dir, *home;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = temp_dir_new();
	f->home = temp_dir_new();
	g_setenv("CARREL_HOME", f->home, TRUE);
	g_unsetenv("OSINFO_SYSTEM_DIR");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	temp_dir_remove(f->dir);
	temp_dir_remove(f->home);
}

static gboolean have_db(void)
{
	if (g_file_test("/usr/share/osinfo/os", G_FILE_TEST_IS_DIR))
		return TRUE;
	g_test_skip("osinfo-db is not installed");
	return FALSE;
}

static char *make_iso(const Fixture *f, const char *label)
{
	static const char *const names[] = { "readme", NULL };
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_autoptr(GError) error = NULL;
	char *path = g_build_filename(f->dir, "medium.iso", NULL);

	g_ptr_array_add(contents, g_bytes_new_static("hi", 2));
	archive_write_iso(path, label, names, contents, &error);
	g_assert_no_error(error);
	return path;
}

static OsInfo *recognise(const char *path, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	osinfo_recognise(path, NULL, keep_result, &result);
	wait_until(result);
	return osinfo_finish(result, error);
}

static OsInfo *find(const char *id, const char *version, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	osinfo_find(id, version, NULL, keep_result, &result);
	wait_until(result);
	return osinfo_finish(result, error);
}

/* --- media ------------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *label, *id, *says;
	gboolean secure_boot;
} media[] = {
	{"Debian 11.6.0 amd64 n",            "debian11",        "Debian 11 installer",          TRUE },
	{ "Debian 12.5.0 amd64 n",           "debian12",        "Debian 12 installer",          TRUE },
	{ "d-live 12.5.0 gn amd64",          "debian12",        "Debian 12 live system",        TRUE },
	{ "Ubuntu-Server 24.04.1 LTS amd64", "ubuntu24.04",     "Ubuntu 24.04 installer",       TRUE },
	{ "Fedora-S-dvd-x86_64-39",          "fedora39",        "Fedora Linux 39 installer",    TRUE },
	{ "Fedora-WS-Live-39-1-5",           "fedora39",        "Fedora Linux 39 live system",  TRUE },
	{ "alpine-virt 3.21.2 x86_64",       "alpinelinux3.21", "Alpine Linux 3.21 installer",  FALSE},
	{ "openSUSE-Leap-15.6-DVD-x86_64",   "opensuse15.6",    "openSUSE Leap 15.6 installer", TRUE },
	{ "14_1_RELEASE_AMD64_CD",           "freebsd14.1",     "FreeBSD 14.1 installer",       FALSE},
};

static void check_media(const Fixture *f, gboolean db)
{
	for (gsize i = 0; i < G_N_ELEMENTS(media); i++) {
		g_autofree char *path = make_iso(f, media[i].label);
		g_autoptr(GError) error = NULL;
		g_autoptr(OsInfo) info = recognise(path, &error);
		g_assert_no_error(error);
		g_assert_true(info->known);
		g_assert_cmpstr(info->id, ==, media[i].id);
		g_assert_cmpstr(info->format, ==, "iso");
		g_assert_cmpstr(info->label, ==, media[i].label);
		g_assert_cmpint(info->secure_boot, ==, media[i].secure_boot);
		g_assert_cmpint(info->memory > 0, ==, db && g_str_equal(info->family, "linux"));
		g_assert_cmpstr(info->family, !=, "");
		g_assert_cmpuint(info->memory_min, <=, info->memory);
		g_autofree char *says = os_info_describe(info);
		g_assert_cmpstr(says, ==, media[i].says);
	}
}

static void test_media(Fixture *f, gconstpointer data)
{
	if (have_db())
		check_media(f, TRUE);
}

static void test_no_database(Fixture *f, gconstpointer data)
{
	g_setenv("OSINFO_SYSTEM_DIR", f->home, TRUE);
	check_media(f, FALSE);

	g_autofree char *path = make_iso(f, "MY DISC");
	g_autoptr(OsInfo) info = recognise(path, NULL);
	g_assert_false(info->known);
	g_assert_cmpstr(info->reason, ==, "osinfo-db is not installed");
}

/* Microsoft's volumes are told from others' by their publisher, ISO 9660 8.4.20, too. By its label it may be either, and the newer one needs more. */
static void test_windows(Fixture *f, gconstpointer data)
{
	static const char publisher[] = "MICROSOFT CORPORATION ";
	g_autofree char *path = make_iso(f, "CCCOMA_X64FRE_EN-US_DV9");
	g_autofree char *bytes = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!have_db())
		return;
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	memcpy(bytes + 16 * 2048 + 318, publisher, sizeof publisher - 1);
	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	g_autoptr(OsInfo) info = recognise(path, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(info->id, ==, "win11");
	g_assert_true(info->efi && !info->bios && info->secure_boot);
	g_assert_cmpstr(info->family, ==, "windows");
	g_assert_cmpuint(info->memory_min, ==, 4 * GIB);
	g_assert_cmpuint(info->disk, ==, 64 * GIB);
	g_autofree char *says = os_info_describe(info);
	g_assert_cmpstr(says, ==, "Microsoft Windows 11 installer (or Microsoft Windows 10)");
}

static void test_unknown(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *path, *label;
		gboolean bios, efi;
	} real[] = {
		{"/usr/lib/grub-rescue/grub-rescue-cdrom.iso", "ISOIMAGE",    TRUE, FALSE},
		{ "/usr/lib/memtest86+/memtest86+x64.iso",     "MT86PLUS_64", TRUE, TRUE },
	};
	guint seen = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(real); i++) {
		g_autoptr(GError) error = NULL;
		if (!g_file_test(real[i].path, G_FILE_TEST_EXISTS))
			continue;
		seen++;
		g_autoptr(OsInfo) info = recognise(real[i].path, &error);
		g_assert_no_error(error);
		g_assert_false(info->known);
		g_assert_cmpstr(info->reason, !=, "");
		g_assert_cmpstr(info->label, ==, real[i].label);
		g_assert_cmpint(info->bios, ==, real[i].bios);
		g_assert_cmpint(info->efi, ==, real[i].efi);
		g_autofree char *says = os_info_describe(info);
		g_assert_true(g_str_has_prefix(says, "unknown ISO image `"));
	}
	if (!seen)
		g_test_skip("grub-rescue-pc and memtest86+ are not installed");
}

/* Parts of an image, and random bytes: an answer or an error, soon. */
static void test_broken(Fixture *f, gconstpointer data)
{
	g_autofree char *whole = make_iso(f, "Debian 12.5.0 amd64 n");
	g_autofree char *part = g_build_filename(f->dir, "part", NULL);
	g_autofree char *bytes = NULL;
	gsize length;

	/* libosinfo reads all of it nevertheless; its database would only take time. */
	g_setenv("OSINFO_SYSTEM_DIR", f->home, TRUE);
	g_assert_true(g_file_get_contents(whole, &bytes, &length, NULL));
	for (guint i = 0; i <= 12; i++) {
		g_autoptr(GError) error = NULL;
		gsize kept = i < 6 ? (i + 15) * 2048 : length * (i - 6) / 6;
		g_assert_true(g_file_set_contents(part, bytes, (gssize)kept, NULL));
		g_autoptr(OsInfo) info = recognise(part, &error);
		g_assert_no_error(error);
		g_assert_true(info->known || *info->reason);
	}
	for (guint i = 0; i < 8; i++) {
		g_autoptr(GError) error = NULL;
		for (guint k = 0; k < 200; k++)
			bytes[g_random_int_range(32768, (gint32)length)] = (char)g_random_int();
		g_assert_true(g_file_set_contents(part, bytes, (gssize)length, NULL));
		g_autoptr(OsInfo) info = recognise(part, &error);
		g_assert_true((info != NULL) == (error == NULL));
	}
}

static void test_no_file(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(f->dir, "nothing.iso", NULL);

	g_assert_null(recognise(path, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "nothing.iso");
	g_assert_null(recognise(f->dir, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "is no file");
}

/* --- names ------------------------------------------------------------------------------------------------------------ */

static void test_find(Fixture *f, gconstpointer data)
{
	static const char *const words[][3] = {
		{"debian12",    NULL,       "debian12"       },
                { "Debian",     "bookworm", "debian12"       },
		{ "ubuntu",     "24.04",    "ubuntu24.04"    },
                { "Ubuntu",     "noble",    "ubuntu24.04"    },
		{ "rockylinux", "9",        "rocky9"         },
                { "Alpine",     "3.20",     "alpinelinux3.20"},
		{ "archlinux",  "current",  "archlinux"      },
	};
	g_autoptr(GError) error = NULL;

	if (!have_db())
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autoptr(OsInfo) info = find(words[i][0], words[i][1], &error);
		g_assert_no_error(error);
		g_assert_cmpstr(info->id, ==, words[i][2]);
		g_assert_cmpuint(info->memory, >, 0);
	}
	g_assert_null(find("no-such-system", NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, "no-such-system");
}

static void test_versions(Fixture *f, gconstpointer data)
{
	static const char *const order[] = { "testing", "9", "10", "10.04", "15.4", "15.10" };

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
		for (gsize k = 0; k < G_N_ELEMENTS(order); k++) {
			int got = os_version_compare(order[i], order[k]);
			g_assert_cmpint((got > 0) - (got < 0), ==, (i > k) - (i < k));
		}
	g_assert_true(os_signed("debian", "12"));
	g_assert_false(os_signed("debian", "9"));
	g_assert_false(os_signed("archlinux", ""));
}

/* --- installers ------------------------------------------------------------------------------------------------------- */

static GPtrArray *ask_items(GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	osinfo_items(NULL, keep_result, &result);
	wait_until(result);
	return osinfo_items_finish(result, error);
}

static void test_items(Fixture *f, gconstpointer data)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;

	if (!have_db())
		return;
	g_autoptr(GPtrArray) items = ask_items(&error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, >, 10);
	for (guint i = 0; i < items->len; i++) {
		const GalleryItem *item = items->pdata[i];
		g_assert_true(g_hash_table_add(ids, item->id));
		g_assert_true(*item->id && strlen(item->id) <= 64 && !strpbrk(item->id, "/ \n"));
		g_assert_cmpstr(item->name, !=, "");
		g_assert_cmpstr(item->source, ==, "osinfo");
		g_assert_cmpstr(item->architecture, ==, "x86_64");
		g_assert_cmpstr(item->digest, ==, "");
		g_assert_cmpstr(item->checksums, ==, "");
		g_assert_true(g_str_has_prefix(item->urls[0], "http"));
		g_assert_cmpuint(item->details->len % 2, ==, 0);
	}
}

static void test_no_items(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_setenv("OSINFO_SYSTEM_DIR", f->home, TRUE);
	g_autoptr(GPtrArray) items = ask_items(&error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, ==, 0);
}

/* --- keeping answers -------------------------------------------------------------------------------------------------- */

static guint count_kept(const Fixture *f)
{
	g_autofree char *folder = g_build_filename(f->home, "cache", "osinfo", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	guint count = 0;

	while (dir && g_dir_read_name(dir))
		count++;
	return count;
}

static void test_kept(Fixture *f, gconstpointer data)
{
	g_autofree char *path = make_iso(f, "Debian 12.5.0 amd64 n");
	g_autoptr(OsInfo) first = recognise(path, NULL);
	g_assert_cmpuint(count_kept(f), ==, 1);
	g_autoptr(OsInfo) second = recognise(path, NULL);
	g_assert_cmpuint(count_kept(f), ==, 1);
	g_assert_cmpstr(first->id, ==, second->id);

	/* Another image under the same name. */
	g_free(path);
	path = make_iso(f, "Fedora-S-dvd-x86_64-39");
	g_autoptr(OsInfo) other = recognise(path, NULL);
	g_assert_cmpstr(other->id, ==, "fedora39");
	g_assert_cmpuint(count_kept(f), ==, 2);
}

static void test_bad_answers(Fixture *f, gconstpointer data)
{
	static const char *const bad[] = { "", "{", "[]", "{}", "{\"known\":3}" };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(os_info_parse(bad[i], &error));
		g_assert_nonnull(error);
	}
	g_autoptr(OsInfo) info = os_info_parse(
		"{\"known\":true,\"memory\":-5,\"cpus\":100000,\"or\":[1,{},\"x\"],\"name\":7}", NULL);
	g_assert_cmpuint(info->memory, ==, 0);
	g_assert_cmpuint(info->cpus, <=, 288);
	g_assert_cmpuint(g_strv_length(info->others), ==, 1);
	g_assert_cmpstr(info->name, ==, "");
}

#define ADD(name, function) g_test_add("/osinfo/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("media", test_media);
	ADD("no database", test_no_database);
	ADD("windows", test_windows);
	ADD("unknown", test_unknown);
	ADD("broken", test_broken);
	ADD("no file", test_no_file);
	ADD("find", test_find);
	ADD("versions", test_versions);
	ADD("items", test_items);
	ADD("no items", test_no_items);
	ADD("kept", test_kept);
	ADD("bad answers", test_bad_answers);
	return g_test_run();
}
