/* The rows of the page that looks back: a still of a guest's screen, and the boot record that goes before it. */
#pragma once

#include "console/surface.h"
#include "ui/selection.h"

/* Adds the text that is read on @surface now, with its colours; the cursor goes to the guest's. FALSE: there is none. With @place (pixels
 * of the surface, both -1 = none) the cursor goes to the cell that is there. */
gboolean past_page_add_screen(Selection *page, Surface *surface, int pixel_x, int pixel_y);

/* Adds the record in the file @fd: each line with the time at which it appeared. */
void past_page_add_record(Selection *page, int fd);
