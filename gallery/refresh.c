#include "gallery/refresh.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/file.h"
#include "gallery/feed-formats.h"
#include "gallery/item.h"
#include "gallery/osinfo.h"

#define DOCUMENTS_MAX 64
#define INDEX_PATH    "streams/v1/index.json"
#define ARMOUR        "-----BEGIN PGP SIGNED MESSAGE-----"

typedef enum {
	DOCUMENT_UNKNOWN,
	DOCUMENT_CARREL,
	DOCUMENT_HYPERV,
	DOCUMENT_INDEX,
	DOCUMENT_PRODUCTS
} DocumentKind;

typedef struct {
	char *url;
	DocumentKind kind;
	GBytes *fetched; /* as it came, until its signature is checked */
	GBytes *text;
	FetchValidators validators;
} Document;

typedef struct {
	Fetcher *fetcher;
	GallerySource *source; /* ours until the end */
	GPtrArray *documents;  /* of Document */
	guint current;         /* the one that is being fetched */
	GPtrArray *items, *warnings;
	SignatureState signature;
	char *signer;
} Refresh;

static void document_free(gpointer data)
{
	Document *document = data;

	g_free(document->url);
	g_clear_pointer(&document->fetched, g_bytes_unref);
	g_clear_pointer(&document->text, g_bytes_unref);
	fetch_validators_clear(&document->validators);
	g_free(document);
}

static void refresh_free(gpointer data)
{
	Refresh *refresh = data;

	source_free(refresh->source);
	g_ptr_array_unref(refresh->documents);
	g_clear_pointer(&refresh->items, g_ptr_array_unref);
	g_ptr_array_unref(refresh->warnings);
	g_free(refresh->signer);
	g_free(refresh);
}

static void add_document(Refresh *refresh, char *url, DocumentKind kind)
{
	Document *document = g_new0(Document, 1);

	document->url = url;
	document->kind = kind;
	g_ptr_array_add(refresh->documents, document);
}

/* --- the end ------------------------------------------------------------------------------------------------------------ */

static gint64 now(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* A cancelled refresh says nothing about its source. */
static void note_failure(GallerySource *source, const GError *error)
{
	g_autoptr(GError) local = NULL;
	g_autofree char *sentence = error_message(error);

	if (g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED))
		return;
	source->checked = now();
	item_set_text(&source->error, sentence);
	if (!source_save_state(source, &local))
		g_warning("%s", local->message);
}

static void fail(GTask *task, GError *error)
{
	Refresh *refresh = g_task_get_task_data(task);

	note_failure(refresh->source, error);
	g_task_return_error(task, error);
	g_object_unref(task);
}

static void keep_validators(Refresh *refresh)
{
	g_hash_table_remove_all(refresh->source->validators);
	for (guint i = 0; i < refresh->documents->len; i++) {
		Document *document = refresh->documents->pdata[i];
		FetchValidators *copy = g_new0(FetchValidators, 1);
		copy->etag = g_strdup(document->validators.etag ? document->validators.etag : "");
		copy->last_modified = g_strdup(
			document->validators.last_modified ? document->validators.last_modified : "");
		g_hash_table_replace(refresh->source->validators, g_strdup(document->url), copy);
	}
}

