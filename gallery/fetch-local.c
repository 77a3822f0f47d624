/*
 * file:// addresses: only regular files, read in pieces by GIO's worker threads, so that a slow disk stops nobody. It answers as a web server
 * would (status, ETag, Content-Range), so that nothing above has to know.
 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "gallery/fetch-private.h"

#define PIECE (256 * 1024)

typedef struct {
	Fetcher *fetcher;
	FetchTransfer *transfer; /* NULL: nobody listens any more; a read is still under way */
	GSource *later;
	char *url, *if_range, *if_none_match;
	guint64 offset;
	GInputStream *stream;
	GCancellable *cancellable;
	gboolean reading;
	guint64 left; /* bytes of what was promised */
	guint8 *piece;
} Local;

static void local_free(Local *local)
{
	fetch_source_clear(&local->later);
	g_clear_object(&local->stream);
	g_object_unref(local->cancellable);
	g_free(local->url);
	g_free(local->if_range);
	g_free(local->if_none_match);
	g_free(local->piece);
	g_free(local);
}

static void over(Local *local, FetchEnd end, GError *error)
{
	fetch_transfer_over(local->transfer, end, error);
}

/* --- opening -------------------------------------------------------------------------------------------------------------- */

/* A FIFO or a device would wait, or never end: it is opened without waiting, and refused. */
static int open_regular(const char *path, struct stat *info, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		gboolean missing = errno == ENOENT || errno == ENOTDIR;
		error_set(error, missing ? CARREL_ERROR_NOT_FOUND : CARREL_ERROR_FAILED, NULL,
			  "cannot read file `%s': %s", path, g_strerror(errno));
		return -1;
	}
	if (fstat(fd, info) == 0 && S_ISREG(info->st_mode))
		return fd;
	close(fd);
	error_set(error, CARREL_ERROR_FAILED, "name a file", "cannot fetch `%s': it is no regular file",
		  path);
	return -1;
}

static int open_url(const char *url, struct stat *info, GError **error)
{
	g_autofree char *host = NULL;
	g_autofree char *path = g_filename_from_uri(url, &host, NULL);

	if (path && (!host || !*host || g_ascii_strcasecmp(host, "localhost") == 0))
		return open_regular(path, info, error);
	g_autofree char *shown = fetch_show_url(url);
	error_set(error, CARREL_ERROR_FAILED, "write file:///PATH", "%s names no file of this host", shown);
	return -1;
}

/* --- answering ------------------------------------------------------------------------------------------------------------ */

static void describe(FetchAnswer *answer, const struct stat *info)
{
	answer->validators.etag =
		g_strdup_printf("\"%lx-%lx-%lx.%lx\"", (gulong)info->st_ino, (gulong)info->st_size,
				(gulong)info->st_mtim.tv_sec, (gulong)info->st_mtim.tv_nsec);
	answer->validators.last_modified = g_strdup("");
}

/* RFC 9110 section 13.2.2, for what is asked here. */
static void answer_as_server(Local *local, const struct stat *info, FetchAnswer *answer)
{
	guint64 size = (guint64)info->st_size;
	guint64 from = local->offset;

	describe(answer, info);
	if (local->if_range && strcmp(local->if_range, answer->validators.etag) != 0)
		from = 0;
	if (local->if_none_match && strcmp(local->if_none_match, answer->validators.etag) == 0) {
		answer->status = 304;
		return;
	}
	answer->status = from == 0 ? 200 : from < size ? 206 : 416;
	answer->has_range = from > 0;
	answer->range = (FetchRange){ .some = from < size,
				      .whole = TRUE,
				      .first = from,
				      .last = from < size ? size - 1 : 0,
				      .total = size };
	answer->has_length = TRUE;
	answer->length = from < size ? size - from : 0;
	local->left = answer->length;
	local->offset = from;
}

static void read_on(Local *local);

/* Over when nothing is to come, or the transfer wants nothing. */
static void answer(Local *local, int fd, const struct stat *info)
{
	g_auto(FetchAnswer) head = { 0 };
	g_autoptr(GInputStream) stream = g_unix_input_stream_new(fd, TRUE);

	answer_as_server(local, info, &head);
	if (lseek(fd, (off_t)local->offset, SEEK_SET) < 0) {
		over(local, FETCH_END_BAD,
		     error_new(CARREL_ERROR_FAILED, NULL, "cannot seek: %s", g_strerror(errno)));
		return;
	}
	if (!fetch_transfer_head(local->transfer, &head)) {
		over(local, FETCH_END_BAD, NULL);
		return;
	}
	local->stream = g_steal_pointer(&stream);
	read_on(local);
}

static gboolean on_begin(gpointer data)
{
	Local *local = data;
	GError *error = NULL;
	struct stat info;

	fetch_source_clear(&local->later);
	int fd = open_url(local->url, &info, &error);
	if (fd < 0)
		over(local, FETCH_END_BAD, error);
	else
		answer(local, fd, &info);
	return G_SOURCE_REMOVE;
}

/* --- reading -------------------------------------------------------------------------------------------------------------- */

static void take_piece(Local *local, gssize count, GError *error)
{
	g_autofree char *shown = fetch_show_url(local->url);

	if (count < 0) {
		over(local, FETCH_END_BAD,
		     error_new(CARREL_ERROR_FAILED, NULL, "cannot read %s: %s", shown, error->message));
		return;
	}
	if (count == 0) {
		over(local, FETCH_END_CUT,
		     error_new(CARREL_ERROR_FAILED, "does somebody write it just now?",
			       "%s became shorter while it was read", shown));
		return;
	}
	local->left -= (guint64)count;
	switch (fetch_transfer_bytes(local->transfer, local->piece, (gsize)count)) {
	case FETCH_TAKEN:
		read_on(local);
		break;
	case FETCH_REFUSED:
		over(local, FETCH_END_BAD, NULL);
		break;
	case FETCH_FULL:
		break;
	}
}

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
	Local *local = data;
	g_autoptr(GError) error = NULL;
	gssize count = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &error);

	local->reading = FALSE;
	if (local->transfer)
		take_piece(local, count, error);
	else
		local_free(local);
}

static void read_on(Local *local)
{
	if (local->left == 0) {
		over(local, FETCH_END_COMPLETE, NULL);
		return;
	}
	local->reading = TRUE;
	g_input_stream_read_async(local->stream, local->piece, MIN(local->left, PIECE), G_PRIORITY_DEFAULT,
				  local->cancellable, on_read, local);
}

/* --- the carrier ---------------------------------------------------------------------------------------------------------- */

static gpointer local_begin(Fetcher *fetcher, FetchTransfer *transfer, const FetchAsk *ask)
{
	Local *local = g_new0(Local, 1);

	local->fetcher = fetcher;
	local->transfer = transfer;
	local->url = g_strdup(ask->url);
	local->if_range = g_strdup(ask->if_range);
	local->if_none_match = g_strdup(ask->if_none_match);
	local->offset = ask->offset;
	local->cancellable = g_cancellable_new();
	local->piece = g_malloc(PIECE);
	local->later = fetcher_after(fetcher, 0, on_begin, local);
	return local;
}

static void local_go_on(gpointer data)
{
	read_on(data);
}

/* A worker may be writing into @piece. */
static void local_end(gpointer data)
{
	Local *local = data;

	local->transfer = NULL;
	fetch_source_clear(&local->later);
	if (local->reading)
		g_cancellable_cancel(local->cancellable);
	else
		local_free(local);
}

const FetchCarrier fetch_carrier_local = { local_begin, local_go_on, local_end };
