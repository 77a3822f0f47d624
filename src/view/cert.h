/* The certificate of the web server: made on the first use, signed by itself, kept for a year, known by its fingerprint. */
#pragma once

#include <gio/gio.h>

/* Reads @path, or makes it anew (mode 0600, with its key) when it is not there, too old or no certificate. @host: a name or an IP address for
 * it. NULL and @error when there is none, or no TLS. */
GTlsCertificate *cert_get(const char *path, const char *host, GError **error);
/* SHA-256 as browsers show it: "AB:CD:...". Caller frees. */
char *cert_fingerprint(GTlsCertificate *certificate);
