#include "model/switch.h"

#include "base/error.h"
#include "hv/hostfwd.h"

static const Switch switches[] = {
	{SWITCH_DEFAULT, "nat",
         "Network address translation to the host's network, with DHCP and DNS; nothing to set up"},
	{ NULL,          NULL,  NULL							      },
};

const Switch *switch_list(void)
{
	return switches;
}

const Switch *switch_find(const char *name)
{
	for (const Switch *one = switches; one->name; one++)
		if (g_str_equal(one->name, name))
			return one;
	return NULL;
}

gboolean switch_plug(const NicSpec *nic, NetPort *port, GError **error)
{
	port->kind = NETDEV_NONE;
	if (!*nic->switch_name)
		return TRUE;
	if (!switch_find(nic->switch_name))
		return error_set(error, CARREL_ERROR_NOT_FOUND, "list switches with `carrel switch list'",
				 "there is no virtual switch `%s' for adapter `%s'", nic->switch_name,
				 nic->name);
	port->kind = NETDEV_USER;
	return TRUE;
}

/* QEMU's NAT gives the guest no address that this host could reach. */
void switch_open_port(Machine *machine, const NicSpec *nic, guint port, GAsyncReadyCallback callback,
		      gpointer data)
{
	hostfwd_open(machine, nic->name, port, callback, data);
}

GInetSocketAddress *switch_open_port_finish(GAsyncResult *result, GError **error)
{
	guint port = hostfwd_open_finish(result, error);

	return port ? G_INET_SOCKET_ADDRESS(g_inet_socket_address_new_from_string("127.0.0.1", port)) : NULL;
}
