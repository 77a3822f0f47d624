/* The manager's methods about warm templates. */
#include "api/api-private.h"

void call_warm_image(Call *call, gpointer object)
{
	g_autoptr(GHashTable) fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GVariantIter) iter = NULL;
	const char *image;
	char *path, *text;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&sa{ss})", &image, &iter);
	while (g_variant_iter_next(iter, "{ss}", &path, &text))
		g_hash_table_replace(fields, path, text);
	Job *job = model_warm_image(call->model, image, fields, &error);
	if (!job) {
		call_fail(call, error);
		return;
	}
	g_autofree char *number = g_strdup_printf("%u", job->number);
	g_autofree char *job_path = api_path(api_job.folder, number);
	call_return(call, g_variant_new("(o)", job_path));
}

void call_cool_image(Call *call, gpointer object)
{
	const char *image;

	g_variant_get(call->parameters, "(&s)", &image);
	call_return(call, g_variant_new("(u)", model_cool_image(call->model, image)));
}

void call_list_templates(Call *call, gpointer object)
{
	g_autoptr(GArray) views = model_templates(call->model);
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < views->len; i++) {
		const TemplateView *view = &g_array_index(views, TemplateView, i);
		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&rows, "{sv}", "id", g_variant_new_string(view->id));
		g_variant_builder_add(&rows, "{sv}", "image", g_variant_new_string(view->image));
		g_variant_builder_add(&rows, "{sv}", "memory", g_variant_new_uint64(view->memory));
		g_variant_builder_add(&rows, "{sv}", "size", g_variant_new_uint64(view->size));
		g_variant_builder_add(&rows, "{sv}", "created", g_variant_new_int64(view->created));
		g_variant_builder_add(&rows, "{sv}", "used", g_variant_new_int64(view->used));
		g_variant_builder_close(&rows);
	}
	call_return(call, g_variant_new("(aa{sv})", &rows));
}
