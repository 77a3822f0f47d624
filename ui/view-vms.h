/* The first screen: the list of VMs with live values, and the details of the one under the cursor. */
#pragma once

#include "ui/app.h"

/* @quick_when_empty: opens Quick Create when the daemon has no VM. */
void view_vms_open(App *app, gboolean quick_when_empty);
