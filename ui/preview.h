/* The small live picture of the selected VM's screen. Connected only while it is shown and the VM runs. */
#pragma once

#include "ui/app.h"

typedef struct Preview Preview;

Preview *preview_new(App *app);
void preview_free(Preview *preview);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Preview, preview_free)

/* Whose screen; NULL = nobody's, also when it is hidden: then it costs nothing. */
void preview_set_vm(Preview *preview, const ClientVm *vm);
void preview_event(Preview *preview, ClientEvent event, gpointer object);
void preview_draw(Preview *preview, Canvas *canvas, Rect area, const ClientVm *vm);
