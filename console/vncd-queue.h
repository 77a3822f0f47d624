/*
 * From libvncserver's threads to the main loop: what viewers do, in order and bounded. The one place where the VNC server's threads and
 * ours meet for input.
 */
#pragma once

#include <glib.h>

typedef enum {
	VNCD_SCANCODE,
	VNCD_KEYSYM,
	VNCD_POINTER, /* in pixels of the screen */
	VNCD_MOVE,    /* relative */
	VNCD_CLIPBOARD,
	VNCD_SIZE, /* a wish for the guest's screen */
	VNCD_GONE  /* the last one of a viewer */
} VncdEventKind;

typedef struct {
	VncdEventKind kind;
	gpointer viewer;
	guint32 code; /* qnum or keysym */
	gboolean down;
	int x, y; /* also width and height */
	guint buttons;
	char *text; /* UTF-8; vncd_queue_push() takes it, the receiver borrows it */
} VncdEvent;

typedef void (*VncdTake)(const VncdEvent *event, gpointer data);
typedef struct VncdQueue VncdQueue;

/* @take runs on the default main context. */
VncdQueue *vncd_queue_new(VncdTake take, gpointer data);
/* What is still queued is handed over first. No thread may push any more. */
void vncd_queue_free(VncdQueue *queue);
/* From any thread. A viewer that sends faster than anybody types loses presses, but never a release or its end. */
void vncd_queue_push(VncdQueue *queue, const VncdEvent *event);
