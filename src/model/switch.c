#include "model/switch.h"

#include "base/error.h"

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
