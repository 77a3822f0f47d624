/* vm.conf: what is written is read back, and what people get wrong is reported where it stands. */
#include "spec/spec-file.h"

#include <sys/stat.h>

#include "spec/spec-fields.h"
#include "tests/unit/support.h"

#define ID      "11111111-2222-4333-8444-555555555555"
#define ID_LINE "id = \"" ID "\"\n"

static VmSpec *sample(void)
{
	static const char *const values[][2] = {
		{"name",            "web 1"                      },
		{ "id",             ID			   },
		{ "notes",          "first line\nsecond \"line\""},
		{ "os",             "linux"                      },
		{ "created",        "2026-11-22T20:58:00Z"       },
		{ "memory",         "1536M"                      },
		{ "machine",        "pc-q35-7.2"                 },
		{ "iso",            "/images/it's $5.iso"        },
		{ "qemu_args",      "-device 'x,y=\\z'"          },
		{ "disk0.file",     "disk0.qcow2"                },
		{ "disk0.readonly", "on"                         },
		{ "nic0.mac",       "52:54:00:12:34:56"          },
	};
	VmSpec *spec = vm_spec_new();

	vm_spec_add_disk(spec, NULL);
	vm_spec_add_nic(spec, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		g_assert_true(vm_spec_set(spec, values[i][0], values[i][1], NULL));
	return spec;
}

static void assert_same(const VmSpec *a, const VmSpec *b)
{
	g_autoptr(GVariant) left = g_variant_ref_sink(vm_spec_to_variant(a));
	g_autoptr(GVariant) right = g_variant_ref_sink(vm_spec_to_variant(b));
	g_autofree char *left_text = g_variant_print(left, TRUE);
	g_autofree char *right_text = g_variant_print(right, TRUE);

	g_assert_cmpstr(left_text, ==, right_text);
}

static void test_golden(void)
{
	g_autoptr(VmSpec) spec = sample();
	g_autofree char *text = spec_file_format(spec);
	g_autoptr(VmSpec) plain = vm_spec_new();
	g_autofree char *defaults = spec_file_format(plain);

	assert_golden("spec/sample.conf", text);
	assert_golden("spec/defaults.conf", defaults);
}

static void test_round_trip(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "vm.conf", NULL);
	g_autoptr(VmSpec) spec = sample();
	g_autoptr(GError) error = NULL;

	g_assert_true(spec_file_save(spec, path, &error));
	g_autoptr(VmSpec) back = spec_file_load(path, &error);
	g_assert_no_error(error);
	assert_same(spec, back);
}

/* Each text, in each field that takes it, as it was. */
static void test_texts(void)
{
	static const char *const texts[] = {
		"plain",
		"two words",
		"\"quoted\"",
		"it's",
		"back\\slash",
		"\\",
		"\\\"",
		"'",
		"\"",
		"$HOME",
		"${HOME}",
		"$'\"\\",
		"${HOME}'s \"",
		"# no comment",
		"{ } = ( ) + , ;",
		"a\nb",
		"\n",
		"\ta\t",
		"$a\nb\tc'\\",
		"B\303\274cher \342\202\254 \360\237\230\200",
		"// /* */",
		"on",
		"4G",
		"\\n",
		"\\x41",
		"\\101",
		" blanks ",
	};
	static const char *const keys[] = { "notes", "iso", "qemu_args", "disk0.file" };

	g_setenv("HOME", "/expanded", TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		for (gsize k = 0; k < G_N_ELEMENTS(keys); k++) {
			g_autoptr(VmSpec) spec = sample();
			g_autoptr(GError) error = NULL;
			if (!vm_spec_set(spec, keys[k], texts[i], NULL))
				continue; /* a newline where there may be none */
			g_autofree char *text = spec_file_format(spec);
			g_autoptr(VmSpec) back = spec_file_parse(text, "vm.conf", &error);
			g_assert_no_error(error);
			assert_same(spec, back);
		}
	}
}

