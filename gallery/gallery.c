#include "gallery/gallery.h"

#include "base/error.h"
#include "base/paths.h"
#include "gallery/gallery-private.h"
#include "gallery/item.h"
#include "gallery/refresh.h"

Gallery *gallery_ref(Gallery *gallery)
{
	g_atomic_ref_count_inc(&gallery->refs);
	return gallery;
}

void gallery_unref(Gallery *gallery)
{
	if (!g_atomic_ref_count_dec(&gallery->refs))
		return;
	g_hash_table_unref(gallery->runs);
	g_ptr_array_unref(gallery->sources);
	catalog_free(gallery->catalog);
	store_close(gallery->store);
	fetcher_free(gallery->fetcher);
	g_free(gallery);
}

/* The catalog anew, after a source has changed. Items in use live on by their references. */
static void rebuild(Gallery *gallery)
{
	catalog_free(gallery->catalog);
	gallery->catalog = catalog_new();
	for (guint i = 0; i < gallery->sources->len; i++) {
		GallerySource *source = gallery->sources->pdata[i];
		for (guint k = 0; k < source->items->len; k++) {
			GalleryItem *item = source->items->pdata[k];
			item->trust = item_trust(item, source->signature == SIGNATURE_GOOD);
		}
		catalog_add(gallery->catalog, source->name, source->items, NULL);
	}
	store_look_all(gallery->store, gallery->catalog->items);
}

Gallery *gallery_new(void)
{
	static const GallerySourceSpec builtin = { "carrel", "carrel", "data:gallery/builtin.json", "" };
	Gallery *gallery = g_new0(Gallery, 1);
	g_autofree char *images = paths_images_dir();

	g_atomic_ref_count_init(&gallery->refs);
	gallery->sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
	gallery->runs = g_hash_table_new(g_str_hash, g_str_equal);
	gallery->fetcher = fetcher_new();
	gallery->store = store_open(images);
	gallery_set_sources(gallery, &builtin, 1);
	return gallery;
}

void gallery_free(Gallery *gallery)
{
	if (!gallery)
		return;
	runs_cancel(gallery);
	gallery_unref(gallery);
}

GPtrArray *gallery_items(Gallery *gallery)
{
	return gallery->catalog->items;
}

GalleryItem *gallery_find(Gallery *gallery, const char *id)
{
	return catalog_find(gallery->catalog, id);
}

/* --- sources ---------------------------------------------------------------------------------------------------------- */

static GallerySourceSpec spec_of(const GallerySource *source)
{
	return (GallerySourceSpec){ source->name, source_type_name(source->type), source->url,
				    source->keyring };
}

static gboolean is_same(const GallerySource *source, const GallerySourceSpec *spec)
{
	return g_str_equal(source->name, spec->name) && g_str_equal(source->url, spec->url) &&
	       g_str_equal(source->keyring, spec->keyring) && source->type == source_type_find(spec->type);
}

static gint find_source(const Gallery *gallery, const char *name)
{
	for (guint i = 0; i < gallery->sources->len; i++)
		if (g_str_equal(((GallerySource *)gallery->sources->pdata[i])->name, name))
			return (gint)i;
	return -1;
}

/* A source that stays as it is keeps what it has in memory. */
void gallery_set_sources(Gallery *gallery, const GallerySourceSpec *specs, guint count)
{
	g_autoptr(GPtrArray) before = gallery->sources;

	gallery->sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
	for (guint i = 0; i < count; i++) {
		GallerySource *kept = NULL;
		for (guint k = 0; k < before->len && !kept; k++)
			if (is_same(before->pdata[k], &specs[i]))
				kept = g_ptr_array_steal_index(before, k);
		g_ptr_array_add(gallery->sources, kept ? kept : source_new(&specs[i]));
	}
	rebuild(gallery);
	for (guint k = 0; k < before->len; k++) {
		const GallerySource *gone = before->pdata[k];
		if (find_source(gallery, gone->name) < 0)
			source_forget(gone->name);
	}
}

gboolean gallery_source_view(Gallery *gallery, guint index, GallerySourceView *view)
{
	if (index >= gallery->sources->len)
		return FALSE;
	const GallerySource *source = gallery->sources->pdata[index];
	*view = (GallerySourceView){
		.name = source->name,
		.type = source_type_name(source->type),
		.url = source->url,
		.keyring = source->keyring,
		.error = source->error,
		.signature = signature_state_name(source->signature),
		.signer = source->signer,
		.items = source->items->len,
		.fetched = source->fetched,
		.checked = source->checked,
		.builtin = source->builtin,
		.busy = source->busy,
		.warnings = source->warnings,
	};
	return TRUE;
}

