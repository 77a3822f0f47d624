/*
 * What the files of fetching share. One transfer is one answer of one server (or one local file), redirects included; a document is one transfer,
 * a file as many as it takes. A carrier is what moves the bytes of a transfer: curl (fetch.c, the one file that knows it) or read(2)
 * (fetch-local.c: curl would read a whole file in one turn of the loop, and wait for the writer of a FIFO).
 *
 * Nothing here calls back before the start function has returned, and all of it happens on the fetcher's main context. The calls of a
 * FetchReceiver come from inside curl: there, a transfer may be told to go on, but not be freed.
 */
#pragma once

#include "gallery/fetch.h"

#define FETCH_REDIRECTS_MAX 10
#define FETCH_HEADERS_MAX   (64 * 1024) /* bytes, of one answer */
#define FETCH_VALUE_MAX     1024 /* bytes of a header's value that we keep; a longer one counts as not given */
#define FETCH_URL_MAX       8192

/* --- fetch-head.c: what an answer says of itself; not trusted ------------------------------------------------------------- */

/* Content-Range, RFC 9110 section 14.4. */
typedef struct {
	gboolean some;  /* @first to @last are given (else it is that of a 416) */
	gboolean whole; /* @total is given */
	guint64 first, last, total;
} FetchRange;

/* FALSE when it makes no sense: another unit, numbers that overflow, an end before the beginning or behind the total. */
gboolean fetch_range_parse(const char *text, FetchRange *range);

typedef struct {
	guint status; /* of HTTP; local files speak it, too. 0: no status line yet */
	FetchValidators validators;
	char *content_type, *content_encoding, *location; /* NULL = not said */
	gboolean has_length, has_range, chunked;
	guint64 length; /* Content-Length */
	FetchRange range;
	/* of the parser */
	gsize bytes;
} FetchAnswer;

void fetch_answer_clear(FetchAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FetchAnswer, fetch_answer_clear)

typedef enum { FETCH_LINE_MORE, FETCH_LINE_END, FETCH_LINE_TOO_MUCH } FetchLine;

/* Takes one line of an answer's head, with its end. A status line begins it anew (an interim answer came before). FETCH_LINE_END: the head of the
 * final answer is complete. */
FetchLine fetch_answer_line(FetchAnswer *answer, const char *line, gsize length);

/* "404 Not Found"; caller frees. */
char *fetch_status_words(guint status);

/* An answer that another attempt may change: overload, and what lies behind a gateway. */
gboolean fetch_status_may_pass(guint status);

/* What a Range may stand on: a strong ETag, else Last-Modified, else NULL. Points into @validators. */
const char *fetch_validators_ground(const FetchValidators *validators);
void fetch_validators_copy(FetchValidators *to, const FetchValidators *from);
/* Where both name the same thing, they name it alike. */
gboolean fetch_validators_agree(const FetchValidators *a, const FetchValidators *b);

/* --- fetch-url.c ---------------------------------------------------------------------------------------------------------- */

gboolean fetch_url_is_local(const char *url);
/* The error for what fetch_join_url() knows no URL in. */
GError *fetch_url_error(const char *shown);
/* Where a redirect leads; NULL with an error when it must not be followed. Caller frees. */
char *fetch_url_redirect(const char *url, const char *location, GError **error);

/* --- fetch-transfer.c ----------------------------------------------------------------------------------------------------- */

typedef struct FetchTransfer FetchTransfer;

typedef enum {
	FETCH_END_COMPLETE,
	FETCH_END_STOPPED,     /* by the receiver, which knows why; no error */
	FETCH_END_CUT,         /* worth another attempt */
	FETCH_END_UNREACHABLE, /* no connection came about; worth one for what is large */
	FETCH_END_BAD          /* would be the same again */
} FetchEnd;

typedef struct {
	/* A final answer that is no redirect. FALSE stops the transfer. */
	gboolean (*head)(const FetchAnswer *answer, gpointer data);
	/* As in FetchSink. FETCH_REFUSED stops the transfer. */
	FetchTake (*take)(const guint8 *bytes, gsize length, gpointer data);
	/* Comes once, from the main loop; the receiver frees the transfer in it. @error is its own. */
	void (*over)(FetchEnd end, GError *error, gpointer data);
} FetchReceiver;

/* What is asked for; copied. */
typedef struct {
	const char *url;
	guint64 offset;       /* 0: all of it, no Range */
	const char *if_range; /* NULL, or the ground of that Range; dropped when redirected */
	const char *if_none_match, *if_changed; /* NULL, or ETag and date of what is known */
	gboolean decode;                        /* Content-Encoding is welcome */
} FetchAsk;

FetchTransfer *fetch_transfer_start(Fetcher *fetcher, const FetchAsk *ask, const FetchReceiver *receiver,
				    gpointer data);
void fetch_transfer_free(FetchTransfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FetchTransfer, fetch_transfer_free)
void fetch_transfer_go_on(FetchTransfer *transfer);
/* Where redirects led so far. */
const char *fetch_transfer_url(FetchTransfer *transfer);

/* --- carriers ------------------------------------------------------------------------------------------------------------- */

typedef struct {
	/* Returns the carrier's own part; it calls nothing back yet. */
	gpointer (*begin)(Fetcher *fetcher, FetchTransfer *transfer, const FetchAsk *ask);
	void (*go_on)(gpointer carried); /* there is room again after FETCH_FULL */
	void (*end)(gpointer carried);   /* calls nothing back from now on; frees it */
} FetchCarrier;

extern const FetchCarrier fetch_carrier_http, fetch_carrier_local;

/* For carriers. After FALSE and FETCH_REFUSED the carrier stops and says fetch_transfer_over(); after FETCH_FULL it keeps still until go_on(): the
 * transfer keeps the bytes. fetch_transfer_over() takes @error (NULL when complete), may free the transfer, and is never called from inside curl. */
gboolean fetch_transfer_head(FetchTransfer *transfer, const FetchAnswer *answer);
FetchTake fetch_transfer_bytes(FetchTransfer *transfer, const guint8 *bytes, gsize length);
void fetch_transfer_over(FetchTransfer *transfer, FetchEnd end, GError *error);

/* --- fetch.c: the fetcher -------------------------------------------------------------------------------------------------- */

Fetcher *fetcher_ref(Fetcher *fetcher);
void fetcher_unref(Fetcher *fetcher);
guint fetcher_slow_ms(Fetcher *fetcher);
/* Before attempt @attempt of one mirror, the first is 0. */
guint fetcher_wait_ms(Fetcher *fetcher, guint attempt);
/* A source on the fetcher's context. The caller has a reference; fetch_source_clear() ends it. */
GSource *fetcher_after(Fetcher *fetcher, guint ms, GSourceFunc function, gpointer data);
GSource *fetcher_when_cancelled(Fetcher *fetcher, GCancellable *cancellable, GSourceFunc function,
				gpointer data);
void fetch_source_clear(GSource **source);
