/*
 * Feeds: what a source offers, as JSON that others write. This is the one parser of them; it is not trusted.
 *
 *	{ "format": 1, "items": [ { "id": "carrel-live", "name": ..., "publisher": ..., "version": ..., "description": ...,
 *	  "kind": "iso" | "disk", and one of "builder": "live/build-live" (our own feed only) and "url": "https://..." or [ mirrors ];
 *	  with "url": "hash" ("sha256:..."), or "checksums" (URL of a checksum file), "checksums_name" (a name in it, or a glob), "signature" (URL),
 *	  "keyring"; "member" (path in an archive), "download_size", "disk_size";
 *	  and optional: "os", "architecture", "memory" ("512M"), "cpus", "secure_boot", "cloud_init", "updated" (RFC 3339), "locale",
 *	  "logo", "symbol", "thumbnail" ({ "url", "hash" }), "details": [ ["Login", "root"], ... ] } ] }
 *
 * URLs are relative to where the feed came from; one that ends in `/' is a folder, in which the file is that checksums_name finds.
 *
 * Keys that are not known are ignored, so that old programs read new feeds.
 */
#pragma once

#include "gallery/gallery.h"

/* Limits of a feed: bytes, items, and bytes of one text. */
#define FEED_MAX       (1024 * 1024)
#define FEED_ITEMS_MAX 1000
#define FEED_TEXT_MAX  4096
/* Addresses of one file. */
#define FEED_MIRRORS_MAX 16

/* Array of GalleryItem, owned by the caller, which owns them; @source is noted in each. A feed is taken whole or not at all: the
 * error is CARREL_ERROR_FAILED and begins with "NAME:LINE: ". */
GPtrArray *feed_parse(const char *text, gsize length, const char *name, const char *source, GError **error);

/* The same from a file of at most FEED_MAX bytes. */
GPtrArray *feed_load(const char *path, const char *source, GError **error);
