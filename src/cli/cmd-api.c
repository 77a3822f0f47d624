/* The D-Bus API for scripts and the curious, since gdbus and busctl cannot talk peer to peer. */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/verbs.h"

static gboolean on_stop(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_CONTINUE;
}

/* --- tree --- */

/* a{sa{sv}} of an object: its interfaces. */
static void print_object(const char *path, GVariant *interfaces)
{
	GVariantIter iter;
	const char *name;

	printf("%s", path);
	g_variant_iter_init(&iter, interfaces);
	while (g_variant_iter_loop(&iter, "{&s@a{sv}}", &name, NULL))
		printf(" %s", name);
	putchar('\n');
}

gboolean cmd_api_tree(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	GVariantIter iter;
	const char *path;
	GVariant *interfaces;

	if (!client)
		return FALSE;
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		client_connection(client), NULL, "/io/carrel", "org.freedesktop.DBus.ObjectManager",
		"GetManagedObjects", NULL, G_VARIANT_TYPE("(a{oa{sa{sv}}})"), G_DBUS_CALL_FLAGS_NONE, -1,
		NULL, error);
	if (!reply) {
		client_translate_error(error);
		return FALSE;
	}
	g_autoptr(GVariant) objects = g_variant_get_child_value(reply, 0);
	if (cli->json) {
		output_json(json_from_variant(objects, FALSE));
		return TRUE;
	}
	puts("/io/carrel io.carrel.Manager org.freedesktop.DBus.ObjectManager");
	g_variant_iter_init(&iter, objects);
	while (g_variant_iter_loop(&iter, "{&o@a{sa{sv}}}", &path, &interfaces))
		print_object(path, interfaces);
	return TRUE;
}

/* --- call --- */

static GDBusNodeInfo *introspect(Client *client, const char *path, GError **error)
{
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		client_connection(client), NULL, path, "org.freedesktop.DBus.Introspectable", "Introspect",
		NULL, G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
	const char *xml;

	if (!reply)
		return NULL;
	g_variant_get(reply, "(&s)", &xml);
	return g_dbus_node_info_new_for_xml(xml, error);
}

/* One argument from text: a string as it is, anything else in GVariant's format. */
static GVariant *parse_argument(const char *signature, const char *text, GError **error)
{
	g_autoptr(GError) bad = NULL;

	if (g_str_equal(signature, "s") && g_utf8_validate(text, -1, NULL))
		return g_variant_new_string(text);
	if (g_str_equal(signature, "o") && g_variant_is_object_path(text))
		return g_variant_new_object_path(text);
	GVariant *value = g_variant_parse(G_VARIANT_TYPE(signature), text, NULL, NULL, &bad);
	if (!value)
		error_set(error, CARREL_ERROR_USAGE, "see GVariant Text Format in GLib's manual",
			  "`%s' is no value of type %s: %s", text, signature, bad->message);
	return value;
}

static GVariant *parse_arguments(const GDBusMethodInfo *method, char *const *words, GError **error)
{
	g_auto(GVariantBuilder) tuple = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_TUPLE);
	guint wanted = 0, given = g_strv_length((char **)words);

	while (method->in_args && method->in_args[wanted])
		wanted++;
	if (wanted != given) {
		error_set(error, CARREL_ERROR_USAGE, NULL, "method `%s' takes %u arguments, not %u",
			  method->name, wanted, given);
		return NULL;
	}
	for (guint i = 0; i < wanted; i++) {
		GVariant *value = parse_argument(method->in_args[i]->signature, words[i], error);
		if (!value)
			return NULL;
		g_variant_builder_add_value(&tuple, value);
	}
	return g_variant_builder_end(&tuple);
}

/* "Manager.FindVm" or "io.carrel.Manager.FindVm" in two. */
static gboolean split_method(const char *word, char **interface, char **method, GError **error)
{
	const char *dot = strrchr(word, '.');

	if (!dot || dot == word || !dot[1])
		return error_set(error, CARREL_ERROR_USAGE,
				 "write INTERFACE.METHOD, for example Manager.ListVms",
				 "`%s' names no method", word);
	g_autofree char *left = g_strndup(word, (gsize)(dot - word));
	*interface = strchr(left, '.') ? g_strdup(left) : g_strconcat("io.carrel.", left, NULL);
	*method = g_strdup(dot + 1);
	return TRUE;
}

