/*
 * Bytes on their way from one thread to another: a bounded queue of chunks. One thread puts, one takes. Chunks are counted, so that the same bytes can
 * go on to the next queue without a copy.
 */
#pragma once

#include <glib.h>

typedef struct {
	gint references;
	gsize length;
	guint64 offset; /* means nothing to the queue */
	guint8 bytes[];
} Chunk;

Chunk *chunk_ref(Chunk *chunk);
void chunk_unref(Chunk *chunk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chunk, chunk_unref)
Chunk *chunk_new(gsize length);

typedef enum {
	QUEUE_CHUNK,
	QUEUE_END,     /* nothing more will come */
	QUEUE_RESTART, /* what comes next begins anew; what came before and was not taken is gone */
	QUEUE_ABORTED  /* one of the two wants no more; what was not taken is still there */
} QueueAnswer;

typedef struct ByteQueue ByteQueue;

/* At most @max bytes wait in it, or one piece if that is larger. */
ByteQueue *byte_queue_new(gsize max);
void byte_queue_free(ByteQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ByteQueue, byte_queue_free)

/* Copies, never waits. FALSE: full, nothing was taken. What comes after an abort is dropped. */
gboolean byte_queue_offer(ByteQueue *queue, const guint8 *bytes, gsize length);

/* Waits for room; takes over @chunk in any case. FALSE: aborted. */
gboolean byte_queue_put(ByteQueue *queue, Chunk *chunk);

/* Waits. @chunk is the caller's. *@room (may be NULL): somebody's offer was refused, and now there is room. */
QueueAnswer byte_queue_take(ByteQueue *queue, Chunk **chunk, gboolean *room);

/* Does not wait: what an abort left, or NULL. */
Chunk *byte_queue_take_left(ByteQueue *queue);

void byte_queue_end(ByteQueue *queue);
void byte_queue_restart(ByteQueue *queue);
void byte_queue_abort(ByteQueue *queue);

/* Restart or abort is what the next take will say. */
gboolean byte_queue_is_interrupted(ByteQueue *queue);

/* As new. */
void byte_queue_reset(ByteQueue *queue);
