/* The table of fields: that it is whole, and that values cross every border unharmed. */
#include "spec/spec-fields.h"

#include "base/units.h"
#include "tests/unit/support.h"

static VmSpec *full_spec(void)
{
	VmSpec *spec = vm_spec_new();

	vm_spec_add_disk(spec, NULL);
	vm_spec_add_nic(spec, NULL);
	return spec;
}

static gpointer object_of(VmSpec *spec, const SpecField *field)
{
	gpointer objects[SECTION_COUNT] = { spec, spec->disks->pdata[0], spec->nics->pdata[0] };

	return objects[field->section];
}

/* Words that are made into documents and forms follow their rules. */
static void test_rows(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gsize count;
	const SpecField *fields = spec_fields(&count);

	g_assert_cmpuint(count, >, 20);
	for (gsize i = 0; i < count; i++) {
		const SpecField *field = &fields[i];
		g_assert_true(
			g_hash_table_add(seen, g_strdup_printf("%d.%s", (int)field->section, field->key)));
		g_assert_true(spec_field(field->section, field->key) == field);
		g_assert_cmpuint(strspn(field->key, "abcdefghijklmnopqrstuvwxyz_"), ==, strlen(field->key));
		g_assert_true(*field->label && *field->group && *field->help);
		g_assert_false(g_str_has_suffix(field->help, "."));
		g_assert_true((field->choices != NULL) == (field->type == FIELD_ENUM));
		g_assert_true((field->max > field->min) ==
			      (field->type == FIELD_INT || field->type == FIELD_SIZE));
	}
	g_assert_null(spec_field(SECTION_VM, "none"));
	g_assert_null(spec_field(SECTION_DISK, "memory"));
}

static void test_defaults(void)
{
	g_autoptr(VmSpec) spec = full_spec();
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GError) error = NULL;
		gpointer object = object_of(spec, &fields[i]);
		g_autofree char *text = spec_field_get(&fields[i], object);
		g_assert_cmpstr(text, ==, fields[i].fallback);
		g_assert_true(spec_field_set(&fields[i], object, fields[i].fallback, &error));
		g_assert_no_error(error);
	}
}

/* Values of each type that are taken, and how they are shown; bad ones, which change nothing. */
typedef struct {
	const char *path, *value, *shown;
} Row;

static void test_values(void)
{
	static const Row rows[] = {
		{"tpm",           "yes",               "on"               },
		{ "tpm",          "No",                "off"              },
		{ "tpm",          "TRUE",              "on"               },
		{ "tpm",          "0",                 "off"              },
		{ "cpus",         "1",                 "1"                },
		{ "cpus",         "288",               "288"              },
		{ "generation",   "1",                 "1"                },
		{ "memory",       "16M",               "16M"              },
		{ "memory",       "1024M",             "1G"               },
		{ "memory",       "16 TiB",            "16T"              },
		{ "name",         "a b",               "a b"              },
		{ "notes",        "a\n\tb",            "a\n\tb"           },
		{ "video",        "none",              "none"             },
		{ "disk0.format", "vhdx",              "vhdx"             },
		{ "nic0.mac",     "52:54:00:00:00:01", "52:54:00:00:00:01"},
		{ "nic0.mac",     "",                  ""                 },
		{ "nic0.switch",  "",                  ""                 },
		{ "iso",          "/a b/\303\274.iso", "/a b/\303\274.iso"},
		{ "qemu_args",    "-x '$y' \"z\"",     "-x '$y' \"z\""    },
	};
	g_autoptr(VmSpec) spec = full_spec();

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		gpointer object;
		g_assert_true(vm_spec_set(spec, rows[i].path, rows[i].value, &error));
		const SpecField *field = spec_field_at(spec, rows[i].path, &object, &error);
		g_assert_no_error(error);
		g_autofree char *text = spec_field_get(field, object);
		g_assert_cmpstr(text, ==, rows[i].shown);
	}
}

