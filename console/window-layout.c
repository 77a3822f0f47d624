#include "console/window-layout.h"

#include <stdlib.h>

#define PAN_EDGE 24 /* pixels from an edge of the room in which the pointer scrolls */
#define PAN_STEP 12

static const int steps[] = { 50, 75, 100, 125, 150, 200, 250, 300, 400 };

/* --- zoom ---------------------------------------------------------------------------------------------------------- */

gboolean zoom_parse(const char *text, Zoom *zoom)
{
	char *end;
	long percent;

	if (g_str_equal(text, "fit") || g_str_equal(text, "integer")) {
		*zoom = (Zoom){ *text == 'f' ? ZOOM_FIT : ZOOM_INTEGER, 100 };
		return TRUE;
	}
	percent = strtol(text, &end, 10);
	if (end == text || (*end && !g_str_equal(end, "%")) || percent < ZOOM_MIN || percent > ZOOM_MAX)
		return FALSE;
	*zoom = (Zoom){ ZOOM_FIXED, (int)percent };
	return TRUE;
}

char *zoom_text(const Zoom *zoom)
{
	static const char *const names[] = { [ZOOM_FIT] = "fit", [ZOOM_INTEGER] = "integer" };

	if (zoom->mode == ZOOM_FIXED)
		return g_strdup_printf("%d%%", zoom->percent);
	return g_strdup(names[zoom->mode]);
}

Zoom zoom_cycle(const Zoom *zoom)
{
	switch (zoom->mode) {
	case ZOOM_FIT:
		return (Zoom){ ZOOM_INTEGER, 100 };
	case ZOOM_INTEGER:
		return (Zoom){ ZOOM_FIXED, 100 };
	case ZOOM_FIXED:
		break;
	}
	return (Zoom){ ZOOM_FIT, 100 };
}

Zoom zoom_step(int percent, int direction)
{
	int found = direction > 0 ? ZOOM_MAX : ZOOM_MIN;

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		if (direction > 0 && steps[i] > percent)
			found = MIN(found, steps[i]);
		if (direction <= 0 && steps[i] < percent)
			found = MAX(found, steps[i]);
	}
	return (Zoom){ ZOOM_FIXED, found };
}

/* --- layout -------------------------------------------------------------------------------------------------------- */

static void scaled_size(const Frame *frame, const Rect *room, int *width, int *height)
{
	double x = (double)room->width / frame->picture_width;
	double y = (double)room->height / frame->picture_height;
	double scale = MIN(x, y);

	if (frame->zoom.mode == ZOOM_FIXED)
		scale = CLAMP(frame->zoom.percent, ZOOM_MIN, ZOOM_MAX) / 100.0;
	else if (frame->zoom.mode == ZOOM_INTEGER && scale >= 1)
		scale = (int)scale;
	*width = MAX((int)(frame->picture_width * scale + 0.5), 1);
	*height = MAX((int)(frame->picture_height * scale + 0.5), 1);
}

/* Position of the picture in the room along one axis: in the middle, or where it is scrolled to. */
static int place(int at, int room, int size, int *scroll)
{
	*scroll = CLAMP(*scroll, 0, MAX(size - room, 0));
	return size <= room ? at + (room - size) / 2 : at - *scroll;
}

void frame_layout(const Frame *frame, WindowLayout *layout)
{
	int above = frame->over ? 0 : frame->toolbar, below = frame->over ? 0 : frame->status;
	int width, height;

	*layout = (WindowLayout){ .scroll_x = frame->scroll_x, .scroll_y = frame->scroll_y };
	if (frame->toolbar > 0)
		layout->toolbar = (Rect){ 0, 0, frame->width, frame->toolbar };
	if (frame->status > 0)
		layout->status = (Rect){ 0, frame->height - frame->status, frame->width, frame->status };
	layout->room = (Rect){ 0, above, MAX(frame->width, 1), MAX(frame->height - above - below, 1) };
	if (frame->picture_width < 1 || frame->picture_height < 1)
		return;
	scaled_size(frame, &layout->room, &width, &height);
	layout->picture =
		(Rect){ place(0, layout->room.width, width, &layout->scroll_x),
			place(above, layout->room.height, height, &layout->scroll_y), width, height };
	layout->percent = (int)(100.0 * width / frame->picture_width + 0.5);
	layout->seen = layout->picture;
	layout->seen.x -= layout->room.x;
	layout->seen.y -= layout->room.y;
	if (!rect_clip(&layout->seen, layout->room.width, layout->room.height))
		layout->seen = (Rect){ 0, 0, 0, 0 };
	layout->seen.x += layout->room.x;
	layout->seen.y += layout->room.y;
}

