#include "console/vncd-frame.h"

#include <string.h>

struct VncdFrame {
	guint32 *pixels; /* of the largest size; the kernel gives pages when they are touched */
	gint size;       /* atomic: width and height in one */
};

VncdFrame *vncd_frame_new(void)
{
	VncdFrame *frame = g_new0(VncdFrame, 1);

	frame->pixels = g_malloc0_n((gsize)VNCD_WIDTH_MAX * VNCD_HEIGHT_MAX, sizeof(guint32));
	return frame;
}

void vncd_frame_free(VncdFrame *frame)
{
	g_free(frame->pixels);
	g_free(frame);
}

void vncd_frame_resize(VncdFrame *frame, Surface *picture)
{
	Rect all = { 0, 0, surface_width(picture), surface_height(picture) };

	rect_clip(&all, VNCD_WIDTH_MAX, VNCD_HEIGHT_MAX);
	g_atomic_int_set(&frame->size, all.width << 16 | all.height);
}

gboolean vncd_frame_take(VncdFrame *frame, Surface *picture, Rect *rect)
{
	int width, height;

	vncd_frame_size(frame, &width, &height);
	if (!rect_clip(rect, width, height) ||
	    !rect_clip(rect, surface_width(picture), surface_height(picture)))
		return FALSE;
	for (int y = rect->y; y < rect->y + rect->height; y++)
		memcpy(frame->pixels + (gsize)y * (gsize)width + rect->x, surface_row(picture, rect->x, y),
		       (gsize)rect->width * sizeof(guint32));
	return TRUE;
}

void vncd_frame_size(const VncdFrame *frame, int *width, int *height)
{
	gint size = g_atomic_int_get(&frame->size);

	*width = size >> 16;
	*height = size & 0xffff;
}

guint32 *vncd_frame_pixels(VncdFrame *frame)
{
	return frame->pixels;
}
