/* Signatures by keys that gpg(1) makes here, checked by gpgv(1). */
#include "gallery/signature.h"

#include "gallery/keyring.h"
#include "tests/unit/support.h"

#define TEXT "{ \"a\": 1 }\n- dashes\nlast line\n"

/* A folder with two people's keys and what they signed. */
typedef struct {
	TempDir *dir;
	char *keyring, *armoured, *strangers;
} Fixture;

/* In the folder, with gpg's home there. */
static void run_shell(const Fixture *fixture, const char *words)
{
	g_autofree char *command =
		g_strdup_printf("cd '%s' && export GNUPGHOME=. && %s", fixture->dir, words);
	const char *const argv[] = { "sh", "-c", command, NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *err = NULL;
	int status = 0;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &err,
				   &status, &error));
	if (status != 0)
		g_error("%s: %s", words, err);
}

static void run_gpg(const Fixture *fixture, const char *arguments)
{
	g_autofree char *words = g_strconcat("gpg --batch --quiet --no-tty --yes --trust-model always "
					     "--pinentry-mode loopback --passphrase '' ",
					     arguments, NULL);

	run_shell(fixture, words);
}

static void put(const Fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

	write_file(path, text);
}

static GBytes *get(const Fixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
	char *text = NULL;
	gsize length = 0;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	return g_bytes_new_take(text, length);
}

#define MAKE_KEY "--quick-generate-key"

static Fixture *fixture_new(void)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->dir = temp_dir_new();
	fixture->keyring = g_build_filename(fixture->dir, "keyring.gpg", NULL);
	fixture->armoured = g_build_filename(fixture->dir, "keyring.asc", NULL);
	fixture->strangers = g_build_filename(fixture->dir, "strangers.gpg", NULL);
	put(fixture, "text", TEXT);
	run_gpg(fixture, MAKE_KEY " 'Vendor <vendor@example.org>' ed25519 sign never");
	run_gpg(fixture, MAKE_KEY " 'Stranger <stranger@example.org>' ed25519 sign never");
	run_gpg(fixture, "--export vendor@example.org > keyring.gpg");
	run_gpg(fixture, "--armor --export vendor@example.org > keyring.asc");
	run_gpg(fixture, "--export stranger@example.org > strangers.gpg");
	run_gpg(fixture, "-u vendor@example.org --detach-sign -o good.sig text");
	run_gpg(fixture, "-u vendor@example.org --armor --detach-sign -o good.asc text");
	run_gpg(fixture, "-u vendor@example.org --clear-sign -o good.clear text");
	return fixture;
}

static void fixture_free(Fixture *fixture)
{
	g_autofree char *pid = g_build_filename(fixture->dir, "agent.pid", NULL);

	run_gpg(fixture, "--version >/dev/null; gpg-connect-agent 'GETINFO pid' /bye | sed -n 's/^D //p' "
			 "> agent.pid; gpgconf --kill all");
	wait_until_gone(pid);
	temp_dir_remove(fixture->dir);
	g_free(fixture->keyring);
	g_free(fixture->armoured);
	g_free(fixture->strangers);
	g_free(fixture);
}

static Fixture *shared;

/* @signature NULL: clear-signed. */
static SignatureResult *check(GBytes *document, GBytes *signature, const char *keyring, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	signature_check(document, signature, keyring, NULL, keep_result, &result);
	wait_until(result);
	return signature_check_finish(result, error);
}

static void expect(GBytes *document, GBytes *signature, const char *keyring, SignatureState state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SignatureResult) result = check(document, signature, keyring, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(signature_state_name(result->state), ==, signature_state_name(state));
	g_assert_true((result->text != NULL) == (state == SIGNATURE_GOOD));
	g_assert_true(signature_require_good(result, "the list", &error) == (state == SIGNATURE_GOOD));
	if (state != SIGNATURE_GOOD)
		assert_carrel_error(error, CARREL_ERROR_VERIFY, "the list ");
}

static void expect_file(const char *document, const char *signature, const char *keyring,
			SignatureState state)
{
	g_autoptr(GBytes) text = get(shared, document);
	g_autoptr(GBytes) proof = signature ? get(shared, signature) : NULL;

	expect(text, proof, keyring, state);
}

