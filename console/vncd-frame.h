/* The picture that the VNC server's threads read: pixels that never move, and one size at a time. */
#pragma once

#include "console/surface.h"

/* Larger screens are shown up to this; QEMU's VNC server never exceeds 2560x2048. */
#define VNCD_WIDTH_MAX  4096
#define VNCD_HEIGHT_MAX 4096

typedef struct VncdFrame VncdFrame;

VncdFrame *vncd_frame_new(void);
void vncd_frame_free(VncdFrame *frame);

/* From the main loop. As large as @picture now, as far as it goes; what it shows is taken next. */
void vncd_frame_resize(VncdFrame *frame, Surface *picture);
/* Copies *@rect of @picture, which becomes the part of it that is inside; FALSE: nothing is. */
gboolean vncd_frame_take(VncdFrame *frame, Surface *picture, Rect *rect);

/* From any thread. The pixels stand in rows of the width, whatever that is. */
void vncd_frame_size(const VncdFrame *frame, int *width, int *height);
guint32 *vncd_frame_pixels(VncdFrame *frame);
