/* The surface as a PNG file, and back. The only file that includes png.h is png.c. */
#pragma once

#include "console/surface.h"

/* Where a screenshot of VM @name goes: into the folder of pictures, else the home; "web 2026-11-23 10-15-00.png", a second one in the same
 * second is "... (2).png". Caller frees. */
char *png_free_path(const char *name);

/* The picture in @bytes, which may be anything: CARREL_ERROR_FAILED when it is no PNG file, or has more than PNG_READ_MAX pixels one way. What is transparent shows
 * @background (0x00RRGGBB). Caller unrefs. */
#define PNG_READ_MAX 4096
Surface *png_read(const guint8 *bytes, gsize length, guint32 background, GError **error);

/* Writes @surface to @path, atomically; "-" is stdout. */
gboolean png_save(Surface *surface, const char *path, GError **error);
