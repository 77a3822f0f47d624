/*
 * What the guest tells beside its picture (lights, kind of pointer, bell, clipboard, cursor), on its way to many viewers: the main loop sets it,
 * and each viewer's own thread looks for what it has not sent yet. A viewer that reads nothing holds up nobody, and memory holds only the
 * newest of each.
 */
#pragma once

#include "console/source.h"

typedef struct VncdNews VncdNews;

VncdNews *vncd_news_new(void);
void vncd_news_free(VncdNews *news);

/* From the main loop. */
void vncd_news_take(VncdNews *news, Source *source, SourceEvent event);
void vncd_news_set_cursor(VncdNews *news, const SurfaceCursor *cursor); /* NULL: none */

/* What one viewer has got; numbers that are compared with those of the news. */
typedef struct {
	guint leds, pointer, bell, clipboard, cursor;
} VncdSeen;

/* What it understands. */
typedef enum { VNCD_WANTS_LEDS = 1, VNCD_WANTS_POINTER = 2, VNCD_WANTS_EXTENDED_CLIPBOARD = 4 } VncdWants;

/* For a viewer that begins: what it must be told, and what is no news for it. */
VncdSeen vncd_news_begin(VncdNews *news);

typedef struct {
	GPtrArray *messages;  /* of GBytes, in order */
	int relative;         /* -1: as it was; else whether the viewer shall send moves as distances */
	gboolean has_cursor;  /* `cursor' is new */
	SurfaceCursor cursor; /* its own copy; 0x0 = none */
} VncdParcel;

/* From any thread. */
void vncd_news_collect(VncdNews *news, VncdSeen *seen, guint wants, VncdParcel *parcel);
void vncd_parcel_clear(VncdParcel *parcel);
