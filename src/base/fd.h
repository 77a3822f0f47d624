/*
 * File descriptors that close themselves, and passing them over unix sockets.
 * (GLib has g_autofd only since 2.76; the floor here is 2.66.)
 */
#pragma once

#include <glib.h>
#include <unistd.h>

static inline void fd_clear(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline int fd_steal(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Declares an int that is closed at the end of its scope; start it with -1. */
#define autofd __attribute__((cleanup(fd_clear))) int

/* Connects to the unix stream socket @path, non-blocking and close-on-exec afterwards. -1 and @error on failure. */
int fd_connect_unix(const char *path, GError **error);

/* Listens on @path with mode 0600, replacing a stale socket file. -1 and @error on failure. */
int fd_listen_unix(const char *path, GError **error);

/* Sets or clears O_NONBLOCK. */
gboolean fd_set_nonblocking(int fd, gboolean nonblocking);
