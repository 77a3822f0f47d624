/* The main loop's side of a VNC viewer: its events become keys, moves and wishes of the guest. */
#pragma once

#include "console/input.h"
#include "console/typing.h"
#include "console/vncd-queue.h"

typedef struct VncdInput VncdInput;

/* @layout, US, is borrowed. */
VncdInput *vncd_input_new(InputHub *hub, Layout *layout);
/* Lifts what it held. */
void vncd_input_free(VncdInput *input);

/* Without a source the event is forgotten. FALSE: it was a wish for a size, which QEMU does not take. */
gboolean vncd_input_take(VncdInput *input, Source *source, const VncdEvent *event);
