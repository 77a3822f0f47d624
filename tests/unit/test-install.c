/* Unattended installation: files by libosinfo's scripts, kernels out of images, and the folder that says what a start boots. */
#include "model/vm-install.h"

#include "base/json.h"
#include "gallery/archive.h"
#include "gallery/initrd.h"
#include "tests/unit/support.h"

typedef struct {
	TempDir *dir, *home;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = temp_dir_new();
	f->home = temp_dir_new();
	g_setenv("CARREL_HOME", f->home, TRUE);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	temp_dir_remove(f->dir);
	temp_dir_remove(f->home);
}

static gboolean have_db(void)
{
	if (g_file_test("/usr/share/osinfo/install-script", G_FILE_TEST_IS_DIR))
		return TRUE;
	g_test_skip("osinfo-db is not installed");
	return FALSE;
}

static OsInstallFiles *ask_files(const char *os, GError **error)
{
	const OsInstall install = {
		.user = "ann",
		.full_name = "Ann",
		.password = "se'cr\"et <1>",
		.hostname = "box",
		.locale = "de_DE.UTF-8",
		.keymap = "de(nodeadkeys)",
		.timezone = "Europe/Berlin",
		.product_key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
	};
	g_autoptr(GAsyncResult) result = NULL;

	osinfo_install(os, &install, NULL, keep_result, &result);
	wait_until(result);
	return osinfo_install_finish(result, error);
}

static void assert_has(const OsInstallFiles *files, const char *name, const char *const *words)
{
	g_assert_cmpuint(files->names->len, ==, 1);
	g_assert_cmpstr(files->names->pdata[0], ==, name);
	g_autofree char *text = g_strndup(g_bytes_get_data(files->contents->pdata[0], NULL),
					  g_bytes_get_size(files->contents->pdata[0]));
	for (; *words; words++)
		if (!strstr(text, *words))
			g_error("`%s' is not in %s", *words, name);
}

static void test_debian(Fixture *f, gconstpointer data)
{
	static const char *const words[] = { "d-i passwd/username ann\n",
					     "d-i passwd/user-password password se'cr\"et <1>\n",
					     "d-i netcfg/get_hostname string box\n",
					     "d-i time/zone select Europe/Berlin\n",
					     "d-i debian-installer/locale select de_DE\n",
					     NULL };
	g_autoptr(GError) error = NULL;

	if (!have_db())
		return;
	g_autoptr(OsInstallFiles) files = ask_files("debian12", &error);
	g_assert_no_error(error);
	assert_has(files, "preseed.cfg", words);
	g_assert_cmpstr(files->medium, ==, "initrd");
	g_assert_cmpstr(files->kernel, ==, "install.amd/vmlinuz");
	g_assert_cmpstr(files->initrd, ==, "install.amd/initrd.gz");
	g_assert_nonnull(strstr(files->command_line, "debconf/priority=critical"));

	/* The request, which held the password, is gone. */
	g_autofree char *cache = g_build_filename(f->home, "cache", NULL);
	g_autofree char *left = list_dir(cache);
	g_assert_null(strstr(left, "install-"));
}

/* What people choose stands in XML as text. */
static void test_windows(Fixture *f, gconstpointer data)
{
	static const char *const words[] = { "se'cr\"et &lt;1&gt;", "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", NULL };
	g_autoptr(GError) error = NULL;

	if (!have_db())
		return;
	g_autoptr(OsInstallFiles) files = ask_files("win10", &error);
	g_assert_no_error(error);
	assert_has(files, "autounattend.xml", words);
	g_assert_cmpstr(files->medium, ==, "cdrom");
	g_assert_cmpstr(files->label, !=, "");
}

static void test_no_script(Fixture *f, gconstpointer data)
{
	static const char *const systems[] = { "archlinux", "ubuntu24.04", "no-such-system" };

	for (gsize i = 0; i < G_N_ELEMENTS(systems); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(ask_files(systems[i], &error));
		assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, systems[i]);
	}
}

/* --- kernels ---------------------------------------------------------------------------------------------------------- */

static gboolean extract(const char *iso, const char *path, const char *target, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	osinfo_extract(iso, path, target, NULL, keep_result, &result);
	wait_until(result);
	return osinfo_extract_finish(result, error);
}

