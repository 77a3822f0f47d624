/* Files that unpacking writes: with holes where there are zeroes, within the room that there is. Used by several threads at once. */
#pragma once

#include <gio/gio.h>
#include <stdatomic.h>

/* Zeroes of this length at a multiple of it become a hole. */
#define OUTPUT_BLOCK (64 * 1024)

/* What all files of one run share. */
typedef struct {
	atomic_bool stopped; /* somebody wants it to end */
	atomic_ullong used;  /* bytes written */
	guint64 limit;       /* most of them, 0 = none but the disk's */
} OutputShare;

typedef struct {
	int fd;           /* borrowed */
	const char *path; /* for messages; borrowed */
	OutputShare *share;
} Output;

gboolean output_is_zero(const guint8 *bytes, gsize length);

/* CARREL_ERROR_FAILED, with a hint where there is no room. */
gboolean output_write(const Output *output, guint64 offset, const guint8 *bytes, gsize length,
		      GError **error);

/* The same for a place where nothing was written yet: leaves out blocks of zeroes. The end must be set by output_set_size(). */
gboolean output_write_sparse(const Output *output, guint64 offset, const guint8 *bytes, gsize length,
			     GError **error);
gboolean output_set_size(const Output *output, guint64 size, GError **error);

/* SHA-256 of @length bytes of the file from the beginning; needs an fd that can be read. NULL also with CARREL_ERROR_CANCELLED when it was stopped. Caller frees. */
char *output_hash(const Output *output, guint64 length, GError **error);
