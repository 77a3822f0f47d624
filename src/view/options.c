#include "base/error.h"
#include "view/view.h"

gboolean view_options_parse(ViewOptions *options, int *argc, char ***argv, GError **error)
{
	g_auto(GStrv) rest = NULL;
	GOptionEntry entries[] = {
		{"sdl",          0, 0, G_OPTION_ARG_NONE, &options->sdl, "Show it in a window", NULL },
		{ "vnc",             0, 0, G_OPTION_ARG_NONE, &options->vnc, "Serve it to VNC viewers", NULL },
		{ "web", 0, 0, G_OPTION_ARG_NONE, &options->web, "Serve it to browsers", NULL },
		{ "vm",          0, 0, G_OPTION_ARG_STRING, &options->vm, "The VM by name, id or object path", "VM" },
		{ "address",         0, 0, G_OPTION_ARG_STRING, &options->address,
                 "Where to listen: HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH; else the first free port of "
		  "127.0.0.1", "ADDRESS" },
		{ "view-only",             0, 0, G_OPTION_ARG_NONE, &options->view_only, "Take no input", NULL },
		{ "info-fd", 0, 0, G_OPTION_ARG_INT, &options->info_fd,
                 "Where to write the server's data, as JSON", "FD" },
		{ "title",          0, 0, G_OPTION_ARG_STRING, &options->title, "Title of the window", "TEXT" },
		{ "full-screen",         0, 0, G_OPTION_ARG_NONE, &options->full_screen, "Begin in full screen",
                 NULL },
		{ "zoom",             0, 0, G_OPTION_ARG_STRING, &options->zoom, "fit, integer or percent", "ZOOM" },
		{ "sharp", 0, 0, G_OPTION_ARG_NONE, &options->sharp,
                 "Do not smooth a picture that is enlarged", NULL },
		{ "fixed-size",          0, 0, G_OPTION_ARG_NONE, &options->fixed_size,
                 "Leave the guest's screen its size, whatever the window's is", NULL },
		{ "mute",          0, 0, G_OPTION_ARG_NONE, &options->mute, "Play no sound", NULL },
		{ "no-clipboard",             0, 0, G_OPTION_ARG_NONE, &options->no_clipboard,
                 "Do not share the clipboard with the guest", NULL },
		{ "host-key",  0, 0, G_OPTION_ARG_STRING, &options->host_key, "The window's own key (ctrl_r)",
                 "KEY" },
		{ G_OPTION_REMAINING,          0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, NULL, "VM" },
		{ NULL    }
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- the screen of a VM");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return FALSE;
	if (!options->vm && rest)
		options->vm = g_strdup(rest[0]);
	if (!options->vm || options->sdl + options->vnc + options->web != 1)
		return error_set(error, CARREL_ERROR_USAGE, "carrel-view --help shows how",
				 "name a VM and one of --sdl, --vnc and --web");
	return TRUE;
}

void view_options_clear(ViewOptions *options)
{
	g_free(options->vm);
	g_free(options->address);
	g_free(options->title);
	g_free(options->zoom);
	g_free(options->host_key);
}
