/* The window. */
#include "view/view.h"

static void on_window_closed(Sink *sink, gpointer data)
{
	view_quit(data, 0);
}

gboolean view_make_window(View *view, const ClientVm *vm, GError **error)
{
	SinkOptions options = { .title = vm->name, .view_only = view->options.view_only };

	view->sink = sink_sdl_new(view->surface, &options, error);
	if (!view->sink)
		return FALSE;
	view->sink->on_close = on_window_closed;
	view->sink->close_data = view;
	return TRUE;
}
