/*
 * Keys by X keysym, for VNC viewers that send no scancodes: the viewer's layout was applied already, so a character says which key of a US
 * keyboard makes it. Good for guests with a US layout; others need a viewer with QEMU's extended key events.
 */
#pragma once

#include "console/input.h"
#include "console/typing.h"

typedef struct Keysyms Keysyms;

/* One per viewer, since it follows its Shift keys. @layout is borrowed: US, and may be shared. */
Keysyms *keysyms_new(Layout *layout);
void keysyms_free(Keysyms *keysyms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keysyms, keysyms_free)

/* Presses or lifts the key for @keysym; Shift is corrected around a character that needs it otherwise. */
void keysyms_send(Keysyms *keysyms, InputViewer *viewer, guint32 keysym, gboolean down);
