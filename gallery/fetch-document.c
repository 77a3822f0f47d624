/* Documents: a whole body in memory, or word that it has not changed. */
#include "base/error.h"
#include "gallery/fetch-private.h"

#define RETRIES 2

typedef struct {
	Fetcher *fetcher;
	GTask *task; /* ours until it has returned; it owns this */
	FetchTransfer *transfer;
	GSource *cancelled, *wait;
	char *url;
	gsize max;
	FetchValidators known;
	guint attempt;
	gboolean again; /* what stopped the transfer may be over soon */
	FetchDocument *document;
	GByteArray *body;
	GError *error; /* why head or take stopped the transfer */
} Get;

void fetch_document_free(FetchDocument *document)
{
	if (!document)
		return;
	g_clear_pointer(&document->bytes, g_bytes_unref);
	fetch_validators_clear(&document->validators);
	g_free(document->url);
	g_free(document);
}

static void get_free(gpointer data)
{
	Get *get = data;

	fetch_validators_clear(&get->known);
	fetch_document_free(get->document);
	g_byte_array_unref(get->body);
	g_clear_error(&get->error);
	g_free(get->url);
	fetcher_unref(get->fetcher);
	g_free(get);
}

/* Either gives the document, or @error. */
static void finish(Get *get, GError *error)
{
	g_autoptr(GTask) task = g_steal_pointer(&get->task);

	g_clear_pointer(&get->transfer, fetch_transfer_free);
	fetch_source_clear(&get->cancelled);
	fetch_source_clear(&get->wait);
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_pointer(task, g_steal_pointer(&get->document),
				      (GDestroyNotify)fetch_document_free);
}

static gboolean start(gpointer data);

static void try_again(Get *get)
{
	get->wait = fetcher_after(get->fetcher, fetcher_wait_ms(get->fetcher, ++get->attempt), start, get);
}

/* --- the transfer --------------------------------------------------------------------------------------------------------- */

static gboolean refuse(Get *get, guint status)
{
	g_autofree char *shown = fetch_show_url(fetch_transfer_url(get->transfer));
	g_autofree char *words = fetch_status_words(status);
	gboolean gone = status == 404 || status == 410;

	get->again = fetch_status_may_pass(status);
	return error_set(&get->error, gone ? CARREL_ERROR_NOT_FOUND : CARREL_ERROR_FAILED,
			 get->again ? "try again later" : "is the address right?", "%s: the server says %s",
			 shown, words);
}

static gboolean too_large(Get *get)
{
	g_autofree char *shown = fetch_show_url(fetch_transfer_url(get->transfer));

	return error_set(&get->error, CARREL_ERROR_FAILED, "is the address right?",
			 "%s has more than %" G_GSIZE_FORMAT " bytes, too many for what it should be", shown,
			 get->max);
}

static gboolean on_head(const FetchAnswer *answer, gpointer data)
{
	Get *get = data;
	gboolean unchanged = answer->status == 304 && get->known.etag;

	if (answer->status != 200 && !unchanged)
		return refuse(get, answer->status);
	if (answer->has_length && !answer->content_encoding && answer->length > get->max)
		return too_large(get);
	get->document = g_new0(FetchDocument, 1);
	get->document->url = g_strdup(fetch_transfer_url(get->transfer));
	fetch_validators_copy(&get->document->validators, unchanged ? &get->known : &answer->validators);
	if (!unchanged)
		get->document->bytes = g_bytes_new_static("", 0);
	return TRUE;
}

static FetchTake on_take(const guint8 *bytes, gsize length, gpointer data)
{
	Get *get = data;

	if (length > get->max - get->body->len) {
		too_large(get);
		return FETCH_REFUSED;
	}
	g_byte_array_append(get->body, bytes, (guint)length);
	return FETCH_TAKEN;
}

static void complete(Get *get)
{
	if (get->document->bytes) {
		g_bytes_unref(get->document->bytes);
		get->document->bytes = g_byte_array_free_to_bytes(get->body);
		get->body = g_byte_array_new();
	}
	finish(get, NULL);
}

static void on_over(FetchEnd end, GError *error, gpointer data)
{
	Get *get = data;
	gboolean again = end == FETCH_END_CUT || (end == FETCH_END_STOPPED && get->again);

	g_clear_pointer(&get->transfer, fetch_transfer_free);
	if (end == FETCH_END_COMPLETE && get->document) {
		complete(get);
		return;
	}
	if (!error)
		error = g_steal_pointer(&get->error);
	if (!again || get->attempt >= RETRIES) {
		finish(get, error);
		return;
	}
	g_clear_error(&error);
	try_again(get);
}

static const FetchReceiver receiver = { on_head, on_take, on_over };

static gboolean start(gpointer data)
{
	Get *get = data;
	FetchAsk ask = { .url = get->url,
			 .if_none_match = get->known.etag,
			 .if_changed = get->known.last_modified,
			 .decode = TRUE };

	fetch_source_clear(&get->wait);
	g_clear_pointer(&get->document, fetch_document_free);
	g_byte_array_set_size(get->body, 0);
	get->again = FALSE;
	get->transfer = fetch_transfer_start(get->fetcher, &ask, &receiver, get);
	return G_SOURCE_REMOVE;
}

/* --- the call ------------------------------------------------------------------------------------------------------------- */

static gboolean on_cancelled(GCancellable *cancellable, gpointer data)
{
	Get *get = data;
	g_autofree char *shown = fetch_show_url(get->url);

	finish(get, error_new(CARREL_ERROR_CANCELLED, NULL, "fetching %s was cancelled", shown));
	return G_SOURCE_REMOVE;
}

static gboolean on_no_address(gpointer data)
{
	Get *get = data;
	g_autofree char *shown = fetch_show_url(get->url);

	finish(get, fetch_url_error(shown));
	return G_SOURCE_REMOVE;
}

void fetch_document(Fetcher *fetcher, const char *url, gsize max, const FetchValidators *known,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	Get *get = g_new0(Get, 1);
	g_autofree char *clean = fetch_join_url("", url);

	get->fetcher = fetcher_ref(fetcher);
	get->url = g_strdup(clean ? clean : url);
	get->max = MIN(max, G_MAXUINT / 2);
	get->body = g_byte_array_new();
	if (known)
		fetch_validators_copy(&get->known, known);
	get->task = g_task_new(NULL, cancellable, callback, data);
	g_task_set_check_cancellable(get->task, FALSE);
	g_task_set_source_tag(get->task, fetch_document);
	g_task_set_task_data(get->task, get, get_free);
	get->cancelled = fetcher_when_cancelled(fetcher, cancellable, G_SOURCE_FUNC(on_cancelled), get);
	get->wait = fetcher_after(fetcher, 0, clean ? start : on_no_address, get);
}

FetchDocument *fetch_document_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
