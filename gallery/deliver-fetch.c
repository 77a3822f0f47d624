/* An item that is fetched: which digest must it have, fetch and unpack in one pass, compare, convert where QEMU's own format is needed. */
#include <string.h>

#include "base/error.h"
#include "gallery/checksums.h"
#include "gallery/convert.h"
#include "gallery/deliver-fetch.h"
#include "gallery/digest.h"
#include "gallery/signature.h"
#include "gallery/verify.h"

#define WAIT_MS 500

void deliver_fetch_clear(Delivery *delivery)
{
	g_strfreev(delivery->urls);
	g_free(delivery->expected);
	g_clear_pointer(&delivery->document, g_bytes_unref);
	unpack_result_free(delivery->unpacked);
}

/* Nothing is left to do: another item's image, or an earlier one, is the same. */
static gboolean is_shared(const Delivery *delivery)
{
	return delivery->path != NULL;
}

/* --- checksums: which digest must it have? -------------------------------------------------------------------------------- */

/* A mirror that ends in `/' is a folder; the file's name comes from the checksum file. */
static void set_urls(Delivery *delivery, const char *name)
{
	g_autoptr(GPtrArray) urls = g_ptr_array_new();

	for (char **url = delivery->item->urls; url && *url; url++)
		g_ptr_array_add(urls,
				g_str_has_suffix(*url, "/") ? fetch_join_url(*url, name) : g_strdup(*url));
	g_ptr_array_add(urls, NULL);
	delivery->urls = (char **)g_ptr_array_free(g_steal_pointer(&urls), FALSE);
}

static char *last_name(const char *url)
{
	g_autofree char *plain = g_strndup(url, strcspn(url, "?#"));
	const char *slash = strrchr(plain, '/');

	return g_uri_unescape_string(slash ? slash + 1 : plain, NULL);
}

/* The same bytes may be in the store already, under another name. */
static void share_if_there(Delivery *delivery, GError **error)
{
	g_autoptr(ImageNote) note =
		*delivery->expected ? store_find_published(delivery->store, delivery->expected) : NULL;

	if (!note || *delivery->item->member || !store_share(delivery->store, delivery->item, note, error))
		return;
	g_autoptr(GalleryItem) look = gallery_item_ref((GalleryItem *)delivery->item);
	store_look(delivery->store, look);
	if (*look->path)
		delivery->path = g_strdup(look->path);
}

static void take_digest(Delivery *delivery, GBytes *text)
{
	const GalleryItem *item = delivery->item;
	g_autofree char *file = last_name(item->checksums);
	g_autofree char *own = item->urls && *item->urls ? last_name(item->urls[0]) : NULL;
	g_autofree char *found = NULL;
	const char *name = *item->checksums_name ? item->checksums_name : own;
	GError *error = NULL;
	gsize length;
	const char *data = g_bytes_get_data(text, &length);

	delivery->expected = checksums_find(data, length, file, name, &found, &error);
	if (delivery->expected) {
		set_urls(delivery, found && *found ? found : own);
		share_if_there(delivery, &error);
	}
	steps_done(delivery->steps, error);
}

static void on_signature_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	g_autofree char *shown = fetch_show_url(delivery->item->checksums);
	g_autofree char *what = g_strdup_printf("the checksum file %s", shown);
	GError *error = NULL;
	g_autoptr(SignatureResult) checked = signature_check_finish(result, &error);

	if (checked && checked->state == SIGNATURE_NONE)
		error = error_new(CARREL_ERROR_VERIFY, "tell whoever keeps the feed", "%s is not signed",
				  what);
	else if (checked && signature_require_good(checked, what, &error)) {
		delivery->trust = TRUST_SIGNATURE;
		take_digest(delivery, checked->text);
		return;
	}
	steps_done(delivery->steps, error);
}

static void on_signature(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;
	g_autoptr(FetchDocument) signature = fetch_document_finish(result, &error);

	if (signature)
		signature_check(delivery->document, signature->bytes, delivery->item->keyring,
				steps_cancellable(delivery->steps), on_signature_checked, delivery);
	else
		steps_done(delivery->steps, error);
}

