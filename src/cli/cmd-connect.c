/* connect: a person's console, each way a row. */
#include "cli/connect.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/output.h"
#include "cli/viewer.h"
#include "client/actions.h"
#include "console/serial.h"

const Option connect_options[] = {
	{"via",		   0, OPTION_TEXT, VALUE_NONE, "VIA", CONNECT_CHOICES "|serial", "How; term by default" },
	{ "view-only",            0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Send no input to the guest" },
	{ "stop",		  0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "With --via vnc: end the VNC server" },
	{ .name = NULL},
};

/* What a way of connecting needs. */
typedef struct {
	Cli *cli;
	const char *path; /* of the VM */
	char *id, *name;
	gboolean view_only, start;
} Connection;

static gboolean start_vm(const Connection *connection, GError **error)
{
	if (!connection->start)
		return TRUE;
	g_autofree char *job = action_run_sync(connection->cli->client, action_get(ACTION_START),
					       connection->path, NULL, error);
	return job && cli_finish_job(connection->cli, job, NULL, error);
}

static gboolean via_term(const Connection *connection, GError **error)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(error, CARREL_ERROR_USAGE, "use `carrel screen', or connect with --via vnc",
				 "there is no terminal to show VM `%s' on", connection->name);
	connection->cli->status = connection->cli->frontends->run_console(
		connection->path, connection->view_only, connection->start);
	return TRUE;
}

static gboolean via_sdl(const Connection *connection, GError **error)
{
	return viewer_open_window(connection->id, connection->view_only, error) &&
	       start_vm(connection, error);
}

static void print_server(const Connection *connection, const VncServer *server)
{
	if (connection->cli->json) {
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "address", server->address);
		json_object_set_int_member(object, "port", server->port);
		json_object_set_string_member(object, "password", server->password);
		json_object_set_string_member(object, "url", server->url);
		output_json(output_node(object));
		return;
	}
	printf("address   %s\nport      %u\npassword  %s\nurl       %s\n", server->address, server->port,
	       server->password, server->url);
	fprintf(stderr,
		"carrel: the VNC server goes on; end it with `carrel connect \"%s\" --via vnc --stop'.\n",
		connection->name);
}

static gboolean stop_vnc(const Connection *connection, GError **error)
{
	g_autoptr(VncServer) server = viewer_find_vnc(connection->id);

	if (server)
		return viewer_stop_vnc(server, error);
	return error_set(error, CARREL_ERROR_STATE, NULL, "VM `%s' has no VNC server", connection->name);
}

static gboolean via_vnc(const Connection *connection, GError **error)
{
	if (options_has(connection->cli->options, "stop"))
		return stop_vnc(connection, error);
	g_autoptr(VncServer) server = viewer_find_vnc(connection->id);
	if (!server)
		server = viewer_start_vnc(connection->id, connection->view_only, error);
	if (!server)
		return FALSE;
	print_server(connection, server);
	fflush(stdout);
	return start_vm(connection, error);
}

/* The fd of (h). -1 with @error. */
static int open_serial(const Connection *connection, GError **error)
{
	g_autoptr(GUnixFDList) fds = NULL;
	GVariantDict options;
	gint32 index = 0;

	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "wait", "b", TRUE);
	g_autoptr(GVariant) reply =
		client_call_sync(connection->cli->client, connection->path, "Vm", "OpenSerial",
				 g_variant_new("(@a{sv})", g_variant_dict_end(&options)), &fds, error);
	if (!reply)
		return -1;
	g_variant_get(reply, "(h)", &index);
	if (fds)
		return g_unix_fd_list_get(fds, index, error);
	error_set(error, CARREL_ERROR_FAILED, NULL, "carreld sent no connection to the serial port");
	return -1;
}

static gboolean via_serial(const Connection *connection, GError **error)
{
	int stream = open_serial(connection, error);

	if (stream < 0)
		return FALSE;
	if (serial_run(stream, connection->name) == SERIAL_CLOSED)
		fprintf(stderr, "carrel: VM `%s' closed its serial port.\n", connection->name);
	return TRUE;
}

typedef struct {
	const char *name;
	gboolean (*run)(const Connection *connection, GError **error);
} Way;

static const Way ways[] = {
	{"term",    via_term  },
	{ "sdl",    via_sdl   },
	{ "vnc",    via_vnc   },
	{ "serial", via_serial},
};

static char *string_property(Cli *cli, const char *path, const char *property, GError **error)
{
	g_autoptr(GVariant) value = client_get_sync(cli->client, path, "Vm", property, error);

	return value ? g_variant_dup_string(value, NULL) : NULL;
}

gboolean connect_via(Cli *cli, const char *path, const char *via, gboolean start, GError **error)
{
	g_autofree char *id = string_property(cli, path, "Id", error);
	g_autofree char *name = id ? string_property(cli, path, "Name", error) : NULL;
	Connection connection = { cli, path, id, name, options_has(cli->options, "view-only"), start };

	if (!name)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
		if (g_str_equal(ways[i].name, via))
			return ways[i].run(&connection, error);
	g_assert_not_reached();
}

gboolean cmd_connect(Cli *cli, GError **error)
{
	const char *via = options_text(cli->options, "via");

	if (options_has(cli->options, "stop") && g_strcmp0(via, "vnc") != 0)
		return error_set(error, CARREL_ERROR_USAGE, "add --via vnc",
				 "option `--stop' is for the VNC server");
	g_autofree char *path = cli_find_vm(cli, cli->args[0], error);
	return path && connect_via(cli, path, via ? via : "term", FALSE, error);
}
