/* The TUI's two entries, for src/carrel.c. Both need a terminal; without one they say so. */
#pragma once

#include <glib.h>

/* List of VMs, and everything from there. Returns the exit status. */
int ui_run(void);

/* The console of one VM until the person detaches. @start: calls Start as soon as the daemon knows that we wait for the screen, so
 * that the first frame of the firmware is not missed. Returns the exit status. */
int ui_run_console(const char *vm_path, gboolean view_only, gboolean start);
