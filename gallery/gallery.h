/*
 * The gallery: what can be got, and getting it. feed -> catalog -> fetch -> verify -> unpack -> store, in that order.
 *
 * It knows no VM and no QEMU; it delivers a verified file in a content-addressed store: IMAGES/sha256-HEX.iso (or .qcow2), mode
 * 0444, shared read-only by all VMs. Items come from sources (source.h); some are fetched, some assembled on this machine from the
 * distribution's packages, some are files that the user has.
 */
#pragma once

#include <gio/gio.h>

typedef enum { GALLERY_ISO, GALLERY_DISK } GalleryKind;

/* A picture that a feed offers, shown only when its hash is right. */
typedef struct {
	char *url;    /* "" = none */
	char *digest; /* as of the item; "" = none: shown nevertheless, it is only a picture */
} GalleryPicture;

typedef struct {
	char *id;   /* "carrel-live" */
	char *name; /* "carrel Live" */
	char *publisher, *source, *description, *os, *architecture;
	char *recipe; /* version of what the feed says; another one than the stored file's makes that file old */
	char *version; /* of the stored file, else the recipe's */
	GalleryKind kind;
	guint64 size;         /* bytes in the store, 0 = not there */
	guint64 memory;       /* recommended, bytes; 0 = no opinion */
	guint cpus;           /* 0 = no opinion */
	gint64 updated;       /* unix seconds, 0 = not known */
	gboolean secure_boot; /* starts with Secure Boot on */
	gboolean cloud_init;  /* takes a cloud-init seed (NoCloud) */
	gboolean verified;    /* in the store and its hash is right */
	char *sha256;         /* of the stored file; "" = not there */
	char *path;           /* of the stored file; "" = not there */
	char *builder;        /* program below data/ that assembles it; "" = fetched */
	GPtrArray *details;   /* of char *[2]-like pairs: name, value, name, value, ...; owned strings */

	/* Where to get it, unless a builder makes it. All URLs are absolute: http, https, file. */
	GStrv urls; /* mirrors, in the order in which they are asked, NULL = none; one that ends in `/' gets the file's name appended */
	char *digest; /* of the download as published: "sha256:HEX", "sha512:HEX", ... (digest.h); "" = none, or in @checksums */
	char *checksums;      /* URL of the vendor's checksum file; "" = none */
	char *checksums_name; /* which line of it: a name or a glob(7); "" = the name at the end of urls[0] */
	char *signature; /* URL of a detached signature of @checksums; "" = it is clear-signed, or not signed */
	char *keyring; /* whose signature of @checksums is good: file below data/gallery/keyrings, or absolute path; "" = none needed */
	char *member;  /* path of the disk in a downloaded archive; "" = the one disk in it, if it is one */
	guint64 download_size; /* bytes of the download as published, 0 = not known */
	guint64 disk_size; /* bytes that the feed claims it takes when unpacked, 0 = no claim; never relied on */

	/* What Hyper-V's feeds tell besides. */
	char *locale, *min_host, *max_host; /* host versions as the feed has them: shown, no limit for us */
	GalleryPicture logo, symbol, thumbnail;
} GalleryItem;

void gallery_item_free(GalleryItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GalleryItem, gallery_item_free)

typedef struct Gallery Gallery;

/* Loads sources and looks into the store. A broken source never hides the others: it is logged and kept in gallery_errors(). */
Gallery *gallery_new(void);
/* Cancels what runs; who waits for it is told from the main loop, if that runs on. */
void gallery_free(Gallery *gallery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gallery, gallery_free)

/* Of GalleryItem, in the order of sources. Borrowed. */
GPtrArray *gallery_items(Gallery *gallery);
GalleryItem *gallery_find(Gallery *gallery, const char *id);
const char *const *gallery_errors(Gallery *gallery);

/*
 * Names of the pipeline's states, for a job: "assemble", then "verify", then "store"; while it assembles, also the builder's own
 * words, "download", "unpack", ... @done and @total count bytes where gallery_step_is_bytes(), else things; @total 0 = not known.
 * @step is valid during the call. Called from the main loop, never after the result.
 */
typedef void (*GalleryProgress)(const char *step, guint64 done, guint64 total, gpointer data);
gboolean gallery_step_is_bytes(const char *step);

/*
 * Makes sure that @id lies verified in the store. A file that is there is hashed again (in a thread) and compared with the hash
 * noted beside it, once in the life of the process unless the file was touched; a mismatch moves the bad file away (*.bad) and is
 * CARREL_ERROR_VERIFY. The same item asked for twice at once is one run, which ends early only when all who asked have cancelled.
 * Finish gives the absolute path of the stored file (caller frees), or CARREL_ERROR_NOT_FOUND, _VERIFY, _HOST (a
 * needed tool is missing: named), _CANCELLED, _FAILED.
 */
void gallery_deliver(Gallery *gallery, const char *id, GalleryProgress progress, gpointer progress_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
char *gallery_deliver_finish(Gallery *gallery, GAsyncResult *result, GError **error);
