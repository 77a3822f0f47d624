#include "ui/console-shot.h"

#include "console/png.h"

static char *free_path(const char *vm_name)
{
	const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H-%M-%S");
	g_autofree char *base = g_strdelimit(g_strdup_printf("%s %s", vm_name, time), "/", '_');
	g_autofree char *path = NULL;

	if (!pictures || !g_file_test(pictures, G_FILE_TEST_IS_DIR))
		pictures = g_get_home_dir();
	path = g_strdup_printf("%s/%s.png", pictures, base);
	for (guint i = 2; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
		g_free(path);
		path = g_strdup_printf("%s/%s (%u).png", pictures, base, i);
	}
	return g_steal_pointer(&path);
}

void console_shot(App *app, const char *vm_name, Surface *surface)
{
	g_autofree char *path = free_path(vm_name);
	g_autoptr(GError) error = NULL;

	if (png_save(surface, path, &error))
		app_message(app, ROLE_GOOD, "Saved as %s", path);
	else
		app_error(app, error);
}
