#include "gallery/image-write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "gallery/byte-queue.h"
#include "gallery/hasher.h"
#include "gallery/qcow2-write.h"

#define SECTOR 512

/* Bytes that wait to be written. */
#define QUEUE_MAX (4 * 1024 * 1024)

/* Either hasher, for a file that stays as it came, or qcow2 is there. */
struct ImageWriter {
	ImageFormat found;
	char *path;
	int fd;
	Output output;
	guint64 position;
	Hasher *hasher;
	Qcow2Writer *qcow2;
	/* The end of a raw disk may turn out to be the footer of a VHD, so that much is held back. */
	guint8 tail[IMAGE_VHD_FOOTER];
	gsize tail_length;
	gboolean finished;
	/* Writing and hashing has a thread of its own: who decompresses has enough to do. */
	ByteQueue *queue;
	GThread *thread;
	GError *error; /* the thread's; to be looked at when it has ended */
};

/* --- a raw disk ----------------------------------------------------------------------------------------------------------- */

/* The held back bytes lie before @offset. */
static gboolean release_tail(ImageWriter *writer, gsize length, GError **error)
{
	guint64 begin = writer->position - writer->tail_length;

	if (!qcow2_writer_write(writer->qcow2, begin, writer->tail, length, error))
		return FALSE;
	writer->tail_length -= length;
	memmove(writer->tail, writer->tail + length, writer->tail_length);
	return TRUE;
}

static gboolean write_disk(ImageWriter *writer, guint64 offset, const guint8 *bytes, gsize length,
			   GError **error)
{
	gsize keep = MIN(length, IMAGE_VHD_FOOTER);
	gsize too_much = writer->tail_length + keep > IMAGE_VHD_FOOTER
				 ? writer->tail_length + keep - IMAGE_VHD_FOOTER
				 : 0;

	/* Behind a hole, or before a whole footer, what was held back was no footer. */
	if (!release_tail(writer, offset > writer->position ? writer->tail_length : too_much, error))
		return FALSE;
	if (length > keep && !qcow2_writer_write(writer->qcow2, offset, bytes, length - keep, error))
		return FALSE;
	memcpy(writer->tail + writer->tail_length, bytes + length - keep, keep);
	writer->tail_length += keep;
	writer->position = offset + length;
	return TRUE;
}

static gboolean finish_disk(ImageWriter *writer, guint64 size, ImageWritten *written, GError **error)
{
	guint64 data = 0;

	if (writer->tail_length == IMAGE_VHD_FOOTER && size == writer->position)
		data = image_format_vhd_data(writer->tail, size);
	if (data > 0)
		written->found = IMAGE_VHD;
	else if (!release_tail(writer, writer->tail_length, error))
		return FALSE;
	written->format = IMAGE_QCOW2;
	written->virtual_size = ((data > 0 ? data : size) + SECTOR - 1) / SECTOR * SECTOR;
	if (!qcow2_writer_finish(writer->qcow2, written->virtual_size, &written->size, error))
		return FALSE;
	/* The header, written last, is what the checksum begins with: it cannot be had on the way. The pages are still in memory. */
	written->sha256 = output_hash(&writer->output, written->size, error);
	return written->sha256 != NULL;
}

/* --- what stays as it is -------------------------------------------------------------------------------------------------- */

static void hash_zeroes(Hasher *hasher, guint64 length)
{
	static const guint8 zeroes[OUTPUT_BLOCK];

	for (; length > 0; length -= MIN(length, sizeof(zeroes)))
		hasher_update(hasher, zeroes, MIN(length, sizeof(zeroes)));
}

static gboolean write_as_is(ImageWriter *writer, guint64 offset, const guint8 *bytes, gsize length,
			    GError **error)
{
	hash_zeroes(writer->hasher, offset - writer->position);
	hasher_update(writer->hasher, bytes, length);
	writer->position = offset + length;
	return output_write_sparse(&writer->output, offset, bytes, length, error);
}

static gboolean finish_as_is(ImageWriter *writer, guint64 size, ImageWritten *written, GError **error)
{
	hash_zeroes(writer->hasher, size - writer->position);
	written->format = writer->found;
	written->size = size;
	written->sha256 = hasher_finish(writer->hasher);
	return output_set_size(&writer->output, size, error);
}

/* --- the thread ----------------------------------------------------------------------------------------------------------- */

static gboolean write_now(ImageWriter *writer, const Chunk *chunk, GError **error)
{
	return writer->qcow2 ? write_disk(writer, chunk->offset, chunk->bytes, chunk->length, error)
			     : write_as_is(writer, chunk->offset, chunk->bytes, chunk->length, error);
}

static gpointer run_writer(gpointer data)
{
	ImageWriter *writer = data;
	Chunk *chunk = NULL;

	while (byte_queue_take(writer->queue, &chunk, NULL) == QUEUE_CHUNK) {
		if (!write_now(writer, chunk, &writer->error))
			byte_queue_abort(writer->queue);
		chunk_unref(chunk);
	}
	return NULL;
}

/* Waits until it has ended, which it was told to do or did by itself. FALSE: it could not write. */
static gboolean join_thread(ImageWriter *writer, GError **error)
{
	if (writer->thread)
		g_thread_join(g_steal_pointer(&writer->thread));
	if (!writer->error)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&writer->error));
	return FALSE;
}

ImageWriter *image_writer_new(const char *path, ImageFormat found, OutputShare *share, GError **error)
{
	g_autoptr(ImageWriter) writer = g_new0(ImageWriter, 1);

	writer->path = g_strdup(path);
	writer->found = found;
	writer->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->fd < 0) {
		writer->finished = TRUE; /* what is there is none of ours */
		file_error(error, errno, "write", path);
		return NULL;
	}
	writer->output = (Output){ writer->fd, writer->path, share };
	if (found == IMAGE_RAW)
		writer->qcow2 = qcow2_writer_new(&writer->output);
	else
		writer->hasher = hasher_new(G_CHECKSUM_SHA256);
	writer->queue = byte_queue_new(QUEUE_MAX);
	writer->thread = g_thread_new("write", run_writer, writer);
	return g_steal_pointer(&writer);
}

void image_writer_free(ImageWriter *writer)
{
	if (!writer)
		return;
	if (writer->queue)
		byte_queue_abort(writer->queue);
	join_thread(writer, NULL);
	byte_queue_free(writer->queue);
	if (!writer->finished)
		unlink(writer->path);
	fd_clear(&writer->fd);
	hasher_free(writer->hasher);
	qcow2_writer_free(writer->qcow2);
	g_free(writer->path);
	g_free(writer);
}

gboolean image_writer_write(ImageWriter *writer, guint64 offset, const guint8 *bytes, gsize length,
			    GError **error)
{
	Chunk *chunk = chunk_new(length);

	memcpy(chunk->bytes, bytes, length);
	chunk->offset = offset;
	return byte_queue_put(writer->queue, chunk) || join_thread(writer, error);
}

gboolean image_writer_finish(ImageWriter *writer, guint64 size, ImageWritten *written, GError **error)
{
	*written = (ImageWritten){ .found = writer->found };
	byte_queue_end(writer->queue);
	if (!join_thread(writer, error))
		return FALSE;
	writer->finished = writer->qcow2 ? finish_disk(writer, size, written, error)
					 : finish_as_is(writer, size, written, error);
	if (!writer->finished)
		g_clear_pointer(&written->sha256, g_free);
	return writer->finished;
}
