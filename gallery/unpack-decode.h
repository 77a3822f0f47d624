/*
 * The second half of unpacking, in a thread of its own: from the bytes of a download to an image, see gallery/unpack.h. Blocks; needs no main loop.
 */
#pragma once

#include "gallery/archive-read.h"
#include "gallery/image-format.h"
#include "gallery/output.h"

typedef struct {
	const char *image;  /* file to write */
	const char *member; /* path in an archive; "" or NULL: the one disk or ISO in it */
	gboolean sha256;    /* wanted also when the download itself is the image */
	guint64 size_max;   /* of the image */
	guint64 ratio_from; /* bytes from which on UNPACK_RATIO_MAX holds */
	OutputShare *share;
	ArchivePull pull; /* gives the download */
	gpointer pull_data;
} DecodeRequest;

typedef struct {
	gboolean is_download; /* nothing was written: the download is the image */
	ImageFormat found, format;
	char *sha256;         /* of the image; NULL: see DecodeRequest */
	guint64 size;         /* of the file, 0 = that of the download */
	guint64 virtual_size; /* 0 = not known */
	char *member;         /* "" = none */
} Decoded;

void decoded_free(Decoded *decoded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoded, decoded_free)

/* Ends as soon as the image is whole, maybe before the download is. NULL with the errors of unpack_finish() or of @pull; then there is no file. */
Decoded *unpack_decode(const DecodeRequest *request, GError **error);