static GDBusMethodInfo *find_method(GDBusNodeInfo *node, const char *path, const char *interface,
				    const char *method, GError **error)
{
	GDBusInterfaceInfo *found = g_dbus_node_info_lookup_interface(node, interface);
	GDBusMethodInfo *info = found ? g_dbus_interface_info_lookup_method(found, method) : NULL;

	if (!info)
		error_set(error, CARREL_ERROR_USAGE, "see data/io.carrel.xml, or `carrel api tree'",
			  "object `%s' has no method `%s.%s'", path, interface, method);
	return info;
}

static gboolean call_method(Cli *cli, const char *interface, const char *method, GError **error)
{
	GDBusConnection *connection = client_connection(cli->client);
	const char *path = cli->args[0];
	g_autoptr(GDBusNodeInfo) node = introspect(cli->client, path, error);
	GDBusMethodInfo *info = node ? find_method(node, path, interface, method, error) : NULL;
	GVariant *parameters = info ? parse_arguments(info, cli->args + 2, error) : NULL;

	if (!parameters)
		return FALSE;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_sync(connection, NULL, path, interface, method, parameters, NULL,
					    G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, error);
	if (!reply)
		return FALSE;
	if (cli->json) {
		output_json(json_from_variant(reply, FALSE));
		return TRUE;
	}
	g_autofree char *text = g_variant_print(reply, TRUE);
	puts(text);
	return TRUE;
}

gboolean cmd_api_call(Cli *cli, GError **error)
{
	g_autofree char *interface = NULL, *method = NULL;

	if (!split_method(cli->args[1], &interface, &method, error))
		return FALSE;
	if (!g_variant_is_object_path(cli->args[0]))
		return error_set(error, CARREL_ERROR_USAGE, "see `carrel api tree'", "`%s' is no object path",
				 cli->args[0]);
	if (!cli_client(cli, FALSE, error))
		return FALSE;
	if (call_method(cli, interface, method, error))
		return TRUE;
	client_translate_error(error);
	return FALSE;
}

/* --- monitor --- */

static void on_signal(GDBusConnection *connection, const char *sender, const char *path,
		      const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	const Cli *cli = data;

	if (cli->json) {
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "path", path);
		json_object_set_string_member(object, "interface", interface);
		json_object_set_string_member(object, "signal", signal);
		json_object_set_member(object, "arguments", json_from_variant(parameters, FALSE));
		output_json_line(output_node(object));
		return;
	}
	g_autofree char *text = g_variant_print(parameters, FALSE);
	g_autofree char *clean = output_clean(text);
	printf("%s %s.%s %s\n", path, interface, signal, clean);
	fflush(stdout);
}

static void on_event(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	if (event == CLIENT_DISCONNECTED)
		*(gboolean *)data = TRUE;
}

gboolean cmd_api_monitor(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	gboolean stopped = FALSE, gone = FALSE;

	if (!client)
		return FALSE;
	g_autoptr(GDBusConnection) connection = g_object_ref(client_connection(client));
	guint watch = client_watch(client, on_event, &gone);
	guint signal = g_dbus_connection_signal_subscribe(connection, NULL, NULL, NULL, NULL, NULL,
							  G_DBUS_SIGNAL_FLAGS_NONE, on_signal, cli, NULL);
	guint interrupt = g_unix_signal_add(SIGINT, on_stop, &stopped);
	guint terminate = g_unix_signal_add(SIGTERM, on_stop, &stopped);
	while (!stopped && !gone)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(interrupt);
	g_source_remove(terminate);
	client_unwatch(client, watch);
	g_dbus_connection_signal_unsubscribe(connection, signal);
	return !gone ||
	       error_set(error, CARREL_ERROR_FAILED, "start `carrel api monitor' again", "carreld went away");
}
