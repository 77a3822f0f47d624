/* What a new guest is told: the texts of its seed (golden), this host's language, keys, passwords. */
#include "model/vm-seed.h"

#include <crypt.h>
#include <sys/stat.h>

#include "base/json.h"
#include "model/host-locale.h"
#include "model/passphrase.h"
#include "model/ssh-key.h"
#include "spec/spec-fields.h"
#include "tests/unit/support.h"

#define KEY  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFEL4Hsii0G8J/6XLwiDXqnrSEbUmne4F9Zg+v18yaU7 me@here"
#define OWN  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGGGGGGii0G8J/6XLwiDXqnrSEbUmne4F9Zg+v18yaU7 carrel"
#define HASH "$6$salt$hash"

static VmSpec *spec_of(const char *name)
{
	VmSpec *spec = vm_spec_new();

	g_assert_true(vm_spec_set(spec, "name", name, NULL));
	g_free(spec->id);
	spec->id = g_strdup("11111111-2222-4333-8444-555555555555");
	return spec;
}

static GuestSetup *setup_of(VmSpec *spec, const GuestOptions *options)
{
	g_autoptr(GError) error = NULL;
	GuestSetup *setup = guest_setup_new(options, spec, TRUE, &error);

	g_assert_no_error(error);
	/* Of this machine; golden files know nothing of it. */
	g_ptr_array_set_size(setup->ssh_keys, 0);
	g_ptr_array_add(setup->ssh_keys, g_strdup(KEY));
	return setup;
}

static void check_golden(const char *name, char *text)
{
	g_autofree char *owned = text;
	g_autofree char *path = g_strconcat("seed/", name, NULL);

	assert_golden(path, owned);
}

/* Nothing that a person gives can end a string or begin another key. */
static void test_user(void)
{
	g_autoptr(VmSpec) spec = spec_of("Web \"1\": {x}");
	g_assert_true(vm_spec_set(spec, "user", "fred", NULL));
	g_assert_true(vm_spec_set(spec, "keymap", "de(nodeadkeys)", NULL));
	GuestOptions options = { .locale = "de_DE.UTF-8", .timezone = "Europe/Berlin" };
	g_autoptr(GuestSetup) setup = setup_of(spec, &options);

	g_ptr_array_add(setup->ssh_keys, g_strdup("ssh-rsa AAAAB3 it's \"me\": #1 \\ {}"));
	g_assert_cmpstr(setup->hostname, ==, "web-1-x");
	check_golden("user.txt", seed_user_data(setup, HASH, OWN, TRUE));
	g_autofree char *meta = seed_meta_data(setup, spec->id);
	g_autoptr(JsonNode) node = json_parse(meta, -1, NULL);
	JsonObject *top = json_node_get_object(node);
	g_assert_cmpstr(json_object_get_string_member(top, "instance-id"), ==, spec->id);
	g_assert_cmpstr(json_object_get_string_member(top, "local-hostname"), ==, "web-1-x");
	g_assert_null(seed_network_config(spec));
}

static void test_root(void)
{
	g_autoptr(VmSpec) spec = spec_of("\303\251\303\250");
	g_assert_true(vm_spec_set(spec, "user", "root", NULL));
	GuestOptions options = { .hostname = "db.example.org", .locale = "C.UTF-8", .timezone = "UTC" };
	g_autoptr(GuestSetup) setup = setup_of(spec, &options);

	g_assert_cmpstr(setup->hostname, ==, "db.example.org");
	check_golden("root-user.txt", seed_user_data(setup, HASH, NULL, FALSE));
}

static void test_network(void)
{
	g_autoptr(VmSpec) spec = spec_of("web");

	for (guint i = 0; i < 2; i++) {
		NicSpec *nic = vm_spec_add_nic(spec, NULL);
		g_free(nic->mac);
		nic->mac = g_strdup_printf("52:54:00:00:00:0%u", i);
	}
	check_golden("two-adapters.txt", seed_network_config(spec));
}

