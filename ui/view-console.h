/* The screen of one VM, the whole terminal wide; the keyboard goes to the guest. */
#pragma once

#include "ui/app.h"

/* Waits while the VM is off and comes alive when it starts. @start: starts it as soon as the daemon knows that we wait, so that
 * the first frame of the firmware is seen. */
void view_console_open(App *app, const char *vm_path, gboolean view_only, gboolean start);
