/*
 * Where things lie in the window of Virtual Machine Connection, and how large the guest's picture is in it.
 * Pure arithmetic on physical pixels of the window; nothing here draws.
 */
#pragma once

#include "console/surface.h"

typedef enum {
	ZOOM_FIT,     /* as large as the window allows */
	ZOOM_INTEGER, /* the same in whole multiples, so that every guest pixel is a square */
	ZOOM_FIXED    /* Zoom.percent; what does not fit is scrolled to */
} ZoomMode;

typedef struct {
	ZoomMode mode;
	int percent; /* of ZOOM_FIXED */
} Zoom;

#define ZOOM_MIN 50
#define ZOOM_MAX 400

/* "fit", "integer" or a number of percent between ZOOM_MIN and ZOOM_MAX, with or without "%". */
gboolean zoom_parse(const char *text, Zoom *zoom);
/* The reverse. Caller frees. */
char *zoom_text(const Zoom *zoom);
/* Fit, integer, 100 %, and around again. */
Zoom zoom_cycle(const Zoom *zoom);
/* The next larger (@direction > 0) or smaller fixed step from what is shown at @percent now. */
Zoom zoom_step(int percent, int direction);

/* What the layout is made from. */
typedef struct {
	int width, height;   /* of the window */
	int toolbar, status; /* heights; 0 = not there */
	gboolean over;       /* full screen: bars lie over the picture and take no room from it */
	int picture_width, picture_height; /* of the guest's screen */
	Zoom zoom;
	int scroll_x, scroll_y; /* wanted; only where the picture is larger than its room */
} Frame;

typedef struct {
	Rect toolbar, status;   /* width 0: not there */
	Rect room;              /* for the picture */
	Rect picture;           /* of the whole picture; may reach out of the room */
	Rect seen;              /* part of the room that the picture covers */
	int scroll_x, scroll_y; /* in their limits */
	int percent;            /* that the picture is shown at */
} WindowLayout;

void frame_layout(const Frame *frame, WindowLayout *layout);
/* The guest's pixel below a point of the window; outside the picture the nearest one. FALSE when it is outside. */
gboolean frame_to_guest(const WindowLayout *layout, const Frame *frame, int x, int y, int *guest_x,
			int *guest_y);
/* The part of the window that shows @damage of the guest's screen, with a pixel around it for smoothing;
 * FALSE when it is out of sight. */
gboolean frame_to_window(const WindowLayout *layout, const Frame *frame, const Rect *damage, Rect *part);
/* Size of a window that shows the picture at its zoom with no margin, at most @room. */
void frame_window_size(const Frame *frame, const Rect *room, int *width, int *height);
/* How far to scroll for a pointer near an edge of the room, while the picture is larger: pixels each way,
 * 0 elsewhere. */
void frame_pan(const WindowLayout *layout, int x, int y, int *dx, int *dy);

gboolean rect_holds(const Rect *rect, int x, int y);
