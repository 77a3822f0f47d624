#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/units.h"
#include "gallery/deliver-fetch.h"
#include "gallery/digest.h"

#define STATE_MAX  (64 * 1024)
#define RETRIES    5
#define TELL_EVERY (G_USEC_PER_SEC / 10)
#define ROOM_SPARE (G_GUINT64_CONSTANT(64) << 20) /* left on the disk for everybody else */

/* Both ends of the pass; it is over when both are. */
typedef struct FetchRun {
	Delivery *delivery;
	void (*done)(Delivery *delivery, GError *error);
	Unpack *unpack;
	FetchFile *file;
	GCancellable *cancellable; /* of the fetch alone: the worker may fail first */
	gulong cancel_handler;
	gboolean fetching, unpacking;
	GError *fetch_error, *unpack_error;
	guint64 offset, total; /* bytes that came; of the whole file, 0 = not known */
	gint64 told;
	FetchValidators validators;
} FetchRun;

/* --- what is known of a part --------------------------------------------------------------------------------------------- */

static void load_state(FetchRun *run)
{
	const Delivery *delivery = run->delivery;
	g_autofree char *text = file_read(delivery->part->state, STATE_MAX, NULL, NULL);
	g_autoptr(JsonNode) root = text ? json_parse(text, -1, NULL) : NULL;
	JsonObject *object = root ? json_as_object(root, "the state", NULL) : NULL;
	struct stat st;

	if (!object || stat(delivery->part->download, &st) < 0)
		return;
	run->total = (guint64)MAX(json_int_or(object, "total", 0), 0);
	run->validators.etag = g_strdup(json_string_or(object, "etag", ""));
	run->validators.last_modified = g_strdup(json_string_or(object, "last_modified", ""));
	run->offset = (guint64)st.st_size;
	if (run->total && run->offset > run->total)
		run->offset = 0;
}

static gboolean save_state(FetchRun *run, const FetchHead *head, GError **error)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);

	json_object_set_string_member(object, "id", run->delivery->item->id);
	json_object_set_string_member(object, "url", head->url);
	json_object_set_string_member(object, "etag", head->validators->etag ? head->validators->etag : "");
	json_object_set_string_member(object, "last_modified",
				      head->validators->last_modified ? head->validators->last_modified : "");
	json_object_set_int_member(object, "total", (gint64)head->total);
	g_autofree char *text = json_text(node, TRUE);
	return file_replace(run->delivery->part->state, text, -1, 0600, error);
}

/* --- the end ------------------------------------------------------------------------------------------------------------- */

static void run_free(FetchRun *run)
{
	if (run->cancel_handler)
		g_signal_handler_disconnect(steps_cancellable(run->delivery->steps), run->cancel_handler);
	g_object_unref(run->cancellable);
	g_clear_error(&run->fetch_error);
	g_clear_error(&run->unpack_error);
	fetch_validators_clear(&run->validators);
	g_free(run);
}

/* Which of the two errors is the cause? The fetch is cancelled when the worker fails, the worker is stopped when the fetch fails. */
static GError *cause_of(FetchRun *run)
{
	Delivery *delivery = run->delivery;
	gboolean cancelled = g_cancellable_is_cancelled(steps_cancellable(delivery->steps));

	if (cancelled)
		return error_new(CARREL_ERROR_CANCELLED, "do the same again to go on where it was",
				 "getting image `%s' was cancelled", delivery->item->id);
	if (run->unpack_error && !g_error_matches(run->unpack_error, CARREL_ERROR, CARREL_ERROR_CANCELLED))
		return g_steal_pointer(&run->unpack_error);
	return run->fetch_error ? g_steal_pointer(&run->fetch_error) : g_steal_pointer(&run->unpack_error);
}

static void end_if_over(FetchRun *run)
{
	Delivery *delivery = run->delivery;

	if (run->fetching || run->unpacking)
		return;
	GError *error = cause_of(run);
	void (*done)(Delivery *, GError *) = run->done;
	if (g_error_matches(error, CARREL_ERROR, CARREL_ERROR_VERIFY))
		part_discard(delivery->part);
	run_free(run);
	delivery->fetch = NULL;
	done(delivery, error);
}

static void on_unpacked(GObject *source, GAsyncResult *result, gpointer data)
{
	FetchRun *run = data;

	run->delivery->unpacked = unpack_finish(result, &run->unpack_error);
	run->unpack = NULL;
	run->unpacking = FALSE;
	if (run->fetching)
		g_cancellable_cancel(run->cancellable);
	end_if_over(run);
}

static void on_fetched(GObject *source, GAsyncResult *result, gpointer data)
{
	FetchRun *run = data;
	gboolean complete = fetch_file_finish(result, &run->fetch_error);

	run->file = NULL;
	run->fetching = FALSE;
	if (run->unpacking)
		unpack_end(run->unpack, complete);
	end_if_over(run);
}

