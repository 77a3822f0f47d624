/* io.carrel.Manager: the methods of the gallery. */
#include "api/api-private.h"
#include "base/error.h"
#include "model/images.h"

static void add_text(GVariantBuilder *builder, const char *key, const char *text)
{
	g_variant_builder_add(builder, "{sv}", key, g_variant_new_string(text));
}

static GVariant *source_dict(const SourceView *view)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	add_text(&builder, "name", view->name);
	add_text(&builder, "type", view->type);
	add_text(&builder, "url", view->url);
	add_text(&builder, "keyring", view->keyring);
	g_variant_builder_add(&builder, "{sv}", "items", g_variant_new_uint32(view->items));
	g_variant_builder_add(&builder, "{sv}", "fetched", g_variant_new_int64(view->fetched));
	g_variant_builder_add(&builder, "{sv}", "checked", g_variant_new_int64(view->checked));
	add_text(&builder, "error", view->error);
	add_text(&builder, "signature", view->signature);
	add_text(&builder, "signer", view->signer);
	g_variant_builder_add(&builder, "{sv}", "builtin", g_variant_new_boolean(view->builtin));
	g_variant_builder_add(&builder, "{sv}", "busy", g_variant_new_boolean(view->busy));
	g_variant_builder_add(
		&builder, "{sv}", "warnings",
		g_variant_new_strv((const char *const *)view->warnings->pdata, (gssize)view->warnings->len));
	return g_variant_builder_end(&builder);
}

void api_list_sources(Call *call, gpointer object)
{
	GVariantBuilder sources;
	SourceView view;

	g_variant_builder_init(&sources, G_VARIANT_TYPE("aa{sv}"));
	const GError *error = model_conf_error(call->model);
	g_autofree char *sentence = error ? error_sentence(error) : g_strdup("");
	for (guint i = 0; model_source_view(call->model, i, &view); i++)
		g_variant_builder_add_value(&sources, source_dict(&view));
	call_return(call, g_variant_new("(aa{sv}s)", &sources, sentence));
}

void api_add_source(Call *call, gpointer object)
{
	g_autoptr(GVariant) dict = g_variant_get_child_value(call->parameters, 0);
	g_autofree char *name = NULL;
	SourceOptions options = { 0 };
	GError *error = NULL;

	g_variant_lookup(dict, "name", "&s", &options.name);
	g_variant_lookup(dict, "url", "&s", &options.url);
	g_variant_lookup(dict, "type", "&s", &options.type);
	g_variant_lookup(dict, "keyring", "&s", &options.keyring);
	g_variant_lookup(dict, "before", "&s", &options.before);
	if (!options.name && !options.url)
		error = error_new(CARREL_ERROR_USAGE, "give a url", "a source needs a name or an address");
	if (!error && model_add_source(call->model, &options, &name, &error))
		call_return(call, g_variant_new("(s)", name));
	else
		call_fail(call, error);
}

void api_remove_source(Call *call, gpointer object)
{
	const char *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s)", &name);
	if (model_remove_source(call->model, name, &error))
		call_return(call, NULL);
	else
		call_fail(call, error);
}

void api_refresh(Call *call, gpointer object)
{
	const char *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s)", &name);
	Job *job = model_refresh_gallery(call->model, *name ? name : NULL, &error);
	call_return_job(call, job, error);
}

void api_download(Call *call, gpointer object)
{
	g_autoptr(GVariant) dict = NULL;
	gboolean unverified = FALSE;
	const char *image;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s@a{sv})", &image, &dict);
	g_variant_lookup(dict, "unverified", "b", &unverified);
	Job *job = model_download(call->model, image, unverified, &error);
	call_return_job(call, job, error);
}

static void on_pruned(GObject *source, GAsyncResult *result, gpointer data)
{
	Call *call = data;
	g_auto(GStrv) names = NULL;
	guint64 freed = 0;
	GError *error = NULL;

	if (model_prune_finish(call->model, result, &freed, &names, &error))
		call_return(call, g_variant_new("(t^as)", freed, names));
	else
		call_fail(call, error);
}

void api_prune(Call *call, gpointer object)
{
	g_autoptr(GVariant) dict = g_variant_get_child_value(call->parameters, 0);
	gboolean all = FALSE, dry_run = FALSE;

	g_variant_lookup(dict, "all", "b", &all);
	g_variant_lookup(dict, "dry_run", "b", &dry_run);
	model_prune(call->model, all, dry_run, on_pruned, call_keep(call));
}

/* --- pictures --- */

static void on_picture(GObject *source, GAsyncResult *result, gpointer data)
{
	Call *call = data;
	GError *error = NULL;
	g_autoptr(GBytes) png = model_image_picture_finish(call->model, result, &error);

	if (png)
		call_return(call, g_variant_new("(@ay)", g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING,
										  png, TRUE)));
	else
		call_fail(call, error);
}

void api_image_picture(Call *call, gpointer object)
{
	const char *id;

	g_variant_get(call->parameters, "(&s)", &id);
	model_image_picture(call->model, id, call->client, on_picture, call);
}
