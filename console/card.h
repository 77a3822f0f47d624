/* Text as a picture: what a window shows while there is no screen. */
#pragma once

#include "console/surface.h"

/* Fills @surface (resized to a text screen of 80x25) with @text in the middle, grey on black, lines broken at blanks. */
void card_draw(Surface *surface, const char *text);