static void succeed(GTask *task)
{
	Refresh *refresh = g_task_get_task_data(task);
	GallerySource *source = refresh->source;
	GError *error = NULL;

	for (guint i = 0; i < refresh->items->len; i++) {
		GalleryItem *item = refresh->items->pdata[i];
		item->published = item->updated;
	}
	g_ptr_array_unref(source->items);
	source->items = g_steal_pointer(&refresh->items);
	g_ptr_array_unref(source->warnings);
	source->warnings = g_ptr_array_ref(refresh->warnings);
	source->fetched = source->checked = now();
	source->signature = refresh->signature;
	item_set_text(&source->error, "");
	item_set_text(&source->signer, refresh->signer ? refresh->signer : "");
	keep_validators(refresh);
	if (!source_save(source, &error)) {
		fail(task, error);
		return;
	}
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

/* --- reading, in a thread ----------------------------------------------------------------------------------------------- */

typedef GPtrArray *(*FeedParser)(const char *text, gsize length, const FeedContext *context, GError **error);

static const FeedParser parsers[] = {
	[DOCUMENT_CARREL] = feed_carrel_parse,
	[DOCUMENT_HYPERV] = feed_hyperv_parse,
	[DOCUMENT_PRODUCTS] = feed_streams_parse,
};

/* What kind of feed is it, if nobody has said so? Its first keys tell. */
static DocumentKind recognise(GBytes *text)
{
	static const struct {
		const char *sign;
		DocumentKind kind;
	} signs[] = {
		{"index:1.0",     DOCUMENT_INDEX   },
		{ "products:1.0", DOCUMENT_PRODUCTS},
		{ "\"images\"",   DOCUMENT_HYPERV  },
		{ "\"items\"",    DOCUMENT_CARREL  },
	};
	gsize length;
	const char *start = g_bytes_get_data(text, &length);
	g_autofree char *lower = g_ascii_strdown(start, (gssize)MIN(length, 64 * 1024));

	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strstr(lower, signs[i].sign))
			return signs[i].kind;
	return DOCUMENT_UNKNOWN;
}

static const char *host_architecture(void)
{
	static struct utsname name;

	return uname(&name) == 0 ? name.machine : "";
}

static FeedContext context_of(Refresh *refresh, const Document *document, const char *shown)
{
	return (FeedContext){ shown, document->url, refresh->source->name, host_architecture(),
			      refresh->warnings };
}

static gboolean read_document(Refresh *refresh, const Document *document, GError **error)
{
	g_autofree char *shown = fetch_show_url(document->url);
	FeedContext context = context_of(refresh, document, shown);
	gsize length;
	const char *text = g_bytes_get_data(document->text, &length);

	if (document->kind == DOCUMENT_INDEX)
		return TRUE;
	if (document->kind == DOCUMENT_UNKNOWN)
		return error_set(error, CARREL_ERROR_FAILED, "give the source a --type",
				 "%s:1: is no feed that carrel knows", shown);
	g_autoptr(GPtrArray) items = parsers[document->kind](text, length, &context, error);
	if (!items)
		return FALSE;
	g_ptr_array_extend_and_steal(refresh->items, g_steal_pointer(&items));
	return TRUE;
}

static void read_thread(GTask *thread, gpointer source, gpointer data, GCancellable *cancellable)
{
	Refresh *refresh = data;
	GError *error = NULL;

	for (guint i = 0; i < refresh->documents->len; i++) {
		if (read_document(refresh, refresh->documents->pdata[i], &error))
			continue;
		g_task_return_error(thread, error);
		return;
	}
	g_task_return_boolean(thread, TRUE);
}

static void on_read(GObject *object, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	GError *error = NULL;

	if (g_task_propagate_boolean(G_TASK(result), &error))
		succeed(task);
	else
		fail(task, error);
}

static void read_all(GTask *task)
{
	g_autoptr(GTask) thread = g_task_new(NULL, NULL, on_read, task);

	g_task_set_task_data(thread, g_task_get_task_data(task), NULL);
	g_task_run_in_thread(thread, read_thread);
}

/* --- fetching ----------------------------------------------------------------------------------------------------------- */

static void fetch_next(GTask *task);

/* The folder that holds streams/, to which the paths in an index are relative. */
static char *streams_base(const char *url)
{
	const char *streams = g_strrstr(url, "/streams/");

	return streams ? g_strndup(url, (gsize)(streams - url) + 1) : g_strdup(url);
}

/* "x.json" -> "x.sjson", which carries its signature. */
static char *signed_form(const Refresh *refresh, const char *path)
{
	if (!*refresh->source->keyring || !g_str_has_suffix(path, ".json"))
		return g_strdup(path);
	return g_strdup_printf("%.*s.sjson", (int)(strlen(path) - strlen(".json")), path);
}

