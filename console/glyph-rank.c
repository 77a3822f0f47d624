#include "console/glyphs.h"

/* In the order of likelihood; what is in no range comes after all of them. */
static const struct {
	gunichar from, to;
} likely[] = {
	{0x0020,  0x007e}, /* ASCII */
	{ 0x00a1, 0x00ac}, /* Latin 1 without its soft hyphen */
	{ 0x00ae, 0x00ff},
        { 0x2500, 0x257f}, /* box drawing */
	{ 0x2580, 0x259f}, /* blocks */
	{ 0x2190, 0x21ff}, /* arrows */
	{ 0x25a0, 0x25ff}, /* geometric shapes */
	{ 0x0100, 0x017f}, /* Latin */
	{ 0x0180, 0x024f},
        { 0x0391, 0x03c9}, /* Greek */
	{ 0x0400, 0x045f}, /* Cyrillic */
	{ 0x0460, 0x04ff},
        { 0x05d0, 0x05ea}, /* Hebrew */
	{ 0x0620, 0x064a}, /* Arabic */
	{ 0x2013, 0x2014}, /* punctuation: dashes, quotation marks, bullet, ellipsis; the others */
	{ 0x2018, 0x201e},
        { 0x2022, 0x2022},
        { 0x2026, 0x2026},
	{ 0x2010, 0x205e},
        { 0x20a0, 0x20bf}, /* currencies */
	{ 0x2200, 0x22ff}, /* mathematics */
	{ 0x2600, 0x26ff}, /* symbols */
	{ 0x3000, 0x30ff}, /* kana */
	{ 0x4e00, 0x9fff}, /* Chinese characters */
	{ 0xac00, 0xd7a3}, /* hangul */
};

guint glyph_rank(gunichar character)
{
	for (guint i = 0; i < G_N_ELEMENTS(likely); i++)
		if (character >= likely[i].from && character <= likely[i].to)
			return i;
	if (character < 0x20 || (character >= 0xe000 && character <= 0xf8ff))
		return G_N_ELEMENTS(likely) + 2;
	return G_N_ELEMENTS(likely) + (g_unichar_isprint(character) && !g_unichar_ismark(character) ? 0 : 1);
}

gboolean glyph_is_likely(gunichar character)
{
	return glyph_rank(character) < G_N_ELEMENTS(likely);
}

gboolean glyph_has_script(GUnicodeScript script)
{
	return script != G_UNICODE_SCRIPT_COMMON && script != G_UNICODE_SCRIPT_INHERITED &&
	       script != G_UNICODE_SCRIPT_UNKNOWN;
}

gboolean glyph_is_letter(gunichar character)
{
	return glyph_is_likely(character) && g_unichar_isalpha(character) &&
	       glyph_has_script(g_unichar_get_script(character));
}

/*
 * Letters that every font draws like a Latin one: whatever has the picture of the one may be the other, also where the font at hand has only one of
 * them, or a table that names only one.
 */
static const struct {
	gunichar letter, latin;
} twins[] = {
	{0x0391,  'A'},
        { 0x0392, 'B'},
        { 0x0395, 'E'},
        { 0x0396, 'Z'},
        { 0x0397, 'H'},
        { 0x0399, 'I'},
	{ 0x039a, 'K'},
        { 0x039c, 'M'},
        { 0x039d, 'N'},
        { 0x039f, 'O'},
        { 0x03a1, 'P'},
        { 0x03a4, 'T'},
	{ 0x03a5, 'Y'},
        { 0x03a7, 'X'},
        { 0x03bf, 'o'},
        { 0x0405, 'S'},
        { 0x0406, 'I'},
        { 0x0408, 'J'},
	{ 0x0410, 'A'},
        { 0x0412, 'B'},
        { 0x0415, 'E'},
        { 0x041a, 'K'},
        { 0x041c, 'M'},
        { 0x041d, 'H'},
	{ 0x041e, 'O'},
        { 0x0420, 'P'},
        { 0x0421, 'C'},
        { 0x0422, 'T'},
        { 0x0425, 'X'},
        { 0x0430, 'a'},
	{ 0x0435, 'e'},
        { 0x043e, 'o'},
        { 0x0440, 'p'},
        { 0x0441, 'c'},
        { 0x0443, 'y'},
        { 0x0445, 'x'},
	{ 0x0455, 's'},
        { 0x0456, 'i'},
        { 0x0458, 'j'},
        { 0x0417, '3'},
};

gunichar glyph_twin(gunichar letter)
{
	for (gsize i = 0; i < G_N_ELEMENTS(twins); i++)
		if (twins[i].letter == letter)
			return twins[i].latin;
	return 0;
}
