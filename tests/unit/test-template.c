/* Warm templates: what fits, what goes, when a guest rests, what a guest is told; and the set on the disk. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/disk.h"
#include "model/guest-identity.h"
#include "model/templates.h"
#include "spec/spec-fields.h"

#define ID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define ID_B "aaaaaaaa-0000-4000-8000-000000000002"
#define ID_C "aaaaaaaa-0000-4000-8000-000000000003"

static Template *make(const char *id, gint64 used, guint64 size)
{
	Template *template = template_new();

	template->id = g_strdup(id);
	template->image = g_strdup("debian");
	template->sha256 = g_strdup("5ha");
	template->shape = g_strdup("shape");
	template->host = g_strdup("host");
	template->memory = 1 << 20;
	template->size = size;
	template->created = 5;
	template->used = used;
	template_add_file(template, "memory", 7, 8, 9);
	return template;
}

/* --- fits --- */

static const struct {
	TemplateWish wish;
	TemplateFit fit;
} fits[] = {
	{{ "debian", "5ha", "shape", "host" },  TEMPLATE_FITS     },
	{ { "ubuntu", "5ha", "shape", "host" }, TEMPLATE_OTHER    },
	{ { "debian", "5ha", "other", "host" }, TEMPLATE_OTHER    },
	{ { "debian", "new", "shape", "host" }, TEMPLATE_OLD_IMAGE},
	{ { "debian", "new", "other", "new" },  TEMPLATE_OLD_IMAGE},
	{ { "debian", "5ha", "shape", "new" },  TEMPLATE_OLD_HOST },
	{ { "debian", "5ha", "other", "new" },  TEMPLATE_OLD_HOST },
	{ { "debian", NULL, "shape", "host" },  TEMPLATE_OTHER    },
	{ { "debian", "", "shape", "host" },    TEMPLATE_OTHER    },
	{ { "debian", "5ha", NULL, "host" },    TEMPLATE_OTHER    },
	{ { "debian", "5ha", "shape", NULL },   TEMPLATE_OLD_HOST },
	{ { NULL, NULL, NULL, NULL },           TEMPLATE_OTHER    },
};

static void test_fit(void)
{
	g_autoptr(Template) template = make(ID_A, 1, 1);

	for (gsize i = 0; i < G_N_ELEMENTS(fits); i++) {
		TemplateFit fit = template_fit(template, &fits[i].wish);
		g_test_message("row %zu", i);
		g_assert_cmpint(fit, ==, fits[i].fit);
		gboolean useless = fit == TEMPLATE_OLD_IMAGE || fit == TEMPLATE_OLD_HOST;
		g_assert_cmpint(template_fit_reason(fit) != NULL, ==, useless);
	}
	/* An image without a hash fits nothing, not even itself. */
	g_free(template->sha256);
	template->sha256 = g_strdup("");
	g_assert_cmpint(template_fit(template, &(TemplateWish){ "debian", "", "shape", "host" }), ==,
			TEMPLATE_OTHER);
}

/* --- limits --- */

static const struct {
	gint64 used[4]; /* 0 ends */
	guint64 sizes[4];
	guint64 count, size;
	const char *over; /* indexes, in the order in which they go */
} limits[] = {
	{{ 0 },           { 0 },                       4, 100, ""    },
	{ { 1, 2, 3 },    { 10, 10, 10 },              4, 100, ""    },
	{ { 1, 2, 3 },    { 10, 10, 10 },              3, 30,  ""    },
	{ { 1, 2, 3 },    { 10, 10, 10 },              2, 100, "0"   },
	{ { 3, 1, 2 },    { 10, 10, 10 },              2, 100, "1"   },
	{ { 3, 1, 2 },    { 10, 10, 10 },              1, 100, "21"  },
	{ { 3, 1, 2 },    { 10, 10, 10 },              0, 100, "021" },
	{ { 1, 2, 3 },    { 10, 10, 10 },              4, 29,  "0"   },
	{ { 1, 2, 3 },    { 10, 10, 10 },              4, 0,   "210" },
 /* What is too large goes by itself, and all that were used before it. */
	{ { 1, 2, 3 },    { 1, 200, 10 },              4, 100, "10"  },
	{ { 1, 2, 3, 4 }, { 10, 10, 10, G_MAXUINT64 }, 4, 100, "3210"},
 /* Used in the same second: always the same ones. */
	{ { 2, 2, 2 },    { 10, 10, 10 },              2, 100, "2"   },
};

