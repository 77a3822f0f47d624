/* Quick Create: images of the gallery at the left, the chosen one at the right, Enter makes a VM of it and shows its screen. */
#pragma once

#include "ui/app.h"

void view_quick_open(App *app);
