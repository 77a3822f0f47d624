/* What is found out about QEMU and this host, and the cache of it. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "hv-util.h"

static QemuCaps *probe(GError **error)
{
	Caught caught = { NULL };

	qemu_caps_probe(NULL, test_catch, &caught);
	QemuCaps *caps = qemu_caps_probe_finish(test_await(&caught), error);
	test_forget(&caught);
	return caps;
}

static void use_fake(void)
{
	g_autofree char *fake = test_program("tests/fakes/fake-qemu");

	g_setenv("CARREL_QEMU", fake, TRUE);
	g_setenv("FAKE_QEMU", "", TRUE);
}

static char *script(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(g_getenv("CARREL_HOME"), name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(chmod(path, 0755), ==, 0);
	g_setenv("CARREL_QEMU", path, TRUE);
	return g_steal_pointer(&path);
}

static void clear_cache(void)
{
	g_autofree char *dir = paths_cache_dir();

	g_assert_true(file_remove_tree(dir, NULL));
}

static void assert_full(const QemuCaps *caps)
{
	g_assert_cmpstr(caps->arch, ==, "x86_64");
	g_assert_cmpstr(caps->machine_q35, ==, "pc-q35-7.2");
	g_assert_cmpstr(caps->machine_pc, ==, "pc-i440fx-7.2");
	g_assert_true(caps->display_dbus && caps->vnc && caps->sandbox && caps->user_net && caps->io_uring &&
		      caps->vdagent);
	g_assert_true(qemu_caps_has_device(caps, "virtio-blk-pci"));
	g_assert_false(qemu_caps_has_device(caps, "flux-capacitor"));
}

static void test_fake(void)
{
	g_autoptr(GError) error = NULL;

	use_fake();
	clear_cache();
	g_autoptr(QemuCaps) asked = probe(&error);
	g_assert_no_error(error);
	assert_full(asked);
	g_assert_cmpstr(asked->version, ==, "7.2.0");
	g_autoptr(QemuCaps) cached = probe(&error);
	g_assert_no_error(error);
	assert_full(cached);
	g_assert_cmpuint(g_hash_table_size(cached->devices), ==, g_hash_table_size(asked->devices));
}

static guint count_runs(const char *log)
{
	g_autofree char *text = NULL;
	guint lines = 0;

	g_file_get_contents(log, &text, NULL, NULL);
	for (const char *p = text; p && *p; p++)
		lines += *p == '\n';
	return lines;
}

/* The binary is run again only when it, or the cache, is not what it was. */
static void test_cache(void)
{
	g_autofree char *fake = test_program("tests/fakes/fake-qemu");
	g_autofree char *log = g_build_filename(g_getenv("CARREL_HOME"), "runs", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\necho x >>'%s'\nexec '%s' \"$@\"\n", log, fake);
	g_autofree char *path = script("qemu-wrapper", text);
	const struct timespec times[2] = {
		{1000000000,  0},
                { 1000000000, 0}
	};

	clear_cache();
	qemu_caps_free(probe(NULL));
	g_assert_cmpuint(count_runs(log), ==, 2);
	qemu_caps_free(probe(NULL));
	g_assert_cmpuint(count_runs(log), ==, 2);
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
	qemu_caps_free(probe(NULL));
	g_assert_cmpuint(count_runs(log), ==, 4);
	clear_cache();
	qemu_caps_free(probe(NULL));
	g_assert_cmpuint(count_runs(log), ==, 6);
	/* A cache that somebody broke. */
	g_autofree char *dir = paths_cache_dir();
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
	g_autofree char *cache = g_build_filename(dir, g_dir_read_name(entries), NULL);
	g_assert_true(g_file_set_contents(cache, "{\"stamp\":7,\"devices\":[1]}", -1, NULL));
	qemu_caps_free(probe(NULL));
	g_assert_cmpuint(count_runs(log), ==, 8);
}

typedef struct {
	const char *text, *words;
} BadBinary;

static const BadBinary bad_binaries[] = {
	{"#!/bin/sh\necho 'libfoo.so: cannot open' >&2; exit 127\n",                             "libfoo.so: cannot open"   },
	{ "#!/bin/sh\ncat >/dev/null; echo hello\n",                                             "does not answer as a QEMU"},
	{ "#!/bin/sh\ncat >/dev/null; echo "
	  "'{\"return\":{\"qemu\":{\"major\":6,\"minor\":2,\"micro\":0}},\"id\":1}'\n", "too old"                  },
	{ "#!/bin/sh\ncat >/dev/null; echo "
	  "'{\"return\":{\"qemu\":{\"major\":9,\"minor\":0,\"micro\":0}},\"id\":1}'\n", "no PC machine"            },
	{ "no program at all",								   "does not work"            },
};

