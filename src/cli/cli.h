/* The command line of carrel. DESIGN.md section 7 is its contract. */
#pragma once

#include <glib.h>

/* As many screens have room side by side in a terminal, and as many digits choose one of them. */
#define CLI_CONSOLES_MAX 9

/* Full-screen views, which the program hands in so that the command line knows no ncurses. Each returns an exit status. */
typedef struct {
	int (*run_tui)(void);
	/* The consoles of one to CLI_CONSOLES_MAX VMs, NULL-terminated; @start: press start (of the only one) as soon as the console waits for the
	 * first frame. */
	int (*run_console)(const char *const *vm_paths, gboolean view_only, gboolean start);
} CliFrontends;

/* Runs one command line; returns the exit status. Without a verb, on a terminal: the TUI. */
int cli_main(int argc, char **argv, const CliFrontends *frontends);
