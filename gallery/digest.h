/*
 * Digests as feeds publish them: "sha256:HEX", upper or lower case, or bare hex whose length tells the kind (64: SHA-256, 128: SHA-512,
 * 96: SHA-384). MD5 and SHA-1 are no proof of anything any more and count as none.
 */
#pragma once

#include <glib.h>

/* "kind:hex" in lower case, or NULL when @text is no digest that we trust. What stands before the last `:' names the kind. Caller frees. */
char *digest_normalise(const char *text);

/* Kind of a normalised digest. */
GChecksumType digest_type(const char *digest);

/* The word for a kind: "sha256". */
const char *digest_name(GChecksumType type);

/* The same digest? Both normalised; never equal when one is "". */
gboolean digest_equal(const char *a, const char *b);
