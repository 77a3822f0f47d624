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

/* How we know that an image is what its publisher made. */
typedef enum {
	TRUST_NONE, /* its feed has no hash for it: taken only when asked so */
	TRUST_HASH, /* by a hash from a feed that came by https or from this machine, or was built here */
	TRUST_SIGNATURE, /* by a hash that is signed */
	TRUST_LAST
} GalleryTrust;

const char *gallery_trust_name(GalleryTrust trust); /* "none", "hash", "signature" */

typedef struct {
	gint refs;
	char *id; /* "carrel-live" */
	char *feed_id; /* as its feed has it; the id gets the source's name behind it where two feeds have the same */
	char *name; /* "carrel Live" */
	char *publisher, *source, *description, *os, *architecture;
	char *recipe; /* version of what the feed says; another one than the stored file's makes that file old */
	char *version; /* of the stored file, else the recipe's */
	GalleryKind kind;
	guint64 size;         /* bytes in the store, 0 = not there */
	guint64 memory;       /* recommended, bytes; 0 = no opinion */
	guint cpus;           /* 0 = no opinion */
	gint64 updated;       /* unix seconds, 0 = not known: of the stored file, else as published */
	gint64 published;     /* unix seconds as the feed says, 0 = not known */
	gboolean secure_boot; /* starts with Secure Boot on */
	gboolean cloud_init;  /* takes a cloud-init seed (NoCloud) */
	gboolean verified;    /* in the store, and what its publisher has published: its hash is right */
	GalleryTrust trust;   /* by which it is, or can be, verified */
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

/* Items are shared: a refresh replaces them while somebody may still work with one. */
GalleryItem *gallery_item_ref(GalleryItem *item);
void gallery_item_free(GalleryItem *item); /* gives up one reference */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GalleryItem, gallery_item_free)

typedef struct Gallery Gallery;

/*
 * Progress, for a job. Names of the pipeline's states: of an item that is built here "assemble", then "verify", then "store"; while it assembles, also the builder's
 * own words, "download", "unpack", ... Of one that is fetched "checksums", "fetch", "verify", "convert", "store". @done and @total count bytes where
 * gallery_step_is_bytes(), else things; @total 0 = not known. @step is valid during the call. Called from the main loop, never after the result.
 */
typedef void (*GalleryProgress)(const char *step, guint64 done, guint64 total, gpointer data);
gboolean gallery_step_is_bytes(const char *step);

/* --- sources ---------------------------------------------------------------------------------------------------------- */

/* As the user has set it up; see src/spec/host-conf.h. */
typedef struct {
	const char *name;
	const char *type; /* "auto", "carrel", "hyperv", "simplestreams", "osinfo" */
	const char *
		url; /* http, https, file, an absolute path, or "data:PATH" below carrel's own data; of no meaning for "osinfo", whose database is on this machine */
	const char *keyring; /* "" = unsigned is good enough; see signature.h */
} GallerySourceSpec;

typedef struct GallerySource GallerySource;

/* What people see of a source. Pointers are borrowed until the main loop runs again. */
typedef struct {
	const char *name, *type, *url, *keyring;
	const char *error; /* what was wrong with the last try, with the line where it was; "" = nothing */
	const char *signature; /* "none", "good", ... of the copy, see signature.h */
	const char *signer;
	guint items;
	gint64 fetched, checked; /* unix seconds of the last good copy and of the last try; 0 = never */
	gboolean builtin, busy;
	GPtrArray *warnings; /* of char *: items that were left out */
} GallerySourceView;

/* Looks into the store, and reads the built-in source. */
Gallery *gallery_new(void);
/* Cancels what runs; who waits for it is told from the main loop, if that runs on. */
void gallery_free(Gallery *gallery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gallery, gallery_free)

/* The sources in their order, instead of those that were there; nothing is fetched. Items that two have are the first one's. A broken source
 * never hides the others. */
void gallery_set_sources(Gallery *gallery, const GallerySourceSpec *specs, guint count);

/* FALSE when @index is too high. */
gboolean gallery_source_view(Gallery *gallery, guint index, GallerySourceView *view);

/*
 * Fetches the feeds of the source @name (NULL: of all that can be fetched), checks their signatures and reads them. One that fails keeps its last good
 * copy. Finish is FALSE when one of them failed: CARREL_ERROR_NOT_FOUND (no such source), or the error of the first that failed, with its name; how it was with
 * each is in its view. @progress may be NULL; its step is "fetch NAME" and it counts sources.
 */
void gallery_refresh(Gallery *gallery, const char *name, GalleryProgress progress, gpointer progress_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
gboolean gallery_refresh_finish(Gallery *gallery, GAsyncResult *result, GError **error);

/* --- items ------------------------------------------------------------------------------------------------------------- */

/* Of GalleryItem, in the order of sources. Borrowed. */
GPtrArray *gallery_items(Gallery *gallery);
GalleryItem *gallery_find(Gallery *gallery, const char *id);

/* The thumbnail of @id, else its logo, else its symbol: a PNG file's bytes, fetched unless it was before. Finish: caller unrefs, or CARREL_ERROR_NOT_FOUND (no such image,
 * or it has none), _VERIFY, _FAILED, _CANCELLED. Not trusted: whoever draws it must be ready for anything. */
void gallery_picture(Gallery *gallery, const char *id, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data);
GBytes *gallery_picture_finish(Gallery *gallery, GAsyncResult *result, GError **error);

typedef enum {
	GALLERY_UNVERIFIED = 1 << 0, /* take also what has no hash */
} GalleryFlags;

/*
 * Makes sure that @id lies verified in the store. A file that is there is hashed again (in a thread) and compared with the hash
 * noted beside it, once in the life of the process unless the file was touched; a mismatch moves the bad file away (*.bad) and is
 * CARREL_ERROR_VERIFY. The same item asked for twice at once is one run, which ends early only when all who asked have cancelled; what it has
 * fetched by then stays, and the next run goes on there.
 * Finish gives the absolute path of the stored file (caller frees), or CARREL_ERROR_NOT_FOUND, _VERIFY, _HOST (a
 * needed tool is missing: named), _CANCELLED, _FAILED.
 */
void gallery_deliver(Gallery *gallery, const char *id, guint flags, GalleryProgress progress,
		     gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer data);
char *gallery_deliver_finish(Gallery *gallery, GAsyncResult *result, GError **error);

/*
 * Removes from the store what is of no use: images that no item names any more and that are not in @in_use (set of SHA-256, of what VMs stand on), bad ones, and downloads that
 * were left; with @all also images that items name. With @dry_run nothing is removed. Finish gives the bytes (to be) freed, and in *@names what (caller frees).
 */
void gallery_prune(Gallery *gallery, GHashTable *in_use, gboolean all, gboolean dry_run,
		   GAsyncReadyCallback callback, gpointer data);
gboolean gallery_prune_finish(Gallery *gallery, GAsyncResult *result, guint64 *freed, char ***names,
			      GError **error);
