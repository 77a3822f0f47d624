#include "console/surface.h"

#include <string.h>

typedef struct {
	guint id;
	SurfaceWatch call; /* NULL: unwatched while events were being told */
	gpointer data;
} Watcher;

struct Surface {
	int references;
	int width, height;
	guint32 *pixels;
	SurfaceCursor cursor; /* no pixels: none */
	guint64 generation;
	GArray *watchers; /* Watcher */
	guint next_id;
	int telling; /* depth of emit() */
};

Surface *surface_new(void)
{
	Surface *surface = g_new0(Surface, 1);

	surface->references = 1;
	surface->watchers = g_array_new(FALSE, TRUE, sizeof(Watcher));
	return surface;
}

Surface *surface_ref(Surface *surface)
{
	surface->references++;
	return surface;
}

void surface_unref(Surface *surface)
{
	if (!surface || --surface->references > 0)
		return;
	g_array_unref(surface->watchers);
	g_free(surface->pixels);
	g_free(surface->cursor.pixels);
	g_free(surface);
}

int surface_width(const Surface *surface)
{
	return surface->width;
}

int surface_height(const Surface *surface)
{
	return surface->height;
}

const guint32 *surface_pixels(const Surface *surface)
{
	return surface->pixels;
}

const SurfaceCursor *surface_cursor(const Surface *surface)
{
	return surface->cursor.pixels ? &surface->cursor : NULL;
}

guint64 surface_generation(const Surface *surface)
{
	return surface->generation;
}

guint surface_watch(Surface *surface, SurfaceWatch watch, gpointer data)
{
	Watcher watcher = { ++surface->next_id, watch, data };

	g_array_append_val(surface->watchers, watcher);
	return watcher.id;
}

static void sweep(Surface *surface)
{
	for (guint i = surface->watchers->len; i-- > 0;)
		if (!g_array_index(surface->watchers, Watcher, i).call)
			g_array_remove_index(surface->watchers, i);
}

void surface_unwatch(Surface *surface, guint id)
{
	for (guint i = 0; i < surface->watchers->len; i++) {
		Watcher *watcher = &g_array_index(surface->watchers, Watcher, i);
		if (watcher->id == id)
			watcher->call = NULL;
	}
	if (!surface->telling)
		sweep(surface);
}

/* A watcher may watch, unwatch, and drop the last reference of its own. */
static void emit(Surface *surface, SurfaceEvent event, const Rect *damage)
{
	guint count = surface->watchers->len;

	surface_ref(surface);
	surface->generation++;
	surface->telling++;
	for (guint i = 0; i < count; i++) {
		Watcher watcher = g_array_index(surface->watchers, Watcher, i);
		if (watcher.call)
			watcher.call(surface, event, damage, watcher.data);
	}
	if (--surface->telling == 0)
		sweep(surface);
	surface_unref(surface);
}

gboolean surface_resize(Surface *surface, int width, int height)
{
	if (width < 1 || height < 1 || width > SURFACE_MAX_PIXELS / height)
		return FALSE;
	g_free(surface->pixels);
	surface->pixels = g_new0(guint32, (gsize)width * height);
	surface->width = width;
	surface->height = height;
	emit(surface, SURFACE_RESIZED, NULL);
	return TRUE;
}

guint32 *surface_row(Surface *surface, int x, int y)
{
	return surface->pixels + (gsize)y * surface->width + x;
}

void surface_damage(Surface *surface, const Rect *rect)
{
	Rect clipped = *rect;

	if (rect_clip(&clipped, surface->width, surface->height))
		emit(surface, SURFACE_DAMAGED, &clipped);
}

static gboolean cursor_is_sane(const SurfaceCursor *cursor)
{
	return cursor->width > 0 && cursor->height > 0 && cursor->width <= SURFACE_CURSOR_MAX &&
	       cursor->height <= SURFACE_CURSOR_MAX;
}

void surface_set_cursor(Surface *surface, const SurfaceCursor *cursor)
{
	g_clear_pointer(&surface->cursor.pixels, g_free);
	if (cursor && cursor_is_sane(cursor)) {
		surface->cursor = *cursor;
		surface->cursor.pixels = g_memdup2(
			cursor->pixels, (gsize)cursor->width * (gsize)cursor->height * sizeof(guint32));
	}
	emit(surface, SURFACE_CURSOR, NULL);
}

/* Part of [*start, *start + *length) inside [0, limit). */
static void span_clip(int *start, int *length, int limit)
{
	gint64 from = MAX(*start, 0);
	gint64 to = MIN((gint64)*start + *length, limit);

	*start = (int)from;
	*length = (int)MAX(to - from, 0);
}

gboolean rect_clip(Rect *rect, int width, int height)
{
	span_clip(&rect->x, &rect->width, width);
	span_clip(&rect->y, &rect->height, height);
	return rect->width > 0 && rect->height > 0;
}

Rect rect_union(const Rect *a, const Rect *b)
{
	Rect both;

	if (a->width <= 0 || a->height <= 0)
		return *b;
	if (b->width <= 0 || b->height <= 0)
		return *a;
	both.x = MIN(a->x, b->x);
	both.y = MIN(a->y, b->y);
	both.width = MAX(a->x + a->width, b->x + b->width) - both.x;
	both.height = MAX(a->y + a->height, b->y + b->height) - both.y;
	return both;
}