static void on_checksums(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	const GalleryItem *item = delivery->item;
	GCancellable *cancellable = steps_cancellable(delivery->steps);
	GError *error = NULL;
	g_autoptr(FetchDocument) document = fetch_document_finish(result, &error);

	if (!document) {
		steps_done(delivery->steps, error);
		return;
	}
	delivery->document = g_bytes_ref(document->bytes);
	if (!*item->keyring)
		take_digest(delivery, delivery->document);
	else if (*item->signature)
		fetch_document(delivery->fetcher, item->signature, SIGNATURE_MAX, NULL, cancellable,
			       on_signature, delivery);
	else
		signature_check(delivery->document, NULL, item->keyring, cancellable, on_signature_checked,
				delivery);
}

static void step_expect(Steps *steps, gpointer context)
{
	Delivery *delivery = context;
	const GalleryItem *item = delivery->item;
	GError *error = NULL;

	delivery->steps = steps;
	delivery->trust = item->trust;
	if (*item->checksums) {
		delivery->trust = TRUST_HASH;
		delivery_tell(delivery, "checksums", 0, 0);
		fetch_document(delivery->fetcher, item->checksums, CHECKSUMS_MAX, NULL,
			       steps_cancellable(steps), on_checksums, delivery);
		return;
	}
	delivery->expected = g_strdup(item->digest);
	set_urls(delivery, "");
	if (!*item->digest && !(delivery->flags & GALLERY_UNVERIFIED))
		error = error_new(CARREL_ERROR_VERIFY,
				  "take it nevertheless with --unverified, if you trust where it comes from",
				  "source `%s' has no hash of %s, so nobody could tell whether what arrives "
				  "is what was "
				  "published",
				  item->source, item->name);
	else
		share_if_there(delivery, &error);
	steps_done(steps, error);
}

/* --- prepare: a folder that outlives a cut ------------------------------------------------------------------------------- */

/* One download for all items that mean the same bytes. */
static char *part_key(const Delivery *delivery)
{
	g_autofree char *text =
		*delivery->expected ? g_strdup(delivery->expected) : g_strjoinv("\n", delivery->urls);
	char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	key[32] = '\0';
	return key;
}

static void try_part(Delivery *delivery);

static gboolean on_wait(gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;

	if (g_cancellable_set_error_if_cancelled(steps_cancellable(delivery->steps), &error)) {
		steps_done(delivery->steps, error);
		return G_SOURCE_REMOVE;
	}
	/* Who had it may have finished: then its image is ours, too. */
	share_if_there(delivery, &error);
	if (error || is_shared(delivery))
		steps_done(delivery->steps, error);
	else
		try_part(delivery);
	return G_SOURCE_REMOVE;
}

static void try_part(Delivery *delivery)
{
	g_autofree char *key = part_key(delivery);
	g_autoptr(GError) error = NULL;

	delivery->part = store_keep_part(delivery->store, key, &error);
	if (g_error_matches(error, CARREL_ERROR, CARREL_ERROR_STATE)) {
		delivery_tell(delivery, "wait for the same download", 0, 0);
		g_timeout_add(WAIT_MS, on_wait, delivery);
		return;
	}
	steps_done(delivery->steps, g_steal_pointer(&error));
}

static void step_prepare(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (is_shared(delivery))
		steps_done(steps, NULL);
	else
		try_part(delivery);
}

/* --- fetch: see deliver-pass.c -------------------------------------------------------------------------------------------- */

static void on_passed(Delivery *delivery, GError *error)
{
	steps_done(delivery->steps, error);
}

static void step_fetch(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (is_shared(delivery))
		steps_done(steps, NULL);
	else
		deliver_pass(delivery, on_passed);
}

/* --- verify -------------------------------------------------------------------------------------------------------------- */

static void on_bad_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	const char *kind = digest_name(digest_type(delivery->expected));

	steps_done(delivery->steps,
		   error_new(CARREL_ERROR_VERIFY,
			     "the list may be older than the file: `carrel gallery refresh', then try again",
			     "what was fetched as %s is not what was published: its %s is wrong",
			     delivery->item->name, kind));
}

