/* What stands in a framebuffer update: pixels, and the pseudo-encodings that say what is no pixel. */
#include <string.h>

#include "base/error.h"
#include "console/rfb-private.h"

/* QEMU makes no cursor beyond 512x512. One that the surface does not take is skipped: the guest chose it, that ends no conversation. */
#define CURSOR_SKIPPED_MAX 1024
#define PIXEL_SIZE         4
#define SCREEN_SIZE        16 /* of an entry in the list of screens */

static Step take_rect(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error);

static Step take_update_end(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb_enter(rfb, rfb_take_message, 1);
	return rfb_tell(event, RFB_UPDATE_END, 0);
}

static void next_rect(Rfb *rfb)
{
	if (rfb->rects == 0) {
		rfb_enter(rfb, take_update_end, 0);
		return;
	}
	rfb->rects--;
	rfb_enter(rfb, take_rect, 12);
}

Step rfb_take_update(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->rects = rfb_get16(bytes + 1);
	next_rect(rfb);
	return STEP_ON;
}

/* --- pixels -------------------------------------------------------------------------------------------------------- */

/* Takes as many whole rows as there are. */
static Step take_rows(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	gsize available = (rfb->in->len - rfb->done) / rfb->need;
	int rows = (int)MIN(available, (gsize)rfb->rows.height);

	event->kind = RFB_PIXELS;
	event->pixels = bytes;
	event->rect = rfb->rows;
	event->rect.height = rows;
	rfb->used = rfb->need * (gsize)rows;
	rfb->rows.y += rows;
	rfb->rows.height -= rows;
	if (rfb->rows.height == 0)
		next_rect(rfb);
	return STEP_EVENT;
}

static Step begin_rows(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	if (rect->x + rect->width > rfb->width || rect->y + rect->height > rfb->height) {
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "the console's server drew %dx%d at %d,%d outside of a screen of %dx%d",
			  rect->width, rect->height, rect->x, rect->y, rfb->width, rfb->height);
		return STEP_ERROR;
	}
	if (rect->width == 0 || rect->height == 0) {
		next_rect(rfb);
		return STEP_ON;
	}
	rfb->rows = *rect;
	rfb_enter(rfb, take_rows, (gsize)rect->width * PIXEL_SIZE);
	return STEP_ON;
}

/* --- sizes --------------------------------------------------------------------------------------------------------- */

static Step take_new_size(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	if (!rfb_take_size(rfb, rect->width, rect->height, error))
		return STEP_ERROR;
	event->kind = RFB_RESIZED;
	event->rect = (Rect){ 0, 0, rfb->width, rfb->height };
	next_rect(rfb);
	return STEP_EVENT;
}

static Step take_screens(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->skip = (gsize)bytes[0] * SCREEN_SIZE;
	next_rect(rfb);
	return STEP_ON;
}

/* x says who asked for the size (0 the server, 1 we), y what became of it; a list of screens follows. */
static Step take_extended_size(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	Step step;

	if (rect->x == 1 && rect->y != 0)
		step = rfb_tell(event, RFB_SIZE_ANSWER, (guint)rect->y);
	else
		step = take_new_size(rfb, rect, event, error);
	rfb_enter(rfb, take_screens, 4);
	return step;
}

/* --- notes --------------------------------------------------------------------------------------------------------- */

static Step take_pointer_type(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	next_rect(rfb);
	return rfb_tell(event, RFB_POINTER_ABSOLUTE, rect->x != 0);
}

static Step take_keys_extended(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	next_rect(rfb);
	return rfb_tell(event, RFB_KEYS_EXTENDED, 1);
}

static Step take_audio_offer(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	next_rect(rfb);
	return rfb_tell(event, RFB_AUDIO_OFFERED, 1);
}

static Step take_leds(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	next_rect(rfb);
	return rfb_tell(event, RFB_LEDS, bytes[0]);
}

static Step begin_leds(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	rfb_enter(rfb, take_leds, 1);
	return STEP_ON;
}

/* --- cursors ------------------------------------------------------------------------------------------------------- */

/* The cursor that was received has @pixels, or there is none. */
static Step tell_cursor(Rfb *rfb, guint32 *pixels, RfbEvent *event)
{
	rfb->cursor.pixels = pixels;
	event->kind = RFB_CURSOR;
	event->cursor = pixels ? &rfb->cursor : NULL;
	next_rect(rfb);
	return STEP_EVENT;
}

/* A colour is never brighter than its alpha, or a viewer's blending overflows. */
static guint32 premultiplied(guint32 pixel)
{
	guint32 alpha = pixel >> 24;
	guint32 red = MIN(pixel >> 16 & 0xff, alpha);
	guint32 green = MIN(pixel >> 8 & 0xff, alpha);
	guint32 blue = MIN(pixel & 0xff, alpha);

	return alpha << 24 | red << 16 | green << 8 | blue;
}