/* Any text out of the characters that matter to the syntax. */
static void test_random_texts(void)
{
	static const char alphabet[] = "\"'\\${}#=\n\t an0x/*(),;+";

	for (guint i = 0; i < 2000; i++) {
		g_autoptr(VmSpec) spec = sample();
		g_autoptr(GError) error = NULL;
		char text[24];
		gsize length = (gsize)g_test_rand_int_range(0, sizeof text);
		for (gsize k = 0; k < length; k++)
			text[k] = alphabet[g_test_rand_int_range(0, sizeof alphabet - 1)];
		text[length] = '\0';
		g_assert_true(vm_spec_set(spec, "notes", text, NULL));
		g_autofree char *file = spec_file_format(spec);
		g_autoptr(VmSpec) back = spec_file_parse(file, "vm.conf", &error);
		g_assert_no_error(error);
		g_assert_cmpstr(back->notes, ==, text);
	}
}

/* As people write it: units without quotes, comments of all kinds, values over several lines, any order. */
static void test_by_hand(void)
{
	static const char text[] = "/* made\n by hand */\n"
				   "nic lan { mac = 52:54:00:00:00:01\n connected = no }\n"
				   "memory = 4G // much\n"
				   "cpus=4 # four\n"
				   "name = 'by hand'\n" ID_LINE "notes = \"one\ntwo\"\n"
				   "disk \"system\" {\n\tfile = system.qcow2\n\tcache = none\n}\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(VmSpec) spec = spec_file_parse(text, "vm.conf", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(spec->name, ==, "by hand");
	g_assert_cmpuint(spec->memory, ==, 4ull << 30);
	g_assert_cmpint(spec->cpus, ==, 4);
	g_assert_cmpstr(spec->notes, ==, "one\ntwo");
	g_assert_cmpstr(vm_spec_find_disk(spec, "system")->cache, ==, "none");
	g_assert_false(vm_spec_find_nic(spec, "lan")->connected);
}

/* FILE:LINE:COLUMN and the word. */
static void test_errors(void)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"bogus = 3\n",					    "vm.conf:1:1: no such option 'bogus'"                  },
		{ "\n\n  memory =\t2Q\n",                                  "vm.conf:3:3: 'memory': '2Q' is not a size"            },
		{ "name = x\ncpus = 0\n",
                 "vm.conf:2:8: '0' is not a value of 'cpus', which is a number from 1 to 288"                                     },
		{ "tpm = maybe\n",					 "vm.conf:1:7: 'maybe' is not a value of 'tpm'"         },
		{ "video = 3dfx\n",					"vm.conf:1:9: '3dfx' is not a value of 'video'"        },
		{ "memory 2G\n",					   "vm.conf:1:1: missing equal sign after option 'memory'"},
		{ "name = \n" ID_LINE,                                     "vm.conf:2:"                                           },
		{ "cpus = {1,2}\n",					"vm.conf:1:8: unexpected token '{'"                    },
		{ "}\n",						   "vm.conf:1:1: unexpected closing brace"                },
		{ "name += b\n",					   "vm.conf:1:1: attempt to append"                       },
		{ "disk {\n}\n",					   "vm.conf:1:1: missing title for section 'disk'"        },
		{ "disk a {\n  bogus = a\n}\n",                            "vm.conf:2:3: no such option 'bogus'"                  },
		{ "disk a {\n  format = tar\n}\n",                         "vm.conf:2:12: 'tar' is not a value of 'format'"       },
		{ "disk a { file = x }\ndisk a { file = y }\n",            "vm.conf:2:6: found duplicate title 'a'"               },
		{ "nic a { mac = 01:02:03:04:05:06\n }\n",
                 "vm.conf:1:15: '01:02:03:04:05:06' is not a unicast MAC"                                                         },
		{ "memory = 2G\nmemory = 4G\n",                            "vm.conf:2:1: 'memory' is set twice"                   },
		{ "disk a {\n file = x\n file = y\n}\n",                   "vm.conf:3:2: 'file' is set twice"                     },
		{ "notes = \"a\nb\"\nmemory = 1X\n",                       "vm.conf:3:1: 'memory': '1X' is not a size"            },
		{ "name = \"x\\ny\"\n",                                    "the value of 'name' contains a control character"     },
		{ "include(\"/etc/passwd\")\n",                            "vm.conf:1:1: no such option 'include'"                },
		{ "name = \"never ends\n" ID_LINE,                         "vm.conf:"                                             },
		{ "disk a {\n file = x\n",                                 "vm.conf:"                                             },
 /* What the whole says: */
		{ "",						      "vm.conf:1:1: VM name `' is empty"                     },
		{ "name = a/b\n" ID_LINE,                                  "vm.conf:1:1: VM name `a/b' contains `/'"              },
		{ "name = x\nid = 5\n",                                    "vm.conf:1:1: `5' is no id for VM `x'"                 },
		{ "name = x\n" ID_LINE "disk a { }\n",                     "vm.conf:1:1: disk `a' of VM `x' has no file"          },
		{ "name = x\n" ID_LINE "disk a { file = y }\nnic a { }\n",
                 "two disks or adapters named `a'"										},
		{ "name = x\n" ID_LINE "disk \"a b\" { file = y }\n",      "`a b' is not a name for a disk"                       },
		{ "name = \xff\n",					 "vm.conf:1:1: is not UTF-8"                            },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(VmSpec) spec = spec_file_parse(rows[i].text, "vm.conf", &error);
		if (spec)
			g_error("this was taken for a vm.conf: %s", rows[i].text);
		g_assert_true(g_str_has_prefix(error->message, "vm.conf:"));
		assert_carrel_error(error, CARREL_ERROR_USAGE, rows[i].expected);
	}
}