static void test_limits(void)
{
	static const char *const ids[] = { ID_A, ID_B, ID_C, "aaaaaaaa-0000-4000-8000-000000000004" };

	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)template_free);
		g_autoptr(GString) text = g_string_new(NULL);
		for (gsize k = 0; k < 4 && limits[i].used[k]; k++)
			g_ptr_array_add(all, make(ids[k], limits[i].used[k], limits[i].sizes[k]));
		g_autoptr(GPtrArray) over = templates_over(all, limits[i].count, limits[i].size);
		for (guint k = 0; k < over->len; k++) {
			guint index = 0;
			g_assert_true(g_ptr_array_find(all, over->pdata[k], &index));
			g_string_append_printf(text, "%u", index);
		}
		g_test_message("row %zu", i);
		g_assert_cmpstr(text->str, ==, limits[i].over);
	}
}

/* --- rest --- */

#define S G_USEC_PER_SEC

typedef struct {
	gint64 time;
	guint64 cpu, disk;
} Sample;

static const struct {
	const char *name;
	Sample samples[8];
	int rests_at; /* index of the sample at which it rests; -1 = never */
} rests[] = {
	{"idle",       { { S, 0, 0 }, { 2 * S, 1000, 0 }, { 3 * S, 2000, 0 }, { 4 * S, 3000, 0 } },       3},
	{ "busy",
         { { S, 0, 0 }, { 2 * S, S, 0 }, { 3 * S, 2 * S, 0 }, { 4 * S, 3 * S, 0 }, { 5 * S, 4 * S, 0 } },
         -1												},
	{ "writes",
         { { S, 0, 0 },
	    { 2 * S, 0, 1 << 20 },
	    { 3 * S, 0, 2 << 20 },
	    { 4 * S, 0, 3 << 20 },
	    { 5 * S, 0, 4 << 20 } },
         -1												},
	{ "pauses",
         { { S, 0, 0 },
	    { 2 * S, 0, 0 },
	    { 3 * S, 0, 0 },
	    { 4 * S, 0, 1 << 20 },
	    { 5 * S, 0, 1 << 20 },
	    { 6 * S, 0, 1 << 20 },
	    { 7 * S, 0, 1 << 20 } },
         6												 },
	{ "a little",
         { { S, 0, 0 }, { 2 * S, S / 10, 100 }, { 3 * S, S / 5, 200 }, { 4 * S, 3 * S / 10, 300 } },
         3												 },
 /* Samples in quick succession are no time in which it rested. */
	{ "hurried",
         { { S, 0, 0 }, { S + 1, 0, 0 }, { S + 2, 0, 0 }, { S + 3, 0, 0 }, { S + 4, 0, 0 } },
         -1												},
 /* A host that was held up says nothing about the guest, only less. */
	{ "slow host", { { S, 0, 0 }, { 60 * S, S, 0 }, { 120 * S, 2 * S, 0 }, { 180 * S, 3 * S, 0 } },   3},
};

static void test_settle(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rests); i++) {
		Settle settle = { 0 };
		int at = -1;
		for (int k = 0; k < 8 && rests[i].samples[k].time && at < 0; k++)
			if (settle_feed(&settle, rests[i].samples[k].time, rests[i].samples[k].cpu,
					rests[i].samples[k].disk))
				at = k;
		g_test_message("%s", rests[i].name);
		g_assert_cmpint(at, ==, rests[i].rests_at);
	}
}

