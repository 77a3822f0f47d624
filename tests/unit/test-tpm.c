/* The TPM: a real swtpm, and what goes wrong with one. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv-util.h"
#include "hv/tpm.h"

typedef struct {
	char *dir, *state, *socket, *log;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->dir = g_dir_make_tmp("carrel-tpm-XXXXXX", NULL);
	/* A comma would end an option of swtpm. */
	fixture->state = g_build_filename(fixture->dir, "my, \"tpm\"", NULL);
	fixture->socket = g_build_filename(fixture->dir, "socket", NULL);
	fixture->log = g_build_filename(fixture->dir, "swtpm.log", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_assert_true(file_remove_tree(fixture->dir, NULL));
	g_free(fixture->dir);
	g_free(fixture->state);
	g_free(fixture->socket);
	g_free(fixture->log);
}

static int start(Fixture *fixture, GError **error)
{
	Caught caught = { NULL };

	tpm_start(fixture->state, fixture->socket, fixture->log, NULL, test_catch, &caught);
	int pid = tpm_start_finish(test_await(&caught), error);
	test_forget(&caught);
	return pid;
}

static void wait_gone(int pid)
{
	while (kill(pid, 0) == 0)
		g_main_context_iteration(NULL, FALSE);
}

static void test_life(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct stat st;
	int pid = start(fixture, &error);

	g_assert_no_error(error);
	g_assert_cmpint(pid, >, 0);
	g_assert_cmpint(stat(fixture->state, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0700);
	g_assert_cmpint(getsid(pid), ==, pid);
	/* Still there for QEMU, after we asked and left. */
	autofd fd = fd_connect_unix(fixture->socket, NULL);
	g_assert_cmpint(fd, >=, 0);
	tpm_stop(pid);
	wait_gone(pid);
}

/* The state is kept: a second start on it works. */
static void test_twice(Fixture *fixture, gconstpointer data)
{
	for (gint i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;
		int pid = start(fixture, &error);
		g_assert_no_error(error);
		tpm_stop(pid);
		wait_gone(pid);
	}
}

/* With the real QEMU: swtpm serves it, and ends with it. */
static void test_with_qemu(Fixture *fixture, gconstpointer data)
{
	g_autoptr(QemuCaps) caps = test_real_caps();
	g_autoptr(GError) error = NULL;

	if (!caps) {
		g_test_skip("no QEMU is installed");
		return;
	}
	int pid = start(fixture, &error);
	g_assert_no_error(error);
	g_autofree char *chardev = g_strdup_printf("socket,id=tpm,path=%s", fixture->socket);
	const char *argv[] = { caps->binary,
			       "-nodefaults",
			       "-display",
			       "none",
			       "-S",
			       "-machine",
			       caps->machine_q35,
			       "-chardev",
			       chardev,
			       "-tpmdev",
			       "emulator,id=tpm0,chardev=tpm",
			       "-device",
			       "tpm-crb,tpmdev=tpm0",
			       "-qmp",
			       "stdio",
			       NULL };
	g_autoptr(GSubprocess) qemu = g_subprocess_newv(
		argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
	g_autofree char *out = NULL;
	g_assert_no_error(error);
	g_assert_true(g_subprocess_communicate_utf8(
		qemu,
		"{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"query-tpm\"}\n{\"execute\":\"quit\"}\n",
		NULL, &out, NULL, &error));
	g_assert_true(g_subprocess_get_successful(qemu));
	g_assert_nonnull(strstr(out, "tpm-crb"));
	wait_gone(pid);
}

static void test_missing(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autoptr(GError) error = NULL;

	g_setenv("PATH", fixture->dir, TRUE);
	g_assert_cmpint(start(fixture, &error), ==, 0);
	g_setenv("PATH", path, TRUE);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	g_assert_nonnull(error_hint(error));
}

/* A swtpm that ends at once, with words. */
static void test_dies(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *program = g_build_filename(fixture->dir, "swtpm", NULL);
	g_autofree char *search = g_strconcat(fixture->dir, ":", path, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(
		program, "#!/bin/sh\necho 'swtpm: the state is broken' >&2\nexit 1\n", -1, NULL));
	g_assert_cmpint(chmod(program, 0755), ==, 0);
	g_setenv("PATH", search, TRUE);
	g_assert_cmpint(start(fixture, &error), ==, 0);
	g_setenv("PATH", path, TRUE);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "the state is broken"));
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
}

/* A pid that was kept too long belongs to somebody else: here, to us. */
static void test_stop_other(Fixture *fixture, gconstpointer data)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("sleep", "sleep", "1000", NULL);
		_exit(127);
	}
	tpm_stop(child);
	g_assert_cmpint(waitpid(child, NULL, WNOHANG), ==, 0);
	kill(child, SIGKILL);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	tpm_stop(0);
}

int main(int argc, char **argv)
{
	g_autofree char *program = g_find_program_in_path("swtpm");
	g_autofree char *home = test_home();

	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	if (program) {
		ADD("/tpm/life", test_life);
		ADD("/tpm/twice", test_twice);
		ADD("/tpm/with-qemu", test_with_qemu);
	}
	ADD("/tpm/missing", test_missing);
	ADD("/tpm/dies", test_dies);
	ADD("/tpm/stop-other", test_stop_other);
	int status = g_test_run();
	test_home_remove(g_steal_pointer(&home));
	return status;
}
