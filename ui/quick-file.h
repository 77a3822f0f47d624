/* The local installation source of Quick Create: an ISO or a disk that the person has. */
#pragma once

#include "client/client.h"
#include "ui/canvas.h"

/* Arguments of CreateVm for the file at @path ("~/" may be written), with a name that none of @vms has. Floating; NULL with an error when there is
 * no such file. */
GVariant *quick_file_arguments(const char *path, GPtrArray *vms, GError **error);

void quick_file_draw_page(Canvas *canvas, Rect area);
