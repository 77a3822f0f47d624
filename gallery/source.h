/*
 * A source of items: where its feed is, and the last good copy of it.
 *
 *	CACHE/gallery/NAME/state.json	when it was fetched, what was wrong, whose signature it had
 *	CACHE/gallery/NAME/items	its items (item-cache.h)
 *	CACHE/gallery/NAME/HEX.doc	documents as they were fetched and found well signed, named by the SHA-256 of their URL
 *
 * The copy is used when the source cannot be reached, however old it is; its age is shown. A source below carrel's own data needs none of this:
 * it is read at each start.
 */
#pragma once

#include "gallery/gallery.h"
#include "gallery/signature.h"

typedef enum {
	SOURCE_AUTO,
	SOURCE_CARREL,
	SOURCE_HYPERV,
	SOURCE_STREAMS,
	SOURCE_OSINFO,
	SOURCE_TYPES
} SourceType;

const char *source_type_name(SourceType type);
/* SOURCE_AUTO for a word that is none. */
SourceType source_type_find(const char *name);

struct GallerySource {
	char *name, *url, *keyring;
	SourceType type;
	gboolean builtin;         /* below carrel's data: read at each start, never fetched */
	GPtrArray *items;         /* of GalleryItem, owned */
	gint64 fetched;           /* unix seconds of the last good copy, 0 = never */
	gint64 checked;           /* of the last try */
	char *error;              /* what was wrong with that, a sentence; "" = nothing */
	SignatureState signature; /* of the copy */
	char *signer;             /* whose, "" = nobody's */
	GPtrArray *warnings;      /* of char *: items of the copy that were left out, and why */
	gboolean busy;            /* is being refreshed */
	GHashTable *validators;   /* URL -> FetchValidators of documents that are kept */
};

/* What was kept of it is loaded; where the url, type or keyring is not what it was, nothing is. */
GallerySource *source_new(const GallerySourceSpec *spec);
void source_free(GallerySource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GallerySource, source_free)

/* Writes state and items. */
gboolean source_save(const GallerySource *source, GError **error);
/* Writes the state alone, after a failure. */
gboolean source_save_state(const GallerySource *source, GError **error);

/* Path of a kept document. Caller frees. */
char *source_document_path(const GallerySource *source, const char *url);

/* Removes all that is kept of a source that is no more. */
void source_forget(const char *name);
