/* What stands in a guest's place while it has no picture: what is the matter with the VM, what happened to it, and what to do. */
#pragma once

#include "ui/app.h"
#include "ui/link.h"

/* @hint: what to do, NULL = nothing is said about it; shown only where starting the VM is possible. Words that do not fit are broken into
 * lines. */
void console_card_draw(App *app, const char *vm_path, Link *link, Canvas *canvas, Rect area,
		       const char *hint);
