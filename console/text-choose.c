#include "console/text-private.h"

/* How far a letter looks for neighbours whose script is certain, in cells. */
#define REACH 40
/* So many cells are enough to know the screen's font. */
#define CENSUS 512

/* The family most glyphs belong to: what is drawn in another has lost its say. */
static guint64 main_families(const TextReader *reader)
{
	guint votes[FONT_FAMILIES] = { 0 }, best = 0;
	guint count = (guint)(reader->grid.columns * reader->grid.rows), voters = 0;
	guint64 families = 0;

	for (guint i = 0; i < count && voters < CENSUS; i++) {
		const GlyphMeaning *meaning = NULL;
		guint64 having = 0;
		if (reader->states[i].kind != STATE_GLYPH)
			continue;
		voters++;
		while ((meaning = glyph_meaning(reader->grid.book, reader->states[i].glyph, meaning)))
			having |= meaning->families;
		for (guint family = 0; having; family++, having >>= 1)
			votes[family] += having & 1;
	}
	for (guint family = 0; family < FONT_FAMILIES; family++)
		best = MAX(best, votes[family]);
	for (guint family = 0; family < FONT_FAMILIES; family++)
		if (best && votes[family] == best)
			families |= G_GUINT64_CONSTANT(1) << family;
	return families;
}

static gboolean has_script(GUnicodeScript script)
{
	return script != G_UNICODE_SCRIPT_COMMON && script != G_UNICODE_SCRIPT_INHERITED &&
	       script != G_UNICODE_SCRIPT_UNKNOWN;
}

/* Script of the letter in a cell where there is no doubt about it. */
static GUnicodeScript certain_script(const TextReader *reader, int index)
{
	const CellState *state = &reader->states[index];

	if (state->kind != STATE_GLYPH || glyph_is_ambiguous(reader->grid.book, state->glyph) ||
	    !g_unichar_isalpha(reader->exact[index].character))
		return G_UNICODE_SCRIPT_COMMON;
	return g_unichar_get_script(reader->exact[index].character);
}

/* The nearest certain letter of the same word, else of the same row. */
static GUnicodeScript neighbours_script(const TextReader *reader, int index)
{
	int row = index / reader->grid.columns * reader->grid.columns, end = row + reader->grid.columns;
	GUnicodeScript of_row = G_UNICODE_SCRIPT_COMMON;
	gboolean in_word[2] = { TRUE, TRUE };

	for (int distance = 1; distance <= REACH; distance++)
		for (int side = 0; side < 2; side++) {
			int at = side ? index + distance : index - distance;
			if (at < row || at >= end)
				continue;
			GUnicodeScript script = certain_script(reader, at);
			in_word[side] = in_word[side] && g_unichar_isalpha(reader->exact[at].character);
			if (has_script(script) && in_word[side])
				return script;
			if (has_script(script) && !has_script(of_row))
				of_row = script;
		}
	return of_row;
}

/* Meanings count in this order: the script of the neighbours, the screen's font, likelihood. */
static guint weigh(const GlyphMeaning *meaning, GUnicodeScript script, guint64 families)
{
	gboolean is_letter = g_unichar_isalpha(meaning->character);
	guint weight = glyph_rank(meaning->character);

	if (!(meaning->families & families))
		weight += 100;
	if (is_letter && has_script(script) && g_unichar_get_script(meaning->character) != script)
		weight += 1000;
	return weight;
}

static gunichar choose(const TextReader *reader, int index, guint64 families)
{
	guint glyph = reader->states[index].glyph, least = G_MAXUINT;
	GUnicodeScript script = neighbours_script(reader, index);
	const GlyphMeaning *meaning = NULL;
	gunichar chosen = 0;

	while ((meaning = glyph_meaning(reader->grid.book, glyph, meaning))) {
		guint weight = weigh(meaning, script, families);
		if (weight < least || (weight == least && meaning->character < chosen)) {
			least = weight;
			chosen = meaning->character;
		}
	}
	return chosen;
}

static gboolean row_is_new(const TextReader *reader, int row)
{
	for (int column = 0; column < reader->grid.columns; column++)
		if (reader->states[row * reader->grid.columns + column].is_new)
			return TRUE;
	return FALSE;
}

void choose_characters(TextReader *reader)
{
	guint64 families = 0;

	/* a new letter can settle what its neighbours are, so whole rows count */
	for (int row = 0; row < reader->grid.rows; row++) {
		if (!row_is_new(reader, row))
			continue;
		for (int column = 0; column < reader->grid.columns; column++) {
			int index = row * reader->grid.columns + column;
			const CellState *state = &reader->states[index];
			if (state->kind != STATE_GLYPH ||
			    !glyph_is_ambiguous(reader->grid.book, state->glyph))
				continue;
			families = families ? families : main_families(reader);
			reader->exact[index].character = choose(reader, index, families);
		}
	}
}
