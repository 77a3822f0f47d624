#include "gallery/deliver.h"

#include "base/error.h"
#include "gallery/deliver-private.h"

static void delivery_free(gpointer data)
{
	Delivery *delivery = data;

	g_free(delivery->ready);
	note_free(delivery->wanted);
	deliver_fetch_clear(delivery);
	part_free(delivery->part);
	note_free(delivery->note);
	g_free(delivery->image);
	g_free(delivery->path);
	g_free(delivery);
}

void delivery_tell(Delivery *delivery, const char *step, guint64 done, guint64 total)
{
	if (delivery->progress)
		delivery->progress(step, done, total, delivery->progress_data);
}

void delivery_on_hashed(guint64 done, guint64 total, gpointer data)
{
	delivery_tell(data, "verify", done, total);
}

/* --- tidy ------------------------------------------------------------------------------------------------------------ */

static void on_part_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	steps_done(((Delivery *)data)->steps, NULL);
}

void deliver_step_tidy(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (delivery->part)
		part_remove(delivery->part, on_part_removed, delivery);
	else
		steps_done(steps, NULL);
}

/* --- check ----------------------------------------------------------------------------------------------------------- */

static void on_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;

	delivery->path = store_check_finish(delivery->store, result, &error);
	steps_done(delivery->steps, error);
}

static void step_check(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	delivery_tell(delivery, "verify", 0, delivery->item->size);
	store_check(delivery->store, delivery->item, delivery_on_hashed, delivery, steps_cancellable(steps),
		    on_checked, delivery);
}

/* --- store ----------------------------------------------------------------------------------------------------------- */

static void on_imported(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;

	delivery->path = store_import_finish(delivery->store, result, &error);
	steps_done(delivery->steps, error);
}

void deliver_step_store(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (delivery->path) { /* another item's image is the same */
		steps_done(steps, NULL);
		return;
	}
	delivery_tell(delivery, "store", 0, delivery->note->size);
	store_import(delivery->store, delivery->item, delivery->image, delivery->note, on_imported, delivery);
}

/* --- running --------------------------------------------------------------------------------------------------------- */

static const Step check_steps[] = {
	{"verify", step_check, NULL},
	{ NULL,    NULL,       NULL},
};

static gboolean is_stored(const Delivery *delivery)
{
	return *delivery->item->path &&
	       (!delivery->wanted || g_str_equal(delivery->wanted->sha256, delivery->item->sha256));
}

static void on_steps(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Delivery *delivery = g_task_get_task_data(task);
	GError *error = NULL;

	if (steps_run_finish(result, &error))
		g_task_return_pointer(task, g_steal_pointer(&delivery->path), g_free);
	else
		g_task_return_error(task, error);
}

static const Step *choose_steps(const Delivery *delivery)
{
	if (is_stored(delivery))
		return check_steps;
	return *delivery->item->builder ? deliver_build_steps : deliver_fetch_steps;
}

void deliver_run(Store *store, Fetcher *fetcher, const GalleryItem *item, guint flags,
		 GalleryProgress progress, gpointer progress_data, GCancellable *cancellable,
		 GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Delivery *delivery = g_new0(Delivery, 1);
	GError *error = NULL;

	delivery->store = store;
	delivery->fetcher = fetcher;
	delivery->item = item;
	delivery->flags = flags;
	delivery->progress = progress;
	delivery->progress_data = progress_data;
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, delivery, delivery_free);
	if (!deliver_find_ready(delivery, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	steps_run(choose_steps(delivery), delivery, NULL, cancellable, on_steps, task);
}

char *deliver_run_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
