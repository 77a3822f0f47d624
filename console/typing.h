/*
 * Typing text into a guest by scancodes: which keys make a character depends on the layout that the guest uses.
 * The only file that includes xkbcommon.h.
 */
#pragma once

#include <gio/gio.h>

#include "console/source.h"

typedef struct Layout Layout;

/* An xkb layout: "us", "de", "fr(oss)". CARREL_ERROR_USAGE when unknown. */
Layout *layout_new(const char *name, GError **error);
void layout_free(Layout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layout, layout_free)

/* Keys for @character: modifiers first, ended by 0; dead keys give two strokes. FALSE when the layout has not got it. */
typedef struct {
	guint codes[4]; /* modifiers, then the key; 0-ended */
} KeyStroke;
gboolean layout_lookup(Layout *layout, gunichar character, KeyStroke strokes[2], guint *count);

/* Types @text at one stroke every @interval_ms (12 suits systems, 30 firmware). Never drops a character silently: the
 * characters that the layout has not got are an error before anything is typed. '\n' is Enter, '\t' Tab. Finish: TRUE
 * or an error (also when the source closes). */
void type_text(Source *source, Layout *layout, const char *text, guint interval_ms, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data);
/* The same, telling how many of all keystrokes were pressed; not any more once @cancellable was cancelled. */
typedef void (*TypeProgress)(guint done, guint total, gpointer data);
void type_text_watched(Source *source, Layout *layout, const char *text, guint interval_ms,
		       TypeProgress progress, gpointer progress_data, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data);
gboolean type_text_finish(GAsyncResult *result, GError **error);