static void test_detached(void)
{
	g_autoptr(GBytes) text = get(shared, "text");
	g_autoptr(GBytes) changed = g_bytes_new_static(TEXT "x", strlen(TEXT) + 1);
	g_autoptr(GBytes) signature = get(shared, "good.sig");
	g_autoptr(GBytes) nonsense = g_bytes_new_static("<html>", 6);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(SignatureResult) result = check(text, signature, shared->keyring, &error);

	g_assert_no_error(error);
	g_assert_cmpint(result->state, ==, SIGNATURE_GOOD);
	g_assert_cmpstr(result->signer, ==, "Vendor <vendor@example.org>");
	g_assert_cmpuint(strlen(result->fingerprint), ==, 40);
	g_assert_true(g_bytes_equal(result->text, text));
	expect_file("text", "good.asc", shared->keyring, SIGNATURE_GOOD);
	expect_file("text", "good.sig", shared->armoured, SIGNATURE_GOOD);
	expect(changed, signature, shared->keyring, SIGNATURE_BAD);
	expect(nothing, signature, shared->keyring, SIGNATURE_BAD);
	expect(text, signature, shared->strangers, SIGNATURE_UNKNOWN);
	expect(text, nonsense, shared->keyring, SIGNATURE_MISSING);
	expect(text, nothing, shared->keyring, SIGNATURE_MISSING);
}

static GBytes *surround(const char *before, const char *name, const char *after)
{
	g_autoptr(GBytes) inner = get(shared, name);
	char *text = g_strconcat(before, (const char *)g_bytes_get_data(inner, NULL), after, NULL);

	return g_bytes_new_take(text, strlen(text));
}

/* Only what is inside counts; what others put before or behind is not given on. */
static void test_clear(void)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{"",                 ""            },
		{ "evil before\n",   ""            },
		{ "",                "evil after\n"},
		{ "evil\r\n- x\n\n", "\n\nevil\n"  },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GBytes) document = surround(rows[i].before, "good.clear", rows[i].after);
		g_autoptr(GError) error = NULL;
		g_autoptr(SignatureResult) result = check(document, NULL, shared->keyring, &error);
		gsize length = 0;
		g_assert_no_error(error);
		g_assert_cmpint(result->state, ==, SIGNATURE_GOOD);
		const char *text = g_bytes_get_data(result->text, &length);
		g_autofree char *words = g_strndup(text, length);
		g_assert_cmpstr(g_strchomp(words), ==, "{ \"a\": 1 }\n- dashes\nlast line");
	}
	expect_file("good.clear", NULL, shared->strangers, SIGNATURE_UNKNOWN);
	expect_file("text", NULL, shared->keyring, SIGNATURE_MISSING);
}

static void test_clear_hostile(void)
{
	g_autoptr(GBytes) whole = get(shared, "good.clear");
	g_autofree char *text = g_strdup(g_bytes_get_data(whole, NULL));
	char *inside = strstr(text, "last line");
	g_autoptr(GBytes) twice = surround("", "good.clear", text);

	g_assert_nonnull(inside);
	/* The second one is not looked at. */
	expect(twice, NULL, shared->keyring, SIGNATURE_GOOD);
	*inside = 'L';
	g_autoptr(GBytes) changed = g_bytes_new(text, strlen(text));
	expect(changed, NULL, shared->keyring, SIGNATURE_BAD);
	*strstr(text, "-----END PGP") = 'x';
	g_autoptr(GBytes) cut = g_bytes_new(text, strlen(text));
	expect(cut, NULL, shared->keyring, SIGNATURE_MISSING);
	/* Signed and compressed, which would unpack to anything. */
	run_gpg(shared, "-u vendor@example.org --armor --sign -o packed.asc text");
	expect_file("packed.asc", NULL, shared->keyring, SIGNATURE_MISSING);
	g_autoptr(GBytes) both =
		surround("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n", "good.clear", "");
	expect(both, NULL, shared->keyring, SIGNATURE_MISSING);
}

