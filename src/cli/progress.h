/* Progress of a job on stderr: one bar on a terminal, a line for each step elsewhere. */
#pragma once

#include "client/client.h"

typedef struct Progress Progress;

/* @quiet: show nothing. */
Progress *progress_new(gboolean quiet);
void progress_free(Progress *progress); /* wipes the bar */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* A WaitProgress; @data is the Progress. */
void progress_show(const ClientJob *job, gpointer data);

/* "12 % of 35 MiB", "2 of 5", or "" when the total is not known. Caller frees. */
char *progress_text(const ClientJob *job);
