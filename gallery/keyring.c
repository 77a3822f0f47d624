#include "gallery/keyring.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/signature.h"

#define BEGIN_KEY "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define HINT                                                                                                 \
	"install the package that has it (ubuntu-keyring, debian-keyring, distribution-gpg-keys), or name "  \
	"another keyring"

/* Where the line behind @at begins, or @end. */
static const char *next_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (gsize)(end - at));

	return newline ? newline + 1 : end;
}

static gboolean is_blank(const char *at, const char *end)
{
	while (at < end && g_ascii_isspace(*at))
		at++;
	return at == end;
}

/* The armour's headers end at an empty line; then base64 up to the checksum ("=....") or the end line. Gives what is behind. */
static const char *decode_block(const char *at, const char *end, GByteArray *keys)
{
	const char *line = next_line(at, end);
	gint state = 0;
	guint save = 0;

	while (line < end && !is_blank(line, next_line(line, end)))
		line = next_line(line, end);
	while ((line = next_line(line, end)) < end && *line != '=' && *line != '-') {
		gsize length = (gsize)(next_line(line, end) - line);
		guint old = keys->len;
		g_byte_array_set_size(keys, old + (guint)(length / 4 + 1) * 3);
		gsize got = g_base64_decode_step(line, length, keys->data + old, &state, &save);
		g_byte_array_set_size(keys, old + (guint)got);
	}
	return line;
}

GByteArray *keyring_dearmour(const char *text, gsize length)
{
	g_autoptr(GByteArray) keys = g_byte_array_new();
	const char *end = text + length;
	const char *at = text;

	while ((at = g_strstr_len(at, end - at, BEGIN_KEY)))
		at = decode_block(at, end, keys);
	return keys->len > 0 ? g_steal_pointer(&keys) : NULL;
}

/* A packet's first byte has its high bit set; a keybox says so at 8 (GnuPG's kbx/keybox-blob.c). */
static gboolean is_binary(const char *text, gsize length)
{
	return ((guint8)text[0] & 0x80) || (length >= 12 && memcmp(text + 8, "KBXf", 4) == 0);
}

static char *keyring_path(const char *keyring)
{
	if (*keyring == '/')
		return g_strdup(keyring);
	g_autofree char *name = g_path_get_basename(keyring);
	g_autofree char *relative = g_build_filename("gallery/keyrings", name, NULL);
	return paths_data_file(relative);
}

char *keyring_prepare(const char *keyring, const char *folder, GError **error)
{
	g_autofree char *path = keyring_path(keyring);
	gsize length = 0;
	g_autoptr(GError) local = NULL;
	g_autofree char *text = file_read(path, SIGNATURE_KEYRING_MAX, &length, &local);

	if (!text) {
		g_autofree char *why = error_message(local);
		error_set(error, CARREL_ERROR_FAILED, HINT, "the keyring cannot be used: %s", why);
		return NULL;
	}
	if (length > 0 && is_binary(text, length))
		return g_steal_pointer(&path);
	g_autoptr(GByteArray) keys = keyring_dearmour(text, length);
	if (!keys) {
		error_set(error, CARREL_ERROR_FAILED, HINT, "the keyring `%s' holds no OpenPGP keys", path);
		return NULL;
	}
	g_autofree char *copy = g_build_filename(folder, "keyring", NULL);
	if (!g_file_set_contents(copy, (const char *)keys->data, keys->len, error))
		return NULL;
	return g_steal_pointer(&copy);
}