static void test_two(void)
{
	run_gpg(shared, "-u vendor@example.org -u stranger@example.org --detach-sign -o two.sig text");
	run_gpg(shared, "-u vendor@example.org -u stranger@example.org --clear-sign -o two.clear text");
	expect_file("text", "two.sig", shared->keyring, SIGNATURE_GOOD);
	expect_file("text", "two.sig", shared->strangers, SIGNATURE_GOOD);
	expect_file("two.clear", NULL, shared->keyring, SIGNATURE_GOOD);
	/* One of them is for another text. */
	put(shared, "other", "other");
	run_gpg(shared, "-u stranger@example.org --detach-sign -o other.sig other");
	run_gpg(shared, "--export > all.gpg");
	run_shell(shared, "cat good.sig other.sig > mixed.sig");
	g_autofree char *all = g_build_filename(shared->dir, "all.gpg", NULL);
	expect_file("text", "mixed.sig", all, SIGNATURE_BAD);
}

/* Signed in the past, so that it is over today. */
static void test_expired(void)
{
	g_autofree char *old = g_build_filename(shared->dir, "old.gpg", NULL);

	run_gpg(shared,
		"--faked-system-time 20200101T000000! " MAKE_KEY " 'Old <old@example.org>' ed25519 sign 10d");
	run_gpg(shared,
		"--faked-system-time 20200102T000000! -u old@example.org --detach-sign -o old.sig text");
	run_gpg(shared, "--export old@example.org > old.gpg");
	expect_file("text", "old.sig", old, SIGNATURE_EXPIRED);
	run_gpg(shared, "--faked-system-time 20200101T000000! " MAKE_KEY
			" 'Lasting <lasting@example.org>' ed25519 sign never");
	run_gpg(shared, "--faked-system-time 20200102T000000! -u lasting@example.org --default-sig-expire 5d "
			"--detach-sign -o "
			"short.sig text");
	run_gpg(shared, "--export lasting@example.org > old.gpg");
	expect_file("text", "short.sig", old, SIGNATURE_EXPIRED);
}

static void test_revoked(void)
{
	g_autofree char *ring = g_build_filename(shared->dir, "revoked.gpg", NULL);

	run_gpg(shared, MAKE_KEY " 'Gone <gone@example.org>' ed25519 sign never");
	run_gpg(shared, "-u gone@example.org --detach-sign -o gone.sig text");
	/* The certificate that gpg keeps for this day is made harmless by a colon. */
	run_shell(shared,
		  "id=$(gpg --with-colons --list-keys "
		  "gone@example.org | awk -F: '/^fpr/ "
		  "{ print $10; exit }'); sed 's/^:---/---/' openpgp-revocs.d/$id.rev | gpg --homedir "
		  ". --batch --quiet --import");
	run_gpg(shared, "--export gone@example.org > revoked.gpg");
	expect_file("text", "gone.sig", ring, SIGNATURE_EXPIRED);
}

static void test_weak(void)
{
	g_autofree char *ring = g_build_filename(shared->dir, "weak.gpg", NULL);

	run_gpg(shared, MAKE_KEY " 'Weak <weak@example.org>' rsa2048 sign never");
	run_gpg(shared, "--digest-algo SHA1 -u weak@example.org --detach-sign -o weak.sig text");
	run_gpg(shared, "--export weak@example.org > weak.gpg");
	expect_file("text", "weak.sig", ring, SIGNATURE_WEAK);
}

/* A name that would paint on the terminal. */
static void test_signer(void)
{
	g_autofree char *ring = g_build_filename(shared->dir, "paint.gpg", NULL);

	run_gpg(shared, MAKE_KEY " \"$(printf 'Paint\\033[2J%%x <paint@example.org>')\" ed25519 sign never");
	run_gpg(shared, "-u paint@example.org --detach-sign -o paint.sig text");
	run_gpg(shared, "--export paint@example.org > paint.gpg");
	g_autoptr(GBytes) text = get(shared, "text");
	g_autoptr(GBytes) signature = get(shared, "paint.sig");
	g_autoptr(GError) error = NULL;
	g_autoptr(SignatureResult) result = check(text, signature, ring, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result->state, ==, SIGNATURE_GOOD);
	g_assert_null(strchr(result->signer, '\033'));
	g_assert_true(g_str_has_prefix(result->signer, "Paint"));
}

