#include "gallery/signature.h"

#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "gallery/keyring.h"

#define ARMOUR_TEXT "-----BEGIN PGP SIGNED MESSAGE-----"
#define ARMOUR_END  "-----END PGP SIGNATURE-----"

/* One check. gpgv reads files, so what it gets lies in a folder of its own for as long as it runs. */
typedef struct {
	GBytes *document, *signature; /* signature NULL = clear-signed */
	char *keyring;                /* as asked for */
	char *folder, *keyring_file, *document_file, *signature_file, *text_file;
	SignatureResult *result;
	guint texts;         /* clear texts that gpgv has seen */
	gboolean seen_state; /* gpgv has judged a signature */
	gboolean taken;      /* the last one became the result */
} Check;

/* What the states mean to people. */
static const struct {
	const char *name, *words, *hint;
} states[SIGNATURE_LAST] = {
	[SIGNATURE_NONE] = {"none",         "",								  ""								      },
	[SIGNATURE_GOOD] = { "good",        "",								  ""								      },
	[SIGNATURE_BAD] = { "bad",         "does not match its signature: it was changed on the way",
			    "try another mirror or network"															      },
	[SIGNATURE_UNKNOWN] = { "unknown-key",
                            "is signed by a key that the keyring of this source does not have",                  "a newer package of the vendor's keys may have it; else do not trust it"},
	[SIGNATURE_EXPIRED] = { "expired",
                            "is signed by a key, or with a signature, that is expired or revoked",               "a newer package of the vendor's keys may help; else do not trust it"   },
	[SIGNATURE_MISSING] = { "missing",     "should be signed, and no signature is there",
                            "try another mirror or network"															      },
	[SIGNATURE_WEAK] = { "weak",        "is signed with a digest (MD5, SHA-1) that proves nothing any more",
                            "ask the vendor for a better signature"														      },
};

const char *signature_state_name(SignatureState state)
{
	return states[state].name;
}

void signature_result_free(SignatureResult *result)
{
	if (!result)
		return;
	g_free(result->fingerprint);
	g_free(result->signer);
	g_clear_pointer(&result->text, g_bytes_unref);
	g_free(result);
}

gboolean signature_require_good(const SignatureResult *result, const char *what, GError **error)
{
	g_autofree char *key = NULL;

	if (result->state == SIGNATURE_NONE || result->state == SIGNATURE_GOOD)
		return TRUE;
	if (*result->signer || *result->fingerprint)
		key = g_strdup_printf(" (%s)", *result->signer ? result->signer : result->fingerprint);
	return error_set(error, CARREL_ERROR_VERIFY, states[result->state].hint, "%s %s%s", what,
			 states[result->state].words, key ? key : "");
}

static void check_free(gpointer data)
{
	Check *check = data;
	g_autoptr(GError) error = NULL;

	if (check->folder && !file_remove_tree(check->folder, &error))
		g_warning("%s", error->message);
	g_bytes_unref(check->document);
	g_clear_pointer(&check->signature, g_bytes_unref);
	signature_result_free(check->result);
	g_free(check->keyring);
	g_free(check->folder);
	g_free(check->keyring_file);
	g_free(check->document_file);
	g_free(check->signature_file);
	g_free(check->text_file);
	g_free(check);
}

/* --- what gpgv says (GnuPG's doc/DETAILS, "Format of the --status-fd output") ----------------------------------------- */

/* A bad one is told before all others; a good one makes up for those that we just cannot judge. */
static const int ranks[SIGNATURE_LAST] = {
	[SIGNATURE_BAD] = 6,     [SIGNATURE_GOOD] = 5,    [SIGNATURE_WEAK] = 4,
	[SIGNATURE_EXPIRED] = 3, [SIGNATURE_UNKNOWN] = 2, [SIGNATURE_MISSING] = 1,
};

static char *clean_signer(const char *escaped)
{
	g_autofree char *raw = g_uri_unescape_string(escaped, NULL);
	char *text = g_utf8_make_valid(raw ? raw : escaped, -1);
	GString *clean = g_string_new(NULL);

	for (const char *p = text; *p; p = g_utf8_next_char(p))
		g_string_append_unichar(clean,
					g_unichar_iscntrl(g_utf8_get_char(p)) ? ' ' : g_utf8_get_char(p));
	g_free(text);
	return g_string_free(clean, FALSE);
}

static void take_state(Check *check, SignatureState state, const char *key, const char *signer)
{
	SignatureResult *result = check->result;

	check->taken = !check->seen_state || ranks[state] > ranks[result->state];
	if (!check->taken)
		return;
	check->seen_state = TRUE;
	result->state = state;
	g_free(result->fingerprint);
	g_free(result->signer);
	result->fingerprint = g_strdup(key);
	result->signer = clean_signer(signer);
}

