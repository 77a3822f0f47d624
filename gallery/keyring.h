/* Keyrings for gpgv(1), which reads binary ones only; vendors publish armoured ones as well. */
#pragma once

#include <glib.h>

/* Path of a binary keyring with the keys of @keyring (absolute path, or a name below data/gallery/keyrings): itself, or a copy in @folder.
 * NULL and CARREL_ERROR_FAILED when it cannot be read or holds no keys. Caller frees. Blocks on the disk only; safe in a thread. */
char *keyring_prepare(const char *keyring, const char *folder, GError **error);

/* Every key block of an armoured text (RFC 9580 section 6) as bytes one behind the other; NULL = it has none. Not trusted. */
GByteArray *keyring_dearmour(const char *text, gsize length);
