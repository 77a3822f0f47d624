/* What carreld is working on and has worked on: progress, outcome, cancel. */
#pragma once

#include "ui/app.h"

void view_jobs_open(App *app);