/* --- notes --- */

static void test_note(void)
{
	g_autoptr(Template) template = make(ID_A, 77, 4096);
	g_autofree char *text = template_format(template);
	g_autoptr(GError) error = NULL;
	g_autoptr(Template) again = template_parse(text, -1, &error);

	g_assert_no_error(error);
	g_autofree char *second = template_format(again);
	g_assert_cmpstr(text, ==, second);
	g_assert_cmpint(again->used, ==, 77);
	g_assert_cmpuint(again->files->len, ==, 1);
}

#define NOTE(id, files)                                                                                      \
	"{\"version\":1,\"id\":\"" id                                                                        \
	"\",\"image\":\"i\",\"sha256\":\"s\",\"shape\":\"h\",\"host\":\"o\",\"memory\":1,\"size\":1,"        \
	"\"created\":1,\"used\":1,\"files\":" files "}"
#define FILE_NAMED(name) "{\"name\":\"" name "\",\"size\":1,\"inode\":1,\"mtime_ns\":1}"

static void test_bad_notes(void)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"version\":2}",
		"{\"version\":1}",
		NOTE(ID_A, "[]"),
		NOTE(ID_A, "7"),
		NOTE(ID_A, "[7]"),
		NOTE(ID_A, "[{}]"),
		NOTE("../../x", "[" FILE_NAMED("memory") "]"),
		NOTE(ID_A, "[" FILE_NAMED("../memory") "]"),
		NOTE(ID_A, "[" FILE_NAMED(".") "]"),
		NOTE(ID_A, "[" FILE_NAMED("") "]"),
	};
	g_autoptr(GError) good_error = NULL;
	g_autoptr(Template) good = template_parse(NOTE(ID_A, "[" FILE_NAMED("memory") "]"), -1, &good_error);

	g_assert_no_error(good_error);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s", bad[i]);
		g_assert_null(template_parse(bad[i], -1, &error));
		g_assert_nonnull(error);
	}
}

/* --- the set --- */

typedef struct {
	char *dir;
	GHashTable *used; /* paths of disks on which VMs rest */
} Set;

