/* The screens of several VMs side by side, the whole terminal wide; the keyboard goes to the guest in the tile that has the focus. */
#pragma once

#include "ui/app.h"

/* Each waits while its VM is off and comes alive when it starts. 2 to TILES_MAX paths, NULL-terminated. */
void view_tiles_open(App *app, const char *const *vm_paths, gboolean view_only);
