/* What Quick Create waits for: the job's step, its bar, its bytes with rate and time left. */
#pragma once

#include "ui/quick-sources.h"
#include "ui/theme.h"
#include "ui/transfer.h"

#define QUICK_PROGRESS_ROWS 4

/* @job NULL: it was asked for, and is not known yet. */
void quick_progress_draw(Canvas *canvas, Rect area, const ClientJob *job, Transfer *transfer);

/* The job that fetches lists, whoever asked for it, or NULL. Borrowed. */
const ClientJob *quick_progress_refresh(Client *client);

/* At the foot of @area: that lists are being fetched, or what is wrong with them. Returns the rows that this took. */
int quick_foot_draw(Canvas *canvas, Rect area, Client *client, const QuickSources *sources);
