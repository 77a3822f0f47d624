/*
 * The store of verified images, shared read-only by all VMs:
 *
 *	IMAGES/sha256-HEX.iso	the image, mode 0444, named by its content
 *	IMAGES/ID.json		the note that says which one belongs to item ID, and its hash
 *	IMAGES/....part/	images being made, see part.h
 *	IMAGES/....bad		an image whose hash turned out to be wrong
 *
 * An image is in the store when its note is; the note is written last and atomically. An image that no note names any more stays, since
 * VMs may use it.
 */
#pragma once

#include "gallery/gallery.h"
#include "gallery/note.h"
#include "gallery/part.h"
#include "gallery/verify.h"

typedef struct Store Store;

/* Opens the store in @dir, makes it if need be, and removes what dead runs left. A folder that cannot be made is logged and
 * an error of store_make_part() later. */
Store *store_open(const char *dir);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* Fills in what the store knows of @item: path, size, sha256, version, updated, verified (its file was not touched since its hash was right).
 * An item that is not there, or was made by another recipe, gets "" and 0. */
void store_look(Store *store, GalleryItem *item);

/* The same for many, with one look at the folder. */
void store_look_all(Store *store, GPtrArray *items);

/* A place for a new image of @id, gone with its run. */
Part *store_make_part(Store *store, const char *id, GError **error);
/* A place for the download @key, that stays when its run ends early; see part_keep(). */
Part *store_keep_part(Store *store, const char *key, GError **error);

/* The note of an image that was made of a download with this digest, and was not touched since; or NULL. Caller frees. */
ImageNote *store_find_published(Store *store, const char *digest);
/* Makes the image of @note that of @item, too. */
gboolean store_share(Store *store, const GalleryItem *item, const ImageNote *note, GError **error);

/*
 * Hashes the stored file of @item and compares, unless that was done before and the file was not touched since. Finish gives its path (caller
 * frees), or CARREL_ERROR_VERIFY when it is not what it was, after it was moved to *.bad.
 */
void store_check(Store *store, const GalleryItem *item, VerifyProgress progress, gpointer progress_data,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
char *store_check_finish(Store *store, GAsyncResult *result, GError **error);

/* Moves the file @image, whose hash was found to be that of @note, into the store as that of @item. Finish gives its path. */
void store_import(Store *store, const GalleryItem *item, const char *image, const ImageNote *note,
		  GAsyncReadyCallback callback, gpointer data);
char *store_import_finish(Store *store, GAsyncResult *result, GError **error);
