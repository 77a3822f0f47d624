/* How fast a job moves its bytes, and when it will be done. Pure: the clock is the caller's. */
#pragma once

#include "client/client.h"

typedef struct {
	gint64 at;    /* microseconds, when the last sample was taken; 0 = none yet */
	guint64 done; /* bytes, then */
	guint64 total;
	double rate; /* bytes a second, smoothed; 0 = not known */
} Transfer;

/* Takes a sample; more often than twice a second changes nothing. @now: a clock that never goes back, microseconds. */
void transfer_note(Transfer *transfer, const ClientJob *job, gint64 now);
/* "34 MiB of 512 MiB, 2.1 MiB/s, 00:03:46 left", as far as that is known; "" for a job that counts no bytes. Caller frees. */
char *transfer_text(const Transfer *transfer, const ClientJob *job);
