#include "gallery/fetch.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <string.h>

#include "base/error.h"
#include "config.h"
#include "gallery/fetch-private.h"

#define WAIT_MS   500
#define WAITS_MAX 6 /* doublings */

struct Fetcher {
	grefcount references;
	CURLM *multi;
	GMainContext *context;
	GSource *timer;      /* the one that curl asked for */
	GHashTable *watches; /* socket -> GSource * */
	char *trusted;       /* file of certificates, NULL = the system's */
	guint wait_ms, slow_ms;
};

/* One transfer in curl. */
typedef struct {
	Fetcher *fetcher;
	FetchTransfer *transfer;
	CURL *easy;
	struct curl_slist *headers;
	FetchAnswer answer;
	gboolean has_head;
	gsize skip; /* bytes that curl brings again, since there was no room; the transfer has them */
	char words[CURL_ERROR_SIZE];
	char *url;
} Carried;

/* --- sources -------------------------------------------------------------------------------------------------------------- */

void fetch_source_clear(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static GSource *attach(Fetcher *fetcher, GSource *source, GSourceFunc function, gpointer data)
{
	g_source_set_callback(source, function, data, NULL);
	g_source_attach(source, fetcher->context);
	return source;
}

GSource *fetcher_after(Fetcher *fetcher, guint ms, GSourceFunc function, gpointer data)
{
	return attach(fetcher, g_timeout_source_new(ms), function, data);
}

GSource *fetcher_when_cancelled(Fetcher *fetcher, GCancellable *cancellable, GSourceFunc function,
				gpointer data)
{
	return cancellable ? attach(fetcher, g_cancellable_source_new(cancellable), function, data) : NULL;
}

/* --- the end of a transfer, as curl tells it ------------------------------------------------------------------------------ */

#define ASK_AGAIN   "try again; what is here already is kept"
#define ASK_NETWORK "is there a network? With a proxy, set https_proxy"
#define ASK_PROXY   "see http_proxy and https_proxy in the environment"

/* What is in no row was cut, in curl's own words. */
/* clang-format off */
static const struct {
	CURLcode code;
	FetchEnd end;
	const char *words, *hint;
} ends[] = {
	{ CURLE_URL_MALFORMAT, FETCH_END_BAD, "is no address that can be fetched", NULL },
	{ CURLE_UNSUPPORTED_PROTOCOL, FETCH_END_BAD, "is not answered in HTTP", "is that a web server?" },
	{ CURLE_WEIRD_SERVER_REPLY, FETCH_END_BAD, "is not answered in HTTP", "is that a web server?" },
	{ CURLE_COULDNT_RESOLVE_HOST, FETCH_END_UNREACHABLE, "has a host name that nobody knows", ASK_NETWORK },
	{ CURLE_COULDNT_RESOLVE_PROXY, FETCH_END_UNREACHABLE, "is behind a proxy that nobody knows", ASK_PROXY },
	{ CURLE_COULDNT_CONNECT, FETCH_END_UNREACHABLE, "is not reachable: no connection comes about", ASK_NETWORK },
	{ CURLE_PROXY, FETCH_END_UNREACHABLE, "is behind a proxy that refuses", ASK_PROXY },
	{ CURLE_SSL_CONNECT_ERROR, FETCH_END_UNREACHABLE, "speaks no TLS that works here", NULL },
	{ CURLE_PEER_FAILED_VERIFICATION, FETCH_END_BAD, "is not who it says: its certificate is not trusted",
	  "is the clock right? CURL_CA_BUNDLE names a file of other trusted certificates" },
	{ CURLE_SSL_CACERT_BADFILE, FETCH_END_BAD, "cannot be trusted: the file of trusted certificates cannot be read",
	  "install ca-certificates; see CURL_CA_BUNDLE and SSL_CERT_FILE in the environment" },
	{ CURLE_BAD_CONTENT_ENCODING, FETCH_END_BAD, "has a damaged Content-Encoding", NULL },
	{ CURLE_PARTIAL_FILE, FETCH_END_CUT, "was cut before the end", ASK_AGAIN },
	{ CURLE_GOT_NOTHING, FETCH_END_CUT, "was cut before an answer came", ASK_AGAIN },
};
/* clang-format on */

static char *printable(const char *words)
{
	char *copy = g_strdup(words);

	for (char *at = copy; *at; at++)
		if ((guchar)*at < ' ' || (guchar)*at >= 0x7f)
			*at = '?';
	return copy;
}

static GError *end_error(const Carried *carried, CURLcode code, FetchEnd *end)
{
	g_autofree char *shown = fetch_show_url(carried->url);
	g_autofree char *words = printable(carried->words[0] ? carried->words : curl_easy_strerror(code));

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
		if (ends[i].code == code) {
			*end = ends[i].end;
			return error_new(CARREL_ERROR_FAILED, ends[i].hint, "%s %s (%s)", shown,
					 ends[i].words, words);
		}
	*end = FETCH_END_CUT;
	return error_new(CARREL_ERROR_FAILED, ASK_AGAIN, "%s was cut (%s)", shown, words);
}

static GError *headers_error(const Carried *carried)
{
	g_autofree char *shown = fetch_show_url(carried->url);

	return error_new(CARREL_ERROR_FAILED, "tell its publisher",
			 "%s answers with more than %d KiB of headers", shown, FETCH_HEADERS_MAX / 1024);
}

/* The transfer may be gone afterwards, and with it @carried. */
static void carried_over(Carried *carried, CURLcode code)
{
	FetchEnd end = FETCH_END_COMPLETE;
	GError *error = NULL;

	if (carried->answer.bytes > FETCH_HEADERS_MAX) {
		end = FETCH_END_BAD;
		error = headers_error(carried);
	} else if (code != CURLE_OK)
		error = end_error(carried, code, &end);
	fetch_transfer_over(carried->transfer, end, error);
}

static void read_messages(Fetcher *fetcher)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetcher->multi, &left))) {
		Carried *carried = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&carried);
		carried_over(carried, code);
	}
}

