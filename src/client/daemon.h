/*
 * Starting carreld on demand: spawn it detached, then hear from it on a pipe whether it listens.
 *
 * The daemon gets `--ready-fd N' and writes one line there: "ok", or a sentence, a tab and a hint, and exits. A sentence that begins
 * with "busy " means that another daemon holds the store and will listen on our socket soon; several clients that start at once meet this.
 * Nothing here blocks: the caller polls daemon_start_fd() and calls daemon_start_check().
 */
#pragma once

#include <gio/gio.h>

/* A daemon that does not answer within this time has failed. */
#define DAEMON_START_MS 10000
/* How long a busy store may take until its daemon answers. */
#define DAEMON_BUSY_MS 5000

typedef struct DaemonStart DaemonStart;

typedef enum {
	DAEMON_WAITING, /* nothing said yet */
	DAEMON_READY,   /* it listens */
	DAEMON_BUSY,    /* another one holds the store; @error says so, for when that one never answers */
	DAEMON_FAILED   /* @error is set, with the daemon's own words */
} DaemonOutcome;

/* Spawns it. NULL with @error when that is not possible. */
DaemonStart *daemon_start(GError **error);
void daemon_start_free(DaemonStart *start); /* leaves the daemon alone */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonStart, daemon_start_free)

/* Readable when there is something to check. Borrowed. */
int daemon_start_fd(const DaemonStart *start);

/* Milliseconds that are left of DAEMON_START_MS. */
int daemon_start_left_ms(const DaemonStart *start);

DaemonOutcome daemon_start_check(DaemonStart *start, GError **error);
