#include "gallery/osinfo.h"

#include "base/error.h"
#include "base/json.h"
#include "gallery/osinfo-ask.h"

/* More than that is no need of a guest; a damaged answer must not become a VM. */
#define BYTES_MAX  (G_GINT64_CONSTANT(1) << 44)
#define CPUS_MAX   288
#define OTHERS_MAX 16

void os_info_free(OsInfo *info)
{
	if (!info)
		return;
	g_free(info->id);
	g_free(info->name);
	g_free(info->family);
	g_free(info->vendor);
	g_free(info->based_on);
	g_strfreev(info->others);
	g_free(info->reason);
	g_free(info->label);
	g_free(info->format);
	g_free(info->architecture);
	g_free(info);
}

/* --- the answer ------------------------------------------------------------------------------------------------------- */

static char *text_of(JsonObject *object, const char *key)
{
	return g_strdup(json_string_or(object, key, ""));
}

static guint64 number_of(JsonObject *object, const char *key, gint64 max)
{
	return (guint64)CLAMP(json_int_or(object, key, 0), 0, max);
}

static GStrv others_of(JsonObject *object)
{
	JsonArray *array = json_get_array(object, "or", NULL);
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; array && i < MIN(json_array_get_length(array), OTHERS_MAX); i++) {
		JsonNode *node = json_array_get_element(array, i);
		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_string(node))
			g_ptr_array_add(names, g_strdup(json_node_get_string(node)));
	}
	g_ptr_array_add(names, NULL);
	return (GStrv)g_ptr_array_free(names, FALSE);
}

static OsInfo *info_from(JsonObject *object)
{
	OsInfo *info = g_new0(OsInfo, 1);

	info->known = json_bool_or(object, "known", FALSE);
	info->id = text_of(object, "id");
	info->name = text_of(object, "name");
	info->family = text_of(object, "family");
	info->vendor = text_of(object, "vendor");
	info->based_on = text_of(object, "based_on");
	info->memory = number_of(object, "memory", BYTES_MAX);
	info->memory_min = number_of(object, "memory_min", BYTES_MAX);
	info->disk = number_of(object, "disk", BYTES_MAX);
	info->cpus = (guint)number_of(object, "cpus", CPUS_MAX);
	info->secure_boot = json_bool_or(object, "secure_boot", FALSE);
	info->live = json_bool_or(object, "live", FALSE);
	info->installer = json_bool_or(object, "installer", FALSE);
	info->unattended = json_bool_or(object, "unattended", FALSE);
	info->eol = (gint64)number_of(object, "eol", G_MAXINT64);
	info->others = others_of(object);
	info->reason = text_of(object, "reason");
	info->label = text_of(object, "label");
	info->format = text_of(object, "format");
	info->architecture = text_of(object, "architecture");
	info->efi = json_bool_or(object, "efi", FALSE);
	info->bios = json_bool_or(object, "bios", FALSE);
	return info;
}

OsInfo *os_info_parse(const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "the answer of carrel-osinfo", error) : NULL;
	gboolean known;

	if (!object || !json_get_bool(object, "known", &known, error))
		return NULL;
	return info_from(object);
}

char *os_info_describe(const OsInfo *info)
{
	gboolean iso = g_str_equal(info->format, "iso");
	const char *kind = iso ? "ISO image" : "disk";

	if (!info->known)
		return *info->label ? g_strdup_printf("unknown %s `%s'", kind, info->label)
				    : g_strdup_printf("unknown %s", kind);
	g_autofree char *others = g_strjoinv(" or ", info->others);
	g_autofree char * or = *others ? g_strdup_printf(" (or %s)", others) : g_strdup("");
	if (!iso)
		return g_strdup_printf("%s%s%s", info->name, or, *info->format ? " disk" : "");
	return g_strdup_printf("%s %s%s", info->name, info->installer ? "installer" : "live system", or);
}

/* --- asking ----------------------------------------------------------------------------------------------------------- */

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const char *id = g_task_get_task_data(task);
	GError *error = NULL;
	g_autofree char *text = osinfo_ask_finish(result, &error);
	OsInfo *info = text ? os_info_parse(text, &error) : NULL;

	if (info && !info->known && id) {
		g_clear_pointer(&info, os_info_free);
		error_set(&error, CARREL_ERROR_NOT_FOUND, "see `osinfo-query os' for names",
			  "nothing is known of the system `%s'", id);
	}
	if (info)
		g_task_return_pointer(task, info, (GDestroyNotify)os_info_free);
	else
		g_task_return_error(task, error);
}

void osinfo_recognise(const char *path, GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer data)
{
	const char *const args[] = { "file", path, NULL };
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_check_cancellable(task, FALSE);
	osinfo_ask(args, path, TRUE, cancellable, on_answer, task);
}

void osinfo_find(const char *id, const char *version, GCancellable *cancellable, GAsyncReadyCallback callback,
		 gpointer data)
{
	const char *const args[] = { "os", id, version, NULL };
	GTask *task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, g_strdup(id), g_free);
	osinfo_ask(args, NULL, TRUE, cancellable, on_answer, task);
}

OsInfo *osinfo_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