static void test_bad_values(void)
{
	static const Row rows[] = {
		{"tpm",         "maybe",                "`tpm'"     },
		{ "tpm",        "",                     "`tpm'"     },
		{ "cpus",       "0",                    "1 to 288"  },
		{ "cpus",       "289",                  "1 to 288"  },
		{ "cpus",       "-1",                   "1 to 288"  },
		{ "cpus",       "2.5",                  "`cpus'"    },
		{ "cpus",       "2 ",                   "`cpus'"    },
		{ "cpus",       "",                     "`cpus'"    },
		{ "cpus",       "99999999999999999999", "`cpus'"    },
		{ "generation", "3",                    "1 to 2"    },
		{ "memory",     "2X",                   "`memory'"  },
		{ "memory",     "",                     "`memory'"  },
		{ "memory",     "15M",                  "16M to 16T"},
		{ "memory",     "17T",                  "16M to 16T"},
		{ "memory",     "-1G",                  "`memory'"  },
		{ "video",      "",                     "`video'"   },
		{ "video",      "STD",                  "`video'"   },
		{ "video",      "auto|std",             "`video'"   },
		{ "name",       "a\nb",                 "control"   },
		{ "notes",      "a\rb",                 "control"   },
		{ "notes",      "\033[2J",              "control"   },
		{ "name",       "\xff",                 "UTF-8"     },
		{ "nic0.mac",   "x",                    "MAC"       },
		{ "disk0.bus",  "usb",                  "`bus'"     },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(VmSpec) spec = full_spec();
		g_autoptr(GError) error = NULL;
		gpointer object;
		const SpecField *field = spec_field_at(spec, rows[i].path, &object, NULL);
		g_autofree char *before = spec_field_get(field, object);
		if (vm_spec_set(spec, rows[i].path, rows[i].value, &error))
			g_error("%s took `%s'", rows[i].path, rows[i].value);
		g_autofree char *after = spec_field_get(field, object);
		assert_carrel_error(error, CARREL_ERROR_USAGE, rows[i].shown);
		g_assert_cmpstr(before, ==, after);
	}
}

static void test_choices(void)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		if (fields[i].type != FIELD_ENUM)
			continue;
		g_autoptr(VmSpec) spec = full_spec();
		g_auto(GStrv) words = g_strsplit(fields[i].choices, "|", -1);
		for (char **word = words; *word; word++)
			g_assert_true(spec_field_set(&fields[i], object_of(spec, &fields[i]), *word, NULL));
		g_autoptr(GError) error = NULL;
		g_assert_false(spec_field_set(&fields[i], object_of(spec, &fields[i]), "other-word", &error));
		g_assert_nonnull(strstr(error_hint(error), words[0]));
	}
}

/* Both ends of each range are in it, one step beyond is not. */
static void test_ranges(void)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		const SpecField *field = &fields[i];
		if (field->type != FIELD_INT && field->type != FIELD_SIZE)
			continue;
		const struct {
			gint64 value;
			gboolean good;
		} cases[] = {
			{field->min,      TRUE },
			{ field->max,     TRUE },
			{ field->min - 1, FALSE},
			{ field->max + 1, FALSE}
		};
		g_autoptr(VmSpec) spec = full_spec();
		for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
			g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, cases[k].value);
			g_assert_cmpint(spec_field_set(field, object_of(spec, field), text, NULL), ==,
					cases[k].good);
		}
	}
}

