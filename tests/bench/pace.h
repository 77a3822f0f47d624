/* When the next key is pressed: common to all that measure from a key to its pixel. */
#pragma once

#include <glib.h>

/* Between two keys, ms: at least, and up to so much more. Odd, so that keys do not fall in with anybody's refresh timer. */
#define PAUSE        150
#define PAUSE_JITTER 67
#define GIVE_UP_S    60

static inline guint pace_pause(void)
{
	return PAUSE + (guint)g_random_int_range(0, PAUSE_JITTER);
}
