/*
 * Files: as many transfers as it takes, from as many mirrors as there are. What an answer means for the bytes that are here already is decided by
 * one function for each status; how an attempt ended, by one table of verdicts.
 */
#include "base/error.h"
#include "gallery/fetch-private.h"

/* Why the transfer was stopped from head() or take(). */
typedef enum {
	VERDICT_NONE,  /* it was not */
	VERDICT_ANEW,  /* this server cannot go on from there: ask for all of it */
	VERDICT_AGAIN, /* as if it had been cut */
	VERDICT_BAD,   /* leave this mirror */
	VERDICT_WHOLE, /* all of it is here already */
	VERDICT_END,   /* the sink wants no more */
} Verdict;

struct FetchFile {
	Fetcher *fetcher;
	GTask *task; /* ours until it has returned; it owns this */
	GSource *cancelled, *wait;
	char **urls;
	FetchSink sink;
	gpointer sink_data;
	guint64 max;
	guint retries;

	/* What the sink has */
	guint64 offset, total; /* @total 0: not known */
	FetchValidators known;
	char *known_url;
	int told_by; /* mirror that told @total in this run, -1: none */

	/* This mirror */
	guint mirror, attempt;
	char *led_to;     /* where its redirects led; asked directly as long as that brings something */
	guint64 furthest; /* most bytes that there ever were, when attempts were counted last */

	/* This attempt */
	FetchTransfer *transfer;
	gboolean whole; /* no Range */
	guint64 asked, end,
		brought;  /* offset of the Range; bytes there will be at its end, 0: not known; bytes of it */
	gboolean vouched; /* If-Range went to the server that had said so */
	Verdict verdict;
	GError *error;

	/* Mirrors that failed */
	GString *said;
	GError *only; /* of the last one */
	gboolean all_missing;
};

static gboolean start(gpointer data);

static void file_free(gpointer data)
{
	FetchFile *file = data;

	fetch_validators_clear(&file->known);
	g_strfreev(file->urls);
	g_free(file->known_url);
	g_free(file->led_to);
	g_clear_error(&file->error);
	g_clear_error(&file->only);
	g_string_free(file->said, TRUE);
	fetcher_unref(file->fetcher);
	g_free(file);
}