/* --- refresh ---------------------------------------------------------------------------------------------------------- */

/* Several sources at once; the result is given when the last one is done. */
typedef struct {
	Gallery *gallery;
	guint total, left;
	GError *error; /* of the first that failed */
	GalleryProgress progress;
	gpointer progress_data;
} RefreshAll;

typedef struct {
	GTask *task;
	char *name;
} RefreshOne;

static void refresh_all_free(gpointer data)
{
	RefreshAll *all = data;

	g_clear_error(&all->error);
	gallery_unref(all->gallery);
	g_free(all);
}

static void tell_refresh(RefreshAll *all, const char *name)
{
	g_autofree char *step = g_strdup_printf("fetch %s", name);

	if (all->progress)
		all->progress(step, all->total - all->left, all->total, all->progress_data);
}

/* The source may have been removed or set up anew meanwhile; then what came is of no use. */
static void replace_source(Gallery *gallery, GallerySource *fresh)
{
	GallerySourceSpec spec = spec_of(fresh);
	gint index = find_source(gallery, fresh->name);

	if (index < 0 || !is_same(gallery->sources->pdata[index], &spec)) {
		if (index < 0)
			source_forget(fresh->name);
		source_free(fresh);
		return;
	}
	source_free(gallery->sources->pdata[index]);
	gallery->sources->pdata[index] = fresh;
	rebuild(gallery);
}

static void finish_refresh(GTask *task)
{
	RefreshAll *all = g_task_get_task_data(task);

	if (all->error)
		g_task_return_error(task, g_steal_pointer(&all->error));
	else
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

static void on_source(GObject *object, GAsyncResult *result, gpointer data)
{
	RefreshOne *one = data;
	GTask *task = one->task;
	RefreshAll *all = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	GallerySource *fresh = refresh_source_finish(result, &error);

	replace_source(all->gallery, fresh);
	all->left--;
	tell_refresh(all, one->name);
	if (error && !all->error) {
		g_autofree char *sentence = error_message(error);
		all->error = error_new(error->domain == CARREL_ERROR ? (CarrelError)error->code
								     : CARREL_ERROR_FAILED,
				       error_hint(error), "gallery source `%s': %s", one->name, sentence);
	}
	g_free(one->name);
	g_free(one);
	if (all->left == 0)
		finish_refresh(task);
}

static void start_one(GTask *task, GallerySource *source)
{
	RefreshAll *all = g_task_get_task_data(task);
	RefreshOne *one = g_new0(RefreshOne, 1);
	GallerySourceSpec spec = spec_of(source);

	*one = (RefreshOne){ task, g_strdup(source->name) };
	source->busy = TRUE;
	refresh_source(all->gallery->fetcher, &spec, g_task_get_cancellable(task), on_source, one);
}

/* Which sources a refresh of @name is about; a built-in one has nothing to fetch. */
static GPtrArray *choose(Gallery *gallery, const char *name)
{
	GPtrArray *chosen = g_ptr_array_new();

	for (guint i = 0; i < gallery->sources->len; i++) {
		GallerySource *source = gallery->sources->pdata[i];
		if (!source->builtin && (!name || g_str_equal(source->name, name)))
			g_ptr_array_add(chosen, source);
	}
	return chosen;
}

void gallery_refresh(Gallery *gallery, const char *name, GalleryProgress progress, gpointer progress_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autoptr(GPtrArray) chosen = choose(gallery, name);
	RefreshAll *all = g_new0(RefreshAll, 1);

	*all = (RefreshAll){ gallery_ref(gallery), chosen->len, chosen->len, NULL, progress, progress_data };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, all, refresh_all_free);
	if (name && find_source(gallery, name) < 0)
		all->error = error_new(CARREL_ERROR_NOT_FOUND, "see `carrel gallery sources'",
				       "there is no gallery source `%s'", name);
	if (all->error || chosen->len == 0) {
		finish_refresh(task);
		return;
	}
	for (guint i = 0; i < chosen->len; i++)
		start_one(task, chosen->pdata[i]);
}

gboolean gallery_refresh_finish(Gallery *gallery, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
