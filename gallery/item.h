/* One thing that the gallery offers; its struct is public and stands in gallery.h. */
#pragma once

#include "gallery/gallery.h"

/* An item whose texts are all "". */
GalleryItem *item_new(void);

/* Replaces one text of an item by a copy of @value. */
void item_set_text(char **text, const char *value);

/* Unix seconds of a time of RFC 3339, 0 when it is none. */
gint64 item_parse_time(const char *text);

/* By what the image of @item can be verified. @feed_signed: its feed has a good signature. */
GalleryTrust item_trust(const GalleryItem *item, gboolean feed_signed);
