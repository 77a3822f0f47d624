/* The surface as a PNG file. The only file that includes png.h is png.c. */
#pragma once

#include "console/surface.h"

/* Where a screenshot of VM @name goes: into the folder of pictures, else the home; "web 2026-11-23 10-15-00.png", a second one in the same
 * second is "... (2).png". Caller frees. */
char *png_free_path(const char *name);

/* Writes @surface to @path, atomically; "-" is stdout. */
gboolean png_save(Surface *surface, const char *path, GError **error);