static const struct {
	const char *keyword;
	SignatureState state;
} keywords[] = {
	{"GOODSIG",    SIGNATURE_GOOD   },
        { "BADSIG",    SIGNATURE_BAD    },
	{ "EXPSIG",    SIGNATURE_EXPIRED},
        { "EXPKEYSIG", SIGNATURE_EXPIRED},
	{ "REVKEYSIG", SIGNATURE_EXPIRED},
};

/* ERRSIG <keyid> <pkalgo> <hashalgo> <sig_class> <time> <rc> [<fpr>]: rc 9 is a missing key, 4 and 5 are kinds of key or digest that it does not take. */
static void take_unjudged(Check *check, char **words, guint count)
{
	gint64 reason = count > 6 ? g_ascii_strtoll(words[6], NULL, 10) : 0;
	const char *key = count > 7 && *words[7] != '-' ? words[7] : words[1];

	take_state(check, reason == 9 ? SIGNATURE_UNKNOWN : SIGNATURE_WEAK, key, "");
}

/* Numbers of RFC 9580 section 9.5: 1 MD5, 2 SHA-1, 3 RIPEMD-160. */
static gboolean is_weak(gint64 digest)
{
	return digest < 8;
}

/* VALIDSIG <fpr> <date> <time> <expires> <version> <reserved> <pkalgo> <hashalgo> <sig_class> [<primary fpr>]; follows its GOODSIG. */
static void take_valid(Check *check, char **words, guint count)
{
	SignatureResult *result = check->result;

	if (!check->taken || result->state != SIGNATURE_GOOD || count < 10)
		return;
	g_free(result->fingerprint);
	result->fingerprint = g_strdup(words[count > 10 ? 10 : 1]);
	if (is_weak(g_ascii_strtoll(words[8], NULL, 10)))
		result->state = SIGNATURE_WEAK;
}

static void on_status(const char *line, gpointer data)
{
	static const char prefix[] = "[GNUPG:] ";
	Check *check = data;

	if (!g_str_has_prefix(line, prefix))
		return;
	g_auto(GStrv) words = g_strsplit(line + strlen(prefix), " ", 16);
	guint count = g_strv_length(words);
	if (count > 0 && g_str_equal(words[0], "PLAINTEXT"))
		check->texts++;
	if (count < 2)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++) {
		if (!g_str_equal(words[0], keywords[i].keyword))
			continue;
		g_auto(GStrv) uid = g_strsplit(line + strlen(prefix), " ", 3);
		take_state(check, keywords[i].state, words[1], count > 2 ? uid[2] : "");
	}
	if (g_str_equal(words[0], "ERRSIG"))
		take_unjudged(check, words, count);
	else if (g_str_equal(words[0], "VALIDSIG"))
		take_valid(check, words, count);
}

/* --- the run ---------------------------------------------------------------------------------------------------------- */

/* Ready with @check->result, which becomes the task's. */
static void finish(GTask *task, GError *error)
{
	Check *check = g_task_get_task_data(task);

	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_pointer(task, g_steal_pointer(&check->result),
				      (GDestroyNotify)signature_result_free);
	g_object_unref(task);
}

static void on_gpgv_end(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Check *check = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) done = child_run_finish(result, &error);
	char *text = NULL;
	gsize length = 0;

	/* It also exits with a status for each signature that is not good; then it has said what is wrong. */
	if (error &&
	    (child_run_status(result) < 0 || !g_error_matches(error, CARREL_ERROR, CARREL_ERROR_FAILED))) {
		finish(task, g_steal_pointer(&error));
		return;
	}
	/* Which of two texts would be the signed one? */
	if (check->texts > 1)
		check->result->state = SIGNATURE_BAD;
	g_clear_error(&error);
	if (check->result->state != SIGNATURE_GOOD) {
		finish(task, NULL);
	} else if (check->signature) {
		check->result->text = g_bytes_ref(check->document);
		finish(task, NULL);
	} else if ((text = file_read(check->text_file, SIGNATURE_DOCUMENT_MAX, &length, &error))) {
		check->result->text = g_bytes_new_take(text, length);
		finish(task, NULL);
	} else {
		finish(task, g_steal_pointer(&error));
	}
}

