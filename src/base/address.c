#include "base/address.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/paths.h"

#define UNIX_PREFIX "unix:"
#define LOOPBACK    "127.0.0.1"
#define FORMS       "write HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH"

void address_free(Address *address)
{
	if (!address)
		return;
	g_free(address->host);
	g_free(address->path);
	g_free(address);
}

static gboolean parse_port(const char *text, Address *address, GError **error)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
		return error_set(error, CARREL_ERROR_USAGE, FORMS, "`%s' is no port from 1 to 65535", text);
	address->port = (guint)port;
	return TRUE;
}

static gboolean set_host(char *host, Address *address, GError **error)
{
	address->host = *host ? host : g_strdup(LOOPBACK);
	if (!*host)
		g_free(host);
	if (g_hostname_is_ip_address(address->host) || g_str_equal(address->host, "localhost"))
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE, FORMS, "`%s' is no IP address of this host",
			 address->host);
}

static gboolean parse_path(const char *text, Address *address, GError **error)
{
	if (!*text)
		return error_set(error, CARREL_ERROR_USAGE, FORMS, "the unix socket has no path");
	address->path = g_canonicalize_filename(text, NULL);
	if (strlen(address->path) > PATHS_SOCKET_MAX)
		return error_set(error, CARREL_ERROR_USAGE, "choose a shorter one",
				 "the path of a unix socket has at most %d bytes: `%s'", PATHS_SOCKET_MAX,
				 address->path);
	return TRUE;
}

/* [V6] or [V6]:PORT */
static gboolean parse_bracketed(const char *text, Address *address, GError **error)
{
	const char *end = strchr(text, ']');

	if (!end || end == text + 1 || (end[1] && end[1] != ':'))
		return error_set(error, CARREL_ERROR_USAGE, FORMS, "`%s' is no address", text);
	return set_host(g_strndup(text + 1, (gsize)(end - text - 1)), address, error) &&
	       (!end[1] || parse_port(end + 2, address, error));
}

static gboolean parse(const char *text, Address *address, GError **error)
{
	const char *colon = strchr(text, ':');

	if (g_str_has_prefix(text, UNIX_PREFIX))
		return parse_path(text + strlen(UNIX_PREFIX), address, error);
	if (*text == '[')
		return parse_bracketed(text, address, error);
	if (!colon || strchr(colon + 1, ':')) /* no port, or IPv6 without brackets */
		return set_host(g_strdup(text), address, error);
	return set_host(g_strndup(text, (gsize)(colon - text)), address, error) &&
	       parse_port(colon + 1, address, error);
}

Address *address_new(const char *text, GError **error)
{
	g_autoptr(Address) address = g_new0(Address, 1);

	return parse(text, address, error) ? g_steal_pointer(&address) : NULL;
}

gboolean address_is_local(const Address *address)
{
	g_autoptr(GInetAddress) ip = address->host ? g_inet_address_new_from_string(address->host) : NULL;

	/* Without an IP address it is a path, or "localhost". */
	return !ip || g_inet_address_get_is_loopback(ip);
}

char *address_bracket(const char *host)
{
	return strchr(host, ':') ? g_strdup_printf("[%s]", host) : g_strdup(host);
}

char *address_text(const Address *address)
{
	g_autofree char *host = address->host ? address_bracket(address->host) : NULL;

	if (!host)
		return g_strconcat(UNIX_PREFIX, address->path, NULL);
	return address->port ? g_strdup_printf("%s:%u", host, address->port) : g_steal_pointer(&host);
}
