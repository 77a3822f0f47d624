#include "gallery/hasher.h"

#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>

struct Hasher {
	const struct nettle_hash *kind;
	gpointer context;
};

static const struct nettle_hash *find_kind(GChecksumType type)
{
	if (type == G_CHECKSUM_SHA384)
		return &nettle_sha384;
	return type == G_CHECKSUM_SHA512 ? &nettle_sha512 : &nettle_sha256;
}

Hasher *hasher_new(GChecksumType type)
{
	Hasher *hasher = g_new(Hasher, 1);

	hasher->kind = find_kind(type);
	hasher->context = g_malloc(hasher->kind->context_size);
	hasher->kind->init(hasher->context);
	return hasher;
}

void hasher_free(Hasher *hasher)
{
	if (!hasher)
		return;
	g_free(hasher->context);
	g_free(hasher);
}

void hasher_update(Hasher *hasher, const guint8 *bytes, gsize length)
{
	hasher->kind->update(hasher->context, length, bytes);
}

char *hasher_finish(Hasher *hasher)
{
	guint8 digest[SHA512_DIGEST_SIZE];
	GString *hex = g_string_sized_new(2 * sizeof(digest));

	hasher->kind->digest(hasher->context, hasher->kind->digest_size, digest);
	for (guint i = 0; i < hasher->kind->digest_size; i++)
		g_string_append_printf(hex, "%02x", digest[i]);
	return g_string_free(hex, FALSE);
}
