/* What the readers of others' feeds share: texts that are safe to show, URLs, ids, and what is told of items that were left out. */
#pragma once

#include "gallery/feed-formats.h"

/* Items in the making. */
typedef struct {
	const FeedContext *context;
	GPtrArray *items; /* of GalleryItem, owned */
	GHashTable *ids;  /* those that are taken; borrowed from the items */
	gboolean full;    /* FEED_FORMAT_ITEMS are there */
} FeedBuild;

void feed_build_init(FeedBuild *build, const FeedContext *context);
void feed_build_clear(FeedBuild *build);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FeedBuild, feed_build_clear)

/* Takes @item over; its id becomes unique ("-2" behind it), its source the context's. FALSE when there is no room for another. */
gboolean feed_build_take(FeedBuild *build, GalleryItem *item);

/* Notes "NAME:LINE: " and the sentence, if there are not too many already. */
void feed_warn(const FeedContext *context, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Safe to show: control characters become blanks, at most FEED_TEXT_MAX bytes. With @paragraphs newlines stay, and CR LF is one. Caller frees. */
char *feed_clean(const char *text, gboolean paragraphs);

/* Absolute URL (http, https, file) of @reference, which may be relative to @base (a URL or an absolute path). NULL when it is none of these. Caller frees. */
char *feed_resolve(const char *base, const char *reference);

/* QEMU's word for an architecture of Debian's, Go's or the kernel's; else @name. */
const char *feed_architecture(const char *name);

/* Name at the end of a URL's or file's path, decoded; "" = none. Caller frees. */
char *feed_file_name(const char *url);