static void step_verify(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (is_shared(delivery) || !*delivery->expected) {
		steps_done(steps, NULL);
		return;
	}
	delivery_tell(delivery, "verify", delivery->unpacked->download, delivery->unpacked->download);
	if (digest_equal(delivery->unpacked->digest, delivery->expected))
		steps_done(steps, NULL);
	else if (
		delivery->resumed) /* the file may have changed between two runs: once more, from its beginning */
		deliver_pass_again(delivery, step_verify);
	else
		part_remove(delivery->part, on_bad_removed, delivery);
}

/* --- convert -------------------------------------------------------------------------------------------------------------- */

static void fail_convert(Delivery *delivery, GError *error)
{
	/* What is wrong with these bytes will be wrong again. */
	if (g_error_matches(error, CARREL_ERROR, CARREL_ERROR_VERIFY))
		part_discard(delivery->part);
	steps_done(delivery->steps, error);
}

static void make_note(Delivery *delivery, const char *sha256)
{
	FileStamp stamp;

	stamp_get(delivery->image, &stamp);
	delivery->note = g_new0(ImageNote, 1);
	*delivery->note = (ImageNote){
		.id = g_strdup(delivery->item->id),
		.version = g_strdup(delivery->item->recipe),
		.sha256 = g_strdup(sha256),
		.recipe = g_strdup(delivery->item->recipe),
		.published = g_strdup(delivery->unpacked->digest),
		.url = g_strdup(delivery->urls[0]),
		.trust = g_strdup(gallery_trust_name(delivery->trust)),
		.format = g_strdup(delivery->unpacked->found == IMAGE_ISO ? "iso" : "qcow2"),
		.size = (guint64)stamp.size,
		.built = g_get_real_time() / G_USEC_PER_SEC,
	};
}

static void on_hash(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;
	g_autofree char *sha256 = verify_hash_finish(result, &error);

	if (sha256)
		make_note(delivery, sha256);
	steps_done(delivery->steps, error);
}

/* The image is as it will be stored. */
static void image_ready(Delivery *delivery, const char *sha256)
{
	if (*sha256) {
		make_note(delivery, sha256);
		steps_done(delivery->steps, NULL);
	} else {
		verify_hash(delivery->image, delivery_on_hashed, delivery, steps_cancellable(delivery->steps),
			    on_hash, delivery);
	}
}

static void on_converted(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	GError *error = NULL;

	if (!convert_image_finish(result, &error)) {
		fail_convert(delivery, error);
		return;
	}
	delivery->image = g_strdup(delivery->part->work);
	image_ready(delivery, "");
}

static void on_convert_progress(guint64 done, guint64 total, gpointer data)
{
	delivery_tell(data, "convert", done, total);
}

static void on_image_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	Delivery *delivery = data;
	const UnpackResult *unpacked = delivery->unpacked;
	GError *error = NULL;

	if (!convert_check_finish(result, NULL, &error)) {
		fail_convert(delivery, error);
		return;
	}
	if (unpacked->format == IMAGE_QCOW2) {
		delivery->image = g_strdup(delivery->part->image);
		image_ready(delivery, unpacked->sha256);
		return;
	}
	delivery_tell(delivery, "convert", 0, 0);
	convert_image(delivery->part->image, unpacked->format, delivery->part->work, on_convert_progress,
		      delivery, steps_cancellable(delivery->steps), on_converted, delivery);
}

static void step_convert(Steps *steps, gpointer context)
{
	Delivery *delivery = context;

	delivery->steps = steps;
	if (is_shared(delivery)) {
		steps_done(steps, NULL);
		return;
	}
	if (delivery->unpacked->format == IMAGE_ISO) {
		delivery->image = g_strdup(delivery->part->image);
		image_ready(delivery, delivery->unpacked->sha256);
		return;
	}
	convert_check(delivery->part->image, delivery->unpacked->format, steps_cancellable(steps),
		      on_image_checked, delivery);
}

/* clang-format off: crashes on such tables */
const Step deliver_fetch_steps[] = {
	{"checksums", step_expect,        NULL},
        { "prepare",  step_prepare,       NULL},
	{ "fetch",    step_fetch,         NULL},
        { "verify",   step_verify,        NULL},
	{ "convert",  step_convert,       NULL},
        { "store",    deliver_step_store, NULL},
	{ "tidy",     deliver_step_tidy,  NULL},
        { NULL,       NULL,               NULL},
};
/* clang-format on */
