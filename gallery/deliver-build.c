/* An item that is made here: assemble, verify. */
#include "gallery/deliver-private.h"

#include <sys/stat.h>

#include "base/error.h"
#include "gallery/build.h"
#include "gallery/verify.h"

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
	delivery_tell(data, step, done, total);
}

static void step_assemble(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	delivery_tell(delivery, "assemble", 0, 0);
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

	if (sha256)
		error = compare(delivery, sha256);
	if (!error)
		delivery->image = g_strdup(delivery->part->image);
	steps_done(delivery->steps, error);
}

static void step_verify(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	delivery_tell(delivery, "verify", 0, delivery->note->size);
	verify_hash(delivery->part->image, delivery_on_hashed, delivery, steps_cancellable(steps), on_hash,
		    delivery);
}

/* The ready-made file and its note; FALSE with @error when there is a file that cannot be trusted. */
gboolean deliver_find_ready(Delivery *delivery, GError **error)
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

/* clang-format off: crashes on such tables */
const Step deliver_build_steps[] = {
	{"prepare",   step_part,          undo_part},
        { "assemble", step_assemble,      NULL     },
	{ "verify",   step_verify,        NULL     },
        { "store",    deliver_step_store, NULL     },
	{ "tidy",     deliver_step_tidy,  NULL     },
        { NULL,       NULL,               NULL     },
};
/* clang-format on */