/* --- in the middle ------------------------------------------------------------------------------------------------------- */

/* What the server says it is, and, packed, at least the same again for what is in it. */
static gboolean check_room(const FetchRun *run, const FetchHead *head, GError **error)
{
	const Delivery *delivery = run->delivery;
	struct statvfs disk;
	guint64 needed = head->total > head->offset ? head->total - head->offset : 0;

	if (statvfs(delivery->part->dir, &disk) < 0 || !head->total)
		return TRUE;
	guint64 free_bytes = (guint64)disk.f_bavail * disk.f_frsize;
	if (needed + ROOM_SPARE <= free_bytes)
		return TRUE;
	g_autofree char *wanted = units_format_size_human(needed + ROOM_SPARE);
	g_autofree char *spare = units_format_size_human(ROOM_SPARE);
	g_autofree char *there = units_format_size_human(free_bytes);
	return error_set(
		error, CARREL_ERROR_FAILED,
		"make room, for example with `carrel gallery prune', and do the same again",
		"%s needs %s on the disk of the image store, %s of that to spare, and there is room for %s",
		delivery->item->name, wanted, spare, there);
}

static gboolean on_head(const FetchHead *head, gpointer data, GError **error)
{
	FetchRun *run = data;

	if (!check_room(run, head, error) || !save_state(run, head, error))
		return FALSE;
	if (head->offset == 0 && run->offset > 0) {
		unpack_restart(run->unpack);
		run->delivery->resumed = FALSE;
	}
	run->offset = head->offset;
	run->total = head->total;
	return TRUE;
}

static FetchTake on_bytes(const guint8 *bytes, gsize length, gpointer data, GError **error)
{
	FetchRun *run = data;
	gint64 now = g_get_monotonic_time();

	if (!run->unpacking) /* it has failed; the fetch is being cancelled */
		return FETCH_FULL;
	if (!unpack_push(run->unpack, bytes, length))
		return FETCH_FULL;
	run->offset += length;
	if (now - run->told > TELL_EVERY) {
		run->told = now;
		delivery_tell(run->delivery, "fetch", run->offset, run->total);
	}
	return FETCH_TAKEN;
}

static void on_room(gpointer data)
{
	FetchRun *run = data;

	if (run->file)
		fetch_file_go_on(run->file);
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	FetchRun *run = data;

	g_cancellable_cancel(run->cancellable);
	/* All bytes may be there, and the worker still busy with them. */
	if (!run->fetching && run->unpacking)
		unpack_end(run->unpack, FALSE);
}

/* --- the beginning ------------------------------------------------------------------------------------------------------- */

static void start_unpack(FetchRun *run)
{
	const Delivery *delivery = run->delivery;
	const UnpackRequest request = {
		.download = delivery->part->download,
		.image = delivery->part->image,
		.member = delivery->item->member,
		.digest = digest_type(delivery->expected),
	};

	run->unpacking = TRUE;
	run->unpack = unpack_start(&request, run->offset, on_room, run, NULL, on_unpacked, run);
}

static void start_fetch(FetchRun *run)
{
	static const FetchSink sink = { on_head, on_bytes };
	const Delivery *delivery = run->delivery;
	const FetchRequest request = {
		.urls = (const char *const *)delivery->urls,
		.offset = run->offset,
		.known = run->validators,
		.max = UNPACK_IMAGE_MAX,
		.retries = RETRIES,
	};

	run->fetching = TRUE;
	run->file = fetch_file(delivery->fetcher, &request, &sink, run, run->cancellable, on_fetched, run);
}

void deliver_pass(Delivery *delivery, void (*done)(Delivery *delivery, GError *error))
{
	FetchRun *run = g_new0(FetchRun, 1);
	GCancellable *cancellable = steps_cancellable(delivery->steps);

	run->delivery = delivery;
	run->done = done;
	run->cancellable = g_cancellable_new();
	delivery->fetch = run;
	load_state(run);
	delivery->resumed = run->offset > 0;
	delivery_tell(delivery, "fetch", run->offset, run->total);
	if (cancellable)
		run->cancel_handler =
			g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), run);
	start_unpack(run);
	/* Everything came before a crash; the worker reads it again, and nothing is asked for. */
	if (run->total && run->offset == run->total)
		unpack_end(run->unpack, TRUE);
	else
		start_fetch(run);
}

static void on_again(Delivery *delivery, GError *error)
{
	void (*next)(Steps *, gpointer) = delivery->again;

	if (error)
		steps_done(delivery->steps, error);
	else
		next(delivery->steps, delivery);
}

void deliver_pass_again(Delivery *delivery, void (*next)(Steps *steps, gpointer context))
{
	g_clear_pointer(&delivery->unpacked, unpack_result_free);
	part_discard(delivery->part);
	delivery->again = next;
	deliver_pass(delivery, on_again);
}
