/*
 * Where a server listens, as people write it: HOST:PORT, [V6]:PORT, HOST, :PORT (this host only), unix:/PATH.
 */
#pragma once

#include <glib.h>

typedef struct {
	char *host; /* an IP address without brackets, or "localhost"; NULL for a unix socket */
	guint port; /* 0: the first free one */
	char *path; /* absolute; NULL for TCP */
} Address;

/* NULL and CARREL_ERROR_USAGE for anything else; names of hosts are refused, since which address they mean is not ours to guess. A relative
 * path is meant from the current directory. @text may be "": this host, any port. */
Address *address_new(const char *text, GError **error);
void address_free(Address *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Address, address_free)

/* Nobody on another host can reach it: a unix socket or a loopback address. */
gboolean address_is_local(const Address *address);

/* "127.0.0.1:5900", "[::1]" with port 0, "unix:/path": what address_new() reads. Caller frees. */
char *address_text(const Address *address);
/* @host with the brackets that an IPv6 address needs in front of a port or in a URL. Caller frees. */
char *address_bracket(const char *host);
