/* Pollable streams, as relay.c and web-server.c use them. */
#pragma once

#include <gio/gio.h>

/* What reading or writing once came to. */
typedef enum { TURN_ON, TURN_WAIT, TURN_OVER } Turn;

/* By what a _nonblocking() function returned. */
Turn stream_turn(gssize count, const GError *error);

/* Lets go of the last reference. TLS would say good-bye to a peer that may not listen, and wait for it to be taken: its socket is shut down
 * first. */
void stream_drop(GIOStream *stream);
