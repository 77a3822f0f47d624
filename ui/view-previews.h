/* A wall of the screens of all VMs that run, small and live, in pages. */
#pragma once

#include "ui/app.h"

void view_previews_open(App *app);
