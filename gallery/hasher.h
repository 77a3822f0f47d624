/* Checksums of streams, by nettle: with the processor's SHA instructions it takes a fifth of GChecksum's time. */
#pragma once

#include <glib.h>

typedef struct Hasher Hasher;

/* @type: SHA-256, SHA-384 or SHA-512. */
Hasher *hasher_new(GChecksumType type);
void hasher_free(Hasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hasher, hasher_free)

void hasher_update(Hasher *hasher, const guint8 *bytes, gsize length);

/* Lower-case hex digits; the hasher begins anew. Caller frees. */
char *hasher_finish(Hasher *hasher);
