#include "gallery/gallery.h"

#include "base/error.h"
#include "base/paths.h"
#include "gallery/catalog.h"
#include "gallery/deliver.h"
#include "gallery/store.h"

struct Gallery {
	gatomicrefcount refs; /* the owner, and each run */
	GPtrArray *items;     /* of GalleryItem */
	GPtrArray *errors;    /* of char *, ended by NULL */
	GHashTable *runs;     /* id -> Run to which others may attach, not owned */
	Store *store;
};

/* One delivery, and all who asked for it. */
typedef struct {
	Gallery *gallery;
	GalleryItem *item; /* the gallery's */
	GCancellable *cancellable;
	GPtrArray *waiters; /* of Waiter, owned */
} Run;

typedef struct {
	Run *run;
	GTask *task;
	GalleryProgress progress;
	gpointer progress_data;
	gulong cancel_handler;
} Waiter;

gboolean gallery_step_is_bytes(const char *step)
{
	static const char *const in_bytes[] = { "download", "verify", "store", NULL };

	return g_strv_contains(in_bytes, step);
}

static void gallery_unref(Gallery *gallery)
{
	if (!g_atomic_ref_count_dec(&gallery->refs))
		return;
	g_hash_table_unref(gallery->runs);
	g_ptr_array_unref(gallery->items);
	g_ptr_array_unref(gallery->errors);
	store_close(gallery->store);
	g_free(gallery);
}

Gallery *gallery_new(void)
{
	Gallery *gallery = g_new0(Gallery, 1);
	g_autofree char *images = paths_images_dir();
	g_autofree char *builtin = paths_data_file("gallery/builtin.json");
	const CatalogSource sources[] = {
		{"carrel", builtin}
	};

	g_atomic_ref_count_init(&gallery->refs);
	gallery->items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	gallery->errors = g_ptr_array_new_with_free_func(g_free);
	gallery->runs = g_hash_table_new(g_str_hash, g_str_equal);
	gallery->store = store_open(images);
	catalog_load(sources, G_N_ELEMENTS(sources), gallery->items, gallery->errors);
	for (guint i = 0; i < gallery->errors->len; i++)
		g_warning("%s", (char *)gallery->errors->pdata[i]);
	g_ptr_array_add(gallery->errors, NULL);
	for (guint i = 0; i < gallery->items->len; i++)
		store_look(gallery->store, gallery->items->pdata[i]);
	return gallery;
}

/* No one attaches to a run that is ending; the next who asks gets a new one. */
static void run_detach(Run *run)
{
	if (g_hash_table_lookup(run->gallery->runs, run->item->id) == run)
		g_hash_table_remove(run->gallery->runs, run->item->id);
}

void gallery_free(Gallery *gallery)
{
	if (!gallery)
		return;
	g_autoptr(GList) runs = g_hash_table_get_values(gallery->runs);
	for (GList *l = runs; l; l = l->next) {
		run_detach(l->data);
		g_cancellable_cancel(((Run *)l->data)->cancellable);
	}
	gallery_unref(gallery);
}

GPtrArray *gallery_items(Gallery *gallery)
{
	return gallery->items;
}

GalleryItem *gallery_find(Gallery *gallery, const char *id)
{
	return catalog_find(gallery->items, id);
}

const char *const *gallery_errors(Gallery *gallery)
{
	return (const char *const *)gallery->errors->pdata;
}

/* --- runs and who waits for them -------------------------------------------------------------------------------------- */

static void stop_listening(Waiter *waiter)
{
	if (waiter->cancel_handler)
		g_signal_handler_disconnect(g_task_get_cancellable(waiter->task), waiter->cancel_handler);
	waiter->cancel_handler = 0;
}

static void waiter_free(gpointer data)
{
	Waiter *waiter = data;

	stop_listening(waiter);
	g_object_unref(waiter->task);
	g_free(waiter);
}

