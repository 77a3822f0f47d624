#include "gallery/deliver.h"
#include "gallery/gallery-private.h"

#include "base/error.h"

/* One delivery, and all who asked for it. */
typedef struct {
	Gallery *gallery;
	GalleryItem *item; /* referenced */
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
	static const char *const in_bytes[] = { "download", "fetch", "verify", "store", NULL };

	return g_strv_contains(in_bytes, step);
}

/* No one attaches to a run that is ending; the next who asks gets a new one. */
static void run_detach(Run *run)
{
	if (g_hash_table_lookup(run->gallery->runs, run->item->id) == run)
		g_hash_table_remove(run->gallery->runs, run->item->id);
}

void runs_cancel(Gallery *gallery)
{
	g_autoptr(GList) runs = g_hash_table_get_values(gallery->runs);

	for (GList *l = runs; l; l = l->next) {
		run_detach(l->data);
		g_cancellable_cancel(((Run *)l->data)->cancellable);
	}
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
	gallery_item_free(run->item);
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

	run->gallery = gallery_ref(gallery);
	run->item = gallery_item_ref(item);
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

void gallery_deliver(Gallery *gallery, const char *id, guint flags, GalleryProgress progress,
		     gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer data)
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
	deliver_run(gallery->store, gallery->fetcher, item, flags, on_run_progress, run, run->cancellable,
		    on_run_end, run);
}

char *gallery_deliver_finish(Gallery *gallery, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
