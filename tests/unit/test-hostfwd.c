/* The port of this host that leads to the guest's: QEMU's table, and the real QEMU. */
#include "hv/hostfwd.h"

#include <string.h>

#include "base/error.h"
#include "hv-machine.h"

#define HEAD "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
#define LINE "  TCP[HOST_FORWARD]   3       127.0.0.1 36707       10.0.2.15    22     0     0\r\n"

static void test_find(void)
{
	/* clang-format off: version 14 never ends with this */
	static const struct {
		const char *text, *nic;
		guint guest_port, port;
	} cases[] = {
		{"",										 "nic0", 22, 0    },
		{ "Hub -1 (net-nic0):\r\n" HEAD LINE,                                                "nic0", 22, 36707},
		{ "Hub -1 (net-nic0):\r\n" HEAD LINE,                                                "nic0", 80, 0    },
		{ "Hub -1 (net-nic0):\r\n" HEAD "Hub -1 (net-nic1):\r\n" HEAD LINE,                  "nic0", 22, 0    },
		{ "Hub -1 (net-nic0):\r\n  TCP[ESTABLISHED] 3 127.0.0.1 36707 10.0.2.15 22 0 0\r\n", "nic0",
                 22,											     0    },
		{ "Hub -1 (net-nic0):\r\n  TCP[HOST_FORWARD] 3 * 36707 10.0.2.15 22 0 0\r\n",        "nic0", 22, 0    },
		{ "Hub -1 (net-nic0):\r\n  TCP[HOST_FORWARD] 3 127.0.0.1 99999 10.0.2.15 22 0 0\n",  "nic0",
                 22,											     0    },
		{ "Hub -1 (net-nic0):\r\n  TCP[HOST_FORWARD] 3 127.0.0.1\n  TCP[HOST_FORWARD] 3 127.0.0.1 5 "
		  "10.0.2.15 22\n",						 "nic0", 22, 5    },
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpuint(hostfwd_find(cases[i].text, cases[i].nic, cases[i].guest_port), ==,
				 cases[i].port);
}

static guint open_port(Machine *machine, const char *nic, guint port, GError **error)
{
	Caught caught = { NULL };

	hostfwd_open(machine, nic, port, test_catch, &caught);
	guint found = hostfwd_open_finish(test_await(&caught), error);
	test_forget(&caught);
	return found;
}

/* Each guest port has one, it stays the same, somebody listens there, and an adapter that is not there is an error in QEMU's words. */
static void test_real(MachineFixture *fixture, gconstpointer data)
{
	static const char *const settings[] = { "generation=1", "secure_boot=off",
						"memory=64M",   "+nic",
						"+nic",         NULL };

	if (!machine_use_real(fixture))
		return;
	Machine *machine = machine_start(fixture, settings, NULL, FALSE);
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketClient) client = g_socket_client_new();
	guint first = open_port(machine, "nic0", 22, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(first, >, 0);
	g_assert_cmpuint(open_port(machine, "nic0", 22, NULL), ==, first);
	guint second = open_port(machine, "nic1", 22, NULL);
	guint third = open_port(machine, "nic0", 80, NULL);
	g_assert_cmpuint(second, >, 0);
	g_assert_cmpuint(third, >, 0);
	g_assert_true(first != second && second != third && first != third);
	g_autoptr(GSocketConnection) connection =
		g_socket_client_connect_to_host(client, "127.0.0.1", (guint16)first, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(open_port(machine, "nic7", 22, &error), ==, 0);
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "net-nic7"));
	machine_end(fixture, machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hostfwd/find", test_find);
	g_test_add("/hostfwd/real", MachineFixture, NULL, machine_set_up, test_real, machine_tear_down);
	return g_test_run();
}