static gboolean follow_index(Refresh *refresh, const Document *document, GError **error)
{
	g_autofree char *shown = fetch_show_url(document->url);
	g_autofree char *base = streams_base(document->url);
	FeedContext context = context_of(refresh, document, shown);
	gsize length;
	const char *text = g_bytes_get_data(document->text, &length);
	g_auto(GStrv) paths = feed_streams_index(text, length, &context, error);

	for (char **path = paths; path && *path; path++) {
		g_autofree char *wanted = signed_form(refresh, *path);
		char *url = fetch_join_url(base, wanted);
		if (!url || refresh->documents->len >= DOCUMENTS_MAX) {
			g_free(url);
			return error_set(error, CARREL_ERROR_FAILED, NULL,
					 "%s:1: leads to `%s', which is no address or one too many", shown,
					 *path);
		}
		add_document(refresh, url, DOCUMENT_PRODUCTS);
	}
	return paths != NULL;
}

/* The current document is there, and signed as it must be. */
static void document_done(GTask *task)
{
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];
	GError *error = NULL;

	if (document->kind == DOCUMENT_UNKNOWN)
		document->kind = recognise(document->text);
	if (document->kind == DOCUMENT_INDEX && !follow_index(refresh, document, &error)) {
		fail(task, error);
		return;
	}
	refresh->current++;
	fetch_next(task);
}

/* Kept for the next time, when the server says that it has nothing newer. */
static void keep_document(GTask *task, GBytes *text)
{
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];
	g_autofree char *path = source_document_path(refresh->source, document->url);
	gsize length;
	const char *data = g_bytes_get_data(text, &length);
	GError *error = NULL;

	document->text = g_bytes_ref(text);
	g_clear_pointer(&document->fetched, g_bytes_unref);
	/* The folder is made by the first save. */
	if (!source_save_state(refresh->source, &error) ||
	    !file_replace(path, data, (gssize)length, 0600, &error))
		fail(task, error);
	else
		document_done(task);
}

static void on_signature_checked(GObject *object, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];
	g_autofree char *shown = fetch_show_url(document->url);
	g_autofree char *what = g_strdup_printf("the feed %s", shown);
	GError *error = NULL;
	g_autoptr(SignatureResult) checked = signature_check_finish(result, &error);

	if (checked && checked->state != SIGNATURE_GOOD) {
		refresh->source->signature = checked->state;
		signature_require_good(checked, what, &error);
		if (!error) /* no signature at all */
			error_set(&error, CARREL_ERROR_VERIFY,
				  "remove the source's keyring if you trust it unsigned", "%s is not signed",
				  what);
	}
	if (error) {
		fail(task, error);
		return;
	}
	refresh->signature = SIGNATURE_GOOD;
	g_free(refresh->signer);
	refresh->signer = g_strdup(*checked->signer ? checked->signer : checked->fingerprint);
	keep_document(task, checked->text);
}

static void on_signature_fetched(GObject *object, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];
	GError *error = NULL;
	g_autoptr(FetchDocument) signature = fetch_document_finish(result, &error);

	if (!signature) {
		fail(task, error);
		return;
	}
	signature_check(document->fetched, signature->bytes, refresh->source->keyring,
			g_task_get_cancellable(task), on_signature_checked, task);
}

static gboolean is_clear_signed(GBytes *bytes)
{
	gsize length;
	const char *data = g_bytes_get_data(bytes, &length);

	return length >= strlen(ARMOUR) && memcmp(data, ARMOUR, strlen(ARMOUR)) == 0;
}

static void check_signature(GTask *task)
{
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];

	if (!*refresh->source->keyring) {
		g_autoptr(GBytes) text = g_bytes_ref(document->fetched);
		keep_document(task, text);
		return;
	}
	if (is_clear_signed(document->fetched)) {
		signature_check(document->fetched, NULL, refresh->source->keyring,
				g_task_get_cancellable(task), on_signature_checked, task);
		return;
	}
	g_autofree char *url = g_strconcat(document->url, ".asc", NULL);
	fetch_document(refresh->fetcher, url, SIGNATURE_MAX, NULL, g_task_get_cancellable(task),
		       on_signature_fetched, task);
}

/* The server has nothing newer than what we keep. */
static GBytes *kept_text(Refresh *refresh, const Document *document)
{
	g_autofree char *path = source_document_path(refresh->source, document->url);
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);

	return file ? g_mapped_file_get_bytes(file) : NULL;
}