static void test_paths(void)
{
	g_autoptr(VmSpec) spec = full_spec();
	g_auto(GStrv) paths = vm_spec_paths(spec);
	g_autoptr(GError) error = NULL;
	gpointer object = NULL;
	gsize count;

	spec_fields(&count);
	g_assert_cmpuint(g_strv_length(paths), ==, count);
	for (char **path = paths; *path; path++)
		g_assert_nonnull(spec_field_at(spec, *path, &object, NULL));
	g_assert_true(g_strv_contains((const char *const *)paths, "disk0.file"));
	g_assert_true(spec_field_at(spec, "memory", &object, NULL) && object == spec);
	g_assert_true(spec_field_at(spec, "nic0.mac", &object, NULL) && object == spec->nics->pdata[0]);
	static const Row bad[] = {
		{"none",        NULL, "no field `none'"      },
		{ "disk0.none", NULL, "no field `disk0.none'"},
		{ "disk9.file", NULL, "adapter `disk9'"      },
		{ "",           NULL, "no field `'"          },
		{ "disk0.",     NULL, "no field"             },
		{ ".file",      NULL, "adapter `'"           },
		{ "disk0.mac",  NULL, "no field `disk0.mac'" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_null(spec_field_at(spec, bad[i].path, &object, &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, bad[i].shown);
	}
}

/* Something other than the default for each field. */
static char *other_value(const SpecField *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return g_strdup(g_str_equal(field->fallback, "on") ? "off" : "on");
	case FIELD_INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, field->min);
	case FIELD_SIZE:
		return units_format_size((guint64)field->max);
	case FIELD_ENUM:
		return g_strdup(strrchr(field->choices, '|') + 1);
	case FIELD_MAC:
		return g_strdup("52:54:00:00:00:07");
	case FIELD_TEXT:
		return g_strdup("two\nlines");
	case FIELD_STRING:
	case FIELD_PATH:
		return g_strdup_printf("other %s", field->key);
	}
	g_assert_not_reached();
}

static void test_variant(void)
{
	g_autoptr(VmSpec) spec = full_spec();
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++) {
		g_autofree char *value = other_value(&fields[i]);
		g_assert_true(spec_field_set(&fields[i], object_of(spec, &fields[i]), value, NULL));
	}
	g_autoptr(GVariant) dict = g_variant_ref_sink(vm_spec_to_variant(spec));
	g_assert_cmpstr(g_variant_get_type_string(dict), ==, "a{sv}");
	g_autoptr(VmSpec) back = vm_spec_from_variant(dict);
	g_assert_cmpstr(((DiskSpec *)back->disks->pdata[0])->name, ==, "disk0");
	for (gsize i = 0; i < count; i++) {
		g_autofree char *expected = other_value(&fields[i]);
		g_autofree char *got = spec_field_get(&fields[i], object_of(back, &fields[i]));
		g_assert_cmpstr(got, ==, expected);
	}
	g_autoptr(GVariant) again = g_variant_ref_sink(vm_spec_to_variant(back));
	g_assert_true(g_variant_equal(dict, again));
}

/* A client gets what a newer daemon sends: what is not known or not right is passed over. */
static void test_variant_of_others(void)
{
	g_autoptr(GVariant) dict =
		g_variant_parse(G_VARIANT_TYPE_VARDICT,
				"{'name': <'x'>, 'new_key': <1>, 'cpus': <'many'>, 'memory': <uint64 1>, "
				"'disks': <'none'>, 'nics': <[{'mac': <'y'>}]>}",
				NULL, NULL, NULL);
	g_autoptr(VmSpec) spec = vm_spec_from_variant(dict);

	g_assert_cmpstr(spec->name, ==, "x");
	g_assert_cmpint(spec->cpus, ==, 2);
	g_assert_cmpuint(spec->memory, ==, 2ull << 30);
	g_assert_cmpuint(spec->disks->len, ==, 0);
	g_assert_cmpuint(spec->nics->len, ==, 1);
	g_assert_cmpstr(((NicSpec *)spec->nics->pdata[0])->mac, ==, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spec-fields/rows", test_rows);
	g_test_add_func("/spec-fields/defaults", test_defaults);
	g_test_add_func("/spec-fields/values", test_values);
	g_test_add_func("/spec-fields/bad-values", test_bad_values);
	g_test_add_func("/spec-fields/choices", test_choices);
	g_test_add_func("/spec-fields/ranges", test_ranges);
	g_test_add_func("/spec-fields/paths", test_paths);
	g_test_add_func("/spec-fields/variant", test_variant);
	g_test_add_func("/spec-fields/variant-of-others", test_variant_of_others);
	return g_test_run();
}
