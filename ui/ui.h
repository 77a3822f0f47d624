/* The TUI's two entries, for src/carrel.c. Both need a terminal; without one they say so. */
#pragma once

#include <glib.h>

/* List of VMs, and everything from there. Returns the exit status. */
int ui_run(void);

/* The consoles of VMs until the person detaches: of one in the whole terminal, of several (at most TILES_MAX of ui/tiles.h) side by side.
 * @vm_paths: NULL-terminated. @start: calls Start of the one as soon as the daemon knows that we wait for the screen, so that
 * the first frame of the firmware is not missed. Returns the exit status. */
int ui_run_console(const char *const *vm_paths, gboolean view_only, gboolean start);
