/*
 * Logging of our programs: GLib's structured log, to stderr or a file. g_debug() is shown with -v or CARREL_DEBUG=1.
 * Lines of the daemon carry time and pid; those of the command line are "carrel: sentence".
 */
#pragma once

#include <glib.h>

typedef enum {
	LOG_STYLE_TOOL,  /* "program: message" */
	LOG_STYLE_DAEMON /* "2026-11-22T20:58:00Z carreld[123] warning: message" */
} LogStyle;

void log_init(const char *program, LogStyle style, gboolean verbose);
