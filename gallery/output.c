#include "gallery/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "gallery/hasher.h"

#define HASH_CHUNK (1024 * 1024)

static const char no_room[] =
	"free some space there (`carrel gallery prune' removes images that no VM uses), "
	"then try again: what was downloaded is kept";

/* Compares the bytes with themselves, one place further: as fast as the C library's memcmp(). */
gboolean output_is_zero(const guint8 *bytes, gsize length)
{
	return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static gboolean write_error(const Output *output, int saved, GError **error)
{
	if (saved == ENOSPC || saved == EDQUOT || saved == EFBIG)
		return error_set(error, CARREL_ERROR_FAILED, no_room, "cannot write `%s': %s", output->path,
				 g_strerror(saved));
	return file_error(error, saved, "write", output->path);
}

gboolean output_write(const Output *output, guint64 offset, const guint8 *bytes, gsize length, GError **error)
{
	OutputShare *share = output->share;

	if (atomic_fetch_add(&share->used, length) + length > share->limit && share->limit > 0)
		return write_error(output, ENOSPC, error);
	while (length > 0) {
		ssize_t written = pwrite(output->fd, bytes, length, (off_t)offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return write_error(output, errno, error);
		bytes += written;
		offset += (guint64)written;
		length -= (gsize)written;
	}
	return TRUE;
}

/* Up to the end of the block that @offset is in. */
static gsize block_length(guint64 offset, gsize length)
{
	return MIN(length, OUTPUT_BLOCK - offset % OUTPUT_BLOCK);
}

gboolean output_write_sparse(const Output *output, guint64 offset, const guint8 *bytes, gsize length,
			     GError **error)
{
	gsize run = 0; /* bytes before @at that are to be written in one go */

	for (gsize at = 0; at < length;) {
		gsize block = block_length(offset + at, length - at);
		if (!output_is_zero(bytes + at, block)) {
			run += block;
		} else if (run > 0) {
			if (!output_write(output, offset + at - run, bytes + at - run, run, error))
				return FALSE;
			run = 0;
		}
		at += block;
	}
	return run == 0 || output_write(output, offset + length - run, bytes + length - run, run, error);
}

gboolean output_set_size(const Output *output, guint64 size, GError **error)
{
	return ftruncate(output->fd, (off_t)size) == 0 || write_error(output, errno, error);
}

char *output_hash(const Output *output, guint64 length, GError **error)
{
	g_autoptr(Hasher) hasher = hasher_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *chunk = g_malloc(HASH_CHUNK);

	for (guint64 at = 0; at < length;) {
		ssize_t got = pread(output->fd, chunk, MIN(HASH_CHUNK, length - at), (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			file_error(error, got < 0 ? errno : EIO, "read", output->path);
			return NULL;
		}
		if (atomic_load(&output->share->stopped)) {
			error_set(error, CARREL_ERROR_CANCELLED, NULL, "unpacking was stopped");
			return NULL;
		}
		hasher_update(hasher, chunk, (gsize)got);
		at += (guint64)got;
	}
	return hasher_finish(hasher);
}
