/* Text that was pasted into a console, typed into the guest at a pace that keyboards and guests stand. */
#pragma once

#include "console/typing.h"

typedef struct Paste Paste;

/* The text is typed, or the rest of it cannot be: @missing is the character that the layout has not got, 0 = all was typed. */
typedef void (*PasteDone)(gunichar missing, gpointer data);
/* A key for the guest. */
typedef void (*PasteKey)(guint qnum, gboolean down, gpointer data);

/* @layout is borrowed and outlives it. */
Paste *paste_new(const char *text, Layout *layout, PasteKey key, PasteDone done, gpointer data);
/* Also ends one that is under way. May be called from @done. */
void paste_free(Paste *paste);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Paste, paste_free)
