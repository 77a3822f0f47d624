/* The command line of carrel. DESIGN.md section 7 is its contract. */
#pragma once

#include <glib.h>

/* Full-screen views, which the program hands in so that the command line knows no ncurses. Each returns an exit status. */
typedef struct {
	int (*run_tui)(void);
	/* One VM's console; @start: press start as soon as the console waits for the first frame. */
	int (*run_console)(const char *vm_path, gboolean view_only, gboolean start);
} CliFrontends;

/* Runs one command line; returns the exit status. Without a verb, on a terminal: the TUI. */
int cli_main(int argc, char **argv, const CliFrontends *frontends);