static void run_gpgv(GTask *task)
{
	Check *check = g_task_get_task_data(task);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	/* clang-format off */
	const char *const common[] = { "gpgv", "--homedir", check->folder, "--status-fd", "1", "--keyring", check->keyring_file };
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(common); i++)
		g_ptr_array_add(argv, (char *)common[i]);
	if (check->signature) {
		g_ptr_array_add(argv, check->signature_file);
	} else {
		g_ptr_array_add(argv, "--output");
		g_ptr_array_add(argv, check->text_file);
	}
	g_ptr_array_add(argv, check->document_file);
	g_ptr_array_add(argv, NULL);
	child_run((const char *const *)argv->pdata, SIGNATURE_TIMEOUT_MS, on_status, check,
		  g_task_get_cancellable(task), on_gpgv_end, task);
}

/* The clear-signed part of a document, NULL = there is none. gpgv gets nothing else, above all no compressed message. */
static GBytes *cut_signed(GBytes *document)
{
	gsize length = 0;
	const char *text = g_bytes_get_data(document, &length);
	const char *begin = g_strstr_len(text, (gssize)length, ARMOUR_TEXT);

	while (begin && begin != text && begin[-1] != '\n')
		begin = g_strstr_len(begin + 1, (gssize)length - (begin + 1 - text), ARMOUR_TEXT);
	const char *end =
		begin ? g_strstr_len(begin, (gssize)length - (begin - text), "\n" ARMOUR_END) : NULL;
	if (!end)
		return NULL;
	gsize size = (gsize)(end - begin) + strlen("\n" ARMOUR_END);
	g_autofree char *copy = g_malloc(size + 1);
	memcpy(copy, begin, size);
	copy[size] = '\n';
	return g_bytes_new_take(g_steal_pointer(&copy), size + 1);
}

static gboolean write_bytes(const char *folder, const char *name, GBytes *bytes, char **path, GError **error)
{
	gsize length = 0;
	const char *data = g_bytes_get_data(bytes, &length);

	*path = g_build_filename(folder, name, NULL);
	return g_file_set_contents_full(*path, data ? data : "", (gssize)length, G_FILE_SET_CONTENTS_NONE,
					0600, error);
}

static gboolean prepare_files(Check *check, GError **error)
{
	if (!(check->folder = g_dir_make_tmp("carrel-signature-XXXXXX", error)))
		return FALSE;
	check->text_file = g_build_filename(check->folder, "text", NULL);
	if (!(check->keyring_file = keyring_prepare(check->keyring, check->folder, error)))
		return FALSE;
	if (check->signature &&
	    !write_bytes(check->folder, "signature", check->signature, &check->signature_file, error))
		return FALSE;
	return write_bytes(check->folder, "document", check->document, &check->document_file, error);
}

/* In a thread: a feed has up to 128 MiB, a keyring 64. */
static void prepare(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Check *check = data;
	g_autoptr(GError) error = NULL;

	if (g_bytes_get_size(check->document) > SIGNATURE_DOCUMENT_MAX)
		error = error_new(CARREL_ERROR_FAILED, NULL, "what is signed has more than %d bytes",
				  SIGNATURE_DOCUMENT_MAX);
	else if (check->signature && g_bytes_get_size(check->signature) > SIGNATURE_MAX)
		error = error_new(CARREL_ERROR_FAILED, NULL, "a signature has more than %d bytes",
				  SIGNATURE_MAX);
	if (error)
		g_task_return_error(task, g_steal_pointer(&error));
	else if (prepare_files(check, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

static void on_prepared(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	GError *error = NULL;

	if (!g_task_propagate_boolean(G_TASK(result), &error))
		finish(task, error);
	else
		run_gpgv(task);
}

static Check *check_new(GBytes *document, GBytes *signature, const char *keyring)
{
	Check *check = g_new0(Check, 1);

	check->document = signature ? g_bytes_ref(document) : cut_signed(document);
	check->signature = signature ? g_bytes_ref(signature) : NULL;
	check->keyring = g_strdup(keyring);
	check->result = g_new0(SignatureResult, 1);
	check->result->state = SIGNATURE_MISSING;
	check->result->fingerprint = g_strdup("");
	check->result->signer = g_strdup("");
	return check;
}

void signature_check(GBytes *document, GBytes *signature, const char *keyring, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Check *check = check_new(document, signature, keyring);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, check, check_free);
	if (!check->document) {
		/* Not clear-signed at all. */
		check->document = g_bytes_new(NULL, 0);
		finish(task, NULL);
		return;
	}
	g_autoptr(GTask) work = g_task_new(NULL, NULL, on_prepared, task);
	g_task_set_task_data(work, check, NULL);
	g_task_run_in_thread(work, prepare);
}

SignatureResult *signature_check_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
