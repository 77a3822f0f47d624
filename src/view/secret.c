#include "view/secret.h"

#include <string.h>
#include <sys/random.h>

#include "base/error.h"

/* 64 characters, so that six bits of a random byte choose one without preference. */
char *secret_new(gsize length, GError **error)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	g_autofree guint8 *random = g_malloc(length);
	char *secret;

	if (getrandom(random, length, 0) != (ssize_t)length) {
		error_set(error, CARREL_ERROR_HOST, NULL, "cannot get random bytes for a password");
		return NULL;
	}
	secret = g_malloc0(length + 1);
	for (gsize i = 0; i < length; i++)
		secret[i] = alphabet[random[i] & 63];
	return secret;
}

gboolean secret_equal(const char *secret, const char *given)
{
	gsize length = strlen(secret), other = strlen(given);
	volatile guint8 difference = length != other;

	for (gsize i = 0; i < length; i++)
		difference |= (guint8)(secret[i] ^ given[other ? i % other : 0]);
	return difference == 0;
}
