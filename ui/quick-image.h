/* Drawing an image of the gallery: its line in the list, and its page. */
#pragma once

#include "client/client.h"
#include "ui/quick-picture.h"
#include "ui/quick-sources.h"
#include "ui/theme.h"

void quick_image_draw_row(Canvas *canvas, Rect row, const ClientImage *image, gboolean cursor);
void quick_image_draw_page(Canvas *canvas, Rect area, const ClientImage *image, const QuickSources *sources,
			   QuickPicture *picture);

/* "verified", "not here yet; nothing to verify it by", ... */
const char *quick_image_trust(const ClientImage *image);
/* A name for a VM made from it that none of @vms has. Caller frees. */
char *quick_image_vm_name(const ClientImage *image, GPtrArray *vms);
/* Each of @words (folded by g_utf8_casefold()) is in its name, publisher, version, system, source or id. */
gboolean quick_image_matches(const ClientImage *image, char **words);