/* --- curl's multi interface on the main loop ------------------------------------------------------------------------------ */

/* What is called from here may drop the last reference. */
static void act(Fetcher *fetcher, curl_socket_t socket, int events)
{
	int running;

	fetcher_ref(fetcher);
	curl_multi_socket_action(fetcher->multi, socket, events, &running);
	read_messages(fetcher);
	fetcher_unref(fetcher);
}

static gboolean on_socket(int fd, GIOCondition condition, gpointer data)
{
	/* A hang-up may have bytes before it: curl reads on until it finds the end itself. */
	int events = (condition & (G_IO_IN | G_IO_HUP) ? CURL_CSELECT_IN : 0) |
		     (condition & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
		     (condition & G_IO_ERR ? CURL_CSELECT_ERR : 0);

	act(data, fd, events);
	return G_SOURCE_CONTINUE;
}

static void watch_free(gpointer data)
{
	GSource *source = data;

	fetch_source_clear(&source);
}

static int want_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *unused)
{
	Fetcher *fetcher = data;
	GIOCondition condition = (what & CURL_POLL_IN ? G_IO_IN : 0) | (what & CURL_POLL_OUT ? G_IO_OUT : 0);

	g_hash_table_remove(fetcher->watches, GINT_TO_POINTER(socket));
	/* Paused, it is watched for nothing: a hang-up would turn the loop without end. */
	if (what == CURL_POLL_REMOVE || condition == 0)
		return 0;
	GSource *source = g_unix_fd_source_new(socket, condition | G_IO_ERR | G_IO_HUP);
	/* GUnixFDSourceFunc is called through GSourceFunc. */
	attach(fetcher, source, G_SOURCE_FUNC(on_socket), fetcher);
	g_hash_table_insert(fetcher->watches, GINT_TO_POINTER(socket), source);
	return 0;
}

static gboolean on_timer(gpointer data)
{
	Fetcher *fetcher = data;

	fetch_source_clear(&fetcher->timer);
	act(fetcher, CURL_SOCKET_TIMEOUT, 0);
	return G_SOURCE_REMOVE;
}

static int want_timer(CURLM *multi, long ms, void *data)
{
	Fetcher *fetcher = data;

	fetch_source_clear(&fetcher->timer);
	if (ms >= 0)
		fetcher->timer = fetcher_after(fetcher, (guint)MIN(ms, G_MAXINT), on_timer, fetcher);
	return 0;
}

/* --- the fetcher ---------------------------------------------------------------------------------------------------------- */

/* The variables of curl's tool and of OpenSSL; the library itself knows neither. */
static char *find_trusted(void)
{
	static const char *const variables[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE" };

	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		const char *path = g_getenv(variables[i]);
		if (path && *path)
			return g_strdup(path);
	}
	return NULL;
}

Fetcher *fetcher_new(void)
{
	static gsize once;
	Fetcher *fetcher = g_new0(Fetcher, 1);

	if (g_once_init_enter(&once)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&once, 1);
	}
	g_ref_count_init(&fetcher->references);
	fetcher->context = g_main_context_ref_thread_default();
	fetcher->watches = g_hash_table_new_full(NULL, NULL, NULL, watch_free);
	fetcher->trusted = find_trusted();
	fetcher->multi = curl_multi_init();
	fetcher_set_pace(fetcher, WAIT_MS, FETCH_SLOW_S * 1000);
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
	return fetcher;
}

Fetcher *fetcher_ref(Fetcher *fetcher)
{
	g_ref_count_inc(&fetcher->references);
	return fetcher;
}

