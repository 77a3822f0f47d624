/* The pictures that feeds offer for their items: fetched when somebody looks, kept in the cache, given on only when they are what the feed says. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/digest.h"
#include "gallery/gallery-private.h"

#define PICTURE_MAX (4 * 1024 * 1024)
#define PNG_MAGIC   "\x89PNG\r\n\x1a\n"

typedef struct {
	char *path;     /* in the cache */
	char *expected; /* digest, "" = none */
} Wanted;

static void wanted_free(gpointer data)
{
	Wanted *wanted = data;

	g_free(wanted->path);
	g_free(wanted->expected);
	g_free(wanted);
}

static char *cache_path(const char *url)
{
	g_autofree char *cache = paths_cache_dir();
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);

	return g_build_filename(cache, "gallery", "pictures", hash, NULL);
}

/* Terminals are shown nothing that is not a picture; of the kinds that feeds use, PNG is the one that the console reads. */
static gboolean check(const Wanted *wanted, const char *bytes, gsize length, GError **error)
{
	if (length < strlen(PNG_MAGIC) || memcmp(bytes, PNG_MAGIC, strlen(PNG_MAGIC)) != 0)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "the picture is no PNG file");
	if (!*wanted->expected)
		return TRUE;
	GChecksumType type = digest_type(wanted->expected);
	g_autofree char *hex = g_compute_checksum_for_data(type, (const guchar *)bytes, length);
	g_autofree char *digest = g_strdup_printf("%s:%s", digest_name(type), hex);
	return digest_equal(digest, wanted->expected) ||
	       error_set(error, CARREL_ERROR_VERIFY, NULL, "the picture is not what its feed says");
}

static void on_fetched(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const Wanted *wanted = g_task_get_task_data(task);
	g_autoptr(GError) not_kept = NULL;
	GError *error = NULL;
	g_autoptr(FetchDocument) document = fetch_document_finish(result, &error);
	gsize length = 0;
	const char *bytes = document && document->bytes ? g_bytes_get_data(document->bytes, &length) : "";

	if (!document || !check(wanted, bytes, length, &error)) {
		g_task_return_error(task, error);
		return;
	}
	g_autofree char *folder = g_path_get_dirname(wanted->path);
	if (!paths_ensure_private(folder, &not_kept) ||
	    !file_replace(wanted->path, bytes, (gssize)length, 0600, &not_kept))
		g_warning("%s", not_kept->message);
	g_task_return_pointer(task, g_bytes_ref(document->bytes), (GDestroyNotify)g_bytes_unref);
}

static const GalleryPicture *choose(const GalleryItem *item)
{
	const GalleryPicture *const order[] = { &item->thumbnail, &item->logo, &item->symbol };

	for (gsize i = 0; item && i < G_N_ELEMENTS(order); i++)
		if (*order[i]->url)
			return order[i];
	return NULL;
}

void gallery_picture(Gallery *gallery, const char *id, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	const GalleryItem *item = gallery_find(gallery, id);
	const GalleryPicture *picture = item ? choose(item) : NULL;
	Wanted *wanted = g_new0(Wanted, 1);
	gsize length = 0;

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, wanted, wanted_free);
	if (!picture) {
		g_task_return_error(
			task, error_new(CARREL_ERROR_NOT_FOUND, NULL, "the image `%s' has no picture", id));
		return;
	}
	wanted->path = cache_path(picture->url);
	wanted->expected = g_strdup(picture->digest);
	g_autofree char *kept = file_read(wanted->path, PICTURE_MAX, &length, NULL);
	if (kept && check(wanted, kept, length, NULL))
		g_task_return_pointer(task, g_bytes_new_take(g_steal_pointer(&kept), length),
				      (GDestroyNotify)g_bytes_unref);
	else
		fetch_document(gallery->fetcher, picture->url, PICTURE_MAX, NULL, cancellable, on_fetched,
			       g_steal_pointer(&task));
}

GBytes *gallery_picture_finish(Gallery *gallery, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
