/* Looking back at a VM's screen: the boot record and below it a still of the screen, to find, select and copy in. Over a console, whose whole
 * place it takes. */
#pragma once

#include "ui/app.h"

typedef enum {
	PAST_LOOK,
	PAST_FIND, /* asks at once what to look for, upwards */
	PAST_DRAG  /* the mouse marks already, from the pixel @x, @y of the surface on; letting go copies */
} PastStart;

/* @surface is read now and not kept; NULL: the VM shows none. FALSE, with a message: there is no text to drag over. */
gboolean view_past_open(App *app, const char *vm_path, Surface *surface, PastStart start, int x, int y);
