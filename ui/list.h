/* A list that scrolls: which row has the cursor, which is on top. Pure; rows are numbers, what they hold is the owner's. */
#pragma once

#include "ui/view.h"

typedef struct {
	int count, cursor, top, height;
} List;

/* To be called before drawing: keeps the cursor inside and visible. */
void list_layout(List *list, int count, int height);
/* COMMAND_UP, _DOWN, _PAGE_UP, _PAGE_DOWN, _HOME, _END. VIEW_IGNORED for others. */
ViewResult list_command(List *list, int command);
/* The wheel, and clicks on rows of @area: the cursor goes there, *@clicked tells so. */
ViewResult list_mouse(List *list, const TermKey *mouse, Rect area, gboolean *clicked);