static void test_bad(gconstpointer data)
{
	const BadBinary *bad = data;
	g_autoptr(GError) error = NULL;

	g_free(script("qemu-bad", bad->text));
	clear_cache();
	g_assert_null(probe(&error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	g_assert_nonnull(strstr(error->message, bad->words));
	/* A failure is not remembered. */
	use_fake();
	g_autoptr(QemuCaps) caps = probe(NULL);
	g_assert_nonnull(caps);
}

static void test_missing(void)
{
	g_autoptr(GError) error = NULL;

	g_setenv("CARREL_QEMU", "/nowhere/qemu", TRUE);
	g_assert_null(probe(&error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	g_assert_nonnull(strstr(error->message, "/nowhere/qemu"));
	g_assert_nonnull(error_hint(error));
}

static void test_real(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *binary = g_find_program_in_path("qemu-system-x86_64");

	g_unsetenv("CARREL_QEMU");
	if (!binary) {
		g_test_skip("no QEMU is installed");
		return;
	}
	clear_cache();
	g_autoptr(QemuCaps) caps = probe(&error);
	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(caps->machine_q35, "pc-q35-"));
	g_assert_true(g_str_has_prefix(caps->machine_pc, "pc-i440fx-"));
	g_assert_true(caps->vnc);
	g_assert_true(qemu_caps_has_device(caps, "virtio-net-pci"));
	g_assert_false(qemu_caps_has_device(caps, "virtio-net-pci-none"));
}

/* --- the whole host --- */

static Host *gather(void)
{
	Caught caught = { NULL };

	host_probe(NULL, test_catch, &caught);
	Host *host = host_probe_finish(test_await(&caught));
	test_forget(&caught);
	return host;
}

static const char *verdict_of(GPtrArray *checks, const char *name)
{
	for (guint i = 0; i < checks->len; i++) {
		const HostCheck *check = checks->pdata[i];
		if (g_str_equal(check->name, name))
			return check->verdict;
	}
	g_assert_not_reached();
}

/* Every row says what is wanted and found; a bad one also what to do. */
static void check_rows(GPtrArray *checks)
{
	g_assert_cmpuint(checks->len, >=, 12);
	for (guint i = 0; i < checks->len; i++) {
		const HostCheck *check = checks->pdata[i];
		gboolean ok = g_str_equal(check->verdict, "ok");
		g_assert_true(ok || g_str_equal(check->verdict, "warning") ||
			      g_str_equal(check->verdict, "missing"));
		g_assert_true(*check->name && *check->requirement && *check->found);
		g_assert_true(ok == !*check->remedy);
	}
}

static void test_host(void)
{
	use_fake();
	Host *host = gather();
	g_autoptr(GPtrArray) checks = host_checks(host);

	g_assert_nonnull(host->caps);
	g_assert_nonnull(host->kvm);
	g_assert_cmpint(host->accel, ==, host->kvm->works ? ACCEL_KVM : ACCEL_TCG);
	check_rows(checks);
	g_assert_cmpstr(verdict_of(checks, "qemu"), ==, "ok");
	g_assert_cmpstr(verdict_of(checks, "accelerator"), ==, host->kvm->works ? "ok" : "warning");
	host_free(host);
}

static void test_host_without(void)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *empty = g_build_filename(g_getenv("CARREL_HOME"), "empty", NULL);

	g_setenv("CARREL_QEMU", "/nowhere/qemu", TRUE);
	g_setenv("CARREL_FIRMWARE_DIR", empty, TRUE);
	g_setenv("PATH", empty, TRUE);
	Host *host = gather();
	g_autoptr(GPtrArray) checks = host_checks(host);
	g_assert_null(host->caps);
	check_rows(checks);
	g_assert_cmpstr(verdict_of(checks, "qemu"), ==, "missing");
	g_assert_cmpstr(verdict_of(checks, "qemu-img"), ==, "missing");
	g_assert_cmpstr(verdict_of(checks, "uefi"), ==, "missing");
	g_assert_cmpstr(verdict_of(checks, "secure-boot"), ==, "missing");
	g_assert_cmpstr(verdict_of(checks, "swtpm"), ==, "warning");
	g_assert_cmpstr(verdict_of(checks, "live-tools"), ==, "warning");
	host_free(host);
	g_setenv("PATH", path, TRUE);
	g_unsetenv("CARREL_FIRMWARE_DIR");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/caps/fake", test_fake);
	g_test_add_func("/caps/cache", test_cache);
	for (gsize i = 0; i < G_N_ELEMENTS(bad_binaries); i++) {
		g_autofree char *path = g_strdup_printf("/caps/bad/%" G_GSIZE_FORMAT, i);
		g_test_add_data_func(path, &bad_binaries[i], test_bad);
	}
	g_test_add_func("/caps/missing", test_missing);
	g_test_add_func("/caps/real", test_real);
	g_test_add_func("/caps/host", test_host);
	g_test_add_func("/caps/host-without", test_host_without);
	return test_run_in_home();
}