static void test_huge(void)
{
	g_autofree char *line = g_strnfill(1000, 'x');
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < 8000; i++)
		g_string_append_printf(text, "%s\n", line);
	put(shared, "huge", text->str);
	run_gpg(shared, "-u vendor@example.org --clear-sign -o huge.clear huge");
	g_autoptr(GBytes) document = get(shared, "huge.clear");
	g_autoptr(GError) error = NULL;
	g_autoptr(SignatureResult) result = check(document, NULL, shared->keyring, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result->state, ==, SIGNATURE_GOOD);
	g_assert_cmpuint(g_bytes_get_size(result->text), >=, text->len - 1);
	g_string_free(text, TRUE);

	g_autoptr(GBytes) small = get(shared, "text");
	g_autofree char *much = g_strnfill(SIGNATURE_MAX + 1, 'x');
	g_autoptr(GBytes) long_signature = g_bytes_new_static(much, SIGNATURE_MAX + 1);
	g_assert_null(check(small, long_signature, shared->keyring, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "a signature has more than");
}

static void test_keyrings(void)
{
	g_autoptr(GBytes) text = get(shared, "text");
	g_autoptr(GBytes) signature = get(shared, "good.sig");
	g_autofree char *none = g_build_filename(shared->dir, "text", NULL);
	g_autofree char *two = g_build_filename(shared->dir, "two.asc", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(check(text, signature, "/nonexistent.gpg", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "/nonexistent.gpg");
	g_assert_null(check(text, signature, "../../nonexistent.gpg", &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "gallery/keyrings/nonexistent.gpg");
	g_assert_null(check(text, signature, none, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, "holds no OpenPGP keys");
	run_gpg(shared, "--armor --export stranger@example.org > strangers.asc");
	run_shell(shared, "(echo Keys of two; cat strangers.asc keyring.asc) > two.asc");
	expect(text, signature, two, SIGNATURE_GOOD);
}

static void test_cancel(void)
{
	g_autoptr(GBytes) text = get(shared, "text");
	g_autoptr(GBytes) signature = get(shared, "good.sig");
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	signature_check(text, signature, shared->keyring, cancellable, keep_result, &result);
	g_cancellable_cancel(cancellable);
	wait_until(result);
	g_assert_null(signature_check_finish(result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "gpgv");
}

static void test_missing_program(void)
{
	g_autoptr(GBytes) text = get(shared, "text");
	g_autoptr(GBytes) signature = get(shared, "good.sig");
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autoptr(GError) error = NULL;

	g_setenv("PATH", shared->dir, TRUE);
	g_assert_null(check(text, signature, shared->keyring, &error));
	g_setenv("PATH", path, TRUE);
	assert_carrel_error(error, CARREL_ERROR_HOST, "gpgv");
}

static const struct {
	const char *path;
	void (*test)(void);
} tests[] = {
	{"/signature/detached",         test_detached       },
	{ "/signature/clear",           test_clear          },
	{ "/signature/clear-hostile",   test_clear_hostile  },
	{ "/signature/two",             test_two            },
	{ "/signature/expired",         test_expired        },
	{ "/signature/revoked",         test_revoked        },
	{ "/signature/weak",            test_weak           },
	{ "/signature/signer",          test_signer         },
	{ "/signature/huge",            test_huge           },
	{ "/signature/keyrings",        test_keyrings       },
	{ "/signature/cancel",          test_cancel         },
	{ "/signature/missing-program", test_missing_program},
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *gpg = g_find_program_in_path("gpg");
	if (!gpg) {
		g_print("1..0 # SKIP gpg is not here to make keys\n");
		return 0;
	}
	shared = fixture_new();
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_func(tests[i].path, tests[i].test);
	int status = g_test_run();
	fixture_free(shared);
	return status;
}
