/* Cells of a guest's screen onto a canvas. */
#pragma once

#include "ui/canvas.h"

typedef struct Picture Picture;

/* Symbols where the terminal has Unicode and colours, else ASCII. */
Picture *picture_new(CellsStyle style);
void picture_free(Picture *picture);
/* Where the terminal has pixels the picture is made of them; for CANVAS_IMAGES_MAX pictures on the screen at most. */
void picture_use_pixels(Picture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picture, picture_free)

/* Draws @surface into @area, centred. Renders only when the surface or the size changed. */
void picture_draw(Picture *picture, Surface *surface, Canvas *canvas, Rect area);
/* Canvas cell to pixel; FALSE outside. */
gboolean picture_to_pixel(const Picture *picture, int column, int row, int *x, int *y);

/* What suits the terminal that theme_set_level() was told of. */
CellsStyle picture_style(void);
/* Told once by who knows the terminal; TRUE at first. */
void picture_set_unicode(gboolean unicode);
