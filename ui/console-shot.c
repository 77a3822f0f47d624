#include "ui/console-shot.h"

#include "console/png.h"

void console_shot(App *app, const char *vm_name, Surface *surface)
{
	g_autofree char *path = png_free_path(vm_name);
	g_autoptr(GError) error = NULL;

	if (png_save(surface, path, &error))
		app_message(app, ROLE_GOOD, "Saved as %s", path);
	else
		app_error(app, error);
}