static void on_document(GObject *object, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Refresh *refresh = g_task_get_task_data(task);
	Document *document = refresh->documents->pdata[refresh->current];
	GError *error = NULL;
	g_autoptr(FetchDocument) fetched = fetch_document_finish(result, &error);

	if (!fetched) {
		fail(task, error);
		return;
	}
	document->validators.etag = g_strdup(fetched->validators.etag);
	document->validators.last_modified = g_strdup(fetched->validators.last_modified);
	if (fetched->bytes) {
		document->fetched = g_bytes_ref(fetched->bytes);
		check_signature(task);
		return;
	}
	if ((document->text = kept_text(refresh, document))) {
		refresh->signature = refresh->source->signature;
		item_set_text(&refresh->signer, refresh->source->signer);
		document_done(task);
		return;
	}
	/* The copy is gone: get it again. */
	g_hash_table_remove(refresh->source->validators, document->url);
	fetch_validators_clear(&document->validators);
	fetch_next(task);
}

static void fetch_next(GTask *task)
{
	Refresh *refresh = g_task_get_task_data(task);

	if (refresh->current >= refresh->documents->len) {
		read_all(task);
		return;
	}
	Document *document = refresh->documents->pdata[refresh->current];
	fetch_document(refresh->fetcher, document->url, FEED_FORMAT_MAX,
		       g_hash_table_lookup(refresh->source->validators, document->url),
		       g_task_get_cancellable(task), on_document, task);
}

/* --- installers that libosinfo knows ------------------------------------------------------------------------------------ */

static gboolean runs_here(const GalleryItem *item)
{
	return !*item->architecture || g_str_equal(item->architecture, host_architecture());
}

static void on_installers(GObject *object, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Refresh *refresh = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(GPtrArray) items = osinfo_items_finish(result, &error);

	if (!items) {
		fail(task, error);
		return;
	}
	for (guint i = 0; i < items->len; i++) {
		GalleryItem *item = items->pdata[i];
		if (!runs_here(item))
			continue;
		item_set_text(&item->source, refresh->source->name);
		g_ptr_array_add(refresh->items, gallery_item_ref(item));
	}
	succeed(task);
}

/* --- the beginning ------------------------------------------------------------------------------------------------------ */

/* Where the first document of a source is. */
static char *first_url(Refresh *refresh, DocumentKind *kind, GError **error)
{
	static const DocumentKind kinds[SOURCE_TYPES] = {
		[SOURCE_CARREL] = DOCUMENT_CARREL,
		[SOURCE_HYPERV] = DOCUMENT_HYPERV,
	};
	const GallerySource *source = refresh->source;
	g_autofree char *url = g_path_is_absolute(source->url) ? g_filename_to_uri(source->url, NULL, error)
							       : g_strdup(source->url);

	*kind = kinds[source->type];
	if (!url)
		return NULL;
	/* A mirror is named by its top; an index below it is what simplestreams promise. */
	if (source->type == SOURCE_STREAMS && !g_str_has_suffix(url, "json"))
		return g_strconcat(url, g_str_has_suffix(url, "/") ? "" : "/",
				   *source->keyring ? "streams/v1/index.sjson" : INDEX_PATH, NULL);
	return source->type == SOURCE_STREAMS ? signed_form(refresh, url) : g_steal_pointer(&url);
}

void refresh_source(Fetcher *fetcher, const GallerySourceSpec *spec, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Refresh *refresh = g_new0(Refresh, 1);
	DocumentKind kind;
	GError *error = NULL;

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, refresh, refresh_free);
	refresh->fetcher = fetcher;
	refresh->source = source_new(spec);
	refresh->documents = g_ptr_array_new_with_free_func(document_free);
	refresh->items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	refresh->warnings = g_ptr_array_new_with_free_func(g_free);
	if (refresh->source->type == SOURCE_OSINFO) {
		osinfo_items(cancellable, on_installers, task);
		return;
	}
	char *url = first_url(refresh, &kind, &error);
	if (!url) {
		fail(task, error);
		return;
	}
	add_document(refresh, url, kind);
	fetch_next(task);
}

GallerySource *refresh_source_finish(GAsyncResult *result, GError **error)
{
	Refresh *refresh = g_task_get_task_data(G_TASK(result));

	g_task_propagate_boolean(G_TASK(result), error);
	return g_steal_pointer(&refresh->source);
}
