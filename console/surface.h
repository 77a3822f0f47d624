/*
 * The guest's screen: pixels, what has changed, the cursor's picture. One surface, many readers.
 *
 * Pixels are 32-bit words 0x00RRGGBB in host byte order (RFB: bits-per-pixel 32, true colour, shifts 16/8/0), rows of
 * `width' words without padding. A source writes, sinks read; all on one thread.
 */
#pragma once

#include <glib.h>

/* QEMU 7.2's VNC server never exceeds 2560x2048; leave room for newer ones. */
#define SURFACE_MAX_PIXELS (16 * 1024 * 1024)

typedef struct {
	int x, y, width, height;
} Rect;

typedef struct Surface Surface;

/* What a reader is told. @damage is NULL for SURFACE_RESIZED and SURFACE_CURSOR. */
typedef enum { SURFACE_DAMAGED, SURFACE_RESIZED, SURFACE_CURSOR } SurfaceEvent;
typedef void (*SurfaceWatch)(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data);

Surface *surface_new(void); /* 0x0 until the first resize */
Surface *surface_ref(Surface *surface);
void surface_unref(Surface *surface);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Surface, surface_unref)

int surface_width(const Surface *surface);
int surface_height(const Surface *surface);
const guint32 *surface_pixels(const Surface *surface); /* borrowed until the next resize */
/* Grows by each damage and resize; 0 = nothing was ever drawn. */
guint64 surface_generation(const Surface *surface);

/* The pointer's picture where the guest's device draws it apart from the screen (virtio-gpu); NULL = it is part of the pixels, or hidden.
 * Premultiplied 0xAARRGGBB in host byte order. Borrowed until SURFACE_CURSOR. */
#define SURFACE_CURSOR_MAX 256 /* pixels each way */
typedef struct {
	int width, height, hot_x, hot_y;
	guint32 *pixels;
} SurfaceCursor;
const SurfaceCursor *surface_cursor(const Surface *surface);

guint surface_watch(Surface *surface, SurfaceWatch watch, gpointer data);
void surface_unwatch(Surface *surface, guint id);

/* For sources. FALSE when the size is not between 1x1 and SURFACE_MAX_PIXELS. Content becomes black. */
gboolean surface_resize(Surface *surface, int width, int height);
/* Row pointer for writing; the caller checked the bounds. */
guint32 *surface_row(Surface *surface, int x, int y);
/* Announces that @rect (clipped) was written. */
void surface_damage(Surface *surface, const Rect *rect);

/* Copies @cursor; NULL or an empty one takes it away. */
void surface_set_cursor(Surface *surface, const SurfaceCursor *cursor);

/* Part of @rect inside width x height; FALSE when empty. */
gboolean rect_clip(Rect *rect, int width, int height);
/* Smallest rectangle around both; an empty one (width 0) counts as nothing. */
Rect rect_union(const Rect *a, const Rect *b);
