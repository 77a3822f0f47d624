/* GRUB's fonts; part of console/font-load.h. */
#pragma once

#include "console/font-load.h"

gboolean pff2_head(const guint8 *bytes, gsize size, FontSize *cell);
gboolean pff2_load(const guint8 *bytes, gsize size, FontSink sink, gpointer data);
