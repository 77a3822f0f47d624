/* Waiting for a job to end, for the command line. */
#pragma once

#include "client/client.h"

/* Called with the job as it is now, at the beginning and after each change. */
typedef void (*WaitProgress)(const ClientJob *job, gpointer data);

/*
 * Blocks, running the main loop, until the job at @path has ended. Done: TRUE and its Result (an object path, "/" = none) in
 * *@result, which may be NULL and is freed by the caller. Failed, cancelled or lost with the daemon: FALSE and @error.
 */
gboolean wait_for_job_sync(Client *client, const char *path, WaitProgress progress, gpointer data,
			   char **result, GError **error);

/* A job as it is now; owned by the caller. */
ClientJob *client_get_job_sync(Client *client, const char *path, GError **error);
void client_job_free(ClientJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClientJob, client_job_free)
