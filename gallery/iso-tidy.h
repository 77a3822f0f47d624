/*
 * What makes two ISO images with the same files differ: the times at which they were made, and the time zone. libarchive takes them from the clock and
 * cannot be told otherwise. Sources: ECMA-119 (ISO 9660) sections 8.4, 8.5, 9.1; IEEE P1282 (Rock Ridge) section 4.1.6 "TF"; P1281 (SUSP) 5.1 "CE".
 */
#pragma once

#include <glib.h>

/* Puts the first of January 1980 into all times of @image, which we made ourselves, and @volume as it is written (libarchive knows capitals only) into the name. */
void iso_tidy(guint8 *image, gsize length, const char *volume);
