/*
 * Drawing on plain pixel buffers: what a window shows beside the guest's picture. No library, no window;
 * colours are 0x00RRGGBB. Everything is clipped to the buffer.
 */
#pragma once

#include "console/icons.h"
#include "console/surface.h"

#define PIXELS_FONT_WIDTH  8 /* of a character at scale 1; code page 437, what it has not got is "?" */
#define PIXELS_FONT_HEIGHT 16

typedef struct {
	int width, height, stride; /* stride in pixels */
	guint32 *data;             /* owned when made by pixels_resize() */
} Pixels;

/* Content is lost when the size changes. */
void pixels_resize(Pixels *pixels, int width, int height);
void pixels_clear(Pixels *pixels); /* frees the data */

void pixels_fill(Pixels *pixels, const Rect *rect, guint32 colour);
/* A frame of @thick pixels inside @rect. */
void pixels_frame(Pixels *pixels, const Rect *rect, int thick, guint32 colour);
/* At most @columns characters of @text (UTF-8, made valid) beginning at x, y; returns how many were drawn. */
int pixels_text(Pixels *pixels, int x, int y, int scale, int columns, guint32 colour, const char *text);
/* @dim: in greys, for what is not possible now. */
void pixels_icon(Pixels *pixels, int x, int y, int scale, Icon icon, gboolean dim);
/* Copies @from to x, y, of which only what lies in @clip is drawn. */
void pixels_put(Pixels *pixels, int x, int y, const Rect *clip, const Pixels *from);
/* What both rectangles hold; FALSE when that is nothing. */
gboolean rect_common(const Rect *a, const Rect *b, Rect *common);

/*
 * @from stretched to the rectangle @target of @pixels, of which only what lies in @clip is drawn: the same
 * pixels come out however a picture is cut, so that damage can be drawn alone. @smooth: by two-dimensional
 * interpolation where it does not fit one to one.
 */
void pixels_stretch(Pixels *pixels, const Rect *target, const Rect *clip, const Pixels *from,
		    gboolean smooth);
