#include "gallery/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "gallery/byte-queue.h"
#include "gallery/digest.h"
#include "gallery/hasher.h"
#include "gallery/unpack-decode.h"

/*
 * Threads, so that all processors work:
 *
 *	main loop --in--> keeper: writes the download, hashes it --out--> decoder: decompresses, finds the image
 *		--> writer (image-write.c): hashes and writes it
 *
 * When the download begins anew, so do the others. Whoever of keeper and decoder fails aborts both queues; the keeper ends last and gives the result.
 */

/* Bytes that wait in each queue. */
#define QUEUE_MAX    (8 * 1024 * 1024)
#define REPLAY_CHUNK (256 * 1024)

struct Unpack {
	GTask *task; /* holds us */
	char *download, *image, *member;
	GChecksumType digest;
	guint64 offset;
	UnpackRoom room;
	gpointer room_data;
	GCancellable *cancellable;
	gulong cancel_handler;
	ByteQueue *in, *out;
	OutputShare share;
	atomic_ullong done;
};

/* Of the keeper's thread. */
typedef struct {
	Unpack *unpack;
	int fd; /* of the download */
	Output output;
	guint64 position;
	Hasher *hasher;
	GThread *decoder;
} Keeper;

/* Of the decoder's thread. */
typedef struct {
	Unpack *unpack;
	Chunk *chunk; /* that the archive reader looks at */
	Decoded *decoded;
	GError *error;
} Decoder;

void unpack_result_free(UnpackResult *result)
{
	if (!result)
		return;
	g_free(result->digest);
	g_free(result->sha256);
	g_free(result->member);
	g_free(result);
}

static void unpack_free(gpointer data)
{
	Unpack *unpack = data;

	g_cancellable_disconnect(unpack->cancellable, unpack->cancel_handler);
	g_clear_object(&unpack->cancellable);
	byte_queue_free(unpack->in);
	byte_queue_free(unpack->out);
	g_free(unpack->download);
	g_free(unpack->image);
	g_free(unpack->member);
	g_free(unpack);
}

static gboolean set_stopped(GError **error)
{
	return error_set(error, CARREL_ERROR_CANCELLED, NULL, "unpacking was stopped");
}

/* --- the decoder ---------------------------------------------------------------------------------------------------------- */

static gssize pull(gpointer data, const guint8 **bytes, GError **error)
{
	Decoder *decoder = data;
	QueueAnswer answer;

	g_clear_pointer(&decoder->chunk, chunk_unref);
	answer = byte_queue_take(decoder->unpack->out, &decoder->chunk, NULL);
	if (answer == QUEUE_END)
		return 0;
	if (answer != QUEUE_CHUNK) {
		set_stopped(error);
		return -1;
	}
	*bytes = decoder->chunk->bytes;
	return (gssize)decoder->chunk->length;
}

static gpointer run_decoder(gpointer data)
{
	Unpack *unpack = data;
	Decoder *decoder = g_new0(Decoder, 1);
	const DecodeRequest request = {
		.image = unpack->image,
		.member = unpack->member,
		.sha256 = unpack->digest != G_CHECKSUM_SHA256,
		.size_max = UNPACK_IMAGE_MAX,
		.ratio_from = UNPACK_RATIO_FROM,
		.share = &unpack->share,
		.pull = pull,
		.pull_data = decoder,
	};

	decoder->unpack = unpack;
	decoder->decoded = unpack_decode(&request, &decoder->error);
	g_clear_pointer(&decoder->chunk, chunk_unref);
	/* It needs no more, or wants no more. */
	byte_queue_abort(unpack->out);
	if (decoder->error && !g_error_matches(decoder->error, CARREL_ERROR, CARREL_ERROR_CANCELLED))
		byte_queue_abort(unpack->in);
	return decoder;
}

