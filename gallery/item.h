/* One thing that the gallery offers; its struct is public and stands in gallery.h. */
#pragma once

#include "gallery/gallery.h"

/* Where the texts of an item are; what comes from its feed stands first, the rest is made of it or the store's. */
#define ITEM_FEED_TEXTS 22
#define ITEM_TEXTS      28
extern const gsize item_texts[ITEM_TEXTS];

/* An item whose texts are all "". */
GalleryItem *item_new(void);

/* Replaces one text of an item by a copy of @value. */
void item_set_text(char **text, const char *value);

/* Unix seconds of a time of RFC 3339, 0 when it is none. */
gint64 item_parse_time(const char *text);

/* By what the image of @item can be verified. @feed_signed: its feed has a good signature. */
GalleryTrust item_trust(const GalleryItem *item, gboolean feed_signed);