static void run_free(Run *run)
{
	run_detach(run);
	g_ptr_array_unref(run->waiters);
	g_object_unref(run->cancellable);
	gallery_unref(run->gallery);
	g_free(run);
}

static void on_run_progress(const char *step, guint64 done, guint64 total, gpointer data)
{
	Run *run = data;

	for (guint i = 0; i < run->waiters->len; i++) {
		Waiter *waiter = run->waiters->pdata[i];
		if (waiter->progress)
			waiter->progress(step, done, total, waiter->progress_data);
	}
}

static void on_run_end(GObject *source, GAsyncResult *result, gpointer data)
{
	Run *run = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = deliver_run_finish(result, &error);

	/* Callbacks may ask again, and cancel what is over. */
	store_look(run->gallery->store, run->item);
	run_detach(run);
	for (guint i = 0; i < run->waiters->len; i++)
		stop_listening(run->waiters->pdata[i]);
	for (guint i = 0; i < run->waiters->len; i++) {
		GTask *task = ((Waiter *)run->waiters->pdata[i])->task;
		if (path)
			g_task_return_pointer(task, g_strdup(path), g_free);
		else
			g_task_return_error(task, g_error_copy(error));
	}
	run_free(run);
}

/* The last who waits is told when the run is gone, so that nothing of it is left then; others at once. */
static void on_waiter_cancelled(GCancellable *cancellable, gpointer data)
{
	Waiter *waiter = data;
	Run *run = waiter->run;
	guint index = 0;

	if (run->waiters->len == 1) {
		run_detach(run);
		g_cancellable_cancel(run->cancellable);
		return;
	}
	g_ptr_array_find(run->waiters, waiter, &index);
	g_ptr_array_steal_index(run->waiters, index);
	g_task_return_error(waiter->task, error_new(CARREL_ERROR_CANCELLED, NULL,
						    "getting image `%s' was cancelled", run->item->id));
	waiter_free(waiter);
}

static void run_attach(Run *run, GTask *task, GalleryProgress progress, gpointer progress_data)
{
	GCancellable *cancellable = g_task_get_cancellable(task);
	Waiter *waiter = g_new0(Waiter, 1);

	*waiter = (Waiter){ run, task, progress, progress_data, 0 };
	g_ptr_array_add(run->waiters, waiter);
	if (cancellable)
		waiter->cancel_handler =
			g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_waiter_cancelled), waiter);
}

static Run *run_new(Gallery *gallery, GalleryItem *item)
{
	Run *run = g_new0(Run, 1);

	g_atomic_ref_count_inc(&gallery->refs);
	run->gallery = gallery;
	run->item = item;
	run->cancellable = g_cancellable_new();
	run->waiters = g_ptr_array_new_with_free_func(waiter_free);
	g_hash_table_insert(gallery->runs, item->id, run);
	return run;
}

static void refuse(GTask *task, GError *error)
{
	g_task_return_error(task, error);
	g_object_unref(task);
}

void gallery_deliver(Gallery *gallery, const char *id, GalleryProgress progress, gpointer progress_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	GalleryItem *item = gallery_find(gallery, id);

	g_task_set_check_cancellable(task, FALSE);
	if (!item) {
		refuse(task, error_new(CARREL_ERROR_NOT_FOUND, "list images with `carrel gallery list'",
				       "there is no image `%s'", id));
		return;
	}
	if (g_cancellable_is_cancelled(cancellable)) {
		refuse(task, error_new(CARREL_ERROR_CANCELLED, NULL, "getting image `%s' was cancelled", id));
		return;
	}
	Run *run = g_hash_table_lookup(gallery->runs, id);
	if (run) {
		run_attach(run, task, progress, progress_data);
		return;
	}
	store_look(gallery->store, item);
	run = run_new(gallery, item);
	run_attach(run, task, progress, progress_data);
	deliver_run(gallery->store, item, on_run_progress, run, run->cancellable, on_run_end, run);
}

char *gallery_deliver_finish(Gallery *gallery, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
