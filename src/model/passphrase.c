#include "model/passphrase.h"

#include <crypt.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/secret.h"

#define LENGTH    12
#define SALT_SIZE 16

/* Neither a, q, w, z, m of the French keyboard nor y of the German one; no l, o, i, which look like digits. */
static const char letters[] = "bcdefghjknprstuvx";

char *passphrase_new(GError **error)
{
	const guint count = sizeof letters - 1, fair = 256 / count * count;
	GString *word = g_string_new(NULL);
	guint8 byte;

	while (word->len < LENGTH) {
		if (getrandom(&byte, 1, 0) != 1) {
			g_string_free(word, TRUE);
			error_set(error, CARREL_ERROR_HOST, NULL, "cannot get random bytes for a password");
			return NULL;
		}
		if (byte < fair)
			g_string_append_c(word, letters[byte % count]);
	}
	return g_string_free(word, FALSE);
}

char *passphrase_hash(const char *password, GError **error)
{
	g_autofree char *salt = secret_new(SALT_SIZE, error);
	g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);

	if (!salt)
		return NULL;
	/* crypt's alphabet has these two instead. */
	g_strdelimit(g_strdelimit(salt, "-", '.'), "_", '/');
	g_autofree char *setting = g_strdup_printf("$6$%s$", salt);
	const char *hash = crypt_r(password, setting, data);
	if (hash && g_str_has_prefix(hash, setting))
		return g_strdup(hash);
	error_set(error, CARREL_ERROR_HOST, NULL, "this system's crypt(3) knows no SHA-512 passwords");
	return NULL;
}
