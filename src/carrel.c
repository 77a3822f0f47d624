/* carrel: the program. The command line knows no ncurses; the full-screen views are handed to it here. */
#include "cli/cli.h"
#include "ui/ui.h"

int main(int argc, char **argv)
{
	static const CliFrontends frontends = { .run_tui = ui_run, .run_console = ui_run_console };

	return cli_main(argc, argv, &frontends);
}
