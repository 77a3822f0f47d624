#include "hv/disk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"

#define INFO_TIMEOUT_MS (30 * 1000)

void disk_info_free(DiskInfo *info)
{
	if (!info)
		return;
	g_free(info->path);
	g_free(info->format);
	g_free(info->backing);
	g_free(info);
}

/* qemu-img takes "nbd:..." for a protocol; behind "file:" a path is only a path. */
static char *as_file(const char *path)
{
	return g_str_has_prefix(path, "/") && !strchr(path, ':') ? g_strdup(path)
								 : g_strconcat("file:", path, NULL);
}

/* The image being made; removed when its maker fails. */
static void on_made(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const char *path = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (child) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	if (unlink(path) < 0 && errno != ENOENT)
		g_warning("cannot remove `%s': %s", path, g_strerror(errno));
	g_autofree char *message = error_message(error);
	const char *hint = error_hint(error);
	if (strstr(message, "No space left"))
		hint = "free some space on that file system, then try again";
	g_task_return_error(
		task, error_new((CarrelError)error->code, hint, "cannot make disk `%s': %s", path, message));
}

/* What can be said better than qemu-img does. */
static GError *check(const char *path, const char *source)
{
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return error_new(CARREL_ERROR_EXISTS, "move it away, or choose another name",
				 "disk `%s' exists already", path);
	if (source && access(source, R_OK) < 0)
		return error_new(CARREL_ERROR_FAILED, "check its path and permissions",
				 "cannot make disk `%s' from `%s': %s", path, source, g_strerror(errno));
	return NULL;
}

/* Runs @argv (owned), which makes @path out of @source (NULL: nothing). */
static void make(const char *path, const char *source, char **argv, GCancellable *cancellable,
		 GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	GError *error = check(path, source);
	g_auto(GStrv) owned = argv;

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, g_strdup(path), g_free);
	if (error) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	child_run((const char *const *)owned, 0, NULL, NULL, cancellable, on_made, task);
}

static char **words(const char *first, ...)
{
	GPtrArray *list = g_ptr_array_new();
	va_list args;

	va_start(args, first);
	for (const char *word = first; word; word = va_arg(args, const char *))
		g_ptr_array_add(list, g_strdup(word));
	va_end(args);
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

void disk_create(const char *path, guint64 size, const char *backing, const char *backing_format,
		 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autofree char *file = as_file(path);
	g_autofree char *below = backing ? as_file(backing) : NULL;
	g_autofree char *bytes = size ? g_strdup_printf("%" G_GUINT64_FORMAT, size) : NULL;
	const char *options = "cluster_size=65536,lazy_refcounts=off,extended_l2=off";
	char **argv =
		backing ? words("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, "-b", below, "-F",
				backing_format, file, bytes, NULL)
			: words("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, file, bytes, NULL);

	make(path, backing, argv, cancellable, callback, data);
}

void disk_convert(const char *from, const char *from_format, const char *to, GCancellable *cancellable,
		  GAsyncReadyCallback callback, gpointer data)
{
	g_autofree char *source = as_file(from);
	g_autofree char *target = as_file(to);

	make(to, from,
	     words("qemu-img", "convert", "-q", "-f", from_format, "-O", "qcow2", source, target, NULL),
	     cancellable, callback, data);
}

gboolean disk_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

static DiskInfo *info_from_json(const char *path, const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "the answer of qemu-img", error) : NULL;
	const char *format = object ? json_get_string(object, "format", error) : NULL;
	gint64 size;

	if (!format || !json_get_int(object, "virtual-size", &size, error))
		return NULL;
	DiskInfo *info = g_new0(DiskInfo, 1);
	info->path = g_strdup(path);
	info->format = g_strdup(format);
	info->size = (guint64)size;
	info->used = (guint64)json_int_or(object, "actual-size", 0);
	info->backing = g_strdup(json_string_or(object, "full-backing-filename",
						json_string_or(object, "backing-filename", NULL)));
	return info;
}

static void on_info(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const char *path = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);
	DiskInfo *info = child ? info_from_json(path, child->out, &error) : NULL;

	if (info)
		g_task_return_pointer(task, info, (GDestroyNotify)disk_info_free);
	else
		g_task_return_error(task, error);
}

void disk_info(const char *path, const char *format, GCancellable *cancellable, GAsyncReadyCallback callback,
	       gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autofree char *file = as_file(path);
	g_auto(GStrv) argv =
		format ? words("qemu-img", "info", "-U", "--output=json", "-f", format, file, NULL)
		       : words("qemu-img", "info", "-U", "--output=json", file, NULL);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, g_strdup(path), g_free);
	child_run((const char *const *)argv, INFO_TIMEOUT_MS, NULL, NULL, cancellable, on_info, task);
}

DiskInfo *disk_info_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