static void decoder_free(Decoder *decoder)
{
	decoded_free(decoder->decoded);
	g_clear_error(&decoder->error);
	g_free(decoder);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

static void start_decoder(Keeper *keeper)
{
	byte_queue_reset(keeper->unpack->out);
	keeper->decoder = g_thread_new("unpack", run_decoder, keeper->unpack);
}

static Decoder *join_decoder(Keeper *keeper)
{
	return g_thread_join(g_steal_pointer(&keeper->decoder));
}

/* Ends it; what it wrote is gone. Its error, if it had one of its own, is the caller's. */
static GError *give_up_decoder(Keeper *keeper)
{
	g_autoptr(Decoder) decoder = NULL;

	byte_queue_abort(keeper->unpack->out);
	decoder = join_decoder(keeper);
	if (decoder->decoded && !decoder->decoded->is_download)
		unlink(keeper->unpack->image);
	return g_steal_pointer(&decoder->error);
}

/* --- the keeper ----------------------------------------------------------------------------------------------------------- */

static gboolean call_room(gpointer data)
{
	Unpack *unpack = g_task_get_task_data(data);

	unpack->room(unpack->room_data);
	return G_SOURCE_REMOVE;
}

/* At the task's own priority, so that it never comes behind the result. */
static void tell_room(Unpack *unpack)
{
	g_autoptr(GSource) source = g_idle_source_new();

	if (!unpack->room)
		return;
	g_source_set_priority(source, g_task_get_priority(unpack->task));
	g_source_set_callback(source, call_room, g_object_ref(unpack->task), g_object_unref);
	g_source_attach(source, g_task_get_context(unpack->task));
}

/* Takes over @chunk, whose bytes are in the file. */
static void pass_on(Keeper *keeper, Chunk *chunk)
{
	hasher_update(keeper->hasher, chunk->bytes, chunk->length);
	keeper->position += chunk->length;
	atomic_store(&keeper->unpack->done, keeper->position);
	/* The decoder may have what it needs, or have failed, which is found out elsewhere. */
	byte_queue_put(keeper->unpack->out, chunk);
}

static gboolean keep_chunk(Keeper *keeper, Chunk *chunk, GError **error)
{
	g_autoptr(Chunk) owned = chunk;

	if (!output_write_sparse(&keeper->output, keeper->position, chunk->bytes, chunk->length, error))
		return FALSE;
	pass_on(keeper, g_steal_pointer(&owned));
	return TRUE;
}

/* The bytes that came at another time. When somebody wants something else, which the queue will say, they only stay where they are. */
static gboolean replay(Keeper *keeper, GError **error)
{
	Unpack *unpack = keeper->unpack;

	while (keeper->position < unpack->offset) {
		gsize size = MIN(REPLAY_CHUNK, unpack->offset - keeper->position);
		if (byte_queue_is_interrupted(unpack->in)) {
			keeper->position = unpack->offset;
			break;
		}
		g_autoptr(Chunk) chunk = chunk_new(size);
		ssize_t got = pread(keeper->fd, chunk->bytes, size, (off_t)keeper->position);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return file_error(error, got < 0 ? errno : EIO, "read", unpack->download);
		chunk->length = (gsize)got;
		pass_on(keeper, g_steal_pointer(&chunk));
	}
	return TRUE;
}

static gboolean open_download(Keeper *keeper, GError **error)
{
	Unpack *unpack = keeper->unpack;
	struct stat st;

	keeper->fd = open(unpack->download, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (keeper->fd < 0 || fstat(keeper->fd, &st) < 0)
		return file_error(error, errno, "write", unpack->download);
	if (!S_ISREG(st.st_mode) || (guint64)st.st_size < unpack->offset)
		return error_set(error, CARREL_ERROR_FAILED, "fetch it again from the beginning",
				 "`%s' is shorter than what was downloaded before", unpack->download);
	keeper->output = (Output){ keeper->fd, unpack->download, &unpack->share };
	return output_set_size(&keeper->output, unpack->offset, error);
}

static gboolean begin_anew(Keeper *keeper, GError **error)
{
	g_autoptr(GError) forgotten = give_up_decoder(keeper);

	keeper->position = 0;
	g_clear_pointer(&keeper->hasher, hasher_free);
	keeper->hasher = hasher_new(keeper->unpack->digest);
	if (!output_set_size(&keeper->output, 0, error))
		return FALSE;
	atomic_store(&keeper->unpack->done, 0);
	atomic_store(&keeper->unpack->share.used, 0);
	start_decoder(keeper);
	return TRUE;
}

/* Takes what comes until it ends in one way or another. */
static QueueAnswer keep_all(Keeper *keeper, GError **error)
{
	Unpack *unpack = keeper->unpack;
	gboolean fine = TRUE;

	while (fine) {
		Chunk *chunk = NULL;
		gboolean room;
		QueueAnswer answer = byte_queue_take(unpack->in, &chunk, &room);
		if (room)
			tell_room(unpack);
		if (answer == QUEUE_CHUNK)
			fine = keep_chunk(keeper, chunk, error);
		else if (answer == QUEUE_RESTART)
			fine = begin_anew(keeper, error);
		else
			return answer;
	}
	return QUEUE_ABORTED;
}

/* What was still on its way is worth keeping too. */
static void keep_rest(Keeper *keeper)
{
	gboolean fine = TRUE;
	Chunk *chunk;

	while (fine && (chunk = byte_queue_take_left(keeper->unpack->in))) {
		fine = output_write_sparse(&keeper->output, keeper->position, chunk->bytes, chunk->length,
					   NULL);
		keeper->position += fine ? chunk->length : 0;
		chunk_unref(chunk);
	}
}

/* --- results -------------------------------------------------------------------------------------------------------------- */

/* The published digest in the one case, that of the file in the other. */
static char *image_sha256(const Keeper *keeper, const char *hex, Decoded *decoded)
{
	if (decoded->is_download && keeper->unpack->digest == G_CHECKSUM_SHA256)
		return g_strdup(hex);
	return g_steal_pointer(&decoded->sha256);
}

static UnpackResult *make_result(Keeper *keeper, Decoded *decoded)
{
	UnpackResult *result = g_new0(UnpackResult, 1);
	g_autofree char *hex = hasher_finish(keeper->hasher);

	result->digest = g_strdup_printf("%s:%s", digest_name(keeper->unpack->digest), hex);
	result->download = keeper->position;
	result->found = decoded->found;
	result->format = decoded->format;
	result->sha256 = image_sha256(keeper, hex, decoded);
	result->size = decoded->is_download ? keeper->position : decoded->size;
	result->virtual_size = decoded->virtual_size;
	result->member = g_steal_pointer(&decoded->member);
	if (result->found == IMAGE_ISO)
		result->virtual_size = result->size;
	return result;
}

static UnpackResult *finish_whole(Keeper *keeper, GError **error)
{
	Unpack *unpack = keeper->unpack;
	g_autoptr(Decoder) decoder = NULL;

	byte_queue_end(unpack->out);
	decoder = join_decoder(keeper);
	if (!output_set_size(&keeper->output, keeper->position, error))
		return NULL;
	if (decoder->error) {
		g_propagate_error(error, g_steal_pointer(&decoder->error));
		return NULL;
	}
	if (decoder->decoded->is_download && rename(unpack->download, unpack->image) < 0) {
		file_error(error, errno, "write", unpack->image);
		return NULL;
	}
	return make_result(keeper, decoder->decoded);
}

/* By the keeper's own error, which is there already, or the decoder's, or because somebody wanted it. */
static void finish_early(Keeper *keeper, GError **error)
{
	g_autoptr(GError) reason = give_up_decoder(keeper);

	if (!*error) {
		keep_rest(keeper);
		if (reason)
			g_propagate_error(error, g_steal_pointer(&reason));
		else
			set_stopped(error);
	}
	output_set_size(&keeper->output, keeper->position, NULL);
}

static UnpackResult *keep(Keeper *keeper, GError **error)
{
	g_autoptr(UnpackResult) result = NULL;
	QueueAnswer answer = QUEUE_ABORTED;

	if (!open_download(keeper, error))
		return NULL;
	keeper->hasher = hasher_new(keeper->unpack->digest);
	start_decoder(keeper);
	if (replay(keeper, error))
		answer = keep_all(keeper, error);
	if (answer == QUEUE_END)
		result = finish_whole(keeper, error);
	else
		finish_early(keeper, error);
	return g_steal_pointer(&result);
}

static gpointer run_keeper(gpointer data)
{
	Unpack *unpack = data;
	GTask *task = unpack->task;
	Keeper keeper = { .unpack = unpack, .fd = -1 };
	GError *error = NULL;
	UnpackResult *result = keep(&keeper, &error);

	g_clear_pointer(&keeper.hasher, hasher_free);
	fd_clear(&keeper.fd);
	/* Who still pushes is not made to wait. */
	byte_queue_abort(unpack->in);
	if (result)
		g_task_return_pointer(task, result, (GDestroyNotify)unpack_result_free);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
	return NULL;
}

/* --- the main loop's side ------------------------------------------------------------------------------------------------- */

static void stop(Unpack *unpack)
{
	atomic_store(&unpack->share.stopped, TRUE);
	byte_queue_abort(unpack->in);
	byte_queue_abort(unpack->out);
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	stop(data);
}

Unpack *unpack_start(const UnpackRequest *request, guint64 offset, UnpackRoom room, gpointer room_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	Unpack *unpack = g_new0(Unpack, 1);

	unpack->task = g_task_new(NULL, cancellable, callback, data);
	unpack->download = g_strdup(request->download);
	unpack->image = g_strdup(request->image);
	unpack->member = g_strdup(request->member);
	unpack->digest = request->digest;
	unpack->offset = offset;
	unpack->room = room;
	unpack->room_data = room_data;
	unpack->share.limit = request->room;
	unpack->in = byte_queue_new(QUEUE_MAX);
	unpack->out = byte_queue_new(QUEUE_MAX);
	g_task_set_check_cancellable(unpack->task, FALSE);
	g_task_set_task_data(unpack->task, unpack, unpack_free);
	if (cancellable) {
		unpack->cancellable = g_object_ref(cancellable);
		unpack->cancel_handler =
			g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), unpack, NULL);
	}
	g_thread_unref(g_thread_new("keep", run_keeper, unpack));
	return unpack;
}

gboolean unpack_push(Unpack *unpack, const guint8 *bytes, gsize length)
{
	return byte_queue_offer(unpack->in, bytes, length);
}

void unpack_restart(Unpack *unpack)
{
	/* The decoder need not finish what it has. In this order, since the keeper starts the next one as soon as it hears of it. */
	byte_queue_abort(unpack->out);
	byte_queue_restart(unpack->in);
}

void unpack_end(Unpack *unpack, gboolean complete)
{
	if (complete)
		byte_queue_end(unpack->in);
	else
		stop(unpack);
}

UnpackResult *unpack_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

guint64 unpack_done(Unpack *unpack)
{
	return atomic_load(&unpack->done);
}