static void test_extract(Fixture *f, gconstpointer data)
{
	static const char *const names[] = { "install.amd/vmlinuz", "install.amd/initrd.gz", "readme", NULL };
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_autofree char *iso = g_build_filename(f->dir, "a.iso", NULL);
	g_autofree char *target = g_build_filename(f->dir, "kernel", NULL);
	g_autofree char *big = g_strnfill(300000, 'k');
	g_autofree char *got = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 3; i++)
		g_ptr_array_add(contents, g_bytes_new(big, 300000 - i));
	g_assert_true(archive_write_iso(iso, "TEST", names, contents, NULL));
	g_assert_true(extract(iso, "install.amd/initrd.gz", target, &error));
	g_assert_no_error(error);
	g_assert_true(g_file_get_contents(target, &got, NULL, NULL));
	g_assert_cmpuint(strlen(got), ==, 299999);

	/* What is there already is nobody's to overwrite. */
	g_assert_false(extract(iso, "readme", target, &error));
	g_clear_error(&error);
	unlink(target);
	g_assert_false(extract(iso, "install.amd", target, &error));
	assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, "has no file");
	g_assert_false(extract(iso, "install.amd/nothing", target, &error));
	assert_carrel_error(error, CARREL_ERROR_NOT_FOUND, "install.amd/nothing");
	g_assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
}

static void test_initrd(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_autofree char *path = g_build_filename(f->dir, "initrd", NULL);
	g_autofree char *program = g_find_program_in_path("cpio");
	g_autofree char *out = NULL;
	int status = -1;

	g_ptr_array_add(names, (gpointer) "preseed.cfg");
	g_ptr_array_add(contents, g_bytes_new_static("d-i one\n", 8));
	g_ptr_array_add(names, (gpointer) "b");
	g_ptr_array_add(contents, g_bytes_new_static("", 0));
	write_file(path, "");
	g_assert_true(initrd_append(path, names, contents, NULL));
	if (!program) {
		g_test_skip("cpio is not installed");
		return;
	}
	g_autofree char *command =
		g_strdup_printf("cd '%s' && cpio -i --quiet <initrd && cat preseed.cfg && ls", f->dir);
	const char *argv[] = { "sh", "-c", command, NULL };
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
				   &status, NULL));
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpstr(out, ==, "d-i one\nb\ninitrd\npreseed.cfg\n");

	/* Behind bytes of any number the archive begins at a multiple of four. */
	write_file(path, "12345");
	g_assert_true(initrd_append(path, names, contents, NULL));
	g_autofree char *bytes = NULL;
	g_assert_true(g_file_get_contents(path, &bytes, NULL, NULL));
	g_assert_cmpmem(bytes, 14,
			"12345\0\0\0"
			"070701",
			14);
}

/* --- what a start boots ----------------------------------------------------------------------------------------------- */

static char *boots(const Fixture *f, gboolean restoring)
{
	g_auto(InstallBoot) boot = { NULL, NULL, NULL };

	install_boot(f->dir, restoring, &boot);
	g_assert_true(!boot.kernel == !boot.command_line && !boot.initrd == !boot.kernel);
	return g_strdup(boot.command_line ? boot.command_line : "disk");
}

static void assert_boots(const Fixture *f, gboolean restoring, const char *wanted)
{
	g_autofree char *got = boots(f, restoring);

	g_assert_cmpstr(got, ==, wanted);
}

static void test_starts(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->dir, VM_INSTALL, NULL);
	g_autofree char *line = g_build_filename(dir, "command-line", NULL);

	assert_boots(f, FALSE, "disk");
	g_assert_false(install_ended(f->dir, TRUE, FALSE));
	g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
	assert_boots(f, FALSE, "disk"); /* not whole */
	write_file(line, "auto");
	assert_boots(f, FALSE, "auto");

	/* Turned off by the user: anew. */
	install_started(f->dir, FALSE);
	assert_boots(f, FALSE, "disk");
	g_assert_false(install_ended(f->dir, FALSE, FALSE));
	assert_boots(f, FALSE, "auto");

	/* Saved and restored: as it was. */
	install_started(f->dir, FALSE);
	g_assert_false(install_ended(f->dir, FALSE, TRUE));
	assert_boots(f, TRUE, "auto");
	install_started(f->dir, TRUE);

	/* Ended by itself: from the disk, for ever. */
	g_assert_true(install_ended(f->dir, TRUE, FALSE));
	assert_boots(f, FALSE, "disk");
	assert_boots(f, TRUE, "disk");

	/* An end that nobody saw. */
	g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
	write_file(line, "auto");
	install_started(f->dir, FALSE);
	install_started(f->dir, FALSE);
	g_autofree char *left = list_dir(f->dir);
	g_assert_cmpstr(left, ==, "");
}

#define ADD(name, function) g_test_add("/install/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("debian", test_debian);
	ADD("windows", test_windows);
	ADD("no script", test_no_script);
	ADD("extract", test_extract);
	ADD("initrd", test_initrd);
	ADD("starts", test_starts);
	return g_test_run();
}
