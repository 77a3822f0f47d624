/* Subtrees: object path -> kind and object of the model, generic property access, introspection. */
#include "api/objects.h"

#include <string.h>

#include "base/error.h"

const ObjectKind *const api_kinds[] = { &api_vm, &api_job, &api_image, &api_switch, NULL };

char *api_path(const char *folder, const char *node)
{
	GString *path = g_string_new(folder);

	g_string_append_c(path, '/');
	for (const char *p = node; *p; p++) {
		if (g_ascii_isalnum(*p))
			g_string_append_c(path, *p);
		else
			g_string_append_printf(path, "_%02x", (guchar)*p);
	}
	return g_string_free(path, FALSE);
}

char *api_path_decode(const char *encoded)
{
	GString *node = g_string_new(NULL);

	for (const char *p = encoded; *p; p++) {
		if (*p == '_' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
			g_string_append_c(
				node, (char)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2])));
			p += 2;
		} else {
			g_string_append_c(node, *p);
		}
	}
	return g_string_free(node, FALSE);
}

GVariant *api_properties(const ObjectKind *kind, Model *model, gpointer object, guint changes,
			 const char *skip)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (const PropertyRow *row = kind->properties; row->name; row++)
		if ((!changes || (row->changes & changes)) && g_strcmp0(row->name, skip) != 0)
			g_variant_builder_add(&builder, "{sv}", row->name, row->get(model, object));
	return g_variant_builder_end(&builder);
}

static gboolean is_empty(GVariant *value)
{
	switch (*g_variant_get_type_string(value)) {
	case 's':
		return *g_variant_get_string(value, NULL) == '\0';
	case 'u':
		return g_variant_get_uint32(value) == 0;
	case 't':
		return g_variant_get_uint64(value) == 0;
	case 'x':
		return g_variant_get_int64(value) == 0;
	case 'd':
		return g_variant_get_double(value) <= 0;
	default:
		return FALSE;
	}
}

/* For lists: of a VM that is off half of the properties are empty, and marshalling is what a long list costs. */
static GVariant *properties_in_brief(const ObjectKind *kind, Model *model, gpointer object, const char *skip)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (const PropertyRow *row = kind->properties; row->name; row++) {
		if (g_strcmp0(row->name, skip) == 0)
			continue;
		g_autoptr(GVariant) value = g_variant_ref_sink(row->get(model, object));
		if (!is_empty(value))
			g_variant_builder_add(&builder, "{sv}", row->name, value);
	}
	return g_variant_builder_end(&builder);
}

typedef struct {
	const ObjectKind *kind;
	Model *model;
	const char *skip;
	GVariantBuilder *builder;
} ListVisit;

static void list_visit(const char *node, gpointer object, gpointer data)
{
	ListVisit *list = data;
	g_autofree char *path = api_path(list->kind->folder, node);

	g_variant_builder_add(list->builder, "(o@a{sv})", path,
			      properties_in_brief(list->kind, list->model, object, list->skip));
}

GVariant *api_list(const ObjectKind *kind, Model *model, const char *skip)
{
	GVariantBuilder builder;
	ListVisit list = { kind, model, skip, &builder };

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(oa{sv})"));
	kind->each(model, list_visit, &list);
	return g_variant_builder_end(&builder);
}

static void managed_visit(const char *node, gpointer object, gpointer data)
{
	ListVisit *list = data;
	g_autofree char *path = api_path(list->kind->folder, node);

	g_variant_builder_open(list->builder, G_VARIANT_TYPE("{oa{sa{sv}}}"));
	g_variant_builder_add(list->builder, "o", path);
	g_variant_builder_open(list->builder, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_add(list->builder, "{s@a{sv}}", list->kind->interface->name,
			      api_properties(list->kind, list->model, object, 0, NULL));
	g_variant_builder_close(list->builder);
	g_variant_builder_close(list->builder);
}

GVariant *objects_managed(Model *model)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
	for (const ObjectKind *const *kind = api_kinds; *kind; kind++) {
		ListVisit list = { *kind, model, NULL, &builder };
		(*kind)->each(model, managed_visit, &list);
	}
	return g_variant_builder_end(&builder);
}

/* --- calls --- */

Call *call_keep(const Call *call)
{
	return g_memdup2(call, sizeof *call);
}

void call_return(Call *call, GVariant *result)
{
	g_dbus_method_invocation_return_value(call->invocation, result);
	g_free(call);
}

void call_return_fds(Call *call, GVariant *result, GUnixFDList *fds)
{
	g_dbus_method_invocation_return_value_with_unix_fd_list(call->invocation, result, fds);
	g_free(call);
}

void call_fail(Call *call, GError *error)
{
	/* Foreign domains would travel as an unreadable name; the sentence is what counts. */
	if (error->domain != CARREL_ERROR) {
		GError *own = error_new(CARREL_ERROR_FAILED, NULL, "%s", error->message);
		g_error_free(error);
		error = own;
	}
	g_dbus_method_invocation_take_error(call->invocation, error);
	g_free(call);
}