gboolean rect_holds(const Rect *rect, int x, int y)
{
	return x >= rect->x && y >= rect->y && x < rect->x + rect->width && y < rect->y + rect->height;
}

gboolean frame_to_guest(const WindowLayout *layout, const Frame *frame, int x, int y, int *guest_x,
			int *guest_y)
{
	const Rect *picture = &layout->picture;

	*guest_x = *guest_y = 0;
	if (picture->width < 1 || picture->height < 1)
		return FALSE;
	*guest_x = (int)((gint64)(x - picture->x) * frame->picture_width / picture->width);
	*guest_y = (int)((gint64)(y - picture->y) * frame->picture_height / picture->height);
	*guest_x = CLAMP(*guest_x, 0, frame->picture_width - 1);
	*guest_y = CLAMP(*guest_y, 0, frame->picture_height - 1);
	return rect_holds(&layout->seen, x, y);
}

/* [*at, *end) of @count guest pixels along one axis, in window pixels from @start. */
static void span(int start, int size, int count, int at, int length, int *from, int *to)
{
	*from = start + (int)(((gint64)at - 1) * size / count) - 1;
	*to = start + (int)(((gint64)at + length + 1) * size / count) + 1;
}

gboolean frame_to_window(const WindowLayout *layout, const Frame *frame, const Rect *damage, Rect *part)
{
	const Rect *seen = &layout->seen;
	int left, right, top, bottom;

	if (seen->width < 1 || frame->picture_width < 1 || frame->picture_height < 1)
		return FALSE;
	span(layout->picture.x, layout->picture.width, frame->picture_width, damage->x, damage->width, &left,
	     &right);
	span(layout->picture.y, layout->picture.height, frame->picture_height, damage->y, damage->height,
	     &top, &bottom);
	left = MAX(left, seen->x);
	top = MAX(top, seen->y);
	right = MIN(right, seen->x + seen->width);
	bottom = MIN(bottom, seen->y + seen->height);
	*part = (Rect){ left, top, right - left, bottom - top };
	return right > left && bottom > top;
}

void frame_window_size(const Frame *frame, const Rect *room, int *width, int *height)
{
	int bars = frame->over ? 0 : frame->toolbar + frame->status;
	int percent = frame->zoom.mode == ZOOM_FIXED ? CLAMP(frame->zoom.percent, ZOOM_MIN, ZOOM_MAX) : 100;

	*width = MIN(frame->picture_width * percent / 100, room->width);
	*height = MIN(frame->picture_height * percent / 100 + bars, room->height);
}

/* The scrolled rest on both sides decides; an edge at which nothing is left does not scroll. */
static int pan(int at, int start, int size, int scroll, int most)
{
	if (most <= 0)
		return 0;
	if (at < start + PAN_EDGE)
		return -MIN(PAN_STEP, scroll);
	if (at >= start + size - PAN_EDGE)
		return MIN(PAN_STEP, most - scroll);
	return 0;
}

void frame_pan(const WindowLayout *layout, int x, int y, int *dx, int *dy)
{
	const Rect *room = &layout->room;

	*dx = pan(x, room->x, room->width, layout->scroll_x, layout->picture.width - room->width);
	*dy = pan(y, room->y, room->height, layout->scroll_y, layout->picture.height - room->height);
}