/* The user's own comes unchanged, and then nobody knows a password. */
static void test_own_user_data(void)
{
	static const char own[] = "#cloud-config\npackages: [nginx]\n";
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(VmSpec) spec = spec_of("web");
	GuestOptions options = { .user_data = own };
	g_autoptr(GuestSetup) setup = setup_of(spec, &options);
	g_autofree char *seed = g_build_filename(dir, VM_SEED, NULL);
	g_autofree char *password = NULL;
	g_autoptr(GError) error = NULL;
	gboolean key;
	struct stat st;

	g_assert_cmpstr(spec->user, ==, "");
	g_assert_true(seed_write(dir, spec, setup, OWN, &error));
	g_assert_no_error(error);
	g_assert_cmpint(stat(seed, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
	gsize length;
	g_autofree char *bytes = file_read(seed, 1024 * 1024, &length, NULL);
	g_assert_nonnull(memmem(bytes, length, own, strlen(own)));
	g_assert_nonnull(memmem(bytes, length, "cidata", 6));
	g_assert_null(memmem(bytes, length, "hashed_passwd", 13));
	seed_read_login(dir, &password, &key);
	g_assert_null(password);
	g_assert_false(key);
}

static void test_login(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autoptr(VmSpec) spec = spec_of("web");
	GuestOptions options = { .password = "correct horse" };
	g_autoptr(GuestSetup) setup = setup_of(spec, &options);
	g_autofree char *login = g_build_filename(dir, VM_LOGIN, NULL), *password = NULL;
	g_autofree char *seed = g_build_filename(dir, VM_SEED, NULL);
	gboolean key;
	gsize length;
	struct stat st;

	g_assert_cmpstr(spec->user, !=, "");
	g_assert_true(seed_write(dir, spec, setup, OWN, NULL));
	seed_read_login(dir, &password, &key);
	g_assert_cmpstr(password, ==, "correct horse");
	g_assert_true(key);
	g_assert_cmpint(stat(login, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
	/* The disc, which the guest can read, has only its hash. */
	g_autofree char *bytes = file_read(seed, 1024 * 1024, &length, NULL);
	g_assert_null(memmem(bytes, length, "correct horse", 13));
	g_assert_nonnull(memmem(bytes, length, "$6$", 3));
}

/* A damaged file is no login. */
static void test_bad_login(void)
{
	static const char *const texts[] = { "", "{", "[]", "{\"password\": 3}",
					     "{\"carrel_key\": \"yes\"}" };
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, VM_LOGIN, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *password = NULL;
		gboolean key = TRUE;
		write_file(path, texts[i]);
		seed_read_login(dir, &password, &key);
		g_assert_null(password);
		g_assert_false(key);
	}
}

static void test_refused(void)
{
	/* clang-format off: version 14 crashes on these */
	static const struct {
		const char *user;
		GuestOptions options;
		const char *words;
	} bad[] = {
		{"Fred",  { FALSE },						     "Fred"       },
		{ "a:b",  { FALSE },						     "a:b"        },
		{ "fred", { .hostname = "-x" },                                          "host name"  },
		{ "fred", { .hostname = "a..b" },                                        "host name"  },
		{ "fred", { .hostname = "a\nb" },                                        "host name"  },
		{ "fred", { .locale = "de_DE; rm" },                                     "locale"     },
		{ "fred", { .timezone = "../etc/passwd" },                               "time zone"  },
		{ "fred", { .timezone = "/etc/passwd" },                                 "time zone"  },
		{ "fred", { .password = "" },                                            "password"   },
		{ "fred", { .password = "a\nb" },                                        "password"   },
		{ "fred", { .ssh_keys = "hello\n" },                                     "public key" },
		{ "fred", { .ssh_keys = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n" }, "private key"},
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(VmSpec) spec = spec_of("web");
		g_autoptr(GError) error = NULL;
		g_assert_true(vm_spec_set(spec, "user", bad[i].user, NULL));
		g_assert_null(guest_setup_new(&bad[i].options, spec, TRUE, &error));
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, bad[i].words));
	}
}

static void write_below(const char *root, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(root, file, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	write_file(path, text);
}

static void assert_owned(char *got, const char *wanted)
{
	g_autofree char *owned = got;

	g_assert_cmpstr(owned, ==, wanted);
}

static void test_host(void)
{
	g_autoptr(TempDir) root = temp_dir_new();
	g_autofree char *link = g_build_filename(root, "etc/localtime", NULL);

	g_unsetenv("LC_ALL");
	g_unsetenv("LC_MESSAGES");
	g_unsetenv("TZ");
	g_setenv("LANG", "C", TRUE);
	assert_owned(host_locale(root), "C.UTF-8");
	assert_owned(host_timezone(root), NULL);
	assert_owned(host_keymap(root), "us");

	write_below(root, "etc/default/locale", "#  LANG=x_Y\nLANG=\"fr_FR.UTF-8\"\n");
	write_below(root, "etc/timezone", "Asia/Tokyo\n");
	write_below(root, "etc/default/keyboard",
		    "XKBMODEL=pc105\nXKBLAYOUT=\"de,us\"\nXKBVARIANT='nodeadkeys,'\n");
	assert_owned(host_locale(root), "fr_FR.UTF-8");
	assert_owned(host_timezone(root), "Asia/Tokyo");
	assert_owned(host_keymap(root), "de(nodeadkeys)");

	g_assert_cmpint(symlink("/usr/share/zoneinfo/Europe/Berlin", link), ==, 0);
	assert_owned(host_timezone(root), "Europe/Berlin");
	g_setenv("LANG", "sv_SE.UTF-8", TRUE);
	assert_owned(host_locale(root), "sv_SE.UTF-8");

	/* Nothing of it reaches the guest unchecked. */
	g_setenv("LANG", "x_Y;reboot", TRUE);
	write_below(root, "etc/default/keyboard", "XKBLAYOUT=\"de;reboot\"\n");
	assert_owned(host_locale(root), "fr_FR.UTF-8");
	assert_owned(host_keymap(root), "us");
}

static void test_keys(void)
{
	g_autoptr(TempDir) home = temp_dir_new();
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

	ssh_key_add_users(home, keys);
	g_assert_cmpuint(keys->len, ==, 0);
	write_below(home, ".ssh/id_ed25519.pub", KEY "\n");
	write_below(home, ".ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	write_below(home, ".ssh/broken.pub", "no key\n");
	write_below(home, ".ssh/same.pub", KEY "\n");
	write_below(home, ".ssh/id-cert.pub", "ssh-rsa-cert-v01@openssh.com AAAA x\n");
	ssh_key_add_users(home, keys);
	g_assert_cmpuint(keys->len, ==, 1);
	g_assert_cmpstr(keys->pdata[0], ==, KEY);
	g_assert_true(ssh_key_add_text("# mine\n\n" OWN "\r\n", keys, NULL));
	g_assert_cmpuint(keys->len, ==, 2);
	g_assert_cmpstr(keys->pdata[1], ==, OWN);
}

static void take_result(GObject *source, GAsyncResult *result, gpointer data)
{
	*(GAsyncResult **)data = g_object_ref(result);
}

/* Two at once get the same key, and so does who comes later. */
static void test_own_key(void)
{
	g_autofree char *keygen = g_find_program_in_path("ssh-keygen");
	g_autoptr(TempDir) home = temp_dir_new();
	GAsyncResult *results[3] = { NULL };
	char *keys[3];

	if (!keygen) {
		g_test_skip("ssh-keygen is not installed");
		return;
	}
	g_setenv("CARREL_HOME", home, TRUE);
	ssh_key_ensure(NULL, take_result, &results[0]);
	ssh_key_ensure(NULL, take_result, &results[1]);
	while (!results[0] || !results[1])
		g_main_context_iteration(NULL, TRUE);
	ssh_key_ensure(NULL, take_result, &results[2]);
	while (!results[2])
		g_main_context_iteration(NULL, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autoptr(GError) error = NULL;
		keys[i] = ssh_key_ensure_finish(results[i], &error);
		g_assert_no_error(error);
		g_assert_true(g_str_has_prefix(keys[i], "ssh-ed25519 "));
		g_assert_cmpstr(keys[i], ==, keys[0]);
		g_object_unref(results[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		g_free(keys[i]);
	g_unsetenv("CARREL_HOME");
}

static void test_passphrase(void)
{
	g_autofree char *one = passphrase_new(NULL), *two = passphrase_new(NULL);
	g_autofree char *hash = passphrase_hash(one, NULL), *again = passphrase_hash(one, NULL);
	g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);

	g_assert_cmpuint(strlen(one), ==, 12);
	g_assert_cmpstr(one, !=, two);
	g_assert_cmpuint(strspn(one, "bcdefghjknprstuvx"), ==, 12);
	g_assert_cmpstr(hash, !=, again);
	g_assert_cmpstr(crypt_r(one, hash, data), ==, hash);
	g_assert_cmpstr(crypt_r(two, hash, data), !=, hash);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seed/user", test_user);
	g_test_add_func("/seed/root", test_root);
	g_test_add_func("/seed/network", test_network);
	g_test_add_func("/seed/own-user-data", test_own_user_data);
	g_test_add_func("/seed/login", test_login);
	g_test_add_func("/seed/bad-login", test_bad_login);
	g_test_add_func("/seed/refused", test_refused);
	g_test_add_func("/seed/host", test_host);
	g_test_add_func("/seed/keys", test_keys);
	g_test_add_func("/seed/own-key", test_own_key);
	g_test_add_func("/seed/passphrase", test_passphrase);
	return g_test_run();
}
