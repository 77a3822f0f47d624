#include "gallery/digest.h"

#include <string.h>

static const struct {
	const char *name;
	GChecksumType type;
	gsize digits;
} kinds[] = {
	{"sha256",  G_CHECKSUM_SHA256, 64 },
	{ "sha384", G_CHECKSUM_SHA384, 96 },
	{ "sha512", G_CHECKSUM_SHA512, 128},
};

char *digest_normalise(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *hex = colon ? colon + 1 : text;
	g_autofree char *kind = colon ? g_ascii_strdown(text, colon - text) : NULL;
	gsize digits = strlen(hex);

	if (strspn(hex, "0123456789abcdefABCDEF") != digits)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *lower = NULL;
		if (digits != kinds[i].digits || (kind && !g_str_equal(kind, kinds[i].name)))
			continue;
		lower = g_ascii_strdown(hex, -1);
		return g_strdup_printf("%s:%s", kinds[i].name, lower);
	}
	return NULL;
}

GChecksumType digest_type(const char *digest)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(digest, kinds[i].name))
			return kinds[i].type;
	return G_CHECKSUM_SHA256;
}

const char *digest_name(GChecksumType type)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].name;
	return "";
}

gboolean digest_equal(const char *a, const char *b)
{
	return *a && g_str_equal(a, b);
}
