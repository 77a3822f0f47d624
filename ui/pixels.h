/* Pictures as bytes for a terminal; pure. */
#pragma once

#include "console/surface.h"

/* --- the kitty graphics protocol (kitty-image.c) ---------------------------------------------------------------------- */

/* Rows of cells that placeholders can number. */
#define KITTY_ROWS_MAX    120
#define KITTY_PLACEHOLDER 0x10eeeeu

/* Sends the whole surface as image @id, to be shown in @columns x @rows cells: where its placeholders stand (@virtual), or at the cursor. */
void kitty_send(GString *bytes, guint id, Surface *surface, int columns, int rows, gboolean is_virtual);
/* Replaces a part of it. */
void kitty_update(GString *bytes, guint id, Surface *surface, const Rect *part);
void kitty_delete(GString *bytes, guint id);
/* The first placeholder of row @row of an image; those right of it need no more than KITTY_PLACEHOLDER. */
void kitty_row(GString *bytes, int row);

/* --- sixel (sixel.c) --------------------------------------------------------------------------------------------------- */

/* @part of the surface, scaled to @width x @height pixels, at the cursor. */
void sixel_send(GString *bytes, Surface *surface, const Rect *part, int width, int height);
