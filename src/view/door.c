#include "view/door.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"

/* Peers that are remembered; they are forgotten when their bucket is full again, the others when there are too many. */
#define PEERS_MAX 1024
/* Tokens have this many parts. */
#define PART G_USEC_PER_SEC

/* Of those that knock at once, so that a crowd leaves room for a viewer. */
#define BACKLOG 256

struct Door {
	Address *address;
	DoorLimits limits;
	DoorGuest guest;
	gpointer data;
	GSocketService *service;
	GHashTable *peers;   /* char * -> Bucket */
	GHashTable *present; /* of GSocketConnection, weak */
	guint refused;
};

/* Token bucket. */
typedef struct {
	gint64 tokens, at;
} Bucket;

/* --- the rate of one peer ------------------------------------------------------------------------------------------ */

/* Of IPv6 the network, since one host has as many addresses as it wants. */
static char *peer_name(GSocketConnection *connection)
{
	g_autoptr(GSocketAddress) address = g_socket_connection_get_remote_address(connection, NULL);
	GInetAddress *ip;

	if (!G_IS_INET_SOCKET_ADDRESS(address))
		return g_strdup("unix");
	ip = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
	if (g_inet_address_get_family(ip) != G_SOCKET_FAMILY_IPV6)
		return g_inet_address_to_string(ip);
	const guint8 *bytes = g_inet_address_to_bytes(ip);
	return g_strdup_printf("%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", bytes[0], bytes[1], bytes[2],
			       bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
}

static void fill_bucket(const Door *door, Bucket *bucket, gint64 now)
{
	gint64 full = door->limits.burst * (gint64)PART;
	/* Longer than it takes to fill changes nothing, and cannot overflow. */
	gint64 passed = MIN(now - bucket->at, full);

	bucket->tokens = MIN(full, bucket->tokens + passed * door->limits.per_second);
	bucket->at = now;
}

static gboolean is_full(gpointer key, gpointer value, gpointer data)
{
	const Door *door = data;

	fill_bucket(door, value, g_get_monotonic_time());
	return ((Bucket *)value)->tokens >= door->limits.burst * (gint64)PART;
}

static gboolean may_come(Door *door, GSocketConnection *connection)
{
	g_autofree char *name = peer_name(connection);
	gint64 now = g_get_monotonic_time();
	Bucket *bucket = g_hash_table_lookup(door->peers, name);

	if (!bucket && g_hash_table_size(door->peers) >= PEERS_MAX)
		g_hash_table_foreach_remove(door->peers, is_full, door);
	if (!bucket && g_hash_table_size(door->peers) >= PEERS_MAX)
		return FALSE;
	if (!bucket) {
		bucket = g_new0(Bucket, 1);
		*bucket = (Bucket){ door->limits.burst * (gint64)PART, now };
		g_hash_table_insert(door->peers, g_steal_pointer(&name), bucket);
	}
	fill_bucket(door, bucket, now);
	if (bucket->tokens < PART)
		return FALSE;
	bucket->tokens -= PART;
	return TRUE;
}

/* --- connections --------------------------------------------------------------------------------------------------- */

static void on_connection_gone(gpointer data, GObject *connection)
{
	g_hash_table_remove(((Door *)data)->present, connection);
}

/* Small messages follow each other, none may wait for the answer to the last; and a peer whose network went away is noticed within two minutes,
 * so that it does not keep its place for ever. */
static void tune(GSocket *socket)
{
	static const struct {
		int name, value;
	} options[] = {
		{TCP_NODELAY,    1 },
                { TCP_KEEPIDLE,  60},
                { TCP_KEEPINTVL, 15},
                { TCP_KEEPCNT,   4 }
	};

	if (g_socket_get_family(socket) == G_SOCKET_FAMILY_UNIX)
		return;
	g_socket_set_keepalive(socket, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		g_socket_set_option(socket, IPPROTO_TCP, options[i].name, options[i].value, NULL);
}

static gboolean on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source,
			    gpointer data)
{
	Door *door = data;

	if (g_hash_table_size(door->present) >= door->limits.most || !may_come(door, connection)) {
		door->refused++;
		g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
		return TRUE;
	}
	tune(g_socket_connection_get_socket(connection));
	g_hash_table_add(door->present, connection);
	g_object_weak_ref(G_OBJECT(connection), on_connection_gone, door);
	door->guest(connection, door->data);
	return TRUE;
}

/* --- listening ----------------------------------------------------------------------------------------------------- */

/* A socket that nobody serves any more may go. */
static gboolean clear_path(const char *path, GError **error)
{
	struct stat info;

	if (g_lstat(path, &info) < 0 && errno == ENOENT)
		return TRUE;
	if (!S_ISSOCK(info.st_mode))
		return error_set(error, CARREL_ERROR_EXISTS, "choose another path", "`%s' exists already",
				 path);
	autofd fd = fd_connect_unix(path, NULL);
	if (fd < 0)
		return TRUE;
	return error_set(error, CARREL_ERROR_EXISTS, "choose another path",
			 "another program listens on `%s' already", path);
}

static gboolean listen_unix(Door *door, GError **error)
{
	autofd fd = clear_path(door->address->path, error) ? fd_listen_unix(door->address->path, error) : -1;
	g_autoptr(GSocket) socket = fd < 0 ? NULL : g_socket_new_from_fd(fd, error);

	if (!socket)
		return FALSE;
	fd_steal(&fd);
	return g_socket_listener_add_socket(G_SOCKET_LISTENER(door->service), socket, NULL, error);
}

static gboolean try_port(Door *door, guint port, GError **error)
{
	const char *host = door->address->host;
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(
		g_str_equal(host, "localhost") ? "127.0.0.1" : host, port);

	if (!g_socket_listener_add_address(G_SOCKET_LISTENER(door->service), address, G_SOCKET_TYPE_STREAM,
					   G_SOCKET_PROTOCOL_TCP, NULL, NULL, error))
		return FALSE;
	door->address->port = port;
	return TRUE;
}

static gboolean listen_tcp(Door *door, GError **error)
{
	gboolean any = door->address->port == 0;
	guint first = any ? door->limits.first_port : door->address->port;
	guint last = any ? door->limits.last_port : door->address->port;
	g_autoptr(GError) reason = NULL;

	for (guint port = first; port <= last; port++) {
		g_clear_error(&reason);
		if (try_port(door, port, &reason))
			return TRUE;
		if (!g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
			break;
	}
	g_autofree char *host = address_bracket(door->address->host);
	if (any && g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
		return error_set(error, CARREL_ERROR_FAILED, "name another one",
				 "no port from %u to %u of %s is free", first, last, host);
	return error_set(error, CARREL_ERROR_FAILED, "choose an address of this host and a port that is free",
			 "cannot listen on %s:%u: %s", host, first, reason->message);
}

Door *door_new(const Address *address, const DoorLimits *limits, DoorGuest guest, gpointer data,
	       GError **error)
{
	g_autoptr(Door) door = g_new0(Door, 1);

	door->address = g_new0(Address, 1);
	*door->address = (Address){ g_strdup(address->host), address->port, g_strdup(address->path) };
	door->limits = *limits;
	door->guest = guest;
	door->data = data;
	door->peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	door->present = g_hash_table_new(NULL, NULL);
	door->service = g_socket_service_new();
	g_socket_listener_set_backlog(G_SOCKET_LISTENER(door->service), BACKLOG);
	if (!(address->path ? listen_unix(door, error) : listen_tcp(door, error))) {
		g_clear_pointer(&door->address->path, g_free); /* not ours to remove */
		return NULL;
	}
	g_signal_connect(door->service, "incoming", G_CALLBACK(on_incoming), door);
	return g_steal_pointer(&door);
}

void door_free(Door *door)
{
	GHashTableIter iter;
	gpointer connection;

	if (!door)
		return;
	g_signal_handlers_disconnect_by_data(door->service, door);
	g_socket_service_stop(door->service);
	g_socket_listener_close(G_SOCKET_LISTENER(door->service));
	g_object_unref(door->service);
	g_hash_table_iter_init(&iter, door->present);
	while (g_hash_table_iter_next(&iter, &connection, NULL))
		g_object_weak_unref(connection, on_connection_gone, door);
	if (door->address->path)
		g_unlink(door->address->path);
	g_hash_table_unref(door->present);
	g_hash_table_unref(door->peers);
	address_free(door->address);
	g_free(door);
}

const Address *door_address(const Door *door)
{
	return door->address;
}

guint door_refused(const Door *door)
{
	return door->refused;
}

guint door_present(const Door *door)
{
	return g_hash_table_size(door->present);
}
