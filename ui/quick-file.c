#include "ui/quick-file.h"

#include "client/local-source.h"
#include "ui/quick-image.h"

/* "~" is what people write, and no shell is here to undo it. */
static char *expand(const char *path)
{
	return g_str_has_prefix(path, "~/") ? g_build_filename(g_get_home_dir(), path + 2, NULL)
					    : g_strdup(path);
}

GVariant *quick_file_arguments(const char *path, GPtrArray *vms, GError **error)
{
	g_autofree char *file = expand(path), *base = local_source_name(file);
	ClientImage stand_in = { .id = base };
	g_autofree char *name = quick_image_vm_name(&stand_in, vms);
	g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
	g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

	g_variant_builder_add(&fields, "{ss}", "name", name);
	if (!local_source_add(&fields, &options, file, error))
		return NULL;
	return g_variant_new("(a{ss}@a{sv})", &fields, g_variant_dict_end(&options));
}

void quick_file_draw_page(Canvas *canvas, Rect area)
{
	g_autoptr(GPtrArray) lines = canvas_wrap(
		"A VM from a file of yours: an ISO that installs or runs a system, or a disk that holds one "
		"already. What it is, and what it needs, is found out.",
		area.width);

	canvas_text(canvas, area.x, area.y, area.width, theme(ROLE_HEADING), "Local installation source");
	for (guint i = 0; i < lines->len && (int)i + 2 < area.height; i++)
		canvas_text(canvas, area.x, area.y + 2 + (int)i, area.width, theme(ROLE_NORMAL),
			    lines->pdata[i]);
}
