/* What a server tells of itself: to whoever started it, and in a file by which `carrel connect' finds it. */
#include <glib/gstdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "view/view.h"

static char *note_path(View *view)
{
	return paths_vm_run_file(view->id, view->options.web ? "web.json" : "vncd.json");
}

gboolean view_write_note(View *view, JsonObject *object, GError **error)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *dir = paths_vm_run_dir(view->id);
	g_autofree char *path = note_path(view);

	json_object_set_string_member(object, "asked", view->options.address ? view->options.address : "");
	json_object_set_boolean_member(object, "view_only", view->options.view_only);
	json_object_set_int_member(object, "pid", getpid());
	json_node_take_object(node, object);
	view->note = json_text(node, FALSE);
	if (!paths_ensure_private(dir, error) || !file_replace(path, view->note, -1, 0600, error))
		return FALSE;
	view_tell_starter(view, view->note);
	return TRUE;
}

/* Only our own: another server may have been started since. */
void view_remove_note(View *view)
{
	g_autofree char *path = view->note ? note_path(view) : NULL;
	g_autofree char *text = NULL;

	if (path && g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, view->note))
		g_unlink(path);
	g_clear_pointer(&view->note, g_free);
}
