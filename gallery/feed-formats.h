/*
 * Feeds that others write, read leniently and taken item by item: one that is wrong is left out and told, the others stay. All give an array of GalleryItem
 * (owned by the caller) or NULL with an error that begins "NAME:LINE: " when nothing can be read at all. Ids are made from names (feed_make_id) and
 * unique within the feed. Not trusted; limits below.
 */
#pragma once

#include "gallery/gallery.h"

/* A feed of 100,000 items has some 50 MB. */
#define FEED_FORMAT_MAX   (128 * 1024 * 1024)
#define FEED_FORMAT_ITEMS 200000

typedef struct {
	const char *name;         /* of the document, for messages */
	const char *url;          /* where it came from: relative URLs are relative to it */
	const char *source;       /* name of the source, noted in each item */
	const char *architecture; /* QEMU's word of the host: "x86_64", "aarch64" */
	GPtrArray *
		warnings; /* of char *: "NAME:LINE: ..." of items that were left out, at most 100; may be NULL */
} FeedContext;

/* Our own format (feed.h) from elsewhere. */
GPtrArray *feed_carrel_parse(const char *text, gsize length, const FeedContext *context, GError **error);

/* Hyper-V's gallery JSON (facts/hyper-v.md section 1): BOM, trailing commas, comments, any case of keys, numbers and booleans as texts. */
GPtrArray *feed_hyperv_parse(const char *text, gsize length, const FeedContext *context, GError **error);

/* simplestreams, products:1.0: of each product with a disk for virtual machines (by ftype), its newest version for the architecture. */
GPtrArray *feed_streams_parse(const char *text, gsize length, const FeedContext *context, GError **error);

/* simplestreams, index:1.0: paths (relative to the folder that holds streams/) of products files with datatype image-downloads. NULL-terminated; caller frees. */
char **feed_streams_index(const char *text, gsize length, const FeedContext *context, GError **error);

/* "Ubuntu 24.04 LTS" -> "ubuntu-24.04-lts": lower-case letters, digits, `.', `-'; 1 to 64. Caller frees. */
char *feed_make_id(const char *name);
