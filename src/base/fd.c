#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"

gboolean fd_set_nonblocking(int fd, gboolean nonblocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return FALSE;
	flags = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) == 0;
}

static gboolean unix_address(const char *path, struct sockaddr_un *address, GError **error)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof address->sun_path)
		return error_set(error, CARREL_ERROR_FAILED, "use a shorter CARREL_HOME or XDG_RUNTIME_DIR",
				 "socket path `%s' is longer than the 107 bytes that the kernel allows",
				 path);
	g_strlcpy(address->sun_path, path, sizeof address->sun_path);
	return TRUE;
}

int fd_connect_unix(const char *path, GError **error)
{
	struct sockaddr_un address;

	if (!unix_address(path, &address, error))
		return -1;
	autofd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* A unix connect ends at once or waits for a full backlog; the latter is EAGAIN on a non-blocking socket. */
	if (fd < 0 || !fd_set_nonblocking(fd, TRUE) ||
	    connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
			    "cannot connect to `%s': %s", path, g_strerror(errno));
		return -1;
	}
	return fd_steal(&fd);
}

int fd_listen_unix(const char *path, GError **error)
{
	struct sockaddr_un address;

	if (!unix_address(path, &address, error))
		return -1;
	autofd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (unlink(path) < 0 && errno != ENOENT)
		g_debug("unlink %s: %s", path, g_strerror(errno));
	mode_t mask = umask(0177);
	int bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
	umask(mask);
	if (bound < 0 || listen(fd, 64) < 0) {
		error_set(error, CARREL_ERROR_FAILED, "check that its directory is yours and writable",
			  "cannot listen on `%s': %s", path, g_strerror(errno));
		return -1;
	}
	return fd_steal(&fd);
}
