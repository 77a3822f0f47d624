/* The picture of the image that Quick Create shows: asked of the daemon when its page is looked at, drawn as the terminal can. */
#pragma once

#include "ui/calls.h"
#include "ui/picture.h"

typedef struct QuickPicture QuickPicture;

/* @redraw is called with @owner when there is something new to draw. */
QuickPicture *quick_picture_new(Client *client, void (*redraw)(gpointer owner), gpointer owner);
void quick_picture_free(QuickPicture *picture);

/* Whose picture; NULL = nobody's. */
void quick_picture_set(QuickPicture *picture, const ClientImage *image);

/* Draws it at the top of @area, at most a third of its height; the number of rows that it took, with the blank one below. */
int quick_picture_draw(QuickPicture *picture, Canvas *canvas, Rect area);
