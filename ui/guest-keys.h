/* From what a terminal tells to what a guest's keyboard does: scancodes in order. Pure; the guest's layout is given. */
#pragma once

#include "console/typing.h"
#include "ui/term-keys.h"

/* @qnum as in console/keys.h. */
typedef void (*GuestKeyFunc)(guint qnum, gboolean down, gpointer data);

/*
 * Plain keys (characters and function keys without releases) become press and release, with Ctrl, Alt, Shift and AltGr around
 * them as the layout wants. Physical ones (kitty protocol) are passed on one to one by their place on the keyboard.
 * FALSE: nothing was sent, the layout has not got the character.
 */
gboolean guest_keys_send(const TermKey *key, Layout *layout, GuestKeyFunc func, gpointer data);

/* A chord such as "ctrl-alt-delete": all down in order, all up in reverse. */
void guest_keys_chord(const char *chord, GuestKeyFunc func, gpointer data);