void fetcher_unref(Fetcher *fetcher)
{
	if (!g_ref_count_dec(&fetcher->references))
		return;
	/* Closes idle connections, and tells of their sockets. */
	curl_multi_cleanup(fetcher->multi);
	fetch_source_clear(&fetcher->timer);
	g_hash_table_unref(fetcher->watches);
	g_main_context_unref(fetcher->context);
	g_free(fetcher->trusted);
	g_free(fetcher);
}

void fetcher_free(Fetcher *fetcher)
{
	fetcher_unref(fetcher);
}

void fetcher_set_pace(Fetcher *fetcher, guint wait_ms, guint slow_ms)
{
	fetcher->wait_ms = wait_ms;
	fetcher->slow_ms = slow_ms;
}

guint fetcher_slow_ms(Fetcher *fetcher)
{
	return fetcher->slow_ms;
}

guint fetcher_wait_ms(Fetcher *fetcher, guint attempt)
{
	return attempt == 0 ? 0 : fetcher->wait_ms << MIN(attempt - 1, WAITS_MAX);
}

/* --- the carrier ---------------------------------------------------------------------------------------------------------- */

/* Called for each line, also of trailers behind the body, which say nothing to us. */
static size_t on_header(char *line, size_t size, size_t count, void *data)
{
	Carried *carried = data;
	FetchAnswer *answer = &carried->answer;
	gsize length = size * count;

	if (carried->has_head) {
		answer->bytes += length;
		return answer->bytes <= FETCH_HEADERS_MAX ? length : 0;
	}
	switch (fetch_answer_line(answer, line, length)) {
	case FETCH_LINE_TOO_MUCH:
		return 0;
	case FETCH_LINE_END:
		carried->has_head = TRUE;
		return fetch_transfer_head(carried->transfer, answer) ? length : 0;
	case FETCH_LINE_MORE:
		break;
	}
	return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	Carried *carried = data;
	gsize length = size * count, again = MIN(carried->skip, length);

	carried->skip -= again;
	if (again == length)
		return length;
	switch (fetch_transfer_bytes(carried->transfer, (const guint8 *)bytes + again, length - again)) {
	case FETCH_TAKEN:
		return length;
	case FETCH_REFUSED:
		return 0;
	case FETCH_FULL:
		break;
	}
	/* All of it is brought again when there is room, perhaps in other pieces. */
	carried->skip = length;
	return CURL_WRITEFUNC_PAUSE;
}

static void add_header(Carried *carried, const char *name, const char *value)
{
	g_autofree char *line = value && *value ? g_strdup_printf("%s: %s", name, value) : NULL;

	if (line)
		carried->headers = curl_slist_append(carried->headers, line);
}

/* Redirects are ours (fetch-transfer.c), and nothing but the web is ever spoken. */
static void set_protocols(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else the end of a transfer would wait for a name server that does not answer. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void set_request(Carried *carried, const FetchAsk *ask)
{
	CURL *easy = carried->easy;
	g_autofree char *range = g_strdup_printf("%" G_GUINT64_FORMAT "-", ask->offset);

	add_header(carried, "If-Range", ask->if_range);
	add_header(carried, "If-None-Match", ask->if_none_match);
	add_header(carried, "If-Modified-Since", ask->if_changed);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, carried->headers);
	if (ask->offset > 0)
		curl_easy_setopt(easy, CURLOPT_RANGE, range);
	if (ask->decode)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, (long)ask->decode);
}

static gpointer http_begin(Fetcher *fetcher, FetchTransfer *transfer, const FetchAsk *ask)
{
	Carried *carried = g_new0(Carried, 1);
	CURL *easy = curl_easy_init();

	carried->fetcher = fetcher;
	carried->transfer = transfer;
	carried->easy = easy;
	carried->url = g_strdup(ask->url);
	curl_easy_setopt(easy, CURLOPT_URL, ask->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, carried);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, carried->words);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "carrel/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, carried);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, carried);
	if (fetcher->trusted)
		curl_easy_setopt(easy, CURLOPT_CAINFO, fetcher->trusted);
	set_protocols(easy);
	set_request(carried, ask);
	curl_multi_add_handle(fetcher->multi, easy);
	return carried;
}

static void http_go_on(gpointer data)
{
	Carried *carried = data;
	CURLcode code = curl_easy_pause(carried->easy, CURLPAUSE_CONT);

	/* The receiver refused what came at once; curl tells of that here only. */
	if (code != CURLE_OK)
		carried_over(carried, code);
}

static void http_end(gpointer data)
{
	Carried *carried = data;

	curl_multi_remove_handle(carried->fetcher->multi, carried->easy);
	curl_easy_cleanup(carried->easy);
	curl_slist_free_all(carried->headers);
	fetch_answer_clear(&carried->answer);
	g_free(carried->url);
	g_free(carried);
}

const FetchCarrier fetch_carrier_http = { http_begin, http_go_on, http_end };
