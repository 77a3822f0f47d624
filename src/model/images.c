#include "model/images.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/paths.h"
#include "model/image.h"
#include "model/images-private.h"
#include "model/model-private.h"
#include "spec/host-conf.h"

/* --- carrel.conf ------------------------------------------------------------------------------------------------------- */

static gint64 mtime_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec
				    : 0;
}

static void apply_sources(Model *model)
{
	g_autoptr(GArray) specs = g_array_new(FALSE, FALSE, sizeof(GallerySourceSpec));

	for (guint i = 0; i < model->conf->sources->len; i++) {
		const SourceSpec *source = model->conf->sources->pdata[i];
		const GallerySourceSpec spec = { source->name, source->type, source->url, source->keyring };
		if (source->enabled)
			g_array_append_val(specs, spec);
	}
	gallery_set_sources(model->gallery, (const GallerySourceSpec *)(gpointer)specs->data, specs->len);
	model_notify(model, MODEL_IMAGES_CHANGED, NULL, 0);
}

/* With an error in the file, what was good before stays in force. */
void images_load_conf(Model *model)
{
	g_autofree char *path = paths_config_file();
	g_autofree char *shipped = paths_data_file("gallery/sources.conf");
	gint64 mtime = mtime_of(path);

	if (model->conf && mtime == model->conf_mtime_ns)
		return;
	model->conf_mtime_ns = mtime;
	g_clear_error(&model->conf_error);
	HostSpec *conf = host_conf_load(path, shipped, &model->conf_error);
	if (model->conf_error)
		g_warning("%s", model->conf_error->message);
	if (!conf && !model->conf)
		conf = host_conf_load(NULL, shipped, NULL);
	if (!conf)
		return;
	host_spec_free(model->conf);
	model->conf = conf;
	apply_sources(model);
}

const GError *model_conf_error(Model *model)
{
	images_load_conf(model);
	return model->conf_error;
}

/* Nothing is written over a file that we could not read whole. */
static gboolean may_write(Model *model, GError **error)
{
	images_load_conf(model);
	if (!model->conf_error)
		return TRUE;
	g_propagate_error(error, g_error_copy(model->conf_error));
	return FALSE;
}

static gboolean save_conf(Model *model, GError **error)
{
	g_autofree char *path = paths_config_file();

	if (!host_conf_save(model->conf, path, error)) {
		/* What is in memory must be what is on disk. */
		model->conf_mtime_ns = -1;
		images_load_conf(model);
		return FALSE;
	}
	model->conf_mtime_ns = mtime_of(path);
	apply_sources(model);
	return TRUE;
}

/* --- sources ----------------------------------------------------------------------------------------------------------- */

gboolean model_source_view(Model *model, guint index, SourceView *view)
{
	GallerySourceView from;

	if (index == 0)
		images_load_conf(model);
	if (!gallery_source_view(model->gallery, index, &from))
		return FALSE;
	*view = (SourceView){
		.name = from.name,
		.type = from.type,
		.url = from.url,
		.keyring = from.keyring,
		.error = from.error,
		.signature = from.signature,
		.signer = from.signer,
		.items = from.items,
		.fetched = from.fetched,
		.checked = from.checked,
		.builtin = from.builtin,
		.busy = from.busy,
		.warnings = from.warnings,
	};
	return TRUE;
}

