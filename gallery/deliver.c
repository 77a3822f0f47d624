#include "gallery/deliver.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/steps.h"
#include "gallery/build.h"

/* Hashing and storing are steps of the same table, so that "verify" is the same state for a stored and a new image. */
typedef struct {
	GTask *task;
	Steps *steps; /* the runner, while a step waits for something */
	Store *store;
	const GalleryItem *item;
	GalleryProgress progress;
	gpointer progress_data;
	char *ready;       /* ready-made file to take, or NULL */
	ImageNote *wanted; /* the note beside it */
	Part *part;
	ImageNote *note; /* what the builder says of the image in @part */
	char *path;      /* of the stored file */
} Delivery;

static void delivery_free(gpointer data)
{
	Delivery *delivery = data;

	g_free(delivery->ready);
	note_free(delivery->wanted);
	part_free(delivery->part);
	note_free(delivery->note);
	g_free(delivery->path);
	g_free(delivery);
}

static void tell(Delivery *delivery, const char *step, guint64 done, guint64 total)
{
	if (delivery->progress)
		delivery->progress(step, done, total, delivery->progress_data);
}

static void on_verify_progress(guint64 done, guint64 total, gpointer data)
{
	tell(data, "verify", done, total);
}

/* --- assemble -------------------------------------------------------------------------------------------------------- */

static void on_built(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;

	if (build_item_finish(result, &error))
		delivery->note = note_load(delivery->part->note, &error);
	steps_done(delivery->steps, error);
}

static void on_builder_progress(const char *step, guint64 done, guint64 total, gpointer data)
{
	tell(data, step, done, total);
}

static void step_assemble(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	tell(delivery, "assemble", 0, 0);
	build_item(delivery->item, delivery->ready, delivery->part, on_builder_progress, delivery,
		   steps_cancellable(steps), on_built, delivery);
}

/* --- part: a place to work in, gone at the end whatever happens --------------------------------------------------------- */

static void step_part(Steps *steps, gpointer context)
{
	Delivery *delivery = context;
	GError *error = NULL;

	delivery->part = store_make_part(delivery->store, delivery->item->id, &error);
	steps_done(steps, error);
}

static void on_part_undone(GObject *source, GAsyncResult *result, gpointer data)
{
	steps_undone(((Delivery *)data)->steps);
}

static void undo_part(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	part_remove(delivery->part, on_part_undone, delivery);
}

static void on_part_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	steps_done(((Delivery *)data)->steps, NULL);
}

static void step_tidy(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	part_remove(delivery->part, on_part_removed, delivery);
}

/* --- verify ---------------------------------------------------------------------------------------------------------- */

static GError *compare(Delivery *delivery, const char *sha256)
{
	const GalleryItem *item = delivery->item;
	const char *from = delivery->ready ? delivery->ready : item->builder;
	const char *hint = delivery->ready
				   ? "get that file anew, or remove it to have the image assembled here"
				   : "try again";
	struct stat st;

	if (!g_str_equal(sha256, delivery->note->sha256))
		return error_new(CARREL_ERROR_VERIFY, hint,
				 "the image of %s is not what `%s' promises: its SHA-256 is wrong",
				 item->name, from);
	if (stat(delivery->part->image, &st) < 0 || (guint64)st.st_size != delivery->note->size)
		return error_new(CARREL_ERROR_VERIFY, hint,
				 "the image of %s is not what `%s' promises: its size is wrong", item->name,
				 from);
	return NULL;
}

static void on_hash(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;
	g_autofree char *sha256 = verify_hash_finish(result, &error);

	steps_done(delivery->steps, sha256 ? compare(delivery, sha256) : error);
}

static void step_verify(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	tell(delivery, "verify", 0, delivery->note->size);
	verify_hash(delivery->part->image, on_verify_progress, delivery, steps_cancellable(steps), on_hash,
		    delivery);
}

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
	tell(delivery, "verify", 0, delivery->item->size);
	store_check(delivery->store, delivery->item, on_verify_progress, delivery, steps_cancellable(steps),
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

static void step_store(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	tell(delivery, "store", 0, delivery->note->size);
	store_import(delivery->store, delivery->item, delivery->part, delivery->note, on_imported, delivery);
}

/* --- the tables ------------------------------------------------------------------------------------------------------ */

static const Step check_steps[] = {
	{"verify", step_check, NULL},
	{ NULL,    NULL,       NULL},
};

static const Step make_steps[] = {
	{"prepare",   step_part,     undo_part},
        { "assemble", step_assemble, NULL     },
	{ "verify",   step_verify,   NULL     },
        { "store",    step_store,    NULL     },
	{ "tidy",     step_tidy,     NULL     },
        { NULL,       NULL,          NULL     },
};

/* The ready-made file and its note; FALSE with @error when there is a file that cannot be trusted. */
static gboolean find_ready(Delivery *delivery, GError **error)
{
	g_autoptr(GError) local = NULL;

	delivery->ready = build_ready_file(delivery->item);
	if (!delivery->ready)
		return TRUE;
	g_autofree char *note = g_strconcat(delivery->ready, ".json", NULL);
	delivery->wanted = note_load(note, &local);
	if (delivery->wanted)
		return TRUE;
	g_autofree char *message = error_message(local);
	return error_set(error, CARREL_ERROR_VERIFY, "data/live/build-live writes it beside the image",
			 "`%s' cannot be verified without its note: %s", delivery->ready, message);
}

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

void deliver_run(Store *store, const GalleryItem *item, GalleryProgress progress, gpointer progress_data,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Delivery *delivery = g_new0(Delivery, 1);
	GError *error = NULL;

	delivery->store = store;
	delivery->item = item;
	delivery->progress = progress;
	delivery->progress_data = progress_data;
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, delivery, delivery_free);
	if (!find_ready(delivery, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	steps_run(is_stored(delivery) ? check_steps : make_steps, delivery, NULL, cancellable, on_steps,
		  task);
}

char *deliver_run_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
