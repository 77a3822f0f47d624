/* Starting a program of ours that outlives us: a session of its own, init as its parent, no terminal. */
#pragma once

#include <glib.h>

/* Number that the pipe has in the program; for its --ready-fd, --info-fd. */
#define DETACH_PIPE_FD 3

typedef struct {
	const char *const *argv; /* [0] is a path, or a name that PATH finds */
	int stderr_fd;           /* -1: /dev/null, like stdin and stdout */
	gboolean chdir_root;     /* hold no directory busy */
} DetachPlan;

/*
 * Starts it and gives the read end of a pipe whose other end it has as DETACH_PIPE_FD; close-on-exec, non-blocking, owned by the
 * caller. -1 with @error when there is no process. A program that cannot be run says so on the pipe, as "sentence TAB hint".
 */
int detach_spawn(const DetachPlan *plan, GError **error);
