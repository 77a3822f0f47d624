#include "base/paths.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* The longest thing that stands below the run directory: "/vm/12345678/serial" plus room for a new name. */
#define RUN_TAIL_MAX 32

static const char *carrel_home(void)
{
	const char *home = g_getenv("CARREL_HOME");

	return home && *home ? home : NULL;
}

/* Below CARREL_HOME, or in the XDG directory @xdg under "carrel". */
static char *below(const char *xdg, const char *what)
{
	const char *home = carrel_home();

	if (!home)
		return g_build_filename(xdg, "carrel", what, NULL);
	g_autofree char *absolute = g_canonicalize_filename(home, NULL);
	return g_build_filename(absolute, what, NULL);
}

char *paths_vms_dir(void)
{
	return below(g_get_user_data_dir(), "vms");
}

char *paths_vm_dir(const char *name)
{
	g_autofree char *vms = paths_vms_dir();

	return g_build_filename(vms, name, NULL);
}

char *paths_switches_dir(void)
{
	return below(g_get_user_data_dir(), "switches");
}

char *paths_images_dir(void)
{
	return below(g_get_user_cache_dir(), "images");
}

char *paths_templates_dir(void)
{
	return below(g_get_user_data_dir(), "templates");
}

char *paths_cache_dir(void)
{
	return carrel_home() ? below(NULL, "cache") : below(g_get_user_cache_dir(), NULL);
}

char *paths_config_file(void)
{
	return below(g_get_user_config_dir(), "carrel.conf");
}

char *paths_web_certificate(void)
{
	return below(g_get_user_config_dir(), "web.pem");
}

char *paths_ssh_key(void)
{
	return below(g_get_user_config_dir(), "ssh/id_ed25519");
}

char *paths_fonts_dir(void)
{
	return below(g_get_user_config_dir(), "fonts");
}

/* Where runtime files of this user go. g_get_user_runtime_dir() falls back to the cache directory, which may be
 * on NFS and long; /run/user/UID and then a private directory in /tmp are better. */
static char *runtime_root(void)
{
	const char *xdg = g_getenv("XDG_RUNTIME_DIR");

	if (xdg && g_path_is_absolute(xdg))
		return g_strdup(xdg);
	g_autofree char *run_user = g_strdup_printf("/run/user/%u", (guint)getuid());
	if (g_access(run_user, W_OK) == 0)
		return g_steal_pointer(&run_user);
	return NULL;
}

static char *short_run_dir(const char *wanted)
{
	g_autofree char *root = runtime_root();
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, wanted, -1);

	hash[12] = '\0';
	if (root && strlen(root) + strlen("/carrel-") + 12 + RUN_TAIL_MAX <= PATHS_SOCKET_MAX)
		return g_strdup_printf("%s/carrel-%s", root, hash);
	return g_strdup_printf("/tmp/carrel-%u-%s", (guint)getuid(), hash);
}

char *paths_run_dir(void)
{
	g_autofree char *root = runtime_root();
	g_autofree char *wanted = NULL;

	if (carrel_home())
		wanted = below(NULL, "run");
	else if (root)
		wanted = g_build_filename(root, "carrel", NULL);
	else
		wanted = g_strdup_printf("/tmp/carrel-%u", (guint)getuid());
	if (strlen(wanted) + RUN_TAIL_MAX <= PATHS_SOCKET_MAX)
		return g_steal_pointer(&wanted);
	return short_run_dir(wanted);
}

static char *below_run(const char *what)
{
	g_autofree char *run = paths_run_dir();

	return g_build_filename(run, what, NULL);
}

char *paths_api_socket(void)
{
	return below_run("api");
}

char *paths_daemon_log(void)
{
	return below_run("carreld.log");
}

char *paths_vm_run_dir(const char *vm_id)
{
	g_autofree char *vm = g_strdup_printf("vm/%.8s", vm_id);

	return below_run(vm);
}

char *paths_vm_run_file(const char *vm_id, const char *what)
{
	g_autofree char *dir = paths_vm_run_dir(vm_id);

	return g_build_filename(dir, what, NULL);
}

gboolean paths_ensure_private(const char *dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(dir, 0700) < 0)
		return error_set(error, CARREL_ERROR_FAILED, "check who owns its parent and the space left",
				 "cannot create directory `%s': %s", dir, g_strerror(errno));
	if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(error, CARREL_ERROR_FAILED, "move it away", "`%s' is not a directory", dir);
	if (st.st_uid != geteuid())
		return error_set(error, CARREL_ERROR_FAILED,
				 "set XDG_RUNTIME_DIR or CARREL_HOME to a directory of yours",
				 "directory `%s' belongs to user %u", dir, (guint)st.st_uid);
	if ((st.st_mode & 0077) && chmod(dir, 0700) < 0)
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "cannot close directory `%s' to others: %s", dir, g_strerror(errno));
	return TRUE;
}

static char *own_dir(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);

	return exe ? g_path_get_dirname(exe) : g_strdup(".");
}

/* The build tree has a link "srctree" to the sources beside its programs; an installation has none. */
static char *source_tree(const char *dir)
{
	g_autofree char *link = g_build_filename(dir, "srctree", NULL);
	g_autofree char *status = g_build_filename(dir, "config.status", NULL);

	if (g_file_test(link, G_FILE_TEST_IS_DIR) && g_file_test(status, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&link);
	return NULL;
}

char *paths_program(const char *name)
{
	g_autofree char *dir = own_dir();
	const char *const places[] = { ".", "../libexec/carrel", "../bin" };

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_build_filename(dir, places[i], name, NULL);
		if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
			return g_canonicalize_filename(path, NULL);
	}
	/* Test programs live two folders below the build tree's top. */
	g_autofree char *from_tests = g_build_filename(dir, "..", "..", name, NULL);
	if (g_file_test(from_tests, G_FILE_TEST_IS_EXECUTABLE))
		return g_canonicalize_filename(from_tests, NULL);
	return g_strdup(name);
}

char *paths_data_file(const char *relative)
{
	const char *data = g_getenv("CARREL_DATA");
	g_autofree char *dir = own_dir();
	const char *const tops[] = { ".", "../.." };

	if (data && *data)
		return g_build_filename(data, relative, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tops); i++) {
		g_autofree char *top = g_build_filename(dir, tops[i], NULL);
		g_autofree char *tree = source_tree(top);
		if (tree)
			return g_build_filename(tree, "data", relative, NULL);
	}
	/* bin/carrel and libexec/carrel/carrel-view both find share/carrel. */
	g_autofree char *from_bin = g_build_filename(dir, "../share/carrel", relative, NULL);
	if (g_file_test(from_bin, G_FILE_TEST_EXISTS))
		return g_canonicalize_filename(from_bin, NULL);
	return g_build_filename(dir, "../../share/carrel", relative, NULL);
}
