/*
 * A picture as characters with two colours, by libchafa; the only file that includes chafa.h is cells-draw.c. What was drawn last is kept, and only
 * the part that changed is drawn anew: to find characters for a whole screen takes longer than a frame may.
 */
#pragma once

#include "console/cells.h"

typedef struct CellsDrawing CellsDrawing;

CellsDrawing *cells_drawing_new(CellsStyle style);
void cells_drawing_free(CellsDrawing *drawing);

/* @area of the surface (pixels, inside of it, not empty) as @columns x @rows cells, row by row. They belong to the drawing and are valid until the
 * next call. */
const Cell *cells_drawing_draw(CellsDrawing *drawing, Surface *surface, const Rect *area, int columns,
			       int rows);

/* How many cells were drawn since the drawing was made: what drawing costs. */
guint64 cells_drawing_count(const CellsDrawing *drawing);
