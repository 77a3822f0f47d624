/* One image on its way to a file: as it is, with holes and with its SHA-256 taken on the way; a raw disk as qcow2. It is written by a thread of
 * the writer's own, so that an error may be told by a later call than that whose bytes it is about. */
#pragma once

#include "gallery/image-format.h"
#include "gallery/output.h"

typedef struct ImageWriter ImageWriter;

typedef struct {
	ImageFormat found, format; /* of what came, of the file */
	char *sha256;              /* of the file */
	guint64 size;              /* of the file */
	guint64 virtual_size;      /* of a raw disk, else 0 */
} ImageWritten;

/* Makes the file @path anew. @found: as its first bytes say. @path and @share are borrowed. */
ImageWriter *image_writer_new(const char *path, ImageFormat found, OutputShare *share, GError **error);
/* Unless it was finished, the file goes away. */
void image_writer_free(ImageWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImageWriter, image_writer_free)

/* What is left out between two writes is zero; @offset is never before the end of what was written. */
gboolean image_writer_write(ImageWriter *writer, guint64 offset, const guint8 *bytes, gsize length,
			    GError **error);

/* @size: bytes of the image that came. @written's sha256 is the caller's. */
gboolean image_writer_finish(ImageWriter *writer, guint64 size, ImageWritten *written, GError **error);
