/* The API's tables against its description: nothing described is missing, nothing exists undescribed; paths; types of properties. */
#include <string.h>

#include "api/objects.h"
#include "base/error.h"

static void check_methods(const ObjectKind *kind)
{
	guint rows = 0, described = 0;

	for (const MethodRow *row = kind->methods; row && row->name; row++, rows++)
		g_assert_nonnull(g_dbus_interface_info_lookup_method((GDBusInterfaceInfo *)kind->interface,
								     row->name));
	for (GDBusMethodInfo **method = kind->interface->methods; method && *method; method++)
		described++;
	g_assert_cmpuint(rows, ==, described);
}

static void check_properties(const ObjectKind *kind)
{
	guint rows = 0, described = 0;

	for (const PropertyRow *row = kind->properties; row->name; row++, rows++)
		g_assert_nonnull(g_dbus_interface_info_lookup_property((GDBusInterfaceInfo *)kind->interface,
								       row->name));
	for (GDBusPropertyInfo **property = kind->interface->properties; property && *property; property++)
		described++;
	g_assert_cmpuint(rows, ==, described);
}

static void test_tables(void)
{
	check_methods(&api_manager);
	check_properties(&api_manager);
	for (const ObjectKind *const *kind = api_kinds; *kind; kind++) {
		check_methods(*kind);
		check_properties(*kind);
		g_assert_true(objects_kind((*kind)->interface->name) == *kind);
	}
}

static void test_paths(void)
{
	static const char *const nodes[] = {
		"0d5b1e3e-1111-4222-8333-123456789012", "7", "Default Switch", "carrel-live", "_", "\303\274"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(nodes); i++) {
		g_autofree char *path = api_path("/io/carrel/vm", nodes[i]);
		g_assert_true(g_variant_is_object_path(path));
		g_autofree char *back = api_path_decode(path + strlen("/io/carrel/vm/"));
		g_assert_cmpstr(back, ==, nodes[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/api/tables", test_tables);
	g_test_add_func("/api/paths", test_paths);
	return g_test_run();
}
