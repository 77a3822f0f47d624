/* The help page: rows of the key table. */
#pragma once

#include "ui/app.h"

/* Keys of view @about, then those that work everywhere. */
void view_help_open(App *app, ViewId about);
