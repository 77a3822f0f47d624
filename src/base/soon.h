/*
 * Work that many small causes ask for, such as drawing: done once, behind what is more urgent, so that a burst of causes is one piece of work. But
 * in a loop that is never idle (a guest that paints faster than we read) it is not put off for ever: SOON_LATE_MS after it was due, it has its turn.
 */
#pragma once

#include <glib.h>

#define SOON_LATE_MS 40

typedef struct Soon Soon;

/* @priority: of GLib's; above G_PRIORITY_DEFAULT, that is behind it. Nothing happens before soon_ask(). */
Soon *soon_new(int priority, void (*call)(gpointer data), gpointer data);
void soon_free(Soon *soon);
/* Calls once, in @ms milliseconds or a little later; does nothing when it was asked already. */
void soon_ask(Soon *soon, guint ms);
gboolean soon_is_asked(const Soon *soon);
