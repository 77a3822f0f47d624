/*
 * Checksum files of vendors: GNU coreutils' "HEX  name" and "HEX *name", BSD's "SHA256 (name) = HEX", a bare HEX alone (a file made for one image), with
 * comments, CRLF, BOM, and the armour of a clear-signed text around it. Not trusted.
 */
#pragma once

#include <glib.h>

#define CHECKSUMS_MAX (4 * 1024 * 1024)

/*
 * The digest ("sha256:HEX") of @name in the checksum file that messages call @file. @name may be a glob(7), of which the newest match by version sort is
 * taken. A bare digest that is the only one in the file fits every name that is no glob. @name NULL or "" fits the only digest of the file. Of several
 * kinds for one name the strongest is given; two different ones of a kind are no proof of anything. *@found (may be NULL; caller frees): the name without
 * folders, "" of a bare digest; it has no control characters. NULL and CARREL_ERROR_VERIFY when there is none, or only one that proves nothing (MD5,
 * SHA-1). Caller frees.
 */
char *checksums_find(const char *text, gsize length, const char *file, const char *name, char **found,
		     GError **error);
