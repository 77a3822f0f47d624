/* Opening a console for a person, for `connect' and `quick'. */
#pragma once

#include "cli/verbs.h"

#define CONNECT_CHOICES "term|sdl|vnc[=ADDRESS]|web[=ADDRESS]"

/* Opens the console of the VM at @path by @via ("term", "sdl", "vnc", "vnc=:5901", "web", "serial"). @start: the VM is started as soon as the console waits for
 * its first frame. */
gboolean connect_via(Cli *cli, const char *path, const char *via, gboolean start, GError **error);
