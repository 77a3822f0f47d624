#include "gallery/byte-queue.h"

#include <string.h>

/* Small pieces are gathered up to this many bytes. */
#define CHUNK_BYTES (64 * 1024)

struct ByteQueue {
	GMutex lock;
	GCond changed;
	GQueue chunks; /* of Chunk; the last one may have room for more */
	gsize bytes, max;
	gboolean ended, restarted, aborted;
	gboolean refused; /* an offer, since then nobody was told of room */
};

Chunk *chunk_new(gsize length)
{
	Chunk *chunk = g_malloc(sizeof(Chunk) + length);

	chunk->references = 1;
	chunk->length = length;
	chunk->offset = 0;
	return chunk;
}

Chunk *chunk_ref(Chunk *chunk)
{
	g_atomic_int_inc(&chunk->references);
	return chunk;
}

void chunk_unref(Chunk *chunk)
{
	if (chunk && g_atomic_int_dec_and_test(&chunk->references))
		g_free(chunk);
}

ByteQueue *byte_queue_new(gsize max)
{
	ByteQueue *queue = g_new0(ByteQueue, 1);

	g_mutex_init(&queue->lock);
	g_cond_init(&queue->changed);
	g_queue_init(&queue->chunks);
	queue->max = max;
	return queue;
}

void byte_queue_free(ByteQueue *queue)
{
	if (!queue)
		return;
	g_queue_clear_full(&queue->chunks, (GDestroyNotify)chunk_unref);
	g_mutex_clear(&queue->lock);
	g_cond_clear(&queue->changed);
	g_free(queue);
}

static gboolean has_room(const ByteQueue *queue, gsize length)
{
	return queue->bytes == 0 || queue->bytes + length <= queue->max;
}

/* A chunk that waits in the queue has this much memory, whatever its length. */
static gsize room_of(const Chunk *chunk)
{
	return chunk->length < CHUNK_BYTES ? CHUNK_BYTES - chunk->length : 0;
}

static void gather(ByteQueue *queue, const guint8 *bytes, gsize length)
{
	while (length > 0) {
		Chunk *last = g_queue_peek_tail(&queue->chunks);
		if (!last || room_of(last) == 0) {
			last = chunk_new(CHUNK_BYTES);
			last->length = 0;
			g_queue_push_tail(&queue->chunks, last);
		}
		gsize part = MIN(length, room_of(last));
		memcpy(last->bytes + last->length, bytes, part);
		last->length += part;
		queue->bytes += part;
		bytes += part;
		length -= part;
	}
}

gboolean byte_queue_offer(ByteQueue *queue, const guint8 *bytes, gsize length)
{
	gboolean fits;

	g_mutex_lock(&queue->lock);
	fits = queue->aborted || has_room(queue, length);
	if (!fits)
		queue->refused = TRUE;
	else if (!queue->aborted)
		gather(queue, bytes, length);
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
	return fits;
}

gboolean byte_queue_put(ByteQueue *queue, Chunk *chunk)
{
	gboolean taken;

	g_mutex_lock(&queue->lock);
	while (!queue->aborted && !has_room(queue, chunk->length))
		g_cond_wait(&queue->changed, &queue->lock);
	taken = !queue->aborted;
	if (taken) {
		queue->bytes += chunk->length;
		g_queue_push_tail(&queue->chunks, chunk);
		g_cond_broadcast(&queue->changed);
	}
	g_mutex_unlock(&queue->lock);
	if (!taken)
		chunk_unref(chunk);
	return taken;
}

static Chunk *pop(ByteQueue *queue)
{
	Chunk *chunk = g_queue_pop_head(&queue->chunks);

	if (chunk)
		queue->bytes -= chunk->length;
	return chunk;
}

static QueueAnswer answer(ByteQueue *queue, Chunk **chunk)
{
	if (queue->aborted)
		return QUEUE_ABORTED;
	if (queue->restarted) {
		queue->restarted = FALSE;
		return QUEUE_RESTART;
	}
	*chunk = pop(queue);
	return *chunk ? QUEUE_CHUNK : QUEUE_END;
}

QueueAnswer byte_queue_take(ByteQueue *queue, Chunk **chunk, gboolean *room)
{
	QueueAnswer result;

	g_mutex_lock(&queue->lock);
	while (!queue->aborted && !queue->restarted && !queue->ended && g_queue_is_empty(&queue->chunks))
		g_cond_wait(&queue->changed, &queue->lock);
	result = answer(queue, chunk);
	if (room) {
		*room = queue->refused && queue->bytes <= queue->max / 2;
		queue->refused = queue->refused && !*room;
	}
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
	return result;
}

Chunk *byte_queue_take_left(ByteQueue *queue)
{
	Chunk *chunk;

	g_mutex_lock(&queue->lock);
	chunk = pop(queue);
	g_mutex_unlock(&queue->lock);
	return chunk;
}

static void forget_chunks(ByteQueue *queue)
{
	g_queue_clear_full(&queue->chunks, (GDestroyNotify)chunk_unref);
	queue->bytes = 0;
}

void byte_queue_end(ByteQueue *queue)
{
	g_mutex_lock(&queue->lock);
	queue->ended = TRUE;
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
}

void byte_queue_restart(ByteQueue *queue)
{
	g_mutex_lock(&queue->lock);
	forget_chunks(queue);
	queue->restarted = TRUE;
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
}

void byte_queue_abort(ByteQueue *queue)
{
	g_mutex_lock(&queue->lock);
	queue->aborted = TRUE;
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
}

gboolean byte_queue_is_interrupted(ByteQueue *queue)
{
	gboolean interrupted;

	g_mutex_lock(&queue->lock);
	interrupted = queue->aborted || queue->restarted;
	g_mutex_unlock(&queue->lock);
	return interrupted;
}

void byte_queue_reset(ByteQueue *queue)
{
	g_mutex_lock(&queue->lock);
	forget_chunks(queue);
	queue->ended = queue->restarted = queue->aborted = queue->refused = FALSE;
	g_mutex_unlock(&queue->lock);
}
