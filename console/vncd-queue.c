#include "console/vncd-queue.h"

#include <string.h>

/* Nobody types so far ahead of a main loop that turns. */
#define QUEUE_MAX 1024
/* Nor copies so much text before it is looked at. */
#define TEXT_MAX (4 * 1024 * 1024)

struct VncdQueue {
	VncdTake take;
	gpointer data;
	GMutex lock; /* of what follows */
	GQueue events;
	gsize text_bytes; /* in them */
	guint drain;      /* idle source */
};

static void event_free(gpointer event)
{
	g_free(((VncdEvent *)event)->text);
	g_free(event);
}

static gboolean on_drain(gpointer data)
{
	VncdQueue *queue = data;
	GQueue events;
	VncdEvent *event;

	g_mutex_lock(&queue->lock);
	events = queue->events;
	g_queue_init(&queue->events);
	queue->text_bytes = 0;
	queue->drain = 0;
	g_mutex_unlock(&queue->lock);
	while ((event = g_queue_pop_head(&events))) {
		queue->take(event, queue->data);
		event_free(event);
	}
	return G_SOURCE_REMOVE;
}

VncdQueue *vncd_queue_new(VncdTake take, gpointer data)
{
	VncdQueue *queue = g_new0(VncdQueue, 1);

	queue->take = take;
	queue->data = data;
	g_mutex_init(&queue->lock);
	g_queue_init(&queue->events);
	return queue;
}

void vncd_queue_free(VncdQueue *queue)
{
	if (!queue)
		return;
	g_clear_handle_id(&queue->drain, g_source_remove);
	on_drain(queue);
	g_mutex_clear(&queue->lock);
	g_free(queue);
}

/* A pointer that moves on, or a newer clipboard, takes the place of the one that nobody has looked at yet. */
static gboolean replaces(const VncdEvent *last, const VncdEvent *event)
{
	if (!last || last->viewer != event->viewer || last->kind != event->kind)
		return FALSE;
	return event->kind == VNCD_CLIPBOARD || event->kind == VNCD_SIZE ||
	       (event->kind == VNCD_POINTER && last->buttons == event->buttons);
}

/* What must arrive, so that no key stays down and no viewer stays known. */
static gboolean must_arrive(const VncdEvent *event)
{
	return event->kind == VNCD_GONE ||
	       ((event->kind == VNCD_SCANCODE || event->kind == VNCD_KEYSYM) && !event->down);
}

/* Counting text, even if it takes the place of other text; with the lock held. */
static gboolean has_room(VncdQueue *queue, const VncdEvent *event)
{
	guint length = g_queue_get_length(&queue->events);

	if (event->text)
		queue->text_bytes += strlen(event->text);
	if (event->kind == VNCD_GONE)
		return TRUE;
	return length < (must_arrive(event) ? 2 * QUEUE_MAX : QUEUE_MAX) &&
	       (!event->text || queue->text_bytes <= TEXT_MAX);
}

/* With the lock held. */
static void append(VncdQueue *queue, const VncdEvent *event)
{
	VncdEvent *last = g_queue_peek_tail(&queue->events);

	if (!has_room(queue, event)) {
		g_free(event->text);
	} else if (replaces(last, event)) {
		g_free(last->text);
		*last = *event;
	} else {
		g_queue_push_tail(&queue->events, g_memdup2(event, sizeof(*event)));
	}
}

void vncd_queue_push(VncdQueue *queue, const VncdEvent *event)
{
	g_mutex_lock(&queue->lock);
	append(queue, event);
	if (!queue->drain)
		queue->drain = g_idle_add_full(G_PRIORITY_DEFAULT, on_drain, queue, NULL);
	g_mutex_unlock(&queue->lock);
}
