/* One transfer: redirects, bytes that nobody could take yet, and the watch for one that brings nothing. */
#include "base/error.h"
#include "gallery/fetch-private.h"

/* The body of a redirect is read so that the connection can be used again, but not a long one. */
#define REDIRECT_BODY_MAX (16 * 1024)

struct FetchTransfer {
	Fetcher *fetcher;
	const FetchReceiver *receiver;
	gpointer data;
	FetchAsk ask; /* its strings are ours */
	char *url, *if_range, *if_none_match, *if_changed;

	const FetchCarrier *carrier;
	gpointer carried;
	GSource *later; /* the beginning, or that there is room again */
	GSource *slow;
	guint64 brought;       /* bytes since @slow looked last */
	GByteArray *held;      /* what the receiver had no room for */
	gboolean taking, room; /* it is being asked; meanwhile it was told that there is room again */

	guint redirects;
	char *redirect; /* of the answer that is being read, NULL = it is none */
	gsize redirect_body;
	GError *redirect_error;

	gboolean stopped; /* by the receiver */
	gboolean over;    /* the carrier has ended, with: */
	FetchEnd end;
	GError *error;
};

const char *fetch_transfer_url(FetchTransfer *transfer)
{
	return transfer->url;
}

static void end_carrier(FetchTransfer *transfer)
{
	fetch_source_clear(&transfer->slow);
	fetch_source_clear(&transfer->later);
	if (transfer->carried)
		transfer->carrier->end(g_steal_pointer(&transfer->carried));
}

void fetch_transfer_free(FetchTransfer *transfer)
{
	end_carrier(transfer);
	g_byte_array_unref(transfer->held);
	g_clear_error(&transfer->error);
	g_clear_error(&transfer->redirect_error);
	g_free(transfer->redirect);
	g_free(transfer->url);
	g_free(transfer->if_range);
	g_free(transfer->if_none_match);
	g_free(transfer->if_changed);
	fetcher_unref(transfer->fetcher);
	g_free(transfer);
}

/* --- slow ones ------------------------------------------------------------------------------------------------------------ */

/* Not curl's own limit: that one goes on counting while the receiver has no room. */
static gboolean on_slow(gpointer data)
{
	FetchTransfer *transfer = data;

	if (transfer->brought >= FETCH_SLOW_BYTES) {
		transfer->brought = 0;
		return G_SOURCE_CONTINUE;
	}
	g_autofree char *shown = fetch_show_url(transfer->url);
	guint ms = fetcher_slow_ms(transfer->fetcher);
	fetch_transfer_over(transfer, FETCH_END_CUT,
			    error_new(CARREL_ERROR_FAILED, "try again later, or another mirror",
				      "%s brought %" G_GUINT64_FORMAT " bytes in %g seconds and was given up",
				      shown, transfer->brought, ms / 1000.0));
	return G_SOURCE_REMOVE;
}

static void watch_slow(FetchTransfer *transfer)
{
	fetch_source_clear(&transfer->slow);
	transfer->brought = 0;
	transfer->slow =
		fetcher_after(transfer->fetcher, fetcher_slow_ms(transfer->fetcher), on_slow, transfer);
}

/* --- beginning ------------------------------------------------------------------------------------------------------------ */

static gboolean begin(gpointer data)
{
	FetchTransfer *transfer = data;

	fetch_source_clear(&transfer->later);
	watch_slow(transfer);
	transfer->carrier = fetch_url_is_local(transfer->url) ? &fetch_carrier_local : &fetch_carrier_http;
	transfer->carried = transfer->carrier->begin(transfer->fetcher, transfer, &transfer->ask);
	return G_SOURCE_REMOVE;
}

/* Whoever starts a transfer may be inside of curl, which cannot be told to begin another from there. */
static void begin_later(FetchTransfer *transfer)
{
	transfer->ask.url = transfer->url;
	transfer->ask.if_range = transfer->if_range;
	transfer->ask.if_none_match = transfer->if_none_match;
	transfer->ask.if_changed = transfer->if_changed;
	transfer->later = fetcher_after(transfer->fetcher, 0, begin, transfer);
}

FetchTransfer *fetch_transfer_start(Fetcher *fetcher, const FetchAsk *ask, const FetchReceiver *receiver,
				    gpointer data)
{
	FetchTransfer *transfer = g_new0(FetchTransfer, 1);

	transfer->fetcher = fetcher_ref(fetcher);
	transfer->receiver = receiver;
	transfer->data = data;
	transfer->ask = *ask;
	transfer->url = g_strdup(ask->url);
	transfer->if_range = g_strdup(ask->if_range);
	transfer->if_none_match = g_strdup(ask->if_none_match);
	transfer->if_changed = g_strdup(ask->if_changed);
	transfer->held = g_byte_array_new();
	begin_later(transfer);
	return transfer;
}

