#include "base/secret.h"

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

/* --- tickets: TIME.RANDOM.MAC -------------------------------------------------------------------------------------- */

static char *sign(const char *secret, const char *words)
{
	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret), words,
					 -1);
}

char *secret_ticket_new(const char *secret, gint64 now, GError **error)
{
	g_autofree char *random = secret_new(SECRET_TOKEN, error);
	g_autofree char *words = random ? g_strdup_printf("%" G_GINT64_FORMAT ".%s", now, random) : NULL;
	g_autofree char *mac = words ? sign(secret, words) : NULL;

	return mac ? g_strconcat(words, ".", mac, NULL) : NULL;
}

static gboolean is_in_time(const char *ticket, gint64 now)
{
	gint64 made = g_ascii_strtoll(ticket, NULL, 10);

	return made <= now && now - made <= SECRET_TICKET_S;
}

static gboolean has_expired(gpointer ticket, gpointer value, gpointer now)
{
	return !is_in_time(ticket, *(gint64 *)now);
}

/* Only good ones are remembered, so nobody else can fill the table. */
gboolean secret_ticket_take(const char *secret, const char *ticket, gint64 now, GHashTable *used)
{
	const char *dot = strrchr(ticket, '.');
	g_autofree char *words = dot ? g_strndup(ticket, (gsize)(dot - ticket)) : NULL;
	g_autofree char *mac = words ? sign(secret, words) : NULL;

	g_hash_table_foreach_remove(used, has_expired, &now);
	return mac && secret_equal(mac, dot + 1) && is_in_time(ticket, now) &&
	       g_hash_table_add(used, g_strdup(ticket));
}
