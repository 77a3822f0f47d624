/*
 * Who holds which keys and buttons: several viewers, one guest. A key goes down when the first viewer presses it and up when the
 * last one lets go; a viewer that leaves lets go of everything. Buttons likewise; the position is the one of whoever moved last.
 *
 * An InputHub lives over power cycles and is given the Source of the moment. No source, or one that is closed: input is forgotten.
 */
#pragma once

#include "console/source.h"

typedef struct InputHub InputHub;
typedef struct InputViewer InputViewer;

InputHub *input_hub_new(void);
/* All viewers must have left. */
void input_hub_free(InputHub *hub);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InputHub, input_hub_free)
/* NULL: the VM is off. What was down is forgotten: a new source begins with all keys up. Borrowed; the caller takes it back before it frees it. */
void input_hub_set_source(InputHub *hub, Source *source);
/* NULL unless there is an open one. */
Source *input_hub_source(const InputHub *hub);

InputViewer *input_join(InputHub *hub);
/* Lifts what only this viewer held. */
void input_leave(InputViewer *viewer);
void input_key(InputViewer *viewer, guint qnum, gboolean down);
void input_release_keys(InputViewer *viewer);
/* As source_pointer() and source_pointer_move(). */
void input_pointer(InputViewer *viewer, int x, int y, guint buttons);
void input_pointer_move(InputViewer *viewer, int dx, int dy, guint buttons);
