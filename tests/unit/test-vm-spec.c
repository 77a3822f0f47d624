/* The spec as plain data: defaults, copies, disks and adapters, what single fields cannot know. */
#include "spec/vm-spec.h"

#include "spec/spec-fields.h"
#include "tests/unit/support.h"

#define ID "11111111-2222-4333-8444-555555555555"

static VmSpec *valid_spec(void)
{
	VmSpec *spec = vm_spec_new();

	g_assert_true(vm_spec_set(spec, "name", "web", NULL));
	g_assert_true(vm_spec_set(spec, "id", ID, NULL));
	g_assert_true(spec_field_set(spec_field(SECTION_DISK, "file"), vm_spec_add_disk(spec, NULL),
				     "disk0.qcow2", NULL));
	vm_spec_add_nic(spec, NULL);
	return spec;
}

static void test_new(void)
{
	g_autoptr(VmSpec) spec = vm_spec_new();

	g_assert_cmpstr(spec->name, ==, "");
	g_assert_cmpint(spec->generation, ==, 2);
	g_assert_cmpuint(spec->memory, ==, 2ull << 30);
	g_assert_true(spec->secure_boot);
	g_assert_false(spec->tpm);
	g_assert_cmpuint(spec->disks->len + spec->nics->len, ==, 0);
	vm_spec_free(NULL);
}

static void test_sections(void)
{
	g_autoptr(VmSpec) spec = vm_spec_new();
	DiskSpec *first = vm_spec_add_disk(spec, NULL);
	DiskSpec *named = vm_spec_add_disk(spec, "disk1");
	DiskSpec *next = vm_spec_add_disk(spec, "");
	NicSpec *nic = vm_spec_add_nic(spec, NULL);

	g_assert_cmpstr(first->name, ==, "disk0");
	g_assert_cmpstr(next->name, ==, "disk2");
	g_assert_cmpstr(first->format, ==, "qcow2");
	g_assert_cmpstr(nic->name, ==, "nic0");
	g_assert_cmpstr(nic->switch_name, ==, "Default Switch");
	g_assert_true(nic->connected);
	g_assert_true(vm_spec_find_disk(spec, "disk1") == named);
	g_assert_true(vm_spec_find_nic(spec, "nic0") == nic);
	g_assert_null(vm_spec_find_disk(spec, "nic0"));
	g_assert_null(vm_spec_find_nic(spec, "disk0"));
}

static void test_copy(void)
{
	g_autoptr(VmSpec) spec = valid_spec();
	g_assert_true(vm_spec_set(spec, "notes", "two\nlines", NULL));
	g_assert_true(vm_spec_set(spec, "disk0.readonly", "on", NULL));
	g_autoptr(VmSpec) copy = vm_spec_copy(spec);
	g_auto(GStrv) paths = vm_spec_paths(spec);

	for (char **path = paths; *path; path++) {
		gpointer ours, theirs;
		const SpecField *field = spec_field_at(spec, *path, &ours, NULL);
		g_assert_true(field == spec_field_at(copy, *path, &theirs, NULL));
		g_autofree char *a = spec_field_get(field, ours);
		g_autofree char *b = spec_field_get(field, theirs);
		g_assert_cmpstr(a, ==, b);
	}
	/* They share nothing. */
	g_assert_true(vm_spec_set(copy, "name", "other", NULL));
	g_assert_true(vm_spec_set(copy, "disk0.file", "other.qcow2", NULL));
	g_assert_cmpstr(spec->name, ==, "web");
	g_assert_cmpstr(vm_spec_find_disk(spec, "disk0")->file, ==, "disk0.qcow2");
}

static void test_valid(void)
{
	static const char *const boots[] = { "disk", "network,cdrom", " disk , cdrom ", "" };
	g_autoptr(VmSpec) spec = valid_spec();
	g_autoptr(GError) error = NULL;

	g_assert_true(vm_spec_validate(spec, &error));
	g_assert_no_error(error);
	for (gsize i = 0; i < G_N_ELEMENTS(boots); i++) {
		g_assert_true(vm_spec_set(spec, "boot", boots[i], NULL));
		g_assert_true(vm_spec_validate(spec, &error));
	}
}

static void test_invalid(void)
{
	static const struct {
		const char *path, *value, *words;
	} rows[] = {
		{"name",        "",            "is empty"    },
		{ "name",       "a/b",         "contains `/'"},
		{ "id",         "",            "is no id"    },
		{ "id",         "../../etc",   "is no id"    },
		{ "boot",       "disk,floppy", "`floppy'"    },
		{ "disk0.file", "",            "has no file" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(VmSpec) spec = valid_spec();
		g_autoptr(GError) error = NULL;
		g_assert_true(vm_spec_set(spec, rows[i].path, rows[i].value, NULL));
		g_assert_false(vm_spec_validate(spec, &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, rows[i].words);
	}
}

/* Names of sections become ids of QEMU's devices. */
static void test_section_names(void)
{
	static const char *const bad[] = { "0disk", "a b", "a.b",
					   "a,b",   "a/b", "\303\274",
					   "-a",    "a=b", "x1234567890123456789012345678901" };
	static const char *const good[] = { "a", "System-1", "data_2", "x123456789012345678901234567890" };
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(VmSpec) spec = valid_spec();
		vm_spec_add_nic(spec, bad[i]);
		g_assert_false(vm_spec_validate(spec, &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, "is not a name");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(VmSpec) spec = valid_spec();
		vm_spec_add_nic(spec, good[i]);
		g_assert_true(vm_spec_validate(spec, NULL));
	}
	g_autoptr(VmSpec) twice = valid_spec();
	vm_spec_add_nic(twice, "disk0");
	g_assert_false(vm_spec_validate(twice, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, "two disks or adapters named `disk0'");
}

static void test_windows(void)
{
	static const char *const yes[] = { "windows", "win10", "win2k22" }, *const no[] = { "", "linux",
											    "other",
											    "debian12" };
	g_autoptr(VmSpec) spec = vm_spec_new();

	for (gsize i = 0; i < G_N_ELEMENTS(yes); i++) {
		g_assert_true(vm_spec_set(spec, "os", yes[i], NULL));
		g_assert_true(vm_spec_is_windows(spec));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(no); i++) {
		g_assert_true(vm_spec_set(spec, "os", no[i], NULL));
		g_assert_false(vm_spec_is_windows(spec));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vm-spec/new", test_new);
	g_test_add_func("/vm-spec/sections", test_sections);
	g_test_add_func("/vm-spec/copy", test_copy);
	g_test_add_func("/vm-spec/valid", test_valid);
	g_test_add_func("/vm-spec/invalid", test_invalid);
	g_test_add_func("/vm-spec/section-names", test_section_names);
	g_test_add_func("/vm-spec/windows", test_windows);
	return g_test_run();
}
