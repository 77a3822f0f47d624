/*
 * Virtual Machine Connection: one VM's screen in a window or for VNC viewers, over power cycles.
 *
 *	carrel-view --sdl|--vnc [OPTION...] VM
 */
#include <locale.h>
#include <signal.h>

#include "base/error.h"
#include "base/log.h"
#include "view/view.h"

int main(int argc, char **argv)
{
	View view = { .options = { .info_fd = -1 } };
	GError *error = NULL;

	setlocale(LC_ALL, "");
	log_init("carrel-view", LOG_STYLE_TOOL, FALSE);
	signal(SIGPIPE, SIG_IGN); /* whoever waits for our data may be gone */
	if (!view_options_parse(&view.options, &argc, &argv, &error)) {
		g_autofree char *sentence = error_sentence(error);
		g_printerr("carrel-view: %s\n", sentence);
		g_error_free(error);
		view_options_clear(&view.options);
		return 2;
	}
	view_run(&view);
	view_clear(&view);
	return view.status;
}
