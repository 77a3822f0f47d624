/*
 * Fetching by http, https and file URLs: libcurl's multi interface on the main loop, no thread of ours (curl's resolver and the reads of local
 * files have theirs). Sources: libcurl-multi(3), CURLMOPT_SOCKETFUNCTION(3), RFC 9110 sections 13 and 14 (If-Range, Range).
 *
 * What it promises: redirects followed to a limit (10), never from https to http and never to file; proxies of the environment (http_proxy,
 * no_proxy, ...); the system's certificates, or those of CURL_CA_BUNDLE or SSL_CERT_FILE; HTTP/2 where the server has it; a transfer that
 * brings less than FETCH_SLOW_BYTES in FETCH_SLOW_S seconds, while the receiver has room, has failed; no body is ever decoded (no
 * Content-Encoding) but for documents. Of file URLs only regular files are read. Errors name the URL and say what was wrong: CARREL_ERROR_FAILED,
 * _CANCELLED, or _NOT_FOUND for 404, 410 and a local file that is not there.
 */
#pragma once

#include <gio/gio.h>

#define FETCH_SLOW_BYTES 1024
#define FETCH_SLOW_S     30

typedef struct Fetcher Fetcher;

/* Belongs to the main context that is the thread's default now. What is under way when it is freed goes on, and is called back. */
Fetcher *fetcher_new(void);
void fetcher_free(Fetcher *fetcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fetcher, fetcher_free)

/* For tests, which must not wait: milliseconds before the second attempt (they double with each further one), and for FETCH_SLOW_S. */
void fetcher_set_pace(Fetcher *fetcher, guint wait_ms, guint slow_ms);

/* How a server names a version of a document. Either may be "". */
typedef struct {
	char *etag;          /* as in the header, with its quotes; a weak one (W/) is no ground to resume */
	char *last_modified; /* as in the header */
} FetchValidators;

void fetch_validators_clear(FetchValidators *validators);

/* --- documents: feeds, checksum files, signatures, pictures ------------------------------------------------------------- */

typedef struct {
	GBytes *bytes; /* NULL: not modified since @known */
	FetchValidators validators;
	char *url; /* where redirects led */
} FetchDocument;

void fetch_document_free(FetchDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FetchDocument, fetch_document_free)

/* Gets a whole document of at most @max bytes, decoded. @known (may be NULL): ask only for what is newer. Cut transfers get two more attempts. */
void fetch_document(Fetcher *fetcher, const char *url, gsize max, const FetchValidators *known,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
FetchDocument *fetch_document_finish(GAsyncResult *result, GError **error);

/* --- files: streamed to who takes them ----------------------------------------------------------------------------------- */

typedef struct {
	const char *url; /* where redirects led */
	guint64 offset;  /* of the first byte that comes now: as asked, or 0 when the server begins anew */
	guint64 total;   /* bytes of the whole file, 0 = the server does not say */
	const FetchValidators *validators;
	const char *content_type; /* "" = not said */
} FetchHead;

typedef enum { FETCH_TAKEN, FETCH_FULL, FETCH_REFUSED } FetchTake;

/* Who takes a file. Called from the main loop. */
typedef struct {
	/* The answer begins. Called again when a further mirror, or the same one after a cut, begins. FALSE with an error ends it all. */
	gboolean (*head)(const FetchHead *head, gpointer data, GError **error);
	/* Bytes in order. All of them are taken or none: after FETCH_FULL the transfer rests until fetch_file_go_on(), and brings
	 * the same bytes again. FETCH_REFUSED with an error ends it all. */
	FetchTake (*take)(const guint8 *bytes, gsize length, gpointer data, GError **error);
} FetchSink;

typedef struct {
	const char *const *urls; /* mirrors, asked in this order; copied */
	guint64 offset;          /* bytes that are there already, 0 = none */
	/* Of those bytes, as the last head() said it; copied. With nothing of it known they are of no use, and the file begins anew. */
	FetchValidators known;
	const char *known_url; /* who said so: FetchHead.url. NULL or "": the first mirror */
	guint64 total;         /* FetchHead.total, 0 = not known */
	guint64 max;           /* more bytes in all are an error */
	guint retries; /* per mirror, of transfers in a row that were cut without bringing a further KiB; those waits grow from half a second */
} FetchRequest;

typedef struct FetchFile FetchFile;

/*
 * Fetches one file. A cut transfer is gone on with Range from the byte that the sink has taken: with If-Range where the same server is asked
 * again; from another mirror when it has the same length (whether it has the same bytes is for the digest to say). Where the file changed or the
 * server cannot, head() is called with offset 0 and the sink begins anew. A mirror that fails, answers with an error or has another length
 * than the one before is left for the next; when all have failed, the error says what each said (_NOT_FOUND when all said that).
 *
 * Also 408, 429 and 5xx are worth another attempt. @sink is copied. The callback comes once, never from inside this call; after it the
 * FetchFile is gone. Finish gives TRUE when every byte was taken and the length is what the server said. An error of the sink is handed
 * through as it is.
 */
FetchFile *fetch_file(Fetcher *fetcher, const FetchRequest *request, const FetchSink *sink,
		      gpointer sink_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer data);
gboolean fetch_file_finish(GAsyncResult *result, GError **error);
/* There is room again after FETCH_FULL; may be called at any time before the callback, also from inside the sink. */
void fetch_file_go_on(FetchFile *file);

/* The address without user, password and query, for messages. Caller frees. */
char *fetch_show_url(const char *url);
/* Absolute URL of @reference as found in a document at @base (RFC 3986 section 5; "": it must be absolute itself), without its #fragment; blanks
 * and characters outside ASCII become escapes. NULL when it is no http, https or file URL, or leads from http(s) to file. Caller frees. */
char *fetch_join_url(const char *base, const char *reference);
