/* The pane below the list: live preview of the selected VM, and pages about it. */
#pragma once

#include "ui/app.h"

typedef struct Details Details;

Details *details_new(App *app);
void details_free(Details *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Details, details_free)

/* Which VM; NULL = none. What a page needs beyond ClientVm is asked for when it is shown. */
void details_set_vm(Details *details, const ClientVm *vm);
/* Hidden ones ask for nothing and have no preview. */
void details_show(Details *details, gboolean shown);
void details_next_tab(Details *details);
void details_event(Details *details, ClientEvent event, gpointer object);
void details_draw(Details *details, Canvas *canvas, Rect area, const ClientVm *vm);
/* A click on a tab: TRUE. */
gboolean details_click(Details *details, int x, int y);