/* A broken file spoils nothing for the next one. */
static void test_after_error(void)
{
	g_autoptr(VmSpec) spec = sample();
	g_autofree char *good = spec_file_format(spec);

	g_assert_null(spec_file_parse("disk a { bogus = 1", "bad", NULL));
	g_assert_null(spec_file_parse("\"", "bad", NULL));
	g_autoptr(VmSpec) back = spec_file_parse(good, "good", NULL);
	g_assert_nonnull(back);
	assert_same(spec, back);
}

static void test_load_failures(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "vm.conf", NULL);
	g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(spec_file_load(path, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, path);
	g_assert_true(g_file_set_contents(path, "name = x\0y\n", 11, NULL));
	g_assert_null(spec_file_load(path, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, "NUL");
	g_assert_null(spec_file_load(dir, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "regular file");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_null(spec_file_load(fifo, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "regular file");
}

/* 256 KiB is read, one byte more is not. */
static void test_size_limit(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "vm.conf", NULL);
	GString *text = g_string_new("name = x\n" ID_LINE "# ");
	g_autoptr(GError) error = NULL;

	while (text->len < SPEC_FILE_MAX - 1)
		g_string_append_c(text, 'c');
	g_string_append_c(text, '\n');
	write_file(path, text->str);
	g_autoptr(VmSpec) spec = spec_file_load(path, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(spec->name, ==, "x");
	g_string_append_c(text, '\n');
	write_file(path, text->str);
	g_assert_null(spec_file_load(path, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "at most 262144 bytes");
	g_string_free(text, TRUE);
}

/* A thousand VMs are read when the daemon starts; each costs the same, and nothing is kept. */
static void test_thousand(void)
{
	g_autoptr(VmSpec) spec = sample();
	g_autofree char *text = spec_file_format(spec);

	for (guint i = 0; i < 1000; i++) {
		g_autoptr(VmSpec) back = spec_file_parse(text, "vm.conf", NULL);
		g_assert_nonnull(back);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spec-file/golden", test_golden);
	g_test_add_func("/spec-file/round-trip", test_round_trip);
	g_test_add_func("/spec-file/texts", test_texts);
	g_test_add_func("/spec-file/random-texts", test_random_texts);
	g_test_add_func("/spec-file/by-hand", test_by_hand);
	g_test_add_func("/spec-file/errors", test_errors);
	g_test_add_func("/spec-file/after-error", test_after_error);
	g_test_add_func("/spec-file/load-failures", test_load_failures);
	g_test_add_func("/spec-file/size-limit", test_size_limit);
	g_test_add_func("/spec-file/thousand", test_thousand);
	return g_test_run();
}
