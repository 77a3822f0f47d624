/* The row of buttons: where they lie, which one is meant, how they look. Pure; what they stand for is in
 * window-commands.h. */
#pragma once

#include "console/pixels.h"

#define TOOLBAR_HEIGHT 28 /* at scale 1 */

typedef struct {
	gconstpointer command; /* the Command it stands for */
	Icon icon;
	gboolean possible; /* else it is dim */
	gboolean on;       /* a switch that is on */
	gboolean group;    /* a line stands before it */
	Rect at;           /* by toolbar_place(); width 0: no room */
} Button;

/* @buttons of Button: from the left at @scale; those beyond @width get no place. */
void toolbar_place(GArray *buttons, int width, int scale);
/* Index of the button at a point of the toolbar, -1 when there is none. */
int toolbar_hit(const GArray *buttons, int x, int y);
/* On all of @pixels. @hot: index of the one below the pointer, or -1. */
void toolbar_draw(Pixels *pixels, const GArray *buttons, int hot, int scale);