/* "https://images.example.org/x/gallery.json" -> "images.example.org"; a path -> the name of its file. Made unique by a number. */
static char *name_from(const HostSpec *conf, const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *base = host && *host ? g_strdup(host) : g_path_get_basename(url);
	char *dot = host && *host ? NULL : strrchr(base, '.');

	if (dot)
		*dot = '\0';
	g_strcanon(base, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", '-');
	if (strlen(base) > 28)
		base[28] = '\0';
	for (guint i = 1;; i++) {
		g_autofree char *name = i > 1 ? g_strdup_printf("%s-%u", base, i) : g_strdup(base);
		if (!host_spec_find_source(conf, name))
			return g_steal_pointer(&name);
	}
}

/* An address, or a file that is there. */
static gboolean check_url(const char *url, GError **error)
{
	static const char *const schemes[] = { "http://", "https://", "file:///", NULL };

	for (const char *const *scheme = schemes; *scheme; scheme++)
		if (g_str_has_prefix(url, *scheme))
			return TRUE;
	if (!g_path_is_absolute(url))
		return error_set(error, CARREL_ERROR_USAGE,
				 "give an address that begins with https:// or http://, or a path",
				 "`%s' is neither an address nor an absolute path", url);
	return g_file_test(url, G_FILE_TEST_IS_REGULAR) ||
	       error_set(error, CARREL_ERROR_USAGE, "check the path", "there is no file `%s'", url);
}

static gboolean fill_source(SourceSpec *source, const SourceOptions *options, GError **error)
{
	const char *const values[][2] = {
		{"url",      options->url    },
		{ "type",    options->type   },
		{ "keyring", options->keyring},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		if (values[i][1] && !source_spec_set(source, values[i][0], values[i][1], error))
			return FALSE;
	return TRUE;
}

gboolean model_add_source(Model *model, const SourceOptions *options, char **name, GError **error)
{
	if (!may_write(model, error) || (options->url && !check_url(options->url, error)))
		return FALSE;
	g_autofree char *chosen =
		options->name ? g_strdup(options->name) : name_from(model->conf, options->url);
	SourceSpec *known = host_spec_find_source(model->conf, chosen);
	if (!options->url && !(known && known->shipped))
		return error_set(error, CARREL_ERROR_USAGE, "give its address",
				 "a new source needs an address, and carrel ships none of the name `%s'",
				 chosen);
	SourceSpec *source = host_spec_add_source(model->conf, chosen, options->before, error);
	if (!source)
		return FALSE;
	if (!fill_source(source, options, error)) {
		model->conf_mtime_ns = -1;
		images_load_conf(model);
		return FALSE;
	}
	if (!save_conf(model, error))
		return FALSE;
	*name = g_steal_pointer(&chosen);
	return TRUE;
}

gboolean model_remove_source(Model *model, const char *name, GError **error)
{
	return may_write(model, error) && host_spec_remove_source(model->conf, name, error) &&
	       save_conf(model, error);
}

/* --- jobs -------------------------------------------------------------------------------------------------------------- */

typedef struct {
	Model *model;
	Job *job;
} ImageJob;

static ImageJob *image_job(Model *model, const char *verb, const char *subject)
{
	ImageJob *run = g_new0(ImageJob, 1);

	*run = (ImageJob){ model, job_ref(model_add_job(model, verb, subject)) };
	return run;
}

/* Takes @error. */
static void image_job_end(ImageJob *run, GError *error)
{
	model_notify(run->model, MODEL_IMAGES_CHANGED, NULL, 0);
	job_end(run->job, error);
	job_unref(run->job);
	g_free(run);
}

void images_on_progress(const char *step, guint64 done, guint64 total, gpointer job)
{
	if (gallery_step_is_bytes(step))
		job_bytes(job, step, done, total);
	else
		job_step(job, step, (guint)done, (guint)total);
}

static void on_refreshed(GObject *source, GAsyncResult *result, gpointer data)
{
	ImageJob *run = data;
	GError *error = NULL;

	gallery_refresh_finish(run->model->gallery, result, &error);
	image_job_end(run, error);
}

Job *model_refresh_gallery(Model *model, const char *name, GError **error)
{
	SourceView view;
	gboolean known = !name;

	for (guint i = 0; !known && model_source_view(model, i, &view); i++)
		known = g_str_equal(view.name, name);
	if (!known) {
		error_set(error, CARREL_ERROR_NOT_FOUND, "see `carrel gallery sources'",
			  "there is no gallery source `%s'", name);
		return NULL;
	}
	images_load_conf(model);
	ImageJob *run = image_job(model, "refresh", name ? name : "gallery");
	g_autoptr(Job) job = job_ref(run->job);
	gallery_refresh(model->gallery, name, images_on_progress, run->job, run->job->cancellable,
			on_refreshed, run);
	return job;
}

static void on_delivered(GObject *source, GAsyncResult *result, gpointer data)
{
	ImageJob *run = data;
	GError *error = NULL;

	g_free(gallery_deliver_finish(run->model->gallery, result, &error));
	image_job_end(run, error);
}

Job *model_download(Model *model, const char *id, gboolean unverified, GError **error)
{
	if (!gallery_find(model->gallery, id)) {
		error_set(error, CARREL_ERROR_NOT_FOUND, image_hint(model), "there is no image `%s'", id);
		return NULL;
	}
	ImageJob *run = image_job(model, "download", id);
	g_autoptr(Job) job = job_ref(run->job);
	gallery_deliver(model->gallery, id, unverified ? GALLERY_UNVERIFIED : 0, images_on_progress, run->job,
			run->job->cancellable, on_delivered, run);
	return job;
}

/* --- prune ------------------------------------------------------------------------------------------------------------- */

static void on_pruned(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;

	g_task_return_pointer(task, g_object_ref(result), g_object_unref);
}

void model_prune(Model *model, gboolean all, gboolean dry_run, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	g_autoptr(GHashTable) in_use = images_in_use(model);

	gallery_prune(model->gallery, in_use, all, dry_run, on_pruned, task);
}

gboolean model_prune_finish(Model *model, GAsyncResult *result, guint64 *freed, char ***names, GError **error)
{
	g_autoptr(GAsyncResult) inner = g_task_propagate_pointer(G_TASK(result), NULL);
	gboolean ok = gallery_prune_finish(model->gallery, inner, freed, names, error);

	model_notify(model, MODEL_IMAGES_CHANGED, NULL, 0);
	return ok;
}

/* --- pictures --- */

void model_image_picture(Model *model, const char *id, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer data)
{
	gallery_picture(model->gallery, id, cancellable, callback, data);
}

GBytes *model_image_picture_finish(Model *model, GAsyncResult *result, GError **error)
{
	return gallery_picture_finish(model->gallery, result, error);
}
