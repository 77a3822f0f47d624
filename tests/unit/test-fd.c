/* Descriptors that close themselves, and unix sockets. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/unit/support.h"

static gboolean is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static void test_auto(void)
{
	int kept = -1, closed = -1;

	{
		autofd a = open_null();
		autofd b = open_null();
		autofd none = -1;
		closed = a;
		kept = fd_steal(&b);
		g_assert_cmpint(b, ==, -1);
		g_assert_cmpint(none, ==, -1);
	}
	g_assert_false(is_open(closed));
	g_assert_true(is_open(kept));
	int copy = kept;
	fd_clear(&kept);
	g_assert_cmpint(kept, ==, -1);
	g_assert_false(is_open(copy));
	fd_clear(&kept); /* again: nothing to do */
}

static void test_nonblocking(void)
{
	autofd fd = open_null();

	g_assert_true(fd_set_nonblocking(fd, TRUE));
	g_assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	g_assert_true(fd_set_nonblocking(fd, FALSE));
	g_assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	g_assert_false(fd_set_nonblocking(-1, TRUE));
}

static void test_listen_and_connect(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "s", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;
	char byte = 0;

	autofd listener = fd_listen_unix(path, &error);
	g_assert_no_error(error);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	autofd client = fd_connect_unix(path, &error);
	g_assert_no_error(error);
	g_assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	g_assert_true(fcntl(client, F_GETFD) & FD_CLOEXEC);
	autofd server = accept(listener, NULL, NULL);
	g_assert_cmpint(server, >=, 0);
	g_assert_cmpint(write(client, "x", 1), ==, 1);
	g_assert_cmpint(read(server, &byte, 1), ==, 1);
	g_assert_cmpint(byte, ==, 'x');
	/* A socket file whose owner is gone is replaced. */
	fd_clear(&listener);
	listener = fd_listen_unix(path, &error);
	g_assert_no_error(error);
	g_assert_cmpint(listener, >=, 0);
}

static void test_failures(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *missing = g_build_filename(dir, "none", NULL);
	g_autofree char *deep = g_build_filename(dir, "none", "s", NULL);
	g_autofree char *filler = g_strnfill(108, 'x');
	g_autofree char *too_long = g_strdup_printf("/%s", filler);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(fd_connect_unix(missing, &error), ==, -1);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_cmpint(fd_connect_unix(too_long, &error), ==, -1);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "107 bytes");
	g_assert_cmpint(fd_listen_unix(too_long, &error), ==, -1);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "107 bytes");
	g_assert_cmpint(fd_listen_unix(deep, &error), ==, -1);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot listen");
}

/* Nobody listens behind the file any more. */
static void test_stale(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "s", NULL);
	g_autoptr(GError) error = NULL;

	autofd listener = fd_listen_unix(path, &error);
	g_assert_no_error(error);
	fd_clear(&listener);
	g_assert_cmpint(fd_connect_unix(path, &error), ==, -1);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fd/auto", test_auto);
	g_test_add_func("/fd/nonblocking", test_nonblocking);
	g_test_add_func("/fd/listen-and-connect", test_listen_and_connect);
	g_test_add_func("/fd/failures", test_failures);
	g_test_add_func("/fd/stale", test_stale);
	return g_test_run();
}
