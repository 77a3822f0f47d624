/* The screen: asking for pictures, drawing them on the surface, sizes and the cursor. */
#include <string.h>

#include "console/source-private.h"

#define SIGN_OF_LIFE_SIZE 16
#define SIZE_MAX_EACH     0xffff /* 16 bits on the wire */

/* --- asking for pictures ------------------------------------------------------------------------------------------- */

static void ask(Source *source, gboolean incremental)
{
	Rect all = { 0, 0, surface_width(source->surface), surface_height(source->surface) };

	if (!source_can_send(source) || !source->active)
		return;
	rfb_put_update_request(source->out, incremental, &all);
	source->asked = TRUE;
	source->asked_at = g_get_monotonic_time();
}

static gboolean on_pace(gpointer data)
{
	Source *source = data;

	source_detach(&source->pace);
	if (!source->asked) {
		ask(source, source->whole);
		source_flush(source);
	}
	return G_SOURCE_REMOVE;
}

/* Now, or when the interval is over. What is not whole yet comes at once. */
static void ask_in_time(Source *source)
{
	gint64 due = source->asked_at + source->interval * (gint64)1000;
	gint64 wait = due - g_get_monotonic_time();

	source_detach(&source->pace);
	if (!source->whole || wait <= 0)
		ask(source, source->whole);
	else if (source->active && source->connected)
		source->pace = source_add_timer((guint)((wait + 999) / 1000), on_pace, source);
}

void source_set_interval(Source *source, guint ms)
{
	source->interval = ms;
	if (source->connected && !source->asked) {
		ask_in_time(source);
		source_flush(source);
	}
	source_nudge_again(source);
}

void source_set_active(Source *source, gboolean active)
{
	gboolean was = source->active;

	source->active = active;
	if (!active)
		source_detach(&source->pace);
	if (active && !was && !source->asked) {
		ask(source, source->whole);
		source_flush(source);
	}
	source_nudge_again(source);
}

void source_ask_sign_of_life(Source *source)
{
	Rect piece = { 0, 0, SIGN_OF_LIFE_SIZE, SIGN_OF_LIFE_SIZE };

	if (rect_clip(&piece, surface_width(source->surface), surface_height(source->surface)))
		rfb_put_update_request(source->out, FALSE, &piece);
	source_flush(source);
}

void source_end_update(Source *source, const RfbEvent *event)
{
	gint64 all = (gint64)surface_width(source->surface) * surface_height(source->surface);

	source->asked = source->drawing = FALSE;
	if (!source->whole)
		source->whole = source->drawn >= all;
	if (source->whole && !source->framed) {
		source->framed = TRUE;
		source_tell(source, SOURCE_FRAME);
	}
	if (source->fd >= 0)
		ask_in_time(source);
}

/* --- drawing ------------------------------------------------------------------------------------------------------- */

/* Copies a row and says which part of it changed: QEMU sends tiles of 16 pixels and whole screens after a resize. */
static gboolean copy_row(guint32 *to, const guint8 *from, int width, int *first, int *last)
{
	int low = width, high = -1;

	for (int x = 0; x < width; x++) {
		guint32 pixel;
		memcpy(&pixel, from + (gsize)x * 4, 4);
		pixel &= 0x00ffffff;
		if (to[x] == pixel)
			continue;
		to[x] = pixel;
		low = MIN(low, x);
		high = x;
	}
	*first = low;
	*last = high;
	return high >= 0;
}

void source_draw(Source *source, const RfbEvent *event)
{
	Rect changed = { 0, 0, 0, 0 };

	source->drawing = TRUE;
	for (int y = 0; y < event->rect.height; y++) {
		int first, last;
		guint32 *row = surface_row(source->surface, event->rect.x, event->rect.y + y);
		if (!copy_row(row, event->pixels + (gsize)y * event->rect.width * 4, event->rect.width,
			      &first, &last))
			continue;
		Rect part = { event->rect.x + first, event->rect.y + y, last - first + 1, 1 };
		changed = rect_union(&changed, &part);
	}
	if (!source->whole)
		source->drawn += (gint64)event->rect.width * event->rect.height;
	surface_damage(source->surface, &changed);
}

void source_draw_cursor(Source *source, const RfbEvent *event)
{
	if (event->cursor || surface_cursor(source->surface))
		surface_set_cursor(source->surface, event->cursor);
}

/* --- sizes --------------------------------------------------------------------------------------------------------- */

static void begin_surface(Source *source, const RfbEvent *event)
{
	source->whole = FALSE;
	source->drawn = 0;
	surface_resize(source->surface, event->rect.width, event->rect.height);
}

void source_resize(Source *source, const RfbEvent *event)
{
	if (event->rect.width != surface_width(source->surface) ||
	    event->rect.height != surface_height(source->surface))
		begin_surface(source, event);
}

/* Always a new surface here: a picture or cursor of an earlier connection must not count as this one's. */
void source_begin_picture(Source *source, const RfbEvent *event)
{
	begin_surface(source, event);
	if (surface_cursor(source->surface))
		surface_set_cursor(source->surface, NULL);
	source->connected = TRUE;
	rfb_put_setup(source->out);
	ask(source, FALSE);
	source_tell(source, SOURCE_CONNECTED);
	if (source->fd >= 0)
		source_nudge_again(source);
}

void source_take_size_answer(Source *source, const RfbEvent *event)
{
	source->sizable = TRUE;
	source->size_refused = event->value != RFB_SIZE_FORWARDED;
}

/* QEMU shows that it takes the message only when a size changes or is asked for; but whoever offers the extended clipboard is no older
 * than it (source-clipboard.c). */
gboolean source_request_size(Source *source, int width, int height)
{
	if (!source_can_send(source) || !source->sizable || source->size_refused)
		return FALSE;
	rfb_put_size(source->out, (guint16)CLAMP(width, 1, SIZE_MAX_EACH),
		     (guint16)CLAMP(height, 1, SIZE_MAX_EACH));
	source_flush(source);
	return TRUE;
}
