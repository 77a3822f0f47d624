/* connect: a person's console, each way a row. */
#include "cli/connect.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/error.h"
#include "cli/output.h"
#include "cli/viewer.h"
#include "client/actions.h"
#include "console/serial.h"

const Option connect_options[] = {
	{"via",						0, OPTION_TEXT, VALUE_NONE, "WAY[=ADDRESS]", CONNECT_CHOICES "|serial",
         "How: term (as without it), sdl, vnc, web or serial" },
	{ "graphics",					 0, OPTION_TEXT, VALUE_NONE, "HOW", "auto|kitty|sixel|truecolor|256|16|ascii",
         "How pictures are drawn in the terminal; auto asks it" },
	{ "view-only",				     0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Send no input to the guest" },
	{ "full-screen", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Begin in full screen, with --via sdl" },
	{ "stop",					  0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "End the server of --via vnc or web" },
	{ "no-open",					 0, OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "With --via web: print the address, and open no browser" },
	{ .name = NULL					      },
};

/* What a way of connecting needs. */
typedef struct {
	Cli *cli;
	const char *path;         /* of the VM, the first of them */
	const char *const *paths; /* of all, NULL-terminated */
	char *id, *name;
	gboolean view_only, start, full_screen;
	const char *address; /* behind "vnc="; NULL: anywhere on this host */
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
	if (options_text(connection->cli->options, "graphics"))
		g_setenv("CARREL_GRAPHICS", options_text(connection->cli->options, "graphics"), TRUE);
	connection->cli->status = connection->cli->frontends->run_console(
		connection->paths, connection->view_only, connection->start);
	return TRUE;
}

static gboolean via_sdl(const Connection *connection, GError **error)
{
	return viewer_open_window(connection->id, connection->view_only, connection->full_screen, error) &&
	       start_vm(connection, error);
}

/* --- servers --- */

static JsonObject *server_json(const ViewerServer *server)
{
	const struct {
		const char *name, *value;
	} words[] = {
		{"address",        server->address      },
		{ "password",      server->password     },
		{ "view_password", server->view_password},
		{ "url",           server->url          },
		{ "view_url",      server->view_url     },
		{ "fingerprint",   server->fingerprint  },
	};
	JsonObject *object = json_object_new();

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (words[i].value)
			json_object_set_string_member(object, words[i].name, words[i].value);
	json_object_set_int_member(object, "port", server->port);
	return object;
}

static void print_row(const char *name, const char *value)
{
	if (value)
		printf("%-14s %s\n", name, value);
}

static void print_server(const Connection *connection, ViewerKind kind, const ViewerServer *server)
{
	g_autofree char *port = server->port ? g_strdup_printf("%u", server->port) : NULL;

	if (connection->cli->json) {
		output_json(output_node(server_json(server)));
		return;
	}
	print_row("address", server->address);
	print_row("port", port);
	print_row("password", server->password);
	print_row("view password", server->view_password);
	print_row("url", server->url);
	print_row("view url", server->view_url);
	print_row("SHA-256", server->fingerprint);
	fprintf(stderr, "carrel: the server goes on; end it with `carrel connect \"%s\" --via %s --stop'.\n",
		connection->name, viewer_kind_name(kind));
}

/* VNC has no encryption, and its passwords have 8 characters; a web server for others has TLS, by a certificate that nobody vouches for. */
static void warn_of_network(ViewerKind kind, const ViewerServer *server)
{
	if (server->local)
		return;
	fprintf(stderr, "carrel: warning: this %s server is open to the network at %s, port %u.\n",
		kind == VIEWER_VNC ? "VNC" : "web", server->address, server->port);
	if (kind == VIEWER_VNC)
		fprintf(stderr,
			"carrel: What you see and type goes over it unencrypted, behind a password of 8 "
			"characters. "
			"Safer: leave the\n"
			"carrel: address away, and use `ssh -L %u:127.0.0.1:%u THIS-HOST' from the other "
			"side.\n",
			server->port, server->port);
	else
		fprintf(stderr, "carrel: The browser will ask whether it may trust its certificate: compare "
				"the SHA-256 "
				"fingerprint above.\n");
}

/* A server that runs is used again, unless it is not what was asked for. */
static gboolean check_running(const Connection *connection, ViewerKind kind, const ViewerServer *server,
			      GError **error)
{
	Address where = { server->port ? server->address : NULL, server->port, server->address };
	g_autofree char *place = address_text(&where);
	gboolean same_place = !connection->address || g_str_equal(connection->address, server->asked) ||
			      g_str_equal(connection->address, place);
	g_autofree char *hint = g_strdup_printf("end it first with `carrel connect \"%s\" --via %s --stop'",
						connection->name, viewer_kind_name(kind));

	if (!same_place)
		return error_set(error, CARREL_ERROR_STATE, hint, "VM `%s' is served at %s already",
				 connection->name, place);
	if (connection->view_only != server->view_only)
		return error_set(error, CARREL_ERROR_STATE, hint, "VM `%s' is served already, %s",
				 connection->name,
				 server->view_only ? "for viewing only" : "and not for viewing only");
	return TRUE;
}

static ViewerServer *get_server(const Connection *connection, ViewerKind kind, GError **error)
{
	g_autoptr(ViewerServer) server = viewer_find(kind, connection->id);

	if (!server)
		return viewer_start(kind, connection->id, connection->address ? connection->address : "",
				    connection->view_only, error);
	return check_running(connection, kind, server, error) ? g_steal_pointer(&server) : NULL;
}

static gboolean stop_server(const Connection *connection, ViewerKind kind, GError **error)
{
	g_autoptr(ViewerServer) server = viewer_find(kind, connection->id);

	if (server)
		return viewer_stop(server, error);
	return error_set(error, CARREL_ERROR_STATE, NULL, "VM `%s' has no %s server", connection->name,
			 kind == VIEWER_VNC ? "VNC" : "web");
}

/* Where there is none, the address was printed. */
static gboolean open_browser(const Connection *connection, ViewerKind kind, const ViewerServer *server,
			     GError **error)
{
	GError *reason = NULL;

	if (kind != VIEWER_WEB || connection->cli->json || options_has(connection->cli->options, "no-open") ||
	    viewer_open_browser(server, &reason))
		return TRUE;
	if (!reason) {
		fprintf(stderr, "carrel: there is no browser to open here; open the url in one.\n");
		return TRUE;
	}
	g_propagate_error(error, reason);
	return FALSE;
}

static gboolean via_server(const Connection *connection, ViewerKind kind, GError **error)
{
	if (options_has(connection->cli->options, "stop"))
		return stop_server(connection, kind, error);
	g_autoptr(ViewerServer) server = get_server(connection, kind, error);
	if (!server)
		return FALSE;
	print_server(connection, kind, server);
	warn_of_network(kind, server);
	fflush(stdout);
	return open_browser(connection, kind, server, error) && start_vm(connection, error);
}

static gboolean via_vnc(const Connection *connection, GError **error)
{
	return via_server(connection, VIEWER_VNC, error);
}

static gboolean via_web(const Connection *connection, GError **error)
{
	return via_server(connection, VIEWER_WEB, error);
}

/* --- serial --- */

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

/* Until then it is as quiet as the VM. */
static void say_waiting(const Connection *connection)
{
	g_autoptr(GVariant) state =
		client_get_sync(connection->cli->client, connection->path, "Vm", "State", NULL);
	const char *word = state ? g_variant_get_string(state, NULL) : "";

	if (g_str_equal(word, "off") || g_str_equal(word, "saved"))
		fprintf(stderr,
			"carrel: VM `%s' is %s; its serial port opens here when it starts (Ctrl-C leaves).\n",
			connection->name, word);
}

static gboolean via_serial(const Connection *connection, GError **error)
{
	say_waiting(connection);
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
	gboolean serves; /* takes an address, and can be ended */
} Way;

static const Way ways[] = {
	{"term",    via_term,   FALSE},
        { "sdl",    via_sdl,    FALSE},
        { "vnc",    via_vnc,    TRUE },
	{ "web",    via_web,    TRUE },
        { "serial", via_serial, FALSE},
};

/* The options' table let no other word through. */
static const Way *find_way(const char *via)
{
	gsize length = strcspn(via, "=");

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
		if (strlen(ways[i].name) == length && strncmp(ways[i].name, via, length) == 0)
			return &ways[i];
	g_assert_not_reached();
}

/* What is behind "=", in one way of writing: the same address must be the same word. NULL without @error: nothing. */
static char *get_address(const char *via, GError **error)
{
	const char *sign = strchr(via, '=');
	g_autoptr(Address) address = sign ? address_new(sign + 1, error) : NULL;

	return address ? address_text(address) : NULL;
}

static char *string_property(Cli *cli, const char *path, const char *property, GError **error)
{
	g_autoptr(GVariant) value = client_get_sync(cli->client, path, "Vm", property, error);

	return value ? g_variant_dup_string(value, NULL) : NULL;
}

static gboolean connect_all(Cli *cli, const char *const *paths, const char *via, gboolean start,
			    GError **error)
{
	const char *path = paths[0];
	g_autofree char *address = get_address(via, error);
	g_autofree char *id = address || !strchr(via, '=') ? string_property(cli, path, "Id", error) : NULL;
	g_autofree char *name = id ? string_property(cli, path, "Name", error) : NULL;
	Connection connection = {
		.cli = cli,
		.path = path,
		.paths = paths,
		.id = id,
		.name = name,
		.view_only = options_has(cli->options, "view-only"),
		.start = start,
		.full_screen = options_has(cli->options, "full-screen"),
		.address = address,
	};

	return name && find_way(via)->run(&connection, error);
}

gboolean connect_via(Cli *cli, const char *path, const char *via, gboolean start, GError **error)
{
	const char *const paths[] = { path, NULL };

	return connect_all(cli, paths, via, start, error);
}

/* What is not possible with several VMs at once. */
static gboolean check_several(Cli *cli, const Way *way, GError **error)
{
	if (cli->n_args > 1 && way->run != via_term)
		return error_set(error, CARREL_ERROR_USAGE, "connect to one after the other",
				 "only the terminal shows several VMs at once, not --via %s", way->name);
	if (cli->n_args > CLI_CONSOLES_MAX)
		return error_set(error, CARREL_ERROR_USAGE, "leave some away",
				 "a terminal has room for %d VMs side by side, not for %u", CLI_CONSOLES_MAX,
				 cli->n_args);
	for (guint i = 1; i < cli->n_args; i++)
		for (guint other = 0; other < i; other++)
			if (g_str_equal(cli->args[i], cli->args[other]))
				return error_set(error, CARREL_ERROR_USAGE, NULL, "VM `%s' is named twice",
						 cli->args[i]);
	return TRUE;
}

/* Object paths of all arguments, NULL-terminated. */
static char **find_vms(Cli *cli, GError **error)
{
	g_auto(GStrv) paths = g_new0(char *, cli->n_args + 1);

	for (guint i = 0; i < cli->n_args; i++) {
		paths[i] = cli_find_vm(cli, cli->args[i], error);
		if (!paths[i])
			return NULL;
	}
	return g_steal_pointer(&paths);
}

gboolean cmd_connect(Cli *cli, GError **error)
{
	const char *via = options_text(cli->options, "via");
	const Way *way = find_way(via ? via : "term");

	if (options_has(cli->options, "stop") && !way->serves)
		return error_set(error, CARREL_ERROR_USAGE, "add --via vnc or --via web",
				 "option `--stop' is for a server");
	if (options_has(cli->options, "full-screen") && way->run != via_sdl)
		return error_set(error, CARREL_ERROR_USAGE, "add --via sdl",
				 "option `--full-screen' is for a window");
	if (options_has(cli->options, "no-open") && way->run != via_web)
		return error_set(error, CARREL_ERROR_USAGE, "add --via web",
				 "option `--no-open' is for the web server");
	if (!check_several(cli, way, error))
		return FALSE;
	g_auto(GStrv) paths = find_vms(cli, error);
	return paths && connect_all(cli, (const char *const *)paths, via ? via : "term", FALSE, error);
}