/* --- what the carrier says ------------------------------------------------------------------------------------------------ */

static gboolean is_redirect(const FetchAnswer *answer)
{
	switch (answer->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return answer->location != NULL;
	default:
		return FALSE;
	}
}

static gboolean take_redirect(FetchTransfer *transfer, const char *location)
{
	if (++transfer->redirects > FETCH_REDIRECTS_MAX) {
		g_autofree char *shown = fetch_show_url(transfer->url);
		return error_set(&transfer->redirect_error, CARREL_ERROR_FAILED,
				 "the source is misconfigured; tell its publisher",
				 "%s redirects once more, after %d times", shown, FETCH_REDIRECTS_MAX);
	}
	transfer->redirect = fetch_url_redirect(transfer->url, location, &transfer->redirect_error);
	return transfer->redirect != NULL;
}

gboolean fetch_transfer_head(FetchTransfer *transfer, const FetchAnswer *answer)
{
	if (is_redirect(answer))
		return take_redirect(transfer, answer->location);
	transfer->stopped = !transfer->receiver->head(answer, transfer->data);
	return !transfer->stopped;
}

static gboolean on_room(gpointer data);

/* Asks the receiver. Told from inside that there is room again, it is asked once more. */
static FetchTake give(FetchTransfer *transfer, const guint8 *bytes, gsize length)
{
	transfer->taking = TRUE;
	transfer->room = FALSE;
	FetchTake take = transfer->receiver->take(bytes, length, transfer->data);
	transfer->taking = FALSE;
	if (take == FETCH_FULL && transfer->room)
		transfer->later = fetcher_after(transfer->fetcher, 0, on_room, transfer);
	return take;
}

FetchTake fetch_transfer_bytes(FetchTransfer *transfer, const guint8 *bytes, gsize length)
{
	transfer->brought += length;
	if (transfer->redirect) {
		transfer->redirect_body += length;
		return transfer->redirect_body <= REDIRECT_BODY_MAX ? FETCH_TAKEN : FETCH_REFUSED;
	}
	FetchTake take = give(transfer, bytes, length);
	if (take == FETCH_FULL) {
		g_byte_array_append(transfer->held, bytes, (guint)length);
		fetch_source_clear(&transfer->slow);
	}
	transfer->stopped = take == FETCH_REFUSED;
	return take;
}

static void follow_redirect(FetchTransfer *transfer)
{
	end_carrier(transfer);
	g_clear_error(&transfer->error);
	g_free(transfer->url);
	transfer->url = g_steal_pointer(&transfer->redirect);
	transfer->redirect_body = 0;
	/* Those names are of the server that redirected. */
	g_clear_pointer(&transfer->if_range, g_free);
	transfer->over = FALSE;
	begin_later(transfer);
}

static void conclude(FetchTransfer *transfer)
{
	if (transfer->redirect) {
		follow_redirect(transfer);
		return;
	}
	end_carrier(transfer);
	if (transfer->redirect_error) {
		g_clear_error(&transfer->error);
		transfer->error = g_steal_pointer(&transfer->redirect_error);
		transfer->end = FETCH_END_BAD;
	}
	if (transfer->stopped) {
		g_clear_error(&transfer->error);
		transfer->end = FETCH_END_STOPPED;
	}
	transfer->receiver->over(transfer->end, g_steal_pointer(&transfer->error), transfer->data);
}

void fetch_transfer_over(FetchTransfer *transfer, FetchEnd end, GError *error)
{
	g_return_if_fail(!transfer->over);
	transfer->over = TRUE;
	transfer->end = end;
	transfer->error = error;
	/* What is held came rightly; the end is told behind it. */
	if (transfer->held->len == 0)
		conclude(transfer);
}

/* --- room again ----------------------------------------------------------------------------------------------------------- */

static gboolean on_room(gpointer data)
{
	FetchTransfer *transfer = data;

	fetch_source_clear(&transfer->later);
	FetchTake take = give(transfer, transfer->held->data, transfer->held->len);
	if (take == FETCH_FULL)
		return G_SOURCE_REMOVE;
	g_byte_array_set_size(transfer->held, 0);
	if (take == FETCH_REFUSED) {
		transfer->stopped = TRUE;
		conclude(transfer);
	} else if (transfer->over) {
		conclude(transfer);
	} else {
		watch_slow(transfer);
		transfer->carrier->go_on(transfer->carried);
	}
	return G_SOURCE_REMOVE;
}

void fetch_transfer_go_on(FetchTransfer *transfer)
{
	transfer->room = transfer->taking;
	if (!transfer->taking && transfer->held->len > 0 && !transfer->later)
		transfer->later = fetcher_after(transfer->fetcher, 0, on_room, transfer);
}
