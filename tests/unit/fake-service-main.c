/* How the fake service starts and ends. */
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "fake-service.h"

static int say(int fd, const char *text, int status)
{
	if (write(fd, text, strlen(text)) < 0)
		g_printerr("nobody listens\n");
	close(fd);
	return status;
}

/* FAKE_START: "error" = cannot start; "silent" = dies without a word; "slow" = listens after a while, which is when others
 * find the store busy. */
int fake_service_main(int argc, char **argv)
{
	const char *how = g_getenv("FAKE_START") ? g_getenv("FAKE_START") : "";
	g_autofree char *home = g_strdup(g_getenv("CARREL_HOME"));
	g_autofree char *lock = g_build_filename(home, "lock", NULL);
	int ready = argc == 3 && g_str_equal(argv[1], "--ready-fd") ? (int)strtol(argv[2], NULL, 10) : -1;
	int holder = 0;

	carrel_error_quark();
	g_assert_cmpint(ready, >=, 0);
	if (g_str_equal(how, "error"))
		return say(ready, "the moon is in the way\twait for the sun\n", 1);
	if (g_str_equal(how, "silent")) {
		g_printerr("last words\n");
		return 1;
	}
	int held = file_lock(lock, &holder, NULL);
	if (held < 0)
		return say(ready, "busy another daemon holds the store\tend it\n", 1);
	if (g_str_equal(how, "slow"))
		poll(NULL, 0, 300);
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GDBusServer) server = fake_objects_listen();
	say(ready, "ok\n", 0);
	g_main_loop_run(loop);
	return 0;
}

gboolean fake_service_is(const char *argv0)
{
	g_autofree char *name = g_path_get_basename(argv0);

	return g_str_equal(name, "carreld");
}

static int lock_holder(void)
{
	g_autofree char *lock = g_build_filename(g_getenv("CARREL_HOME"), "lock", NULL);
	int holder = 0;
	int fd = file_lock(lock, &holder, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : holder;
}

void fake_service_end(void)
{
	int holder = lock_holder();

	if (holder > 0)
		kill(holder, SIGKILL);
	while (lock_holder() > 0)
		poll(NULL, 0, 1);
}

static void copy_self(const char *to)
{
	g_autoptr(GFile) from = g_file_new_for_path("/proc/self/exe"), target = g_file_new_for_path(to);
	g_autoptr(GError) error = NULL;

	g_file_copy(from, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(to, 0700), ==, 0);
}

char *fake_service_enter(const char *name, char **argv)
{
	g_autofree char *dir = g_strdup(g_getenv("FAKE_DIR"));
	g_autoptr(GError) error = NULL;

	if (dir)
		return g_steal_pointer(&dir);
	dir = g_dir_make_tmp("carrel-test-XXXXXX", &error);
	g_assert_no_error(error);
	g_autofree char *bin = g_build_filename(dir, "bin", NULL);
	g_autofree char *home = g_build_filename(dir, "home", NULL);
	g_autofree char *self = g_build_filename(bin, name, NULL);
	g_autofree char *daemon = g_build_filename(bin, "carreld", NULL);
	g_assert_cmpint(g_mkdir(bin, 0700), ==, 0);
	g_assert_cmpint(g_mkdir(home, 0700), ==, 0);
	copy_self(self);
	copy_self(daemon);
	g_setenv("FAKE_DIR", dir, TRUE);
	g_setenv("CARREL_HOME", home, TRUE);
	execv(self, argv);
	g_error("cannot run %s: %s", self, g_strerror(errno));
}
