/* What has been on a VM's screen since its start, and what is now: a page to search, select and copy from. */
#pragma once

#include "ui/app.h"

/* @now: the lines on the screen at this moment, UTF-8 (NULL: it shows a picture). */
void view_past_open(App *app, const char *vm_path, const char *vm_name, const char *now);
