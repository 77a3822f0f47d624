/*
 * Fetches one file from a script: fetch-file [OPTION...] OUT URL... (mirrors). Prints what the server says, a line for each beginning
 * ("head OFFSET TOTAL TYPE ETAG URL"), and ends with the exit status of the error, whose sentence is on stderr. With --offset, OUT has so many
 * bytes already. With --full, there is no room each so many times. --document fetches the first URL as a document.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "gallery/fetch.h"

static gint64 offset, total, max = G_MAXINT64;
static int retries = 3, wait_ms = 50, full;
static char *etag, *known_url;
static gboolean document;
static char **words;

static const GOptionEntry options[] = {
	{"offset",     0, 0, G_OPTION_ARG_INT64,          &offset,    "bytes that OUT has",         "N"  },
	{ "total",     0, 0, G_OPTION_ARG_INT64,          &total,     "length of the whole file",   "N"  },
	{ "etag",      0, 0, G_OPTION_ARG_STRING,         &etag,      "of what OUT has",            "E"  },
	{ "known-url", 0, 0, G_OPTION_ARG_STRING,         &known_url, "who said so",                "URL"},
	{ "max",       0, 0, G_OPTION_ARG_INT64,          &max,       "more bytes are an error",    "N"  },
	{ "retries",   0, 0, G_OPTION_ARG_INT,            &retries,   "of each mirror",             "N"  },
	{ "wait-ms",   0, 0, G_OPTION_ARG_INT,            &wait_ms,   "before the second attempt",  "MS" },
	{ "full",      0, 0, G_OPTION_ARG_INT,            &full,      "no room each so many times", "N"  },
	{ "document",  0, 0, G_OPTION_ARG_NONE,           &document,  "fetch a document",           NULL },
	{ "",          0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words,     NULL,                         NULL },
	{ NULL,        0, 0, 0,			   NULL,       NULL,                         NULL }
};

typedef struct {
	int fd;
	FetchFile *file;
	int takes;
	GBytes *refused;
} Output;

static gboolean has_room(gpointer data)
{
	fetch_file_go_on(data);
	return G_SOURCE_REMOVE;
}

static gboolean on_head(const FetchHead *head, gpointer data, GError **error)
{
	Output *output = data;
	int fd = output->fd;

	g_clear_pointer(&output->refused, g_bytes_unref);
	printf("head %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s %s %s\n", head->offset, head->total,
	       *head->content_type ? head->content_type : "-",
	       *head->validators->etag ? head->validators->etag : "-", head->url);
	fflush(stdout);
	return (ftruncate(fd, (off_t)head->offset) == 0 && lseek(fd, (off_t)head->offset, SEEK_SET) >= 0) ||
	       error_set(error, CARREL_ERROR_FAILED, NULL, "cannot cut the file: %s", g_strerror(errno));
}

static gboolean write_all(int fd, const guint8 *bytes, gsize length, GError **error)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0)
			return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot write: %s",
					 g_strerror(errno));
		bytes += count;
		length -= (gsize)count;
	}
	return TRUE;
}

static FetchTake on_take(const guint8 *bytes, gsize length, gpointer data, GError **error)
{
	Output *output = data;
	g_autoptr(GBytes) refused = g_steal_pointer(&output->refused);
	g_autoptr(GBytes) now = g_bytes_new(bytes, length);

	if (refused && !g_bytes_equal(refused, now)) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "other bytes than those there was no room for");
		return FETCH_REFUSED;
	}
	if (full > 0 && ++output->takes % full == 0) {
		output->refused = g_steal_pointer(&now);
		g_timeout_add(1, has_room, output->file);
		return FETCH_FULL;
	}
	return write_all(output->fd, bytes, length, error) ? FETCH_TAKEN : FETCH_REFUSED;
}

static void keep(GObject *source, GAsyncResult *result, gpointer data)
{
	*(GAsyncResult **)data = g_object_ref(result);
}

static void get_document(Fetcher *fetcher, int fd, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;
	FetchValidators known = { etag, (char *)"" };
	gsize length;

	fetch_document(fetcher, words[1], (gsize)max, etag ? &known : NULL, NULL, keep, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	g_autoptr(FetchDocument) got = fetch_document_finish(result, error);
	if (!got)
		return;
	printf("document %s %s\n", got->bytes ? "new" : "unchanged", got->url);
	if (got->bytes) {
		const guint8 *bytes = g_bytes_get_data(got->bytes, &length);
		write_all(fd, bytes, length, error);
	}
}

static void get_file(Fetcher *fetcher, int fd, GError **error)
{
	static const FetchSink sink = { on_head, on_take };
	g_autoptr(GAsyncResult) result = NULL;
	FetchRequest request = {
		.urls = (const char *const *)words + 1,
		.offset = (guint64)offset,
		.known = {etag, NULL},
		.known_url = known_url,
		.total = (guint64)total,
		.max = (guint64)max,
		.retries = (guint)retries
	};

	Output output = { .fd = fd };
	output.file = fetch_file(fetcher, &request, &sink, &output, NULL, keep, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	fetch_file_finish(result, error);
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("OUT URL...");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || !words || !words[0] || !words[1]) {
		fprintf(stderr, "%s\n", error ? error->message : "usage: fetch-file [OPTION...] OUT URL...");
		return 2;
	}
	g_autoptr(Fetcher) fetcher = fetcher_new();
	int fd = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	fetcher_set_pace(fetcher, (guint)wait_ms, FETCH_SLOW_S * 1000);
	(document ? get_document : get_file)(fetcher, fd, &error);
	close(fd);
	if (!error)
		return 0;
	g_autofree char *sentence = error_sentence(error);
	fprintf(stderr, "%s\n", sentence);
	return error_exit_status(error);
}
