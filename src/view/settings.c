/* What is kept of a VM's window until it is opened again: window.json in the VM's folder, which people may edit, too. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "console/keys.h"
#include "view/view.h"

#define SETTINGS_FILE "window.json"
#define SETTINGS_MAX  4096  /* bytes */
#define SIZE_MAX_EACH 16384 /* of a window */

typedef struct {
	const char *key;
	gsize offset;
} Switch;

static const Switch switches[] = {
	{"sharp",       G_STRUCT_OFFSET(WindowSettings, nearest)},
	{ "fixed_size", G_STRUCT_OFFSET(WindowSettings, fixed)  },
	{ "mute",       G_STRUCT_OFFSET(WindowSettings, mute)   },
};

static const Switch sizes[] = {
	{"width",   G_STRUCT_OFFSET(WindowSettings, width) },
	{ "height", G_STRUCT_OFFSET(WindowSettings, height)},
};

static char *settings_path(const ClientVm *vm)
{
	return g_build_filename(vm->folder, SETTINGS_FILE, NULL);
}

static JsonObject *object_of(JsonNode *node)
{
	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void parse(JsonObject *object, WindowOptions *window)
{
	const char *zoom = json_string_or(object, "zoom", "fit");
	const char *host_key = json_string_or(object, "host_key", "");

	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++)
		G_STRUCT_MEMBER(gboolean, &window->settings, switches[i].offset) =
			json_bool_or(object, switches[i].key, FALSE);
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		G_STRUCT_MEMBER(int, &window->settings, sizes[i].offset) =
			(int)CLAMP(json_int_or(object, sizes[i].key, 0), 0, SIZE_MAX_EACH);
	if (!zoom_parse(zoom, &window->settings.zoom))
		g_warning("%s: zoom `%s' is unknown", SETTINGS_FILE, zoom);
	window->host_key = key_by_name(host_key);
	window->no_clipboard = !json_bool_or(object, "clipboard", TRUE);
	if (window->settings.width == 0 || window->settings.height == 0)
		window->settings.width = window->settings.height = 0;
}

void view_load_settings(const ClientVm *vm, WindowOptions *window)
{
	g_autofree char *path = settings_path(vm);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL) || length > SETTINGS_MAX)
		return;
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, &error);
	if (object_of(node))
		parse(object_of(node), window);
	else
		g_warning("%s is not used: %s", path, error ? error->message : "it is no JSON object");
}

/* What stands in the file and is not ours to change, such as the host key, stays. */
static JsonNode *read_again(const char *path)
{
	g_autofree char *text = NULL;
	gsize length;
	g_autoptr(JsonNode) node = NULL;

	if (g_file_get_contents(path, &text, &length, NULL) && length <= SETTINGS_MAX)
		node = json_parse(text, (gssize)length, NULL);
	if (object_of(node))
		return g_steal_pointer(&node);
	JsonNode *fresh = json_node_new(JSON_NODE_OBJECT);
	json_node_take_object(fresh, json_object_new());
	return fresh;
}

void view_save_settings(const ClientVm *vm, const WindowSettings *settings)
{
	g_autofree char *path = settings_path(vm);
	g_autofree char *zoom = zoom_text(&settings->zoom);
	g_autoptr(JsonNode) node = read_again(path);
	g_autofree char *before = json_text(node, TRUE);
	g_autoptr(GError) error = NULL;
	JsonObject *object = object_of(node);

	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++)
		json_object_set_boolean_member(object, switches[i].key,
					       G_STRUCT_MEMBER(gboolean, settings, switches[i].offset));
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		json_object_set_int_member(object, sizes[i].key,
					   G_STRUCT_MEMBER(int, settings, sizes[i].offset));
	json_object_set_string_member(object, "zoom", zoom);
	g_autofree char *after = json_text(node, TRUE);
	if (g_str_equal(before, after) || !g_file_test(vm->folder, G_FILE_TEST_IS_DIR))
		return;
	if (!file_replace(path, after, -1, 0600, &error))
		g_warning("the window's settings are not kept: %s", error->message);
}
