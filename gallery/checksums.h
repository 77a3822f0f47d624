/*
 * Checksum files of vendors: GNU coreutils' "HEX  name" and "HEX *name", BSD's "SHA256 (name) = HEX", a bare HEX alone (a file made for one image), with
 * comments, CRLF, BOM, and the armour of a clear-signed text around it. Not trusted.
 */
#pragma once

#include <glib.h>

#define CHECKSUMS_MAX (4 * 1024 * 1024)

/* The digest ("sha256:HEX") of the file @name, which may be a glob(7) of which the newest match by version sort is taken. *@found (may be NULL):
 * the name without folders. @name NULL or "" fits a bare digest. NULL and CARREL_ERROR_VERIFY when there is none, or only one that proves nothing (MD5, SHA-1). Caller frees. */
char *checksums_find(const char *text, gsize length, const char *file, const char *name, char **found,
		     GError **error);