void call_return_job(Call *call, const Job *job, GError *error)
{
	if (!job) {
		call_fail(call, error);
		return;
	}
	g_autofree char *number = g_strdup_printf("%u", job->number);
	g_autofree char *path = api_path(api_job.folder, number);
	call_return(call, g_variant_new("(o)", path));
}

static gpointer find_object(const ObjectKind *kind, Model *model, const char *object_path)
{
	gsize length = strlen(kind->folder);

	if (!kind->find)
		return model;
	if (!g_str_has_prefix(object_path, kind->folder) || object_path[length] != '/')
		return NULL;
	g_autofree char *node = api_path_decode(object_path + length + 1);
	return kind->find(model, node);
}

static void on_method(GDBusConnection *connection, const char *sender, const char *object_path,
		      const char *interface, const char *method, GVariant *parameters,
		      GDBusMethodInvocation *invocation, gpointer data)
{
	ObjectsPeer *peer = data;
	const ObjectKind *kind = objects_kind(interface);
	gpointer object = kind ? find_object(kind, peer->model, object_path) : NULL;
	Call call = { peer->server, peer->model, invocation, parameters, peer->gone };

	if (!object) {
		call_fail(call_keep(&call),
			  error_new(CARREL_ERROR_NOT_FOUND, NULL, "there is no object `%s'", object_path));
		return;
	}
	for (const MethodRow *row = kind->methods; row && row->name; row++)
		if (g_str_equal(row->name, method)) {
			row->handler(call_keep(&call), object);
			return;
		}
	g_assert_not_reached(); /* GDBus checked the name against the description; test-api checks the tables */
}

static GVariant *on_get(GDBusConnection *connection, const char *sender, const char *object_path,
			const char *interface, const char *property, GError **error, gpointer data)
{
	ObjectsPeer *peer = data;
	const ObjectKind *kind = objects_kind(interface);
	gpointer object = kind ? find_object(kind, peer->model, object_path) : NULL;

	for (const PropertyRow *row = object ? kind->properties : NULL; row && row->name; row++)
		if (g_str_equal(row->name, property))
			return g_variant_ref_sink(row->get(peer->model, object));
	error_set(error, CARREL_ERROR_NOT_FOUND, NULL, "there is no object `%s'", object_path);
	return NULL;
}

static const GDBusInterfaceVTable vtable = { on_method, on_get, NULL, { 0 } };

const GDBusInterfaceVTable *objects_vtable(void)
{
	return &vtable;
}

const ObjectKind *objects_kind(const char *interface)
{
	if (g_str_equal(interface, api_manager.interface->name))
		return &api_manager;
	for (const ObjectKind *const *kind = api_kinds; *kind; kind++)
		if (g_str_equal(interface, (*kind)->interface->name))
			return *kind;
	return NULL;
}

/* --- subtrees --- */

/* GDBus hands over the folder, or the object's whole path, depending on what it is about to do. */
static const ObjectKind *kind_of_path(const char *path)
{
	for (const ObjectKind *const *kind = api_kinds; *kind; kind++) {
		gsize length = strlen((*kind)->folder);
		if (strncmp(path, (*kind)->folder, length) == 0 &&
		    (path[length] == '\0' || path[length] == '/'))
			return *kind;
	}
	return NULL;
}

static void enumerate_visit(const char *node, gpointer object, gpointer data)
{
	g_autofree char *path = api_path("", node);

	g_ptr_array_add(data, g_strdup(path + 1));
}

static char **on_enumerate(GDBusConnection *connection, const char *sender, const char *folder, gpointer data)
{
	ObjectsPeer *peer = data;
	GPtrArray *nodes = g_ptr_array_new();

	kind_of_path(folder)->each(peer->model, enumerate_visit, nodes);
	g_ptr_array_add(nodes, NULL);
	return (char **)g_ptr_array_free(nodes, FALSE);
}

static GDBusInterfaceInfo **on_introspect(GDBusConnection *connection, const char *sender, const char *folder,
					  const char *node, gpointer data)
{
	if (!node)
		return NULL;
	GDBusInterfaceInfo **infos = g_new0(GDBusInterfaceInfo *, 2);
	infos[0] = g_dbus_interface_info_ref((GDBusInterfaceInfo *)kind_of_path(folder)->interface);
	return infos;
}

static const GDBusInterfaceVTable *on_dispatch(GDBusConnection *connection, const char *sender,
					       const char *folder, const char *interface, const char *node,
					       gpointer *out_data, gpointer data)
{
	*out_data = data;
	return node ? &vtable : NULL;
}

const GDBusSubtreeVTable *objects_subtree(void)
{
	static const GDBusSubtreeVTable subtree = { on_enumerate, on_introspect, on_dispatch, { 0 } };

	return &subtree;
}