static Step take_alpha_pixels(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	gsize count = rfb->need / PIXEL_SIZE;
	guint32 *pixels = g_memdup2(bytes, rfb->need);

	for (gsize i = 0; i < count; i++)
		pixels[i] = premultiplied(pixels[i]);
	return tell_cursor(rfb, pixels, event);
}

/* Pixels, then a mask of one bit a pixel, rows in whole bytes. */
static Step take_rich_pixels(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	int width = rfb->cursor.width, height = rfb->cursor.height;
	gsize row_bytes = ((gsize)width + 7) / 8;
	gsize size = (gsize)width * (gsize)height * PIXEL_SIZE;
	const guint8 *mask = bytes + size;
	guint32 *pixels = g_memdup2(bytes, size);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			gboolean visible = mask[(gsize)y * row_bytes + x / 8] >> (7 - x % 8) & 1;
			guint32 *pixel = &pixels[(gsize)y * width + x];
			*pixel = visible ? *pixel | 0xff000000 : 0;
		}
	return tell_cursor(rfb, pixels, event);
}

/* @size: bytes of its pixels on the wire. */
static Step begin_pixels(Rfb *rfb, Take take, gsize size, RfbEvent *event)
{
	const SurfaceCursor *cursor = &rfb->cursor;

	if (size > 0 && cursor->width <= SURFACE_CURSOR_MAX && cursor->height <= SURFACE_CURSOR_MAX) {
		rfb_enter(rfb, take, size);
		return STEP_ON;
	}
	rfb->skip = size;
	return tell_cursor(rfb, NULL, event);
}

/* The place of a cursor's rectangle is its hot spot. */
static gboolean begin_cursor(Rfb *rfb, const Rect *rect, GError **error)
{
	SurfaceCursor *cursor = &rfb->cursor;

	if (rect->width > CURSOR_SKIPPED_MAX || rect->height > CURSOR_SKIPPED_MAX) {
		rfb_refuse(error, "sent a cursor that is too large");
		return FALSE;
	}
	cursor->width = rect->width;
	cursor->height = rect->height;
	cursor->hot_x = CLAMP(rect->x, 0, MAX(rect->width - 1, 0));
	cursor->hot_y = CLAMP(rect->y, 0, MAX(rect->height - 1, 0));
	return TRUE;
}

static Step begin_rich_cursor(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	gsize mask = ((gsize)rect->width + 7) / 8 * (gsize)rect->height;

	if (!begin_cursor(rfb, rect, error))
		return STEP_ERROR;
	return begin_pixels(rfb, take_rich_pixels,
			    (gsize)rect->width * (gsize)rect->height * PIXEL_SIZE + mask, event);
}

static Step take_alpha_encoding(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (rfb_get32(bytes) != RFB_ENCODING_RAW)
		return rfb_refuse(error, "sent a cursor in an encoding that was not offered");
	return begin_pixels(rfb, take_alpha_pixels,
			    (gsize)rfb->cursor.width * (gsize)rfb->cursor.height * PIXEL_SIZE, event);
}

static Step begin_alpha_cursor(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	if (!begin_cursor(rfb, rect, error))
		return STEP_ERROR;
	rfb_enter(rfb, take_alpha_encoding, 4);
	return STEP_ON;
}

/* --- rectangles ---------------------------------------------------------------------------------------------------- */

static const struct {
	gint32 encoding;
	Step (*begin)(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error);
} encodings[] = {
	{RFB_ENCODING_RAW,                    begin_rows        },
	{ RFB_ENCODING_DESKTOP_SIZE,          take_new_size     },
	{ RFB_ENCODING_EXTENDED_DESKTOP_SIZE, take_extended_size},
	{ RFB_ENCODING_POINTER_TYPE,          take_pointer_type },
	{ RFB_ENCODING_KEYS_EXTENDED,         take_keys_extended},
	{ RFB_ENCODING_LED_STATE,             begin_leds        },
	{ RFB_ENCODING_ALPHA_CURSOR,          begin_alpha_cursor},
	{ RFB_ENCODING_RICH_CURSOR,           begin_rich_cursor },
	{ RFB_ENCODING_AUDIO,                 take_audio_offer  },
};

static Step take_rect(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	Rect rect = { rfb_get16(bytes), rfb_get16(bytes + 2), rfb_get16(bytes + 4), rfb_get16(bytes + 6) };
	gint32 encoding = (gint32)rfb_get32(bytes + 8);

	for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++)
		if (encodings[i].encoding == encoding)
			return encodings[i].begin(rfb, &rect, event, error);
	error_set(error, CARREL_ERROR_FAILED, NULL,
		  "the console's server used encoding %d, which was not offered", encoding);
	return STEP_ERROR;
}
