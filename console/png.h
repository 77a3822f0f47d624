/* The surface as a PNG file. The only file that includes png.h is png.c. */
#pragma once

#include "console/surface.h"

/* Writes @surface to @path, atomically; "-" is stdout. */
gboolean png_save(Surface *surface, const char *path, GError **error);