static void finish(FetchFile *file, GError *error)
{
	g_autoptr(GTask) task = g_steal_pointer(&file->task);

	g_clear_pointer(&file->transfer, fetch_transfer_free);
	fetch_source_clear(&file->cancelled);
	fetch_source_clear(&file->wait);
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

/* --- mirrors and attempts ------------------------------------------------------------------------------------------------- */

static void start_in(FetchFile *file, guint ms)
{
	file->wait = fetcher_after(file->fetcher, ms, start, file);
}

static GError *all_failed(FetchFile *file)
{
	if (!file->urls[1])
		return g_steal_pointer(&file->only);
	return error_new(file->all_missing ? CARREL_ERROR_NOT_FOUND : CARREL_ERROR_FAILED,
			 error_hint(file->only), "none of the %u mirrors has it: %s",
			 g_strv_length(file->urls), file->said->str);
}

/* Takes @error. */
static void leave_mirror(FetchFile *file, GError *error)
{
	g_autofree char *sentence = error_message(error);

	g_string_append_printf(file->said, "%s%s", file->said->len ? "; " : "", sentence);
	file->all_missing &= g_error_matches(error, CARREL_ERROR, CARREL_ERROR_NOT_FOUND);
	g_clear_error(&file->only);
	file->only = error;
	g_clear_pointer(&file->led_to, g_free);
	file->attempt = 0;
	file->whole = FALSE;
	if (file->urls[++file->mirror])
		start_in(file, 0);
	else
		finish(file, all_failed(file));
}

/* Takes @error. An attempt that brought something counts as the first one; beginning anew each time does not. */
static void was_cut(FetchFile *file, GError *error)
{
	if (file->offset >= file->furthest + FETCH_SLOW_BYTES)
		file->attempt = 0;
	file->furthest = MAX(file->furthest, file->offset);
	if (file->brought == 0)
		g_clear_pointer(&file->led_to, g_free);
	if (file->attempt >= file->retries) {
		leave_mirror(file, error);
		return;
	}
	g_error_free(error);
	start_in(file, fetcher_wait_ms(file->fetcher, ++file->attempt));
}

/* --- what an answer means ------------------------------------------------------------------------------------------------- */

static const char *url_now(FetchFile *file)
{
	return fetch_transfer_url(file->transfer);
}

static gboolean stop(FetchFile *file, Verdict verdict)
{
	file->verdict = verdict;
	return FALSE;
}

G_GNUC_PRINTF(3, 4)
static gboolean stop_bad(FetchFile *file, const char *hint, const char *format, ...)
{
	g_autofree char *shown = fetch_show_url(url_now(file));
	g_autofree char *words = NULL;
	va_list arguments;

	va_start(arguments, format);
	words = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_clear_error(&file->error);
	file->error = error_new(CARREL_ERROR_FAILED, hint, "%s %s", shown, words);
	return stop(file, VERDICT_BAD);
}

/* Another mirror has said another length. */
static gboolean is_contradicted(FetchFile *file, guint64 total)
{
	return file->told_by >= 0 && file->told_by != (int)file->mirror && file->total > 0 && total > 0 &&
	       total != file->total;
}

static gboolean stop_contradicted(FetchFile *file, guint64 total)
{
	return stop_bad(file, "one of the mirrors is not up to date",
			"has %" G_GUINT64_FORMAT " bytes, while another mirror has %" G_GUINT64_FORMAT, total,
			file->total);
}

static void remember(FetchFile *file, guint64 total, const FetchAnswer *answer, gboolean anew)
{
	gboolean same = !anew && g_strcmp0(file->known_url, url_now(file)) == 0;
	FetchValidators now = answer->validators;

	/* A 206 need not repeat what it agrees with. */
	if (same && !now.etag)
		now.etag = file->known.etag;
	if (same && !now.last_modified)
		now.last_modified = file->known.last_modified;
	FetchValidators kept = { 0 };
	fetch_validators_copy(&kept, &now);
	fetch_validators_clear(&file->known);
	file->known = kept;
	g_free(file->known_url);
	file->known_url = g_strdup(url_now(file));
	file->total = total;
	file->told_by = (int)file->mirror;
}

/* The sink hears of what comes now. */
static gboolean begin(FetchFile *file, guint64 offset, guint64 total, const FetchAnswer *answer)
{
	if (total > file->max)
		return stop_bad(file, "is the address right?",
				"has %" G_GUINT64_FORMAT " bytes, more than the %" G_GUINT64_FORMAT
				" that are allowed",
				total, file->max);
	remember(file, total, answer, offset == 0);
	file->offset = offset;
	g_free(file->led_to);
	file->led_to = g_strdup(url_now(file));
	FetchHead head = { .url = file->known_url,
			   .offset = offset,
			   .total = total,
			   .validators = &file->known,
			   .content_type = answer->content_type ? answer->content_type : "" };
	return file->sink.head(&head, file->sink_data, &file->error) || stop(file, VERDICT_END);
}

/* 200 */
static gboolean take_all(FetchFile *file, const FetchAnswer *answer)
{
	guint64 total = answer->has_length && !answer->chunked ? answer->length : 0;

	if (is_contradicted(file, total))
		return stop_contradicted(file, total);
	file->end = total;
	return begin(file, 0, total, answer);
}

/* Whether these bytes are of the file that the sink has a part of. */
static gboolean is_same_file(FetchFile *file, const FetchAnswer *answer)
{
	const FetchRange *range = &answer->range;

	if (g_strcmp0(file->known_url, url_now(file)) == 0 &&
	    !fetch_validators_agree(&file->known, &answer->validators))
		return FALSE;
	/* Without a length to compare, only the server's own word for it will do. */
	if (!range->whole || file->total == 0)
		return file->vouched;
	return range->total == file->total;
}

/* 206 */
static gboolean take_rest(FetchFile *file, const FetchAnswer *answer)
{
	const FetchRange *range = &answer->range;
	gboolean sane =
		answer->has_range && range->some && range->first == file->asked &&
		(!answer->has_length || answer->chunked || answer->length == range->last - range->first + 1);

	if (file->asked == 0)
		return stop_bad(file, "its server is broken; try another mirror",
				"answers with a part, though all of it was asked for");
	if (sane && range->whole && is_contradicted(file, range->total))
		return stop_contradicted(file, range->total);
	if (!sane || !is_same_file(file, answer))
		return stop(file, VERDICT_ANEW);
	file->end = range->last + 1;
	return begin(file, file->asked, range->whole ? range->total : file->total, answer);
}

/* 416: nothing is behind what is here. When that is its length, it was all. */
static gboolean take_nothing(FetchFile *file, const FetchAnswer *answer)
{
	const FetchRange *range = &answer->range;

	if (file->asked == 0)
		return stop_bad(file, NULL,
				"answers that there is no such part, though all of it was asked for");
	if (!answer->has_range || !range->whole || range->total != file->asked || !is_same_file(file, answer))
		return stop(file, VERDICT_ANEW);
	return begin(file, file->asked, range->total, answer) && stop(file, VERDICT_WHOLE);
}

static gboolean take_refusal(FetchFile *file, const FetchAnswer *answer)
{
	g_autofree char *shown = fetch_show_url(url_now(file));
	g_autofree char *words = fetch_status_words(answer->status);
	gboolean missing = answer->status == 404 || answer->status == 410;
	gboolean may_pass = fetch_status_may_pass(answer->status);

	error_set(&file->error, missing ? CARREL_ERROR_NOT_FOUND : CARREL_ERROR_FAILED,
		  may_pass  ? "try again later"
		  : missing ? "it may have moved; is the source up to date?"
			    : NULL,
		  "%s: the server says %s", shown, words);
	return stop(file, may_pass ? VERDICT_AGAIN : VERDICT_BAD);
}

static gboolean on_head(const FetchAnswer *answer, gpointer data)
{
	static const struct {
		guint status;
		gboolean (*take)(FetchFile *file, const FetchAnswer *answer);
	} statuses[] = {
		{200,  take_all    },
                { 206, take_rest   },
                { 416, take_nothing}
	};
	const char *encoding = answer->content_encoding;
	FetchFile *file = data;

	if (encoding && *encoding && g_ascii_strcasecmp(encoding, "identity") != 0 && answer->status < 300)
		return stop_bad(file, "its server is misconfigured; try another mirror",
				"comes in another form than it was published (Content-Encoding: %s)",
				encoding);
	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
		if (statuses[i].status == answer->status)
			return statuses[i].take(file, answer);
	return take_refusal(file, answer);
}

static FetchTake on_take(const guint8 *bytes, gsize length, gpointer data)
{
	FetchFile *file = data;

	if (length > file->max - file->offset) {
		stop_bad(file, "is the address right?",
			 "brings more than the %" G_GUINT64_FORMAT " bytes that are allowed", file->max);
		return FETCH_REFUSED;
	}
	if (file->end > 0 && length > file->end - file->offset) {
		stop_bad(file, NULL, "brings more bytes than it said");
		return FETCH_REFUSED;
	}
	FetchTake take = file->sink.take(bytes, length, file->sink_data, &file->error);
	if (take == FETCH_REFUSED)
		stop(file, VERDICT_END);
	if (take == FETCH_TAKEN) {
		file->offset += length;
		file->brought += length;
	}
	return take;
}

/* --- how an attempt ended ------------------------------------------------------------------------------------------------- */

static void end_complete(FetchFile *file, GError *error)
{
	if (file->end > 0 && file->offset < file->end) {
		g_autofree char *shown = fetch_show_url(file->led_to);
		was_cut(file, error_new(CARREL_ERROR_FAILED, "try again; what is here already is kept",
					"%s ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes",
					shown, file->offset, file->end));
	} else if (file->offset < file->total) {
		/* It gave less than was asked for, which is its right. */
		start_in(file, 0);
	} else
		finish(file, NULL);
}

static void end_whole(FetchFile *file, GError *error)
{
	finish(file, NULL);
}

static void end_anew(FetchFile *file, GError *error)
{
	file->whole = TRUE;
	file->total = 0;
	file->told_by = -1;
	start_in(file, 0);
}

/* They take @error. */
static void (*const verdicts[])(FetchFile *file, GError *error) = {
	[VERDICT_ANEW] = end_anew,   [VERDICT_AGAIN] = was_cut, [VERDICT_BAD] = leave_mirror,
	[VERDICT_WHOLE] = end_whole, [VERDICT_END] = finish,
};

static void on_over(FetchEnd end, GError *error, gpointer data)
{
	FetchFile *file = data;

	g_clear_pointer(&file->transfer, fetch_transfer_free);
	if (file->verdict != VERDICT_NONE)
		verdicts[file->verdict](file, g_steal_pointer(&file->error));
	else if (end == FETCH_END_COMPLETE)
		end_complete(file, NULL);
	else if (end == FETCH_END_BAD)
		leave_mirror(file, error);
	else
		was_cut(file, error);
}

static const FetchReceiver receiver = { on_head, on_take, on_over };

static gboolean start(gpointer data)
{
	FetchFile *file = data;
	const char *url = file->led_to ? file->led_to : file->urls[file->mirror];

	fetch_source_clear(&file->wait);
	file->asked = file->whole ? 0 : file->offset;
	file->whole = FALSE;
	file->vouched = FALSE;
	file->end = 0;
	file->brought = 0;
	file->verdict = VERDICT_NONE;
	g_clear_error(&file->error);
	FetchAsk ask = { .url = url, .offset = file->asked };
	if (file->asked > 0 && g_strcmp0(url, file->known_url) == 0)
		ask.if_range = fetch_validators_ground(&file->known);
	file->vouched = ask.if_range != NULL;
	file->transfer = fetch_transfer_start(file->fetcher, &ask, &receiver, file);
	return G_SOURCE_REMOVE;
}

/* --- the call ------------------------------------------------------------------------------------------------------------- */

static gboolean on_cancelled(GCancellable *cancellable, gpointer data)
{
	FetchFile *file = data;
	g_autofree char *shown = fetch_show_url(file->urls[file->mirror]);

	finish(file, error_new(CARREL_ERROR_CANCELLED, NULL, "fetching %s was cancelled", shown));
	return G_SOURCE_REMOVE;
}

static gboolean on_no_address(gpointer data)
{
	FetchFile *file = data;
	g_autofree char *shown = fetch_show_url(file->urls[0] ? file->urls[0] : "");

	finish(file, fetch_url_error(shown));
	return G_SOURCE_REMOVE;
}

/* Addresses that make no sense are left out, when there is one that does. */
static gboolean copy_urls(FetchFile *file, const char *const *urls)
{
	g_autoptr(GPtrArray) clean = g_ptr_array_new_with_free_func(g_free);

	for (; *urls; urls++) {
		char *url = fetch_join_url("", *urls);
		if (url)
			g_ptr_array_add(clean, url);
		else if (!file->urls)
			file->urls = g_strsplit(*urls, "\n", 1);
	}
	if (clean->len == 0 && file->urls)
		return FALSE;
	gboolean any = clean->len > 0;
	g_strfreev(file->urls);
	g_ptr_array_add(clean, NULL);
	file->urls = (char **)g_ptr_array_steal(clean, NULL);
	return any;
}

FetchFile *fetch_file(Fetcher *fetcher, const FetchRequest *request, const FetchSink *sink,
		      gpointer sink_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer data)
{
	FetchFile *file = g_new0(FetchFile, 1);
	gboolean fine = copy_urls(file, request->urls);

	file->fetcher = fetcher_ref(fetcher);
	file->sink = *sink;
	file->sink_data = sink_data;
	file->max = request->max;
	file->retries = request->retries;
	file->offset = file->furthest = request->offset;
	file->total = request->total;
	file->told_by = -1;
	file->said = g_string_new(NULL);
	file->all_missing = TRUE;
	fetch_validators_copy(&file->known, &request->known);
	file->known_url = request->known_url && *request->known_url ? g_strdup(request->known_url)
								    : g_strdup(file->urls[0]);
	/* More than there may be, or more than there is, is of no use. */
	file->whole = file->offset > file->max || (file->total > 0 && file->offset > file->total);
	file->task = g_task_new(NULL, cancellable, callback, data);
	g_task_set_check_cancellable(file->task, FALSE);
	g_task_set_source_tag(file->task, fetch_file);
	g_task_set_task_data(file->task, file, file_free);
	file->cancelled = fetcher_when_cancelled(fetcher, cancellable, G_SOURCE_FUNC(on_cancelled), file);
	file->wait = fetcher_after(fetcher, 0, fine ? start : on_no_address, file);
	return file;
}

gboolean fetch_file_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

void fetch_file_go_on(FetchFile *file)
{
	if (file->transfer)
		fetch_transfer_go_on(file->transfer);
}
