/* Where things lie, with and without CARREL_HOME, and sockets whose paths are never too long. */
#include "base/paths.h"

#include <gio/gunixsocketaddress.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tests/unit/support.h"

#define VM_ID "0123abcd-1111-4222-8333-444455556666"

static void assert_path(char *path, const char *expected)
{
	g_assert_cmpstr(path, ==, expected);
	g_free(path);
}

static void test_home(void)
{
	g_setenv("CARREL_HOME", "/c", TRUE);
	assert_path(paths_vms_dir(), "/c/vms");
	assert_path(paths_vm_dir("web 1"), "/c/vms/web 1");
	assert_path(paths_switches_dir(), "/c/switches");
	assert_path(paths_images_dir(), "/c/images");
	assert_path(paths_templates_dir(), "/c/templates");
	assert_path(paths_cache_dir(), "/c/cache");
	assert_path(paths_config_file(), "/c/carrel.conf");
	assert_path(paths_run_dir(), "/c/run");
	assert_path(paths_api_socket(), "/c/run/api");
	assert_path(paths_daemon_log(), "/c/run/carreld.log");
	assert_path(paths_vm_run_dir(VM_ID), "/c/run/vm/0123abcd");
	assert_path(paths_vm_run_file(VM_ID, "qmp"), "/c/run/vm/0123abcd/qmp");
}

/* GLib reads the XDG variables once, so this is a process of its own. */
static void test_xdg(void)
{
	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	g_unsetenv("CARREL_HOME");
	g_setenv("XDG_DATA_HOME", "/d", TRUE);
	g_setenv("XDG_CACHE_HOME", "/k", TRUE);
	g_setenv("XDG_CONFIG_HOME", "/e", TRUE);
	g_setenv("XDG_RUNTIME_DIR", "/r", TRUE);
	assert_path(paths_vms_dir(), "/d/carrel/vms");
	assert_path(paths_switches_dir(), "/d/carrel/switches");
	assert_path(paths_images_dir(), "/k/carrel/images");
	assert_path(paths_templates_dir(), "/d/carrel/templates");
	assert_path(paths_cache_dir(), "/k/carrel");
	assert_path(paths_config_file(), "/e/carrel/carrel.conf");
	assert_path(paths_api_socket(), "/r/carrel/api");
	/* An empty CARREL_HOME is none. */
	g_setenv("CARREL_HOME", "", TRUE);
	assert_path(paths_vms_dir(), "/d/carrel/vms");
	/* A runtime directory that is not absolute is not used, see the basedir specification. */
	g_setenv("XDG_RUNTIME_DIR", "relative", TRUE);
	g_autofree char *socket = paths_api_socket();
	g_assert_true(g_path_is_absolute(socket));
}

static void test_relative_home(void)
{
	g_autofree char *here = g_get_current_dir();
	g_autofree char *expected = g_build_filename(here, "some", "vms", NULL);

	g_setenv("CARREL_HOME", "./other/../some", TRUE);
	assert_path(paths_vms_dir(), expected);
}

/* Homes of every length: each socket fits, and two environments that say the same agree. */
static void test_socket_length(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_setenv("XDG_RUNTIME_DIR", "/run/user/1000", TRUE);
	for (gsize length = 2; length <= 400; length++) {
		g_autofree char *filler = g_strnfill(length - 1, 'h');
		g_autofree char *home = g_strconcat("/", filler, NULL);
		g_autofree char *same = g_strconcat("/x/..", home, "/", NULL);
		g_setenv("CARREL_HOME", home, TRUE);
		g_autofree char *api = paths_api_socket();
		g_autofree char *longest = paths_vm_run_file(VM_ID, "vncd.json.XXXXXX");
		g_setenv("CARREL_HOME", same, TRUE);
		g_autofree char *again = paths_api_socket();
		g_assert_cmpuint(strlen(longest), <=, PATHS_SOCKET_MAX);
		g_assert_cmpstr(api, ==, again);
		g_assert_true(g_path_is_absolute(api));
		/* Two homes never share a run directory. */
		g_assert_true(g_hash_table_add(seen, g_steal_pointer(&api)));
	}
}

