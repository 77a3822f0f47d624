/* The VNC server: its password, and the note by which `carrel connect' finds it. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "view/view.h"

#define PASSWORD_LENGTH 8 /* VNC authentication knows no more */

/* 64 characters, so that six bits of a random byte choose one without preference. */
static gboolean make_password(char *password, GError **error)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	guint8 random[PASSWORD_LENGTH];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_set(error, CARREL_ERROR_HOST, NULL, "cannot get random bytes for a password");
	for (gsize i = 0; i < PASSWORD_LENGTH; i++)
		password[i] = alphabet[random[i] & 63];
	password[PASSWORD_LENGTH] = '\0';
	return TRUE;
}

static char *make_info(const char *address, guint port, const char *password)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonObject) object = json_object_new();
	g_autofree char *url = g_strdup_printf("vnc://%s:%u", address, port);

	json_object_set_string_member(object, "address", address);
	json_object_set_int_member(object, "port", port);
	json_object_set_string_member(object, "password", password);
	json_object_set_string_member(object, "url", url);
	json_object_set_int_member(object, "pid", getpid());
	json_node_set_object(node, object);
	return json_text(node, FALSE);
}

static char *info_path(View *view)
{
	return paths_vm_run_file(view->id, "vncd.json");
}

static gboolean write_info(View *view, const char *password, GError **error)
{
	g_autofree char *dir = paths_vm_run_dir(view->id);
	g_autofree char *path = info_path(view);

	view->info = make_info(view->options.address, sink_vncd_port(view->sink), password);
	if (!paths_ensure_private(dir, error) || !file_replace(path, view->info, -1, 0600, error))
		return FALSE;
	view_tell_starter(view, view->info);
	return TRUE;
}

/* Only our own: another server may have been started since. */
void view_remove_note(View *view)
{
	g_autofree char *path = view->info ? info_path(view) : NULL;
	g_autofree char *text = NULL;

	if (path && g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, view->info))
		g_unlink(path);
}

gboolean view_make_server(View *view, const ClientVm *vm, GError **error)
{
	char password[PASSWORD_LENGTH + 1];
	SinkOptions options = {
		.title = vm->name,
		.view_only = view->options.view_only,
		.address = view->options.address,
		.port = (guint)view->options.port,
		.password = password,
	};

	if (!make_password(password, error))
		return FALSE;
	view->sink = sink_vncd_new(view->surface, &options, error);
	return view->sink && write_info(view, password, error);
}