static void set_up(Set *set, gconstpointer data)
{
	set->dir = g_dir_make_tmp("carrel-templates-XXXXXX", NULL);
	set->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void tear_down(Set *set, gconstpointer data)
{
	g_assert_true(file_remove_tree(set->dir, NULL));
	g_hash_table_unref(set->used);
	g_free(set->dir);
}

static gboolean is_used(const char *path, gpointer data)
{
	return g_hash_table_contains(((Set *)data)->used, path);
}

static char *path_in(const Set *set, const char *id, const char *name)
{
	return g_build_filename(set->dir, id, name, NULL);
}

static gboolean exists(const Set *set, const char *id, const char *name)
{
	g_autofree char *path = path_in(set, id, name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void write_in(const Set *set, const char *folder, const char *name, const char *text)
{
	g_autofree char *path = path_in(set, folder, name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static const char *const parts[] = { TEMPLATE_MEMORY, TEMPLATE_STATE, TEMPLATE_DISK, NULL };

static Template *add(Set *set, Templates *templates, const char *id, gint64 used)
{
	g_autofree char *folder = g_strconcat(set->dir, "/.new-", id, NULL);
	g_autofree char *base = g_path_get_basename(folder);
	Template *template = make(id, used, 0);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	for (const char *const *part = parts; *part; part++)
		write_in(set, base, *part, *part);
	templates_add(templates, template, folder, parts, &error);
	g_assert_no_error(error);
	return template;
}

static void test_set(Set *set, gconstpointer data)
{
	Templates *templates = templates_open(set->dir, is_used, set);
	Template *first = add(set, templates, ID_A, 1);
	g_autoptr(GError) error = NULL;

	add(set, templates, ID_B, 2);
	g_assert_true(templates_intact(templates, first, &error));
	templates_touch(templates, first);
	gint64 used = first->used;
	g_assert_cmpint(used, >, 2);
	templates_free(templates);

	/* The next daemon knows them. */
	templates = templates_open(set->dir, is_used, set);
	g_assert_cmpuint(templates_list(templates)->len, ==, 2);
	templates_limit(templates, 1, G_MAXUINT64);
	g_assert_cmpuint(templates_list(templates)->len, ==, 1);
	Template *left = templates_list(templates)->pdata[0];
	g_assert_cmpstr(left->id, ==, ID_A);
	g_assert_cmpint(left->used, ==, used);
	g_assert_false(exists(set, ID_B, ""));
	templates_free(templates);
}

typedef void (*Damage)(const char *path);

static void cut(const char *path)
{
	g_assert_cmpint(truncate(path, 1), ==, 0);
}

static void overwrite(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	g_assert_cmpint(pwrite(fd, "X", 1, 0), ==, 1);
	close(fd);
}

static void lose(const char *path)
{
	g_assert_cmpint(unlink(path), ==, 0);
}

/* The same bytes, the same time, another file. */
static void replace(const char *path)
{
	g_autofree char *text = NULL;
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void link_away(const char *path)
{
	lose(path);
	g_assert_cmpint(symlink("/etc/passwd", path), ==, 0);
}

static void test_damage(Set *set, gconstpointer data)
{
	static const Damage damages[] = { cut, overwrite, lose, replace, link_away };

	for (gsize i = 0; i < G_N_ELEMENTS(damages); i++)
		for (const char *const *part = parts; *part; part++) {
			Templates *templates = templates_open(set->dir, is_used, set);
			Template *template = add(set, templates, ID_A, 1);
			g_autofree char *path = templates_file(templates, template, *part);
			g_autoptr(GError) error = NULL;
			g_assert_true(templates_intact(templates, template, NULL));
			damages[i](path);
			g_assert_false(templates_intact(templates, template, &error));
			g_assert_nonnull(strstr(error->message, *part));
			templates_drop(templates, template, "test");
			g_assert_false(exists(set, ID_A, ""));
			templates_free(templates);
		}
}

/* A disk on which a VM rests stays, and nothing else; when the VM is gone it goes, too. */
static void test_disk_stays(Set *set, gconstpointer data)
{
	Templates *templates = templates_open(set->dir, is_used, set);
	Template *template = add(set, templates, ID_A, 1);

	g_hash_table_add(set->used, templates_file(templates, template, TEMPLATE_DISK));
	templates_drop(templates, template, "test");
	g_assert_cmpuint(templates_list(templates)->len, ==, 0);
	g_assert_true(exists(set, ID_A, TEMPLATE_DISK));
	g_assert_false(exists(set, ID_A, TEMPLATE_MEMORY) || exists(set, ID_A, TEMPLATE_STATE));
	templates_sweep(templates);
	g_assert_true(exists(set, ID_A, TEMPLATE_DISK));
	templates_free(templates);
	templates = templates_open(set->dir, is_used, set);
	g_assert_cmpuint(templates_list(templates)->len, ==, 0);
	g_hash_table_remove_all(set->used);
	templates_sweep(templates);
	g_assert_false(exists(set, ID_A, ""));
	templates_free(templates);
}

/* Other folders are nobody's business; a copied one, or one with a broken note, is no template. */
static void test_strangers(Set *set, gconstpointer data)
{
	Templates *templates = templates_open(set->dir, is_used, set);
	g_autofree char *mine = path_in(set, "my things", NULL), *copy = path_in(set, ID_B, NULL);
	g_autofree char *note = NULL, *path = NULL;

	templates_drop(templates, add(set, templates, ID_C, 1), "test");
	g_assert_cmpint(g_mkdir(mine, 0700) | g_mkdir(copy, 0700), ==, 0);
	Template *template = add(set, templates, ID_A, 1);
	path = templates_file(templates, template, "template.json");
	g_assert_true(g_file_get_contents(path, &note, NULL, NULL));
	write_in(set, ID_B, "template.json", note);
	templates_free(templates);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*copy*");
	templates = templates_open(set->dir, is_used, set);
	g_test_assert_expected_messages();
	g_assert_cmpuint(templates_list(templates)->len, ==, 1);
	templates_sweep(templates);
	g_assert_true(exists(set, ID_A, "template.json") && exists(set, "my things", ""));
	g_assert_false(exists(set, ID_B, ""));
	templates_free(templates);
}

/* --- what disks rest on --- */

static void test_backing(Set *set, gconstpointer data)
{
	g_autofree char *base = path_in(set, "base, \"1\".qcow2", NULL),
			*top = path_in(set, "top.qcow2", NULL);
	const char *make_base[] = { "qemu-img", "create", "-q", "-f", "qcow2", base, "1M", NULL };
	const char *make_top[] = { "qemu-img", "create", "-q", "-f", "qcow2", "-F",
				   "qcow2",    "-b",     base, top,  NULL };
	guint8 header[72] = "QFI\xfb";

	g_autofree char *program = g_find_program_in_path("qemu-img");
	if (!program) {
		g_test_skip("no qemu-img is installed");
		return;
	}
	g_assert_true(g_spawn_sync(NULL, (char **)make_base, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, NULL, NULL));
	g_assert_true(g_spawn_sync(NULL, (char **)make_top, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
	g_autofree char *backing = disk_backing(top);
	g_assert_cmpstr(backing, ==, base);
	g_assert_null(disk_backing(base));
	g_assert_null(disk_backing(set->dir));
	g_assert_null(disk_backing("/nowhere"));
	/* A name that lies outside of the file, or is longer than any. */
	header[15] = 200;
	header[19] = 10;
	g_assert_true(g_file_set_contents(top, (char *)header, sizeof header, NULL));
	g_assert_null(disk_backing(top));
	header[15] = 20;
	header[17] = 1;
	g_assert_true(g_file_set_contents(top, (char *)header, sizeof header, NULL));
	g_assert_null(disk_backing(top));
	g_assert_true(g_file_set_contents(top, "QFI", 3, NULL));
	g_assert_null(disk_backing(top));
}

/* --- identity --- */

static VmSpec *spec_with(const char *const *settings)
{
	VmSpec *spec = vm_spec_new();
	g_autoptr(GError) error = NULL;

	g_free(spec->id);
	spec->id = g_strdup("6f1d2c3b-0a1b-4c5d-8e9f-102030405060");
	vm_spec_set(spec, "name", "My VM; $(reboot)", NULL);
	for (; *settings; settings++) {
		g_auto(GStrv) pair = g_strsplit(*settings, "=", 2);
		if (g_str_equal(*settings, "+disk")) {
			DiskSpec *disk = vm_spec_add_disk(spec, NULL);
			g_free(disk->file);
			disk->file = g_strconcat(disk->name, ".qcow2", NULL);
		} else {
			vm_spec_set(spec, pair[0], pair[1], &error);
		}
		g_assert_no_error(error);
	}
	return spec;
}

static const struct {
	const char *settings[4];
	const char *why; /* NULL: possible */
} possible[] = {
	{{ NULL },			    NULL         },
	{ { "+disk" },			NULL         },
	{ { "os=win11" },                     "Windows"    },
	{ { "tpm=on" },                       "TPM"        },
	{ { "guest_agent=off" },              "guest agent"},
	{ { "qemu_args=-device edu" },        "arguments"  },
	{ { "+disk", "+disk" },               "one disk"   },
	{ { "+disk", "disk0.readonly=on" },   "its own"    },
	{ { "+disk", "disk0.file=/dev/sdz" }, "its own"    },
	{ { "+disk", "disk0.file=../x" },     "its own"    },
	{ { "+disk", "disk0.format=raw" },    "its own"    },
};

static void test_possible(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(possible); i++) {
		g_autoptr(VmSpec) spec = spec_with(possible[i].settings);
		g_autoptr(GError) error = NULL;
		g_test_message("row %zu", i);
		g_assert_cmpint(identity_possible(spec, &error), ==, possible[i].why == NULL);
		if (possible[i].why)
			g_assert_nonnull(strstr(error->message, possible[i].why));
	}
}

static char *script_of(const VmSpec *spec, const VmSpec *was, const char *keys)
{
	const Identity identity = { spec, was, "SEED", 1234, keys ? "$6$salt$hash" : NULL, keys };

	return identity_script(&identity);
}

static void set_mac(VmSpec *spec, const char *mac)
{
	NicSpec *nic = vm_spec_add_nic(spec, NULL);

	g_free(nic->mac);
	nic->mac = g_strdup(mac);
}

static void test_script(void)
{
	static const char *const none[] = { NULL };
	g_autoptr(VmSpec) spec = spec_with(none), was = spec_with(none);
	g_autoptr(GError) error = NULL;

	vm_spec_set(spec, "user", "fred", NULL);
	set_mac(spec, "52:54:00:00:00:01");
	set_mac(was, "52:54:00:00:00:02");
	g_autofree char *plain = script_of(spec, was, NULL), *seeded = script_of(spec, was, "it's a \"key\"");
	/* A name is no program, and neither is a key. */
	g_assert_true(g_str_has_prefix(plain, "vm='6f1d2c3b-0a1b-4c5d-8e9f-102030405060'\n"
					      "id='6f1d2c3b0a1b4c5d8e9f102030405060'\nhost='my-vm-reboot'\n"
					      "entropy='SEED'\nnow='1234'\nuser=''\npassword=''\nkeys=''\n"
					      "macs='52:54:00:00:00:02=52:54:00:00:00:01'\n"));
	g_assert_nonnull(strstr(seeded, "user='fred'\npassword='$6$salt$hash'\nkeys='aXQncyBhICJrZXki'\n"));
	g_assert_null(strstr(plain, "$(reboot)"));
	g_assert_null(strstr(seeded, "it's"));
	g_assert_true(identity_check(spec, "6f1d2c3b0a1b4c5d8e9f102030405060 my-vm-reboot\n", &error));
	g_assert_false(identity_check(spec, "6f1d2c3b0a1b4c5d8e9f102030405060 template\n", &error));
	g_clear_error(&error);
	g_assert_false(identity_check(spec, "", &error));
	g_assert_nonnull(error);
}

/* Both scripts are what a POSIX shell can read. */
static void test_syntax(void)
{
	static const char *const none[] = { NULL };
	g_autoptr(VmSpec) spec = spec_with(none);
	g_autofree char *clone = script_of(spec, spec, "key");
	const char *const scripts[] = { identity_prepare, clone };

	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		const char *argv[] = { "sh", "-n", "-c", scripts[i], NULL };
		g_autofree char *words = NULL;
		int status = -1;
		g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
					   &words, &status, NULL));
		g_assert_cmpstr(words, ==, "");
		g_assert_cmpint(status, ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/template/fit", test_fit);
	g_test_add_func("/template/limits", test_limits);
	g_test_add_func("/template/settle", test_settle);
	g_test_add_func("/template/note", test_note);
	g_test_add_func("/template/bad-notes", test_bad_notes);
#define ADD(path, function) g_test_add(path, Set, NULL, set_up, function, tear_down)
	ADD("/template/set", test_set);
	ADD("/template/damage", test_damage);
	ADD("/template/disk-stays", test_disk_stays);
	ADD("/template/strangers", test_strangers);
	ADD("/template/backing", test_backing);
	g_test_add_func("/template/possible", test_possible);
	g_test_add_func("/template/script", test_script);
	g_test_add_func("/template/syntax", test_syntax);
	return g_test_run();
}