static void test_long_runtime_dir(void)
{
	g_autofree char *filler = g_strnfill(200, 'r');
	g_autofree char *root = g_strconcat("/", filler, NULL);

	g_unsetenv("CARREL_HOME");
	g_setenv("XDG_RUNTIME_DIR", root, TRUE);
	g_autofree char *socket = paths_vm_run_file(VM_ID, "serial");
	g_assert_cmpuint(strlen(socket), <=, PATHS_SOCKET_MAX);
}

/* The real thing: a socket in a home of 200 bytes is made by one side and found by the other. */
static void test_long_home_works(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *filler = g_strnfill(200, 'l');
	g_autofree char *home = g_build_filename(dir, filler, NULL);
	g_autofree char *runtime = g_build_filename(dir, "run", NULL);
	g_autoptr(GError) error = NULL;

	g_setenv("CARREL_HOME", home, TRUE);
	g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
	g_autofree char *run = paths_run_dir();
	g_assert_true(paths_ensure_private(run, &error));
	g_autofree char *daemon_side = paths_api_socket();
	autofd listener = fd_listen_unix(daemon_side, &error);
	g_assert_no_error(error);
	g_assert_cmpint(listener, >=, 0);
	g_autofree char *client_side = paths_api_socket();
	autofd client = fd_connect_unix(client_side, &error);
	g_assert_no_error(error);
	g_assert_cmpint(client, >=, 0);
	g_assert_true(file_remove_tree(run, NULL));
}

static void test_private(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *made = g_build_filename(dir, "a", "b", NULL);
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	g_autofree char *link = g_build_filename(dir, "link", NULL);
	g_autofree char *below_file = g_build_filename(file, "x", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;

	g_assert_true(paths_ensure_private(made, &error));
	g_assert_cmpint(stat(made, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0700);
	g_assert_true(paths_ensure_private(made, &error));
	/* What others could read is closed. */
	g_assert_cmpint(chmod(made, 0755), ==, 0);
	g_assert_true(paths_ensure_private(made, &error));
	g_assert_cmpint(stat(made, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0700);
	/* A file, a link that somebody else laid, a path that cannot be. */
	write_file(file, "");
	g_assert_false(paths_ensure_private(file, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, file);
	g_assert_cmpint(symlink(made, link), ==, 0);
	g_assert_false(paths_ensure_private(link, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, link);
	g_assert_false(paths_ensure_private(below_file, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, below_file);
}

/* A directory of another user is refused, whatever its mode: /tmp is everybody's. */
static void test_private_of_others(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(GError) error = NULL;

	if (geteuid() != 0) {
		g_assert_false(paths_ensure_private("/usr", &error));
	} else {
		g_assert_cmpint(chown(dir, 12345, 12345), ==, 0);
		g_assert_false(paths_ensure_private(dir, &error));
	}
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
}

static void test_data_file(void)
{
	g_setenv("CARREL_DATA", "/data", TRUE);
	assert_path(paths_data_file("gallery/builtin.json"), "/data/gallery/builtin.json");
	g_setenv("CARREL_DATA", "", TRUE);
	g_autofree char *path = paths_data_file("gallery/builtin.json");
	g_assert_true(g_str_has_suffix(path, "/gallery/builtin.json"));
	g_unsetenv("CARREL_DATA");
}

static void test_program(void)
{
	g_autofree char *missing = paths_program("no-such-program");
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *name = g_path_get_basename(exe);
	g_autofree char *beside = paths_program(name);

	g_assert_cmpstr(missing, ==, "no-such-program");
	g_assert_cmpstr(beside, ==, exe);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/paths/home", test_home);
	g_test_add_func("/paths/xdg", test_xdg);
	g_test_add_func("/paths/relative-home", test_relative_home);
	g_test_add_func("/paths/socket-length", test_socket_length);
	g_test_add_func("/paths/long-runtime-dir", test_long_runtime_dir);
	g_test_add_func("/paths/long-home-works", test_long_home_works);
	g_test_add_func("/paths/private", test_private);
	g_test_add_func("/paths/private-of-others", test_private_of_others);
	g_test_add_func("/paths/data-file", test_data_file);
	g_test_add_func("/paths/program", test_program);
	return g_test_run();
}
