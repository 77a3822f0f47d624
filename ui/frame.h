/* What surrounds a view: title bar, message line, key bar made of the key table. */
#pragma once

#include "ui/app.h"

typedef struct {
	int row;
	GArray *spans; /* of FrameSpan: the entries of the key bar as drawn */
} Frame;

/* Draws the first and the last two rows: the title of @base, keys of @top. */
void frame_draw(Frame *frame, App *app, Canvas *canvas, View *base, View *top);
/* Command of the key bar's entry there; COMMAND_NONE elsewhere. */
int frame_command_at(const Frame *frame, int x, int y);
void frame_clear(Frame *frame);
