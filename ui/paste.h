/* Text that was pasted into a console, typed into the guest at a pace that keyboards and guests stand. */
#pragma once

#include "console/typing.h"

/* Longer texts are cut by the parser of the terminal's bytes, which gives up at TERM_PASTE_MAX. */
#define PASTE_MAX (256 * 1024 - 4)

typedef struct Paste Paste;

/* A character was typed; the last one, when paste_done() is paste_total(). */
typedef void (*PasteProgress)(gpointer data);
/* A key for the guest. */
typedef void (*PasteKey)(guint qnum, gboolean down, gpointer data);

/* The characters of @text that @layout has not got, quoted, for a sentence; NULL = all can be typed. Caller frees. */
char *paste_missing(const char *text, Layout *layout);

/* @layout is borrowed and outlives it; it has all of @text, which is not empty. */
Paste *paste_new(const char *text, Layout *layout, PasteKey key, PasteProgress progress, gpointer data);
/* Behind what is under way. */
void paste_add(Paste *paste, const char *text);
/* Also ends one that is under way. May be called from @progress. */
void paste_free(Paste *paste);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Paste, paste_free)

/* In characters. */
guint paste_done(const Paste *paste);
guint paste_total(const Paste *paste);
