/* Unattended installation: the files of libosinfo's scripts, and kernels out of installers' ISO images. */
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "gallery/osinfo-ask.h"
#include "gallery/osinfo.h"

#define FILES_MAX 16

void os_install_files_free(OsInstallFiles *files)
{
	if (!files)
		return;
	g_ptr_array_unref(files->names);
	g_ptr_array_unref(files->contents);
	g_free(files->medium);
	g_free(files->label);
	g_free(files->kernel);
	g_free(files->initrd);
	g_free(files->command_line);
	g_free(files);
}

/* --- the request, which holds a password: a file that only we can read, for as long as the program runs --------------- */

/* "de_DE.UTF-8" -> "de_DE", as the database has them. */
static char *language_of(const char *locale)
{
	return g_strndup(locale, strcspn(locale, ".@"));
}

/* "de(nodeadkeys)" -> "de" */
static char *layout_of(const char *keymap)
{
	return g_strndup(keymap, strcspn(keymap, "("));
}

static char *request_text(const OsInstall *install)
{
	g_autofree char *language = language_of(install->locale), *layout = layout_of(install->keymap);
	const char *const members[][2] = {
		{"user",         install->user       },
                { "full_name",   install->full_name  },
		{ "password",    install->password   },
                { "hostname",    install->hostname   },
		{ "language",    language            },
                { "keymap",      layout              },
		{ "timezone",    install->timezone   },
                { "product_key", install->product_key},
	};
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();

	for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
		if (members[i][1])
			json_object_set_string_member(object, members[i][0], members[i][1]);
	json_node_take_object(node, object);
	return json_text(node, FALSE);
}

static char *write_request(const OsInstall *install, GError **error)
{
	g_autofree char *folder = paths_cache_dir();
	g_autofree char *id = g_uuid_string_random();
	g_autofree char *name = g_strdup_printf("install-%s.json", id);
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = request_text(install);

	if (!paths_ensure_private(folder, error) || !file_replace(path, text, -1, 0600, error))
		return NULL;
	return g_steal_pointer(&path);
}

/* --- the answer ------------------------------------------------------------------------------------------------------- */

static gboolean is_plain_name(const char *name)
{
	return *name && *name != '.' && !strpbrk(name, "/\\") && strlen(name) < 64;
}

static gboolean take_files(OsInstallFiles *files, JsonObject *object, GError **error)
{
	JsonObject *list = json_get_object(object, "files", error);
	g_autoptr(GList) names = list ? json_object_get_members(list) : NULL;

	for (GList *at = names; at && files->names->len < FILES_MAX; at = at->next) {
		const char *content = json_string_or(list, at->data, NULL);
		if (!content || !is_plain_name(at->data))
			continue;
		g_ptr_array_add(files->names, g_strdup(at->data));
		g_ptr_array_add(files->contents, g_bytes_new(content, strlen(content)));
	}
	return list && (files->names->len > 0 || error_set(error, CARREL_ERROR_FAILED, NULL,
							   "carrel-osinfo gave no file to install by"));
}

static OsInstallFiles *files_from(const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "the answer of carrel-osinfo", error) : NULL;
	g_autoptr(OsInstallFiles) files = g_new0(OsInstallFiles, 1);

	files->names = g_ptr_array_new_with_free_func(g_free);
	files->contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	if (!object || !take_files(files, object, error))
		return NULL;
	files->medium = g_strdup(json_string_or(object, "medium", ""));
	files->label = g_strdup(json_string_or(object, "label", ""));
	files->kernel = g_strdup(json_string_or(object, "kernel", ""));
	files->initrd = g_strdup(json_string_or(object, "initrd", ""));
	files->command_line = g_strdup(json_string_or(object, "command_line", ""));
	return g_steal_pointer(&files);
}

static void on_script(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const char *request = g_task_get_task_data(task);
	GError *error = NULL;
	g_autofree char *text = osinfo_ask_finish(result, &error);
	OsInstallFiles *files = text ? files_from(text, &error) : NULL;

	if (unlink(request) < 0)
		g_warning("cannot remove `%s'", request);
	if (files)
		g_task_return_pointer(task, files, (GDestroyNotify)os_install_files_free);
	else
		g_task_return_error(task, error);
}

void osinfo_install(const char *os, const OsInstall *install, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	GError *error = NULL;
	char *request = write_request(install, &error);
	const char *const args[] = { "script", os, request, NULL };

	g_task_set_check_cancellable(task, FALSE);
	if (!request) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	g_task_set_task_data(task, request, g_free);
	osinfo_ask(args, NULL, FALSE, cancellable, on_script, task);
}

OsInstallFiles *osinfo_install_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- files in installers ---------------------------------------------------------------------------------------------- */

static void on_extracted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autofree char *answer = osinfo_ask_finish(result, &error);

	if (answer)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void osinfo_extract(const char *iso, const char *path, const char *target, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data)
{
	const char *const args[] = { "extract", iso, path, target, NULL };
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_check_cancellable(task, FALSE);
	osinfo_ask(args, NULL, FALSE, cancellable, on_extracted, task);
}

gboolean osinfo_extract_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
